//! The way into the panel of a server that has an admin token.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{FieldNote, IntoPart, aria, either, text},
    words::{fill, say, words},
};

/// Asks for the token.
#[component]
pub fn SignInForm(
    /// Whether there is a token to ask for at all.
    token_required: Signal<bool>,
    /// What was wrong with the last one.
    complaint: Signal<Option<String>>,
    /// Whether an answer is being waited for.
    busy: Signal<bool>,
    /// The person typed a token.
    on_token: Callback<String>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_token.run(typed.get_untracked());
    };
    let form = move || {
        view! {
            <p>{say(|w| w.sign_in.about)}</p>
            <form on:submit=submit>
                <label for="token">{say(|w| w.sign_in.token)}</label>
                <input
                    id="token"
                    type="password"
                    autocomplete="current-password"
                    required
                    aria-describedby="token-note"
                    aria-invalid=aria(move || complaint.with(Option::is_some))
                    bind:value=typed
                />
                <FieldNote id="token-note" text=complaint />
                <button type="submit" class="primary" disabled=busy>
                    {say(|w| w.sign_in.sign_in)}
                </button>
            </form>
        }
        .fresh()
    };
    let no_token = || {
        let flag = [("flag", "--admin-token")];
        let start_with = text(move || fill(words().sign_in.start_with, &flag));
        view! {
            <p>{say(|w| w.sign_in.no_token)}</p>
            <p class="hint">{start_with}</p>
        }
        .fresh()
    };
    view! {
        <section class="card sign-in" aria-labelledby="sign-in">
            <h1 id="sign-in">{say(|w| w.sign_in.title)}</h1>
            {either(move || token_required.get(), form, no_token)}
        </section>
    }
    .fresh()
}
