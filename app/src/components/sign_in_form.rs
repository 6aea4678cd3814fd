//! The sign-in form of the admin panel.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{EraseView, FieldNote, aria_bool, either, text},
    i18n::{interpolate, texts, tr},
};

/// The form.
#[component]
pub fn SignInForm(
    /// Whether the server has an admin token.
    token_required: Signal<bool>,
    /// The error of the last attempt.
    field_error: Signal<Option<String>>,
    /// Whether a request is running.
    busy: Signal<bool>,
    /// The user entered a token.
    on_token: Callback<String>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_token.run(typed.get_untracked());
    };
    let form = move || {
        view! {
            <p>{tr(|t| t.sign_in.about)}</p>
            <form on:submit=submit>
                <label for="token">{tr(|t| t.sign_in.token)}</label>
                <input
                    id="token"
                    type="password"
                    autocomplete="current-password"
                    required
                    aria-describedby="token-note"
                    aria-invalid=aria_bool(move || field_error.with(Option::is_some))
                    bind:value=typed
                />
                <FieldNote id="token-note" text=field_error />
                <button type="submit" class="primary" disabled=busy>
                    {tr(|t| t.sign_in.sign_in)}
                </button>
            </form>
        }
        .erase_client_only()
    };
    let no_token = || {
        let flag = [("flag", "--admin-token")];
        let start_with = text(move || interpolate(texts().sign_in.start_with, &flag));
        view! {
            <p>{tr(|t| t.sign_in.no_token)}</p>
            <p class="hint">{start_with}</p>
        }
        .erase_client_only()
    };
    view! {
        <section class="card sign-in" aria-labelledby="sign-in">
            <h1 id="sign-in">{tr(|t| t.sign_in.title)}</h1>
            {either(move || token_required.get(), form, no_token)}
        </section>
    }
    .erase_client_only()
}
