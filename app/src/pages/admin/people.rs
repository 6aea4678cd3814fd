//! The section *People*: who signs in with a name and a password.

use std::future::Future;

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    task::spawn_local,
};

use super::{AdminSession, CurrentSection, Section};
use crate::{
    api::{ApiError, Client},
    components::{
        EraseView, ListItem, ask_first, keyed_list, on_click, optional_text, retry_notice, text,
        when,
    },
    erased_signal::ErasedSignal,
    formatting,
    i18n::{self, Texts, interpolate, texts, tr},
    wire::{PersonInfo, PersonRequest, PersonUpdate},
};

/// People that are loaded at a time.
const PAGE: u32 = 50;

/// The people. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct People {
    session: AdminSession,
    /// The loaded people, newest first; none: not loaded yet.
    people: ErasedSignal<Option<Vec<PersonInfo>>>,
    next: RwSignal<Option<String>>,
    /// The names of the roles.
    roles: ErasedSignal<Vec<String>>,
    /// Why the people could not be loaded.
    wrong: RwSignal<Option<String>>,
    /// The result of the last action.
    note: RwSignal<Option<String>>,
    name: RwSignal<String>,
    password: RwSignal<String>,
    role: RwSignal<String>,
}

impl People {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            people: ErasedSignal::new(None),
            next: RwSignal::new(None),
            roles: ErasedSignal::default(),
            wrong: RwSignal::new(None),
            note: RwSignal::new(None),
            name: RwSignal::default(),
            password: RwSignal::default(),
            role: RwSignal::new("viewer".to_owned()),
        };
        crate::components::effect(move || {
            if current.is(Section::People) && session.may("manage") {
                page.load();
            }
        });
        page
    }

    fn load(self) {
        spawn_local(async move {
            if let Ok(list) = Client::new("").roles().await {
                let names = list.roles.into_iter().map(|role| role.name);
                self.roles.set(names.collect());
            }
            self.take_page(None).await;
        });
    }

    async fn take_page(self, before: Option<String>) {
        match Client::new("").people(before.as_deref(), PAGE).await {
            Ok(page) => {
                self.people.update(|people| match (people, before) {
                    (Some(people), Some(_)) => people.extend(page.people),
                    (people, _) => *people = Some(page.people),
                });
                self.next.try_set(page.next);
                self.wrong.try_set(None);
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.try_set(Some(i18n::error(&error)));
            }
        }
    }

    /// Does something, says what came of it, and loads the people again.
    fn act(
        self,
        said: fn(&Texts) -> &'static str,
        name: String,
        work: impl Future<Output = Result<(), ApiError>> + 'static,
    ) {
        let work: std::pin::Pin<Box<dyn Future<Output = Result<(), ApiError>>>> = Box::pin(work);
        spawn_local(async move {
            let note = match work.await {
                Ok(()) => interpolate(said(texts()), &[("name", &name)]),
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    i18n::error(&error)
                }
            };
            self.note.try_set(Some(note));
            self.take_page(None).await;
        });
    }

    fn add(self) {
        let name = self.name.get_untracked().trim().to_owned();
        let person = PersonRequest {
            name: name.clone(),
            password: self.password.get_untracked(),
            role: Some(self.role.get_untracked()),
            ..PersonRequest::default()
        };
        self.act(
            |t| t.people.here,
            name,
            async move {
                Client::new("").add_person(&person).await?;
                self.name.try_set(String::new());
                self.password.try_set(String::new());
                Ok(())
            },
        );
    }

    fn update(self, (id, name): (String, String), update: PersonUpdate) {
        self.act(
            |t| t.people.changed,
            name,
            async move { Client::new("").update_person(&id, &update).await.map(drop) },
        );
    }

    fn remove(self, (id, name): (String, String)) {
        self.act(
            |t| t.people.removed,
            name,
            async move { Client::new("").remove_person(&id).await },
        );
    }

    fn role_options(self, chosen: &str) -> Vec<AnyView> {
        let option = |role: &String| {
            view! {
                <option value=role.clone() selected=role == chosen>
                    {role.clone()}
                </option>
            }
            .erase_client_only()
        };
        self.roles.with(|roles| roles.iter().map(option).collect())
    }
}

/// The view of the section.
pub(super) fn view(page: People) -> AnyView {
    let older = move || {
        let load = on_click(move || {
            let before = page.next.get_untracked();
            spawn_local(async move { page.take_page(before).await });
        });
        view! {
            <button type="button" class="quiet" on:click=load>
                {tr(|t| t.people.older)}
            </button>
        }
        .erase_client_only()
    };
    let entries = move || keyed_list(move || {
        let entry = |person: &PersonInfo| {
            let shown = person.clone();
            let key = format!(
                "{} {} {:?} {} {:?}",
                person.id, person.name, person.role, person.totp, person.signed_in_at
            );
            ListItem::new(key, move || row(page, &shown))
        };
        let all = page.people.read();
        all.iter().flatten().map(entry).collect()
    });
    let state = optional_text(move || {
        page.people.with(|people| match people {
            None => Some(texts().api_keys.loading.to_owned()),
            Some(people) if people.is_empty() => Some(texts().people.none.to_owned()),
            Some(_) => None,
        })
    });
    let shown = move || {
        view! {
            {retry_notice(move || page.wrong.get(), move || page.load())}
            <div class="columns api-keys">
                <section class="card wide" aria-labelledby="people-title">
                    <h2 id="people-title">{tr(|t| t.people.list)}</h2>
                    <p class="note" role="status">
                        {optional_text(move || page.note.get())}
                    </p>
                    <ul class="api-keys-list" aria-labelledby="people-title">
                        {entries()}
                    </ul>
                    <p class="nothing">{state}</p>
                    {when(move || page.next.with(Option::is_some), older)}
                </section>
                <div class="side">{form(page)}</div>
            </div>
        }
        .erase_client_only()
    };
    when(move || page.session.is_admin(), shown)
}

fn form(page: People) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        page.add();
    };
    let options = move || page.role_options(&page.role.get_untracked());
    let choose = move |event: Event| page.role.set(event_target_value(&event));
    view! {
        <section class="card" aria-labelledby="new-person">
            <h2 id="new-person">{tr(|t| t.people.new)}</h2>
            <form class="fields" on:submit=submit>
                <div>
                    <label for="person-name">{tr(|t| t.sign_in.name)}</label>
                    <input
                        id="person-name"
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        required
                        aria-describedby="person-name-hint"
                        bind:value=page.name
                    />
                    <p class="hint" id="person-name-hint">
                        {tr(|t| t.people.name_hint)}
                    </p>
                </div>
                {password_field("person-password", |t| t.sign_in.password, page.password, true)}
                <div>
                    <label for="person-role">{tr(|t| t.api_keys.role)}</label>
                    <select id="person-role" on:change=choose>
                        {options}
                    </select>
                </div>
                <button type="submit" class="primary">
                    {tr(|t| t.people.add)}
                </button>
            </form>
        </section>
    }
    .erase_client_only()
}

/// A field for a password: a new one, with a hint, or one that is there.
pub(super) fn password_field(
    id: &str,
    label: fn(&Texts) -> &'static str,
    value: RwSignal<String>,
    is_new: bool,
) -> AnyView {
    let (id, hint) = (id.to_owned(), format!("{id}-hint"));
    let complete = match is_new {
        true => "new-password",
        false => "current-password",
    };
    let said = optional_text(move || is_new.then(|| texts().people.password_hint.to_owned()));
    view! {
        <div>
            <label for=id.clone()>{tr(label)}</label>
            <input
                id=id
                type="password"
                autocomplete=complete
                required
                aria-describedby=hint.clone()
                bind:value=value
            />
            <p class="hint" id=hint>
                {said}
            </p>
        </div>
    }
    .erase_client_only()
}

fn row(page: People, person: &PersonInfo) -> AnyView {
    let who = (person.id.clone(), person.name.clone());
    let own = person.role.clone().unwrap_or_default();
    let called = {
        let name = person.name.clone();
        text(move || interpolate(texts().people.role_of, &[("name", &name)]))
    };
    let change_role = {
        let who = who.clone();
        move |event: Event| {
            let role = Some(event_target_value(&event));
            let update = PersonUpdate {
                role,
                ..PersonUpdate::default()
            };
            page.update(who.clone(), update);
        }
    };
    let options = move || page.role_options(&own);
    let totp = person.totp;
    let factor = optional_text(move || totp.then(|| texts().people.totp.to_owned()));
    let (made, last) = (person.created_at as f64, person.signed_in_at);
    let last = text(move || match last {
        Some(at) => formatting::ago(at as f64),
        None => texts().api_keys.never.to_owned(),
    });
    view! {
        <li>
            <div class="row">
                <strong>{person.name.clone()}</strong>
                <select aria-label=called on:change=change_role>
                    {options}
                </select>
                <span class="tag plain">{factor}</span>
            </div>
            <dl class="facts">
                <div>
                    <dt>{tr(|t| t.people.added)}</dt>
                    <dd>{text(move || formatting::clock(made))}</dd>
                </div>
                <div>
                    <dt>{tr(|t| t.people.signed_in)}</dt>
                    <dd>{last}</dd>
                </div>
            </dl>
            {buttons(page, who, totp)}
        </li>
    }
    .erase_client_only()
}

fn buttons(page: People, who: (String, String), totp: bool) -> AnyView {
    let name = who.1.clone();
    let who = StoredValue::new(who);
    let password = RwSignal::new(String::new());
    let resetting = RwSignal::new(false);
    let id = format!("reset-{}", who.with_value(|(id, _)| id.clone()));
    let set = move |event: SubmitEvent| {
        event.prevent_default();
        let update = PersonUpdate {
            password: Some(password.get_untracked()),
            ..PersonUpdate::default()
        };
        resetting.set(false);
        password.set(String::new());
        page.update(who.get_value(), update);
    };
    let form = move || {
        view! {
            <form class="fields" on:submit=set>
                {password_field(&id, |t| t.account.new, password, true)}
                <button type="submit" class="small">
                    {tr(|t| t.people.set)}
                </button>
            </form>
        }
        .erase_client_only()
    };
    let without = PersonUpdate {
        totp: Some(false),
        ..PersonUpdate::default()
    };
    let remove_totp = Callback::new(move |()| page.update(who.get_value(), without.clone()));
    let remove = Callback::new(move |()| page.remove(who.get_value()));
    let named = name.clone();
    view! {
        <div class="row">
            <button
                type="button"
                class="quiet small"
                on:click=on_click(move || resetting.update(|open| *open = !*open))
            >
                {tr(|t| t.people.reset)}
                <span class="unseen">" " {name.clone()}</span>
            </button>
            {when(
                move || totp,
                move || {
                    ask_first(
                        |t| t.people.remove_totp,
                        |t| t.people.remove_totp_ask,
                        named.clone(),
                        remove_totp,
                    )
                },
            )}
            {ask_first(|t| t.people.remove, |t| t.people.remove_ask, name, remove)}
        </div>
        {when(move || resetting.get(), form)}
    }
    .erase_client_only()
}
