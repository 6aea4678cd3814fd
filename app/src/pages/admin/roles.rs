//! The section *Roles*: what keys and people can be given.

use leptos::{prelude::*, task::spawn_local};

use super::{AdminSession, CurrentSection, Section};
use crate::{
    api::Client,
    components::{EraseView, effect, reach, retry_notice, text, when},
    erased_signal::ErasedSignal,
    i18n::{self, interpolate, texts, tr},
    wire::RoleInfo,
};

/// The roles. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Roles {
    session: AdminSession,
    roles: ErasedSignal<Vec<RoleInfo>>,
    /// Why they could not be loaded.
    wrong: RwSignal<Option<String>>,
}

impl Roles {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            roles: ErasedSignal::default(),
            wrong: RwSignal::new(None),
        };
        effect(move || {
            if current.is(Section::Roles) && session.may("manage") {
                page.load();
            }
        });
        page
    }

    fn load(self) {
        spawn_local(async move {
            let wrong = match Client::new("").roles().await {
                Ok(list) => {
                    self.roles.set(list.roles);
                    None
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    Some(i18n::error(&error))
                }
            };
            self.wrong.try_set(wrong);
        });
    }
}

/// The view of the section.
pub(super) fn view(page: Roles) -> AnyView {
    let about = text(|| {
        let flag = [("table", "[roles.NAME]")];
        interpolate(texts().roles.about, &flag)
    });
    let list = move || {
        page.roles
            .with(|roles| roles.iter().map(row).collect::<Vec<_>>())
    };
    let shown = move || {
        view! {
            {retry_notice(move || page.wrong.get(), move || page.load())}
            <section class="card" aria-labelledby="roles-title">
                <h2 id="roles-title">{tr(|t| t.panel.roles)}</h2>
                <p class="hint">{about}</p>
                <ul class="api-keys-list" aria-labelledby="roles-title">
                    {list}
                </ul>
            </section>
        }
        .erase_client_only()
    };
    when(move || page.session.may("manage"), shown)
}

/// A role: its name, and for each of its permissions the actions and whom they reach.
fn row(role: &RoleInfo) -> AnyView {
    let permission = |permission: &crate::wire::KeyPermission| {
        view! {
            <p class="row">
                <span>{permission.actions.join(", ")}</span>
                {reach(std::slice::from_ref(permission))}
            </p>
        }
        .erase_client_only()
    };
    let permissions: Vec<AnyView> = role.permissions.iter().map(permission).collect();
    view! {
        <li>
            <strong>{role.name.clone()}</strong>
            {permissions}
        </li>
    }
    .erase_client_only()
}
