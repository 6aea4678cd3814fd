//! The section *Account*: the own password, the own second factor, and who is signed in.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::{AdminSession, CurrentSection, Section, people::password_field};
use crate::{
    api::{ApiError, Client},
    browser_name,
    components::{
        CopyButton, EraseView, ListItem, ask_first, effect, either, fact, keyed_list,
        optional_text, text, when,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{self, texts, tr},
    wire::{PasswordChange, PasswordProof, SessionInfo, TotpConfirmation, TotpSetup},
};

/// The account. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Account {
    session: AdminSession,
    sessions: ErasedSignal<Option<Vec<SessionInfo>>>,
    /// Whether the person has a second factor.
    totp: RwSignal<bool>,
    /// A secret that is being set up.
    setup: ErasedSignal<Option<TotpSetup>>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    old: RwSignal<String>,
    new: RwSignal<String>,
    proof: RwSignal<String>,
    code: RwSignal<String>,
}

impl Account {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            sessions: ErasedSignal::new(None),
            totp: RwSignal::new(false),
            setup: ErasedSignal::new(None),
            note: RwSignal::new(None),
            old: RwSignal::default(),
            new: RwSignal::default(),
            proof: RwSignal::default(),
            code: RwSignal::default(),
        };
        effect(move || {
            if current.is(Section::Account) && session.has_token() {
                let is_person = session.is_person();
                spawn_local(async move { page.load(is_person).await });
            }
        });
        page
    }

    async fn load(self, is_person: bool) {
        match Client::new("").sessions().await {
            Ok(list) => self.sessions.set(Some(list.sessions)),
            Err(error) => self.tell(&error),
        }
        if is_person && let Ok(person) = Client::new("").account().await {
            self.totp.try_set(person.totp);
        }
    }

    fn tell(self, error: &ApiError) {
        self.session.check_unauthorized(error);
        self.note.try_set(Some(i18n::error(error)));
    }

    fn change_password(self) {
        let change = PasswordChange {
            password: self.old.get_untracked(),
            new_password: self.new.get_untracked(),
        };
        spawn_local(async move {
            match Client::new("").change_password(&change).await {
                Ok(()) => {
                    self.old.try_set(String::new());
                    self.new.try_set(String::new());
                    let said = texts().account.password_changed;
                    self.note.try_set(Some(said.to_owned()));
                    self.load(true).await;
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    /// Goes on with the second factor: asks for a secret, confirms it, or removes the factor.
    fn change_totp(self) {
        let password = self.proof.get_untracked();
        let setup = Option::clone(&self.setup.read_untracked());
        let (code, has_totp) = (self.code.get_untracked(), self.totp.get_untracked());
        spawn_local(async move {
            let client = Client::new("");
            let proof = PasswordProof { password };
            let done = match setup {
                _ if has_totp => client.remove_totp(&proof).await.map(Some),
                None => match client.new_totp(&proof).await {
                    Ok(setup) => {
                        self.setup.set(Some(setup));
                        Ok(None)
                    }
                    Err(error) => Err(error),
                },
                Some(TotpSetup { secret, .. }) => {
                    let confirmation = TotpConfirmation {
                        password: proof.password,
                        secret,
                        code,
                    };
                    client.confirm_totp(&confirmation).await.map(Some)
                }
            };
            match done {
                Ok(person) => {
                    self.note.try_set(None);
                    if let Some(person) = person {
                        self.setup.set(None);
                        self.totp.try_set(person.totp);
                        self.proof.try_set(String::new());
                        self.code.try_set(String::new());
                    }
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    fn end(self, id: String) {
        let is_person = self.session.is_person();
        spawn_local(async move {
            match Client::new("").end_session(&id).await {
                Ok(()) => self.load(is_person).await,
                Err(error) => self.tell(&error),
            }
        });
    }
}

/// The view of the section.
pub(super) fn view(page: Account) -> AnyView {
    let state = optional_text(move || {
        if !page.session.has_token() {
            return Some(texts().problems.admin_token_needed.to_owned());
        }
        page.sessions.with(|sessions| match sessions {
            // The note says what went wrong.
            None if page.note.with(Option::is_some) => None,
            None => Some(texts().api_keys.loading.to_owned()),
            Some(all) if all.is_empty() => Some(texts().account.none.to_owned()),
            Some(_) => None,
        })
    });
    let entries = move || {
        keyed_list(move || {
            let entry = |open: &SessionInfo| {
                let shown = open.clone();
                ListItem::new(format!("{} {}", open.id, open.current), move || {
                    row(page, &shown)
                })
            };
            let all = page.sessions.read();
            all.iter().flatten().map(entry).collect()
        })
    };
    let shown = move || {
        view! {
            <p class="note" role="status">
                {optional_text(move || page.note.get())}
            </p>
            <div class="columns api-keys">
                <section class="card wide" aria-labelledby="sessions-title">
                    <h2 id="sessions-title">{tr(|t| t.account.sessions)}</h2>
                    <ul class="api-keys-list" aria-labelledby="sessions-title">
                        {entries()}
                    </ul>
                    <p class="nothing">{state}</p>
                </section>
                <div class="side">
                    {when(move || page.session.is_person(), move || own(page))}
                </div>
            </div>
        }
        .erase_client_only()
    };
    when(move || page.session.is_admin(), shown)
}

fn row(page: Account, open: &SessionInfo) -> AnyView {
    let current = open.current;
    let here = optional_text(move || current.then(|| texts().account.current.to_owned()));
    let clock = |at: u64| text(move || formatting::clock(at as f64));
    let word = |word: &Option<String>| {
        let word = word.clone().unwrap_or_default();
        text(move || word.clone())
    };
    let program = open.program.as_deref();
    let program = program.map(|program| browser_name(program).to_owned());
    let id = open.id.clone();
    let end = Callback::new(move |()| page.end(id.clone()));
    view! {
        <li>
            <div class="row">
                <strong>{open.name.clone()}</strong>
                <span class="tag plain">{here}</span>
            </div>
            <dl class="facts">
                {fact(|t| t.account.opened, clock(open.opened_at))}
                {fact(|t| t.account.ends, clock(open.ends_at))}
                {fact(|t| t.account.from, word(&open.from))}
                <div class="cut" title=open.program.clone()>
                    <dt>{tr(|t| t.account.program)}</dt>
                    <dd>{word(&program)}</dd>
                </div>
            </dl>
            {ask_first(|t| t.account.end, |t| t.account.end_ask, open.name.clone(), end)}
        </li>
    }
    .erase_client_only()
}

/// What a person can change of their own.
fn own(page: Account) -> AnyView {
    let change = move |event: SubmitEvent| {
        event.prevent_default();
        page.change_password();
    };
    let next = move |event: SubmitEvent| {
        event.prevent_default();
        page.change_totp();
    };
    let about = text(move || {
        let texts = &texts().account;
        let said = match page.totp.get() {
            true => texts.totp_on,
            false => texts.totp_off,
        };
        said.to_owned()
    });
    let button = text(move || {
        let texts = &texts().account;
        let said = match (page.totp.get(), page.setup.with(Option::is_some)) {
            (true, _) => texts.totp_remove,
            (false, true) => texts.totp_confirm,
            (false, false) => texts.totp_begin,
        };
        said.to_owned()
    });
    let asked = move || password_field("totp-password", |t| t.account.old, page.proof, false);
    view! {
        <section class="card" aria-labelledby="own-password">
            <h2 id="own-password">{tr(|t| t.account.password)}</h2>
            <form class="fields" on:submit=change>
                {password_field("old-password", |t| t.account.old, page.old, false)}
                {password_field("new-password", |t| t.account.new, page.new, true)}
                <button type="submit">{tr(|t| t.account.change)}</button>
            </form>
        </section>
        <section class="card" aria-labelledby="own-totp">
            <h2 id="own-totp">{tr(|t| t.account.totp)}</h2>
            <p class="hint">{about}</p>
            <form class="fields" on:submit=next>
                {either(move || page.setup.with(Option::is_some), move || secret(page), asked)}
                <button type="submit">{button}</button>
            </form>
        </section>
    }
    .erase_client_only()
}

/// The secret that is being set up, and the field for its first code.
fn secret(page: Account) -> AnyView {
    let of = move |part: fn(&TotpSetup) -> &str| {
        text(move || {
            let setup = page.setup.read();
            setup
                .as_ref()
                .as_ref()
                .map(|setup| part(setup).to_owned())
                .unwrap_or_default()
        })
    };
    let key = of(|setup| &setup.secret);
    view! {
        <p>{tr(|t| t.account.totp_scan)}</p>
        <a href=of(|setup| &setup.link)>{tr(|t| t.account.totp_link)}</a>
        <div class="command one">
            <pre tabindex="0">{key}</pre>
            <CopyButton text=key what=tr(|t| t.account.the_secret) />
        </div>
        <div>
            <label for="totp-code">{tr(|t| t.sign_in.code)}</label>
            <input
                id="totp-code"
                type="text"
                inputmode="numeric"
                autocomplete="one-time-code"
                required
                bind:value=page.code
            />
        </div>
    }
    .erase_client_only()
}
