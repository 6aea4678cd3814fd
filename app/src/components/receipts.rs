//! The delivery state of a message, as a bar and as numbers.

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

use crate::{
    components::{EraseView, effect},
    erased_signal::ErasedMemo,
    formatting,
    i18n::{interpolate, texts},
    wire::{Receipt, Receipts},
};

/// A bar that fills as the delivery progresses. The same numbers are shown as text next to it.
pub(crate) fn bar(receipts: ErasedMemo<Receipts>) -> AnyView {
    let fill = move |bar: Element| {
        let Ok(bar) = bar.dyn_into::<HtmlElement>() else {
            return;
        };
        effect(move || {
            let Receipts {
                audience,
                acknowledged,
                sent,
                waiting,
                ..
            } = receipts.get();
            // Where each part ends.
            for (part, end) in [
                ("--acknowledged", acknowledged),
                ("--sent", acknowledged + sent),
                ("--waiting", acknowledged + sent + waiting),
            ] {
                let end = format!("{}%", share(end, audience));
                let _ = HtmlElement::style(&bar).set_property(part, &end);
            }
        });
    };
    view! { <span class="receipts" aria-hidden="true" use:fill></span> }.erase_client_only()
}

/// A share in percent.
fn share(n: u64, all: u64) -> u64 {
    (n * 100).checked_div(all).unwrap_or(0).min(100)
}

pub(crate) fn receipt_text(receipt: Receipt) -> &'static str {
    let texts = &texts().messages;
    match receipt {
        Receipt::Queued => texts.waiting,
        Receipt::Sent => texts.sent,
        Receipt::Acknowledged => texts.acknowledged,
        Receipt::Expired => texts.expired,
        Receipt::Recalled => texts.recalled_before_delivery,
        Receipt::Replaced => texts.replaced_before_delivery,
    }
}

/// The delivery state as numbers. `clients`: how many the message is for; none for a topic and for everyone.
pub(crate) fn receipts_text(clients: Option<u64>, receipts: &Receipts) -> String {
    let number = formatting::number;
    if clients.is_none() {
        return match receipts.audience {
            0 => texts().messages.nobody.to_owned(),
            all => {
                let (sent, all) = (number(receipts.sent), number(all));
                interpolate(texts().messages.sent_of, &[("sent", &sent), ("all", &all)])
            }
        };
    }
    let numbers = [
        (receipts.acknowledged, Receipt::Acknowledged),
        (receipts.sent, Receipt::Sent),
        (receipts.waiting, Receipt::Queued),
        (receipts.expired, Receipt::Expired),
        (receipts.recalled, Receipt::Recalled),
        (receipts.replaced, Receipt::Replaced),
    ];
    let non_zero = numbers.iter().filter(|(n, _)| *n > 0);
    let parts = non_zero.map(|(n, receipt)| format!("{} {}", number(*n), receipt_text(*receipt)));
    parts.collect::<Vec<_>>().join(texts().messages.joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_shown_as_numbers_without_zeros() {
        let said = |clients, receipts| receipts_text(clients, &receipts);
        let receipts = Receipts {
            audience: 3,
            acknowledged: 2,
            waiting: 1,
            ..Receipts::default()
        };
        assert_eq!(said(Some(3), receipts), "2 acknowledged, 1 waiting");
        let receipts = Receipts {
            audience: 3,
            sent: 2,
            ..Receipts::default()
        };
        assert_eq!(said(None, receipts), "2 of 3 sent");
        assert_eq!(said(None, Receipts::default()), "no client was connected");
    }

    #[test]
    fn a_bar_never_exceeds_its_width() {
        assert_eq!(share(1, 3), 33);
        assert_eq!(share(5, 3), 100);
        assert_eq!(share(0, 0), 0);
    }
}
