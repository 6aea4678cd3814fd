//! The section *People*: who signs in with a name and a password.

mod parts;

use std::future::Future;

use leptos::{prelude::*, task::spawn_local};

use super::{AdminSession, CurrentSection, Section};
use crate::{
    api::{ApiError, Client},
    components::{
        EraseView, ListItem, effect, keyed_list, list_keys, on_click, optional_text, retry_notice,
        when,
    },
    erased_signal::ErasedSignal,
    i18n::{self, Texts, interpolate, texts, tr},
    wire::{PersonInfo, PersonRequest, PersonUpdate},
};
pub(super) use parts::password_field;
use parts::{form, row};

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
        effect(move || {
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
        self.act(|t| t.people.here, name, async move {
            Client::new("").add_person(&person).await?;
            self.name.try_set(String::new());
            self.password.try_set(String::new());
            Ok(())
        });
    }

    fn update(self, (id, name): (String, String), update: PersonUpdate) {
        self.act(|t| t.people.changed, name, async move {
            Client::new("").update_person(&id, &update).await.map(drop)
        });
    }

    fn remove(self, (id, name): (String, String)) {
        self.act(|t| t.people.removed, name, async move {
            Client::new("").remove_person(&id).await
        });
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
    let entries = move || {
        keyed_list(move || {
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
        })
    };
    let state = optional_text(move || {
        if !page.session.has_token() {
            return Some(texts().problems.admin_token_needed.to_owned());
        }
        page.people.with(|people| match people {
            None if page.wrong.with(Option::is_some) => None,
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
                    <ul class="api-keys-list" aria-labelledby="people-title" use:list_keys>
                        {entries()}
                    </ul>
                    <p class="nothing">{state}</p>
                    {when(move || page.next.with(Option::is_some), older)}
                </section>
                <div class="side">{when(move || page.session.has_token(), move || form(page))}</div>
            </div>
        }
        .erase_client_only()
    };
    when(move || page.session.is_admin(), shown)
}
