//! How the stream of a page stands, in words and colour.

use leptos::prelude::*;

use crate::event_stream::State;

/// The state, what the server said when it ended, and a button to try now.
#[component]
pub fn StreamState(
    /// The state to show.
    state: Signal<State>,
    /// The person does not want to wait.
    on_retry: Callback<()>,
) -> impl IntoView {
    let class = move || match state.get() {
        State::Connecting => "state busy",
        State::Live => "state live",
        State::Waiting { offline: false, .. } => "state late",
        State::Waiting { offline: true, .. } => "state off",
    };
    let word = Memo::new(move |_| match state.get() {
        State::Connecting => "Connecting",
        State::Live => "Live",
        State::Waiting { offline: false, .. } => "Reconnecting",
        State::Waiting { offline: true, .. } => "Offline",
    });
    // Outside the live region: a screen reader need not count along.
    let countdown = move || match state.get() {
        State::Waiting {
            seconds,
            offline: false,
            ..
        } => format!(" in {seconds} s"),
        State::Waiting { seconds, .. } => format!(", next try in {seconds} s"),
        _ => String::new(),
    };
    let reason = Memo::new(move |_| match state.get() {
        State::Waiting { reason, .. } => reason,
        _ => None,
    });
    let waits = Memo::new(move |_| matches!(state.get(), State::Waiting { .. }));
    view! {
        <div class="stream-state">
            <p class=class>
                <span class="dot" aria-hidden="true"></span>
                <span role="status">{word}</span>
                <span>{countdown}</span>
            </p>
            <Show when=move || waits.get()>
                <button type="button" class="quiet small" on:click=move |_| on_retry.run(())>
                    "Try now"
                </button>
            </Show>
            <Show when=move || reason.get().is_some()>
                <p class="reason">{move || reason.get()}</p>
            </Show>
        </div>
    }
    .into_any()
}
