//! What has arrived, newest first. Everything in a message is text, whatever it looks like.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    components::{Entry, IntoPart, list, note, press, text, when},
    figures,
    inbox::{Inbox, Received, What},
    json,
    words::{count, fill, say, words},
};

/// The messages of a page.
#[component]
pub fn MessageList(
    /// What the page holds.
    inbox: RwSignal<Inbox>,
    /// What stands there while nothing has arrived.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let is_empty = Signal::derive(move || inbox.with(Inbox::is_empty));
    let received = text(move || figures::number(inbox.with(Inbox::received)));
    let dropped = note(move || {
        let kept = inbox.with(Inbox::kept_of_more)?;
        Some(count(words().inbox.kept, kept as u64, &[]))
    });
    let messages = list(move || {
        let entry = |message: Arc<Received>| {
            let taken = message.what == What::TakenBack;
            let key = format!("{} {taken}", message.number);
            Entry::new(key, move || view_of(&message))
        };
        inbox.with(|inbox| inbox.messages().map(entry).collect())
    });
    view! {
        <div class="section-head">
            <h2 id="messages">{say(|w| w.inbox.title)}</h2>
            <span class="count">{received} <span class="unseen">{say(|w| w.inbox.received)}</span></span>
            <button
                type="button"
                class="quiet small"
                disabled=is_empty
                on:click=press(move || inbox.update(Inbox::clear))
            >
                {say(|w| w.inbox.clear)}
            </button>
        </div>
        {when(move || is_empty.get(), move || empty.run())}
        <div role="log" aria-labelledby="messages" aria-live="polite">
            <ol class="messages">{messages}</ol>
        </div>
        <p class="hint">{dropped}</p>
    }
    .part()
}

fn view_of(received: &Arc<Received>) -> AnyView {
    let class = match &received.what {
        What::Message(_, data) if json::pretty(data).is_some() => "data json",
        What::Message(..) => "data text",
        What::TakenBack | What::Gap(_) => "data gone",
    };
    let tag = match &received.what {
        What::Message(Some(_), _) => "tag",
        What::Message(None, _) | What::TakenBack => "tag plain",
        What::Gap(_) => "tag late",
    };
    // What scrolls has to be within reach of the keyboard; the rest need not be.
    let long = body(&received.what);
    let scrolls = long.len() > 600 || long.lines().count() > 12;
    let (about, shown) = (Arc::clone(received), Arc::clone(received));
    let missed = received.missed;
    let at = received.at;
    view! {
        <li>
            <div class="about">
                <time datetime=figures::iso(at)>{text(move || figures::clock(at))}</time>
                <span class=tag>{text(move || kind(&about.what))}</span>
                <span class="missed">
                    {note(move || missed.then(|| words().inbox.missed.to_owned()))}
                </span>
            </div>
            <pre class=class tabindex=scrolls.then_some("0")>
                {text(move || body(&shown.what))}
            </pre>
        </li>
    }
    .fresh()
}

/// What it is, in a word.
fn kind(what: &What) -> String {
    let words = &words().inbox;
    let kind = match what {
        What::Message(Some(event), _) => event,
        What::Message(None, _) => words.message,
        What::TakenBack => words.taken_back,
        What::Gap(_) => words.gap,
    };
    kind.to_owned()
}

fn body(what: &What) -> String {
    let words = &words().inbox;
    let body = match what {
        What::Message(_, data) => return json::pretty(data).unwrap_or_else(|| data.clone()),
        What::TakenBack => words.taken_back_by_sender,
        What::Gap(reason) => match reason.as_str() {
            "pruned" => words.pruned,
            "expired" => words.expired,
            "unknown_epoch" => words.unknown_epoch,
            "ahead_of_log" => words.ahead_of_log,
            "slow_reader" => words.slow_reader,
            reason => return fill(words.other_gap, &[("reason", reason)]),
        },
    };
    body.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_says_why_and_one_of_a_kind_that_is_not_known_says_which() {
        let said = |reason: &str| body(&What::Gap(reason.to_owned()));
        assert!(said("pruned").contains("did not keep"));
        assert!(said("something_new").contains("something_new"));
    }
}
