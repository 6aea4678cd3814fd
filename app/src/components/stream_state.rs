//! The state of a stream.

use leptos::prelude::*;

use crate::{
    components::{EraseView, on_click, optional_text, static_text, text, when},
    event_stream::{Reason, State},
    i18n::{self, interpolate, plural, texts, tr},
};

/// The state, the reason if it is not open, and a button to retry now.
#[component]
pub fn StreamState(
    /// The state to show.
    state: Signal<State>,
    /// The user wants to retry now.
    on_retry: Callback<()>,
) -> impl IntoView {
    let class = static_text(move || match state.get() {
        State::Connecting => "state busy",
        State::Live => "state live",
        State::Waiting { offline: false, .. } => "state late",
        State::Waiting { offline: true, .. } => "state off",
    });
    let name = static_text(move || match state.get() {
        State::Connecting => texts().stream.connecting,
        State::Live => texts().stream.live,
        State::Waiting { offline: false, .. } => texts().stream.reconnecting,
        State::Waiting { offline: true, .. } => texts().stream.offline,
    });
    // Outside the live region, so that screen readers do not read the countdown.
    let countdown = text(move || match state.get() {
        State::Waiting {
            seconds,
            offline: false,
            ..
        } => plural(texts().stream.in_seconds, seconds.into(), &[]),
        State::Waiting { seconds, .. } => plural(texts().stream.next_try, seconds.into(), &[]),
        _ => String::new(),
    });
    let reason = optional_text(move || match state.get() {
        State::Waiting { reason, .. } => Some(reason_text(&reason)).filter(|said| !said.is_empty()),
        _ => None,
    });
    let waits = move || matches!(state.get(), State::Waiting { .. });
    let retry = move || {
        view! {
            <button type="button" class="quiet small" on:click=on_click(move || on_retry.run(()))>
                {tr(|t| t.stream.try_now)}
            </button>
        }
        .erase_client_only()
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
    .erase()
}

/// Why a stream is not open, as a text.
fn reason_text(Reason { code, detail }: &Reason) -> String {
    let texts = &texts().stream;
    let known = match code.as_str() {
        "offline" => texts.no_network,
        "unreachable" => texts.unreachable,
        "silent" => texts.silent,
        "ended" => texts.ended,
        "shutdown" => texts.shutdown,
        "disconnected" => texts.disconnected,
        "token_expired" => texts.token_expired,
        "token_revoked" => texts.token_revoked,
        code => match code.strip_prefix("status_") {
            Some(status) => return interpolate(texts.status, &[("status", status)]),
            None => return i18n::refusal(code, detail.as_deref().unwrap_or(code)),
        },
    };
    known.to_owned()
}
