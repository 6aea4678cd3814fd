//! The section *Nodes*: the nodes of the cluster and the stream that they share.

use leptos::{prelude::*, task::spawn_local};

use super::{AdminSession, CurrentSection, Section, feed::Update};
use crate::{
    api::Client,
    browser::{self, Timer},
    components::{EraseView, effect, either, node_list, retry_notice, when},
    erased_signal::ErasedSignal,
    i18n::{self, tr},
    wire::Nodes,
};

/// Milliseconds between two requests while the section is shown.
const REFRESH_INTERVAL: f64 = 2_000.0;

/// What the node that answers knows of the others. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct NodesPage {
    session: AdminSession,
    current: CurrentSection,
    nodes: ErasedSignal<Option<Nodes>>,
    wrong: RwSignal<Option<String>>,
    next: StoredValue<Option<Timer>, LocalStorage>,
}

impl NodesPage {
    pub(super) fn new(session: AdminSession, current: CurrentSection) -> Self {
        let page = Self {
            session,
            current,
            nodes: ErasedSignal::new(None),
            wrong: RwSignal::new(None),
            next: StoredValue::new_local(None),
        };
        effect(move || {
            if current.is(Section::Nodes) && session.is_admin() {
                page.load();
            }
        });
        page
    }

    pub(super) fn handle(self, update: &Update) {
        if matches!(update, Update::Reload) {
            self.load();
        }
    }

    fn load(self) {
        // The next request is sent after this one was answered.
        self.next.try_set_value(None);
        spawn_local(async move {
            match Client::new("").nodes().await {
                Ok(nodes) => {
                    self.current.in_cluster.try_set(nodes.stream.is_some());
                    self.nodes.set(Some(nodes));
                    self.wrong.try_set(None);
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.wrong.try_set(Some(i18n::error(&error)));
                }
            }
            self.load_later();
        });
    }

    /// Loads again while the section is shown in a visible page.
    fn load_later(self) {
        let load = move || match browser::is_hidden() {
            true => self.load_later(),
            false => self.load(),
        };
        if untrack(|| !self.current.is_disposed() && self.current.is(Section::Nodes)) {
            let timer = Timer::after(REFRESH_INTERVAL, load);
            self.next.try_set_value(Some(timer));
        }
    }
}

/// The view of the section.
pub(super) fn view(page: NodesPage) -> AnyView {
    let alone = move || {
        page.nodes
            .with(|nodes| nodes.as_ref().is_some_and(|nodes| nodes.stream.is_none()))
    };
    let shown = move || either(alone, no_cluster, move || node_list(page.nodes));
    view! {
        {retry_notice(move || page.wrong.get(), move || page.load())}
        {when(move || page.nodes.with(Option::is_some), shown)}
    }
    .erase()
}

/// The view of a server that runs alone.
fn no_cluster() -> AnyView {
    view! {
        <section class="card">
            <div class="empty">
                <p class="title">{tr(|t| t.nodes.alone)}</p>
                <p>{tr(|t| t.nodes.alone_about)}</p>
                <a class="button small" href="docs/cluster" rel="external">
                    {tr(|t| t.nodes.guide)}
                </a>
            </div>
        </section>
    }
    .erase_client_only()
}
