//! The filters of the list of clients, which are in the URL too.

use leptos::prelude::*;

use super::url_query::Values;
use crate::{
    api::ClientsQuery,
    browser,
    components::{EraseView, bool_signal, effect, on_click, segment, text, when},
    i18n::{Texts, tr},
};

/// Times since when a client is connected: the value in the URL, and milliseconds.
const SPANS: [(&str, f64); 4] = [
    ("5m", 300_000.0),
    ("1h", 3_600_000.0),
    ("1d", 86_400_000.0),
    ("7d", 604_800_000.0),
];

/// Browsers that can be chosen. Others can be in the URL.
const BROWSERS: [&str; 5] = ["Chrome", "Firefox", "Safari", "Edge", "Opera"];

/// The filters. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct ClientFilters {
    pub(super) search: RwSignal<String>,
    /// `all`, `away`, or empty: online.
    pub(super) state: RwSignal<String>,
    topic: RwSignal<String>,
    browser: RwSignal<String>,
    /// One of [`SPANS`], or empty.
    connected: RwSignal<String>,
    /// The time that it means, from when it was chosen.
    connected_after: RwSignal<Option<u64>>,
    pub(super) unread: RwSignal<bool>,
}

impl ClientFilters {
    pub(super) fn new() -> Self {
        let filters = Self {
            search: RwSignal::default(),
            state: RwSignal::default(),
            topic: RwSignal::default(),
            browser: RwSignal::default(),
            connected: RwSignal::default(),
            connected_after: RwSignal::new(None),
            unread: RwSignal::new(false),
        };
        effect(move || {
            let chosen = filters.connected.get();
            let span = SPANS.into_iter().find(|(name, _)| *name == chosen);
            let after = span.map(|(_, span)| (browser::now() - span) as u64);
            filters.connected_after.set(after);
        });
        filters
    }

    /// Takes the filters of a URL.
    pub(super) fn read(self, values: &Values) {
        self.search.set(values.text("q"));
        self.state.set(values.text("state"));
        self.topic.set(values.text("topic"));
        self.browser.set(values.text("browser"));
        self.connected.set(values.text("connected"));
        self.unread.set(values.text("unread") == "true");
    }

    /// The filters for the URL.
    pub(super) fn values(self) -> Vec<(&'static str, String)> {
        let unread = if self.unread.get() { "true" } else { "" };
        vec![
            ("q", self.search.get()),
            ("state", self.state.get()),
            ("topic", self.topic.get()),
            ("browser", self.browser.get()),
            ("connected", self.connected.get()),
            ("unread", unread.to_owned()),
        ]
    }

    /// Whether clients that are not connected are listed.
    pub(super) fn of_known(self) -> bool {
        self.state.with(|state| !state.is_empty())
    }

    /// Whether there is a condition on connections.
    fn of_connections(self) -> bool {
        [self.topic, self.browser, self.connected]
            .into_iter()
            .any(|filter| filter.with(|text| !text.trim().is_empty()))
    }

    /// Whether something is filtered besides the state.
    pub(super) fn is_filtered(self) -> bool {
        self.of_connections()
            || self.unread.get()
            || self.search.with(|text| !text.trim().is_empty())
    }

    pub(super) fn clear(self) {
        for filter in [self.search, self.topic, self.browser, self.connected] {
            filter.set(String::new());
        }
        self.unread.set(false);
    }

    /// The conditions of the query.
    pub(super) fn query(self) -> ClientsQuery {
        let filled = |text: RwSignal<String>| {
            Some(text.get().trim().to_owned()).filter(|text| !text.is_empty())
        };
        let of_connections = self.of_connections();
        let state = self.state.get();
        ClientsQuery {
            all: !state.is_empty(),
            // Who is away has no connections.
            away: state == "away" && !of_connections,
            q: filled(self.search),
            topic: filled(self.topic),
            browser: filled(self.browser),
            connected_after: self.connected_after.get(),
            unread: self.unread.get(),
            ..ClientsQuery::default()
        }
    }
}

/// The choice between online, offline and all.
pub(super) fn states(filters: ClientFilters) -> AnyView {
    let choice = move |state: &'static str, label: fn(&Texts) -> &'static str| {
        let chosen = bool_signal(move || filters.state.with(|now| now == state));
        segment(
            "state",
            tr(label),
            chosen,
            on_click(move || filters.state.set(state.to_owned())),
        )
    };
    view! {
        <fieldset class="segments small">
            <legend class="unseen">{tr(|t| t.clients.state)}</legend>
            {choice("", |t| t.clients.online)}
            {choice("away", |t| t.clients.offline)}
            {choice("all", |t| t.clients.all)}
        </fieldset>
    }
    .erase()
}

/// The other filters.
pub(super) fn fields(filters: ClientFilters) -> AnyView {
    let known = BROWSERS.map(|name| view! { <option value=name>{name}</option> }.erase());
    // One of the URL that is not in the list.
    let other = move || {
        let name = text(move || filters.browser.get());
        view! { <option value=name>{name}</option> }.erase_client_only()
    };
    let is_other = move || {
        filters
            .browser
            .with(|name| !name.is_empty() && !BROWSERS.contains(&name.as_str()))
    };
    let clear = move || {
        view! {
            <button
                type="button"
                class="quiet small"
                on:click=on_click(move || filters.clear())
            >
                {tr(|t| t.clients.clear_filters)}
            </button>
        }
        .erase_client_only()
    };
    let span = |value: &'static str, label: fn(&Texts) -> &'static str| {
        view! { <option value=value>{tr(label)}</option> }.erase()
    };
    view! {
        <div class="filters" role="group" aria-label=tr(|t| t.clients.filters)>
            <input
                type="text"
                class="code"
                aria-label=tr(|t| t.clients.topic)
                placeholder=tr(|t| t.clients.topic)
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                bind:value=filters.topic
            />
            <select aria-label=tr(|t| t.clients.since) bind:value=filters.connected>
                <option value="">{tr(|t| t.clients.any_time)}</option>
                {span("5m", |t| t.clients.minutes)}
                {span("1h", |t| t.clients.hour)}
                {span("1d", |t| t.clients.day)}
                {span("7d", |t| t.clients.week)}
            </select>
            <select aria-label=tr(|t| t.clients.browser) bind:value=filters.browser>
                <option value="">{tr(|t| t.clients.any_browser)}</option>
                {known.into_iter().collect::<Vec<_>>()}
                {when(is_other, other)}
            </select>
            <label class="check">
                <input type="checkbox" bind:checked=filters.unread />
                <span>{tr(|t| t.clients.unread)}</span>
            </label>
            {when(move || filters.is_filtered(), clear)}
        </div>
    }
    .erase()
}
