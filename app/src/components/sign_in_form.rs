//! The way into the panel of a server that has an admin token.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::components::{FieldNote, IntoPart, aria, either};

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
            <p>"The panel pushes to everybody who listens here, so it asks who you are."</p>
            <form on:submit=submit>
                <label for="token">"Admin token"</label>
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
                    "Sign in"
                </button>
            </form>
        }
        .fresh()
    };
    let no_token = || {
        view! {
            <p>
                "This server has no admin token, so its panel is open to pages on its own machine only."
            </p>
            <p class="hint">
                "Start it with " <code>"--admin-token"</code> " to sign in from elsewhere."
            </p>
        }
        .fresh()
    };
    view! {
        <section class="card sign-in" aria-labelledby="sign-in">
            <h1 id="sign-in">"Sign in"</h1>
            {either(move || token_required.get(), form, no_token)}
        </section>
    }
    .fresh()
}
