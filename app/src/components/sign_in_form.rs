//! The sign-in form of the admin panel.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{EraseView, FieldNote, aria_bool, either, on_click, text, when},
    i18n::{Texts, interpolate, texts, tr},
    wire::SignIn,
};

/// What is known of the server and of the last attempt.
#[derive(Clone, Copy)]
pub(crate) struct SignInState {
    /// Whether the server has an admin token.
    pub(crate) token_required: Signal<bool>,
    /// Whether there are people with a name and a password.
    pub(crate) people: Signal<bool>,
    /// The name of the issuer whose accounts may sign in, if there is one.
    pub(crate) issuer: Signal<Option<String>>,
    /// Whether the code of a second factor is needed.
    pub(crate) needs_code: Signal<bool>,
    /// The error of the last attempt.
    pub(crate) error: Signal<Option<String>>,
    /// Whether a request is running.
    pub(crate) busy: Signal<bool>,
}

/// The form: for a name and a password, or for a token.
pub(crate) fn sign_in_form(state: SignInState, on_sign_in: Callback<SignIn>) -> AnyView {
    let chosen = RwSignal::new(None::<bool>);
    let with_token = move || chosen.get().unwrap_or_else(|| !state.people.get());
    let [name, password, code, token] = [(); 4].map(|()| RwSignal::new(String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = |field: RwSignal<String>| Some(field.get_untracked());
        let sign_in = match untrack(with_token) {
            true => SignIn {
                token: typed(token),
                ..SignIn::default()
            },
            false => SignIn {
                token: None,
                name: name.with_untracked(|name| Some(name.trim().to_owned())),
                password: typed(password),
                code: typed(code).filter(|code| !code.is_empty()),
            },
        };
        on_sign_in.run(sign_in);
    };
    let token_field = move || input("token", |t| t.sign_in.token, token, state);
    let person_fields = move || {
        view! {
            {input("name", |t| t.sign_in.name, name, state)}
            {input("password", |t| t.sign_in.password, password, state)}
            {when(
                move || state.needs_code.get(),
                move || input("code", |t| t.sign_in.code, code, state),
            )}
        }
        .erase_client_only()
    };
    let other = text(move || {
        let texts = &texts().sign_in;
        let said = match with_token() {
            true => texts.use_password,
            false => texts.use_token,
        };
        said.to_owned()
    });
    // A plain link: the issuer sends the browser back to the panel.
    let at_issuer = move || {
        let said = text(move || {
            let name = state.issuer.get().unwrap_or_default();
            interpolate(texts().sign_in.at_issuer, &[("name", &name)])
        });
        view! {
            <a class="button" href="api/session/oidc" rel="external">
                {said}
            </a>
        }
        .erase_client_only()
    };
    let form = move || {
        view! {
            <p>{tr(|t| t.sign_in.about)}</p>
            {when(move || state.issuer.with(Option::is_some), at_issuer)}
            <form on:submit=submit>
                {either(with_token, token_field, person_fields)}
                <FieldNote id="sign-in-note" text=state.error />
                <button type="submit" class="primary" disabled=state.busy>
                    {tr(|t| t.sign_in.sign_in)}
                </button>
                <button
                    type="button"
                    class="quiet small"
                    on:click=on_click(move || chosen.set(Some(!untrack(with_token))))
                >
                    {other}
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
            {either(move || state.token_required.get(), form, no_token)}
        </section>
    }
    .erase_client_only()
}

fn input(
    id: &'static str,
    label: fn(&Texts) -> &'static str,
    value: RwSignal<String>,
    state: SignInState,
) -> AnyView {
    let (kind, complete) = match id {
        "name" => ("text", "username"),
        "code" => ("text", "one-time-code"),
        _ => ("password", "current-password"),
    };
    let mode = if id == "code" { "numeric" } else { "text" };
    view! {
        <label for=id>{tr(label)}</label>
        <input
            id=id
            type=kind
            inputmode=mode
            autocomplete=complete
            autocapitalize="none"
            spellcheck="false"
            required
            aria-describedby="sign-in-note"
            aria-invalid=aria_bool(move || state.error.with(Option::is_some))
            bind:value=value
        />
    }
    .erase_client_only()
}
