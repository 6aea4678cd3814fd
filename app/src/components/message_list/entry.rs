//! One entry of the list: a message, that one was taken back, or that some are missing.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    components::{IntoPart, note, press, text},
    figures,
    inbox::{Inbox, Received, What},
    json,
    words::{count, fill, say, words},
};

/// JSON of more lines than this is folded.
const FOLDED: usize = 12;
/// So many characters of it show what it is.
const GLANCE: usize = 160;

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
        What::Message(None, _) | What::TakenBack => "tag plain",
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
                <time datetime=figures::iso(at)>{text(move || figures::clock(at))}</time>
                <span class=tag>{text(move || kind(&about.what))}</span>
                <span class="topic">{topic}</span>
                <span class="mark">{note(move || new.then(|| words().inbox.new.to_owned()))}</span>
                <span class="missed">
                    {note(move || missed.then(|| words().inbox.missed.to_owned()))}
                </span>
                <button
                    type="button"
                    class="pin"
                    aria-label=say(|w| w.inbox.pin)
                    title=say(|w| w.inbox.pin)
                    aria-pressed=if pinned { "true" } else { "false" }
                    on:click=press(move || inbox.update(|inbox| inbox.pin(number)))
                >
                    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                        <path d="M5.5 2.5h5M6.5 2.5v4L4 9.5h8L9.5 6.5v-4M8 9.5V14" />
                    </svg>
                </button>
            </div>
            {body(received)}
        </li>
    }
    .fresh()
}

fn body(received: &Arc<Received>) -> AnyView {
    let What::Message(_, data) = &received.what else {
        let shown = Arc::clone(received);
        return block("data gone", text(move || explained(&shown.what)), false);
    };
    let Some(laid_out) = json::pretty(data) else {
        return block("data text", still(data.clone()), is_long(data));
    };
    let lines = laid_out.lines().count();
    if lines <= FOLDED {
        return block("data json", still(laid_out), false);
    }
    let glance: String = data.chars().take(GLANCE).collect();
    let lines = text(move || count(words().inbox.lines, lines as u64, &[]));
    view! {
        <details>
            <summary>
                <code>{glance}</code>
                <span class="count">{lines}</span>
            </summary>
            {block("data json", still(laid_out), true)}
        </details>
    }
    .fresh()
}

/// A text as it is. What scrolls has to be within reach of the keyboard; the rest need not be.
fn block(class: &'static str, body: Signal<String>, scrolls: bool) -> AnyView {
    view! {
        <pre class=class tabindex=scrolls.then_some("0")>
            {body}
        </pre>
    }
    .fresh()
}

fn still(body: String) -> Signal<String> {
    text(move || body.clone())
}

fn is_long(text: &str) -> bool {
    text.len() > 600 || text.lines().count() > FOLDED
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

/// Why there is no message.
fn explained(what: &What) -> String {
    let words = &words().inbox;
    let why = match what {
        What::Message(..) => "",
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
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_says_why_and_one_of_a_kind_that_is_not_known_says_which() {
        let said = |reason: &str| explained(&What::Gap(reason.to_owned()));
        assert!(said("pruned").contains("retention period"));
        assert!(said("something_new").contains("something_new"));
    }
}
