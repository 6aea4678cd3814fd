//! One item of the list: a message, a recalled message, or a gap.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    components::{
        EraseView, long_data, on_click, optional_text, outside, outside_data, outside_signal, text,
    },
    formatting,
    i18n::{interpolate, plural, texts, tr},
    inbox::{Inbox, Received, What},
    json,
};

/// JSON with more lines is collapsed.
const FOLDED: usize = 12;
/// Characters of collapsed JSON that are shown.
const PREVIEW_CHARS: usize = 160;

pub(super) fn view_of(received: &Arc<Received>, inbox: RwSignal<Inbox>) -> AnyView {
    let Received {
        number,
        at,
        missed,
        new,
        pinned,
        ..
    } = **received;
    let tag = match &received.what {
        What::Message(Some(_), _) => "tag",
        What::Message(None, _) | What::Recalled => "tag plain",
        What::Gap(_) => "tag late",
    };
    let class = match (new, pinned) {
        (_, true) => "pinned",
        (true, false) => "new",
        (false, false) => "",
    };
    let about = Arc::clone(received);
    let topic = received.topic.clone();
    view! {
        <li class=class>
            <div class="about">
                <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
                <span class=tag>{outside_signal(text(move || kind(&about.what)))}</span>
                <span class="topic">{outside(topic.unwrap_or_default())}</span>
                <span class="mark">{optional_text(move || new.then(|| texts().inbox.new.to_owned()))}</span>
                <span class="missed">
                    {optional_text(move || missed.then(|| texts().inbox.missed.to_owned()))}
                </span>
                <button
                    type="button"
                    class="pin"
                    aria-label=tr(|t| t.inbox.pin)
                    title=tr(|t| t.inbox.pin)
                    aria-pressed=if pinned { "true" } else { "false" }
                    on:click=on_click(move || inbox.update(|inbox| inbox.pin(number)))
                >
                    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                        <path d="M5.5 2.5h5M6.5 2.5v4L4 9.5h8L9.5 6.5v-4M8 9.5V14" />
                    </svg>
                </button>
            </div>
            {body(received)}
        </li>
    }
    .erase_client_only()
}

fn body(received: &Arc<Received>) -> AnyView {
    let What::Message(_, data) = &received.what else {
        let shown = Arc::clone(received);
        let why = text(move || absence_text(&shown.what));
        return block("data gone", outside_signal(why), false);
    };
    let Some(laid_out) = json::pretty(data) else {
        return block("data text", long_data(data), is_long(data));
    };
    let lines = laid_out.lines().count();
    if lines <= FOLDED {
        return block("data json", outside_data(laid_out), false);
    }
    let preview: String = data.chars().take(PREVIEW_CHARS).collect();
    let lines = text(move || plural(texts().inbox.lines, lines as u64, &[]));
    view! {
        <details>
            <summary>
                <code>{outside(preview)}</code>
                <span class="count">{lines}</span>
            </summary>
            {block("data json", long_data(&laid_out), true)}
        </details>
    }
    .erase_client_only()
}

/// A block of text. Only blocks that scroll are keyboard-focusable.
fn block(class: &'static str, body: AnyView, scrolls: bool) -> AnyView {
    view! {
        <pre class=class tabindex=scrolls.then_some("0")>
            {body}
        </pre>
    }
    .erase_client_only()
}

fn is_long(text: &str) -> bool {
    text.len() > 600 || text.lines().count() > FOLDED
}

/// The tag of an item.
fn kind(what: &What) -> String {
    let texts = &texts().inbox;
    let kind = match what {
        What::Message(Some(event), _) => event,
        What::Message(None, _) => texts.message,
        What::Recalled => texts.recalled_tag,
        What::Gap(_) => texts.gap,
    };
    kind.to_owned()
}

/// Why there is no message.
fn absence_text(what: &What) -> String {
    let texts = &texts().inbox;
    let why = match what {
        What::Message(..) => "",
        What::Recalled => texts.recalled_by_sender,
        What::Gap(reason) => match reason.as_str() {
            "pruned" => texts.pruned,
            "expired" => texts.expired,
            "unknown_epoch" => texts.unknown_epoch,
            "rolled_back" => texts.rolled_back,
            "unreadable" => texts.unreadable,
            "slow_reader" => texts.slow_reader,
            reason => return interpolate(texts.other_gap, &[("reason", reason)]),
        },
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_shows_its_reason_also_if_the_reason_is_unknown() {
        let said = |reason: &str| absence_text(&What::Gap(reason.to_owned()));
        assert!(said("pruned").contains("retention period"));
        assert!(said("something_new").contains("something_new"));
    }
}
