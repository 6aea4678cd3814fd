//! Sections of the panel that are parts of the wasm: a browser loads the code of such a section when it is shown first. The
//! section gets updates from then on, and its state is kept while another one is shown.

use std::{future::Future, pin::Pin, sync::Arc};

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    AdminSession, CurrentSection, Section, account, account::Account, api_keys, api_keys::ApiKeys,
    audit, audit::Audit, client_page, client_page::ClientPage, clients, clients::Clients,
    feed::Update, history, history::History, hooks, hooks::Hooks, limits, limits::LimitsPage,
    nodes, nodes::NodesPage, overview, overview::Overview, people, people::People, push,
    push::Push, roles, roles::Roles, scheduled, scheduled::Scheduled, tail, tail::Tail,
};
use crate::{
    components::{EraseView, not_loaded},
    now::now,
};

/// A part that is loaded. Boxed, because a function that waits for futures of many types is large.
type Loading<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// Declares the sections: the name of the part, what loads it, the model of the section, what it does with updates, and
/// its view.
macro_rules! lazy_sections {
    ($($section:ident: $part:ident, $load:ident, $model:ty, $handle:expr, $view:path;)*) => {
        $(
            #[wasm_split($part, wasm_split_path = ::leptos::wasm_split, preload($load), fallible)]
            fn $part(
                session: AdminSession,
                current: CurrentSection,
            ) -> Result<Started, SplitLoaderError> {
                let model = <$model>::new(session, current);
                let handle: fn($model, &Update) = $handle;
                Ok(Started {
                    handle: Arc::new(move |update| handle(model, update)),
                    view: Arc::new(move || $view(model)),
                })
            }
        )*

        fn load(section: Section) -> Loading<()> {
            match section {
                $(Section::$section => Box::pin($load()),)*
            }
        }

        fn start(
            section: Section,
            session: AdminSession,
            current: CurrentSection,
        ) -> Loading<Started> {
            match section {
                $(Section::$section => Box::pin($part(session, current)),)*
            }
        }

        /// The parts that the section at this path needs.
        pub(crate) fn parts_of_section(path: &str) -> &'static [&'static str] {
            match Section::at(path) {
                $(Some(Section::$section) => &[stringify!($part)],)*
                _ => &[],
            }
        }
    };
}

lazy_sections! {
    Overview: overview_section, load_overview, Overview, Overview::handle, overview::view;
    Clients: clients_section, load_clients, Clients, Clients::handle, clients::view;
    Client: client_section, load_client, ClientPage, ClientPage::handle, client_page::view;
    Messages: messages_section, load_messages, History, History::handle, history::view;
    Tail: tail_section, load_tail, Tail, Tail::handle, tail::view;
    Push: push_section, load_push, Push, Push::handle, push::view;
    Scheduled: scheduled_section, load_scheduled, Scheduled, Scheduled::handle, scheduled::view;
    Nodes: nodes_section, load_nodes, NodesPage, NodesPage::handle, nodes::view;
    Keys: keys_section, load_keys, ApiKeys, ApiKeys::handle, api_keys::view;
    Hooks: hooks_section, load_hooks, Hooks, Hooks::handle, hooks::view;
    People: people_section, load_people, People, |_, _| {}, people::view;
    Audit: audit_section, load_audit, Audit, Audit::handle, audit::view;
    Roles: roles_section, load_roles, Roles, |_, _| {}, roles::view;
    Limits: limits_section, load_limits, LimitsPage, |_, _| {}, limits::view;
    Account: account_section, load_account, Account, |_, _| {}, account::view;
}

/// Loads the part of the section at this path.
#[cfg(feature = "hydrate")]
pub(crate) async fn load_section(path: &str) -> Result<(), SplitLoaderError> {
    match Section::at(path) {
        Some(section) => load(section).await,
        None => Ok(()),
    }
}

/// A section that has been shown.
#[derive(Clone)]
struct Started {
    handle: Arc<dyn Fn(&Update) + Send + Sync>,
    view: Arc<dyn Fn() -> AnyView + Send + Sync>,
}

/// The lazy sections of a panel. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct LazySections {
    session: AdminSession,
    current: CurrentSection,
    started: StoredValue<Vec<(Section, Started)>>,
    /// The owner of what a section creates: the panel, because sections are kept.
    owner: StoredValue<Owner>,
    /// Whether updates have begun.
    updated: StoredValue<bool>,
    /// Changes when a section was loaded.
    loaded: RwSignal<Option<Section>>,
    /// The section that could not be loaded.
    failed: RwSignal<Option<Section>>,
}

impl LazySections {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        Self {
            session,
            current,
            started: StoredValue::default(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            updated: StoredValue::new(false),
            loaded: RwSignal::new(None),
            failed: RwSignal::new(None),
        }
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) {
            self.updated.set_value(true);
        }
        for (_, section) in self.started.get_value() {
            (section.handle)(update);
        }
    }

    /// Loads and starts a section that is not shown yet. Until this has worked, it is as if the section was not there.
    pub(super) fn start_hidden(self, section: Section) {
        spawn_local(async move {
            let loaded = load(section).await.is_ok();
            if loaded && !self.current.is_disposed() && self.started(section).is_none() {
                self.start(section);
            }
        });
    }

    /// The view of a section. It is empty while the section is loaded.
    pub(super) fn view(self, section: Section) -> AnyView {
        self.loaded.track();
        if self.failed.get() == Some(section) {
            return not_loaded();
        }
        if let Some(started) = self.started(section).or_else(|| self.start(section)) {
            return (started.view)();
        }
        spawn_local(async move {
            let result = load(section).await;
            if !self.current.is_disposed() {
                match result {
                    Ok(()) => self.loaded.set(Some(section)),
                    Err(_) => self.failed.set(Some(section)),
                }
            }
        });
        view! { <p aria-busy="true"></p> }.erase_client_only()
    }

    fn started(self, section: Section) -> Option<Started> {
        let list = self.started.get_value();
        let found = list.into_iter().find(|(known, _)| *known == section);
        found.map(|(_, started)| started)
    }

    /// Starts a section whose part is loaded, as all of them are on the server.
    fn start(self, section: Section) -> Option<Started> {
        now(load(section))?.ok()?;
        let owner = self.owner.get_value();
        let start = move || now(start(section, self.session, self.current))?.ok();
        let started = untrack(|| owner.with(start))?;
        self.started
            .update_value(|list| list.push((section, started.clone())));
        if self.updated.get_value() {
            (started.handle)(&Update::Reload);
        }
        Some(started)
    }
}
