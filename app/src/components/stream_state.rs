//! How the stream of a page stands, in words and colour.

use leptos::prelude::*;

use crate::{
    components::{IntoPart, note, press, text, when, word},
    event_stream::{Reason, State},
    words::{count, fill, say, words},
};

/// The state, what the server said when it ended, and a button to try now.
#[component]
pub fn StreamState(
    /// The state to show.
    state: Signal<State>,
    /// The person does not want to wait.
    on_retry: Callback<()>,
) -> impl IntoView {
    let class = word(move || match state.get() {
        State::Connecting => "state busy",
        State::Live => "state live",
        State::Waiting { offline: false, .. } => "state late",
        State::Waiting { offline: true, .. } => "state off",
    });
    let name = word(move || match state.get() {
        State::Connecting => words().stream.connecting,
        State::Live => words().stream.live,
        State::Waiting { offline: false, .. } => words().stream.reconnecting,
        State::Waiting { offline: true, .. } => words().stream.offline,
    });
    // Outside the live region: a screen reader need not count along.
    let countdown = text(move || match state.get() {
        State::Waiting {
            seconds,
            offline: false,
            ..
        } => count(words().stream.in_seconds, seconds.into(), &[]),
        State::Waiting { seconds, .. } => count(words().stream.next_try, seconds.into(), &[]),
        _ => String::new(),
    });
    let reason = note(move || match state.get() {
        State::Waiting { reason, .. } => Some(in_words(&reason)).filter(|said| !said.is_empty()),
        _ => None,
    });
    let waits = move || matches!(state.get(), State::Waiting { .. });
    let retry = move || {
        view! {
            <button type="button" class="quiet small" on:click=press(move || on_retry.run(()))>
                {say(|w| w.stream.try_now)}
            </button>
        }
        .fresh()
    };
    view! {
        <div class="stream-state">
            <p class=class>
                <span class="dot" aria-hidden="true"></span>
                <span role="status">{name}</span>
                <span>{countdown}</span>
            </p>
            {when(waits, retry)}
            <p class="reason">{reason}</p>
        </div>
    }
    .part()
}

/// Why a stream is not open. What the server said of it is its own words.
fn in_words(Reason { code, detail }: &Reason) -> String {
    let words = &words().stream;
    let known = match code.as_str() {
        "offline" => words.no_network,
        "unreachable" => words.unreachable,
        "silent" => words.silent,
        "ended" => words.ended,
        "shutdown" => words.shutdown,
        "disconnected" => words.disconnected,
        "token_expired" => words.token_expired,
        code => match code.strip_prefix("status_") {
            Some(status) => return fill(words.status, &[("status", status)]),
            None => return detail.clone().unwrap_or_else(|| code.to_owned()),
        },
    };
    known.to_owned()
}
