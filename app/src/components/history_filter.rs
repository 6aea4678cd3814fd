//! The filter of the message history.

use leptos::prelude::*;

use crate::{
    api::{AudienceQuery, MessagesQuery},
    browser,
    components::{EraseView, on_click, text, when},
    formatting,
    i18n::{Texts, tr},
};

/// An hour in milliseconds.
const HOUR: f64 = 3_600_000.0;

/// The values of the filter. Copies share the same signals.
#[derive(Clone, Copy)]
pub(crate) struct HistoryFilter {
    /// A value of the select field below.
    pub(crate) audience: RwSignal<String>,
    /// The client id or the topic.
    pub(crate) name: RwSignal<String>,
    pub(crate) event: RwSignal<String>,
    pub(crate) text: RwSignal<String>,
    /// The first and the last time, as values of fields for local times.
    pub(crate) since: RwSignal<String>,
    pub(crate) until: RwSignal<String>,
}

impl HistoryFilter {
    pub(crate) fn new() -> Self {
        Self {
            audience: RwSignal::default(),
            name: RwSignal::default(),
            event: RwSignal::default(),
            text: RwSignal::default(),
            since: RwSignal::default(),
            until: RwSignal::default(),
        }
    }

    /// The query for the server. An empty name does not filter.
    pub(crate) fn query(self) -> MessagesQuery {
        let filled = |text: RwSignal<String>| {
            let text = text.get().trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        let audience = match self.audience.get().as_str() {
            "clients" => Some(AudienceQuery::Clients),
            "topics" => Some(AudienceQuery::Topics),
            "everyone" => Some(AudienceQuery::Everyone),
            "client" => filled(self.name).map(AudienceQuery::Client),
            "topic" => filled(self.name).map(AudienceQuery::Topic),
            _ => None,
        };
        MessagesQuery {
            audience,
            event: filled(self.event),
            q: filled(self.text),
            since: time(self.since).map(|at| at as u64),
            // The field has whole seconds.
            until: time(self.until).map(|at| at as u64 + 999),
            ..MessagesQuery::default()
        }
    }

    /// The query; none if the panel has been left.
    pub(crate) fn try_query(self) -> Option<MessagesQuery> {
        (!self.text.is_disposed()).then(|| untrack(|| self.query()))
    }

    /// Resets the filter.
    pub(crate) fn clear(self) {
        let Self {
            audience,
            name,
            event,
            text,
            since,
            until,
        } = self;
        for field in [audience, name, event, text, since, until] {
            field.set(String::new());
        }
    }

    /// Only messages from this time on, in milliseconds since 1970.
    fn begin_at(self, at: f64) {
        self.since.set(formatting::local_time(at));
        self.until.set(String::new());
    }
}

/// The value of a field for local times, in milliseconds since 1970.
fn time(field: RwSignal<String>) -> Option<f64> {
    let text = field.get();
    // Browsers leave such a field empty until it is complete.
    let at = (!text.is_empty()).then(|| formatting::parse_time(&text));
    at.flatten().filter(|at| *at >= 0.0)
}

/// The fields of the filter.
#[component]
pub fn HistoryFilterFields(
    /// The values of the filter.
    filter: HistoryFilter,
) -> impl IntoView {
    let option = |value: &'static str, label: fn(&Texts) -> &'static str| {
        view! { <option value=value>{tr(label)}</option> }.erase()
    };
    let named = move || matches!(filter.audience.get().as_str(), "client" | "topic");
    let name = move || {
        search_field(
            "history-name",
            |t| t.messages.which,
            |t| t.messages.which_hint,
            filter.name,
        )
    };
    view! {
        <div class="filters">
            <label class="unseen" for="history-audience">
                {tr(|t| t.messages.audience)}
            </label>
            <select id="history-audience" bind:value=filter.audience>
                {option("", |t| t.messages.anybody)}
                {option("clients", |t| t.messages.clients)}
                {option("topics", |t| t.messages.topics)}
                {option("everyone", |t| t.messages.everyone)}
                {option("client", |t| t.messages.one_client)}
                {option("topic", |t| t.messages.one_topic)}
            </select>
            {when(named, name)}
            {search_field("history-event", |t| t.messages.event, |t| t.messages.event_hint, filter.event)}
            {search_field("search", |t| t.messages.text, |t| t.messages.text_hint, filter.text)}
        </div>
        <div class="filters times">
            {time_field("history-since", |t| t.messages.since, filter.since)}
            {time_field("history-until", |t| t.messages.until_field, filter.until)}
            <div class="row" role="group" aria-label=tr(|t| t.messages.range)>
                {choice(|t| t.messages.last_hour, move || filter.begin_at(browser::now() - HOUR))}
                {choice(|t| t.messages.today, move || filter.begin_at(formatting::start_of_today()))}
                {choice(|t| t.messages.week, move || filter.begin_at(browser::now() - 168.0 * HOUR))}
            </div>
            {export_menu(filter)}
        </div>
    }
    .erase()
}

fn time_field(
    id: &'static str,
    label: fn(&Texts) -> &'static str,
    time: RwSignal<String>,
) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{tr(label)}</label>
            <input id=id type="datetime-local" step="1" bind:value=time />
        </div>
    }
    .erase()
}

fn choice(label: fn(&Texts) -> &'static str, choose: impl Fn() + 'static) -> AnyView {
    view! {
        <button type="button" class="quiet small" on:click=on_click(choose)>
            {tr(label)}
        </button>
    }
    .erase()
}

/// Links to what matches, as files.
fn export_menu(filter: HistoryFilter) -> AnyView {
    let link = move |format: &'static str, label: fn(&Texts) -> &'static str| {
        view! {
            <li>
                <a href=text(move || filter.query().export(format)) download="">
                    {tr(label)}
                </a>
            </li>
        }
        .erase()
    };
    view! {
        <details class="menu">
            <summary class="button quiet small">{tr(|t| t.messages.export)}</summary>
            <ul>{link("csv", |t| t.messages.export_csv)} {link("ndjson", |t| t.messages.export_ndjson)}</ul>
        </details>
    }
    .erase()
}

/// A field of a filter.
pub(crate) fn search_field(
    id: &'static str,
    label: fn(&Texts) -> &'static str,
    placeholder: fn(&Texts) -> &'static str,
    text: RwSignal<String>,
) -> AnyView {
    view! {
        <label class="unseen" for=id>
            {tr(label)}
        </label>
        <input
            id=id
            type="search"
            placeholder=tr(placeholder)
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            bind:value=text
        />
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_with_a_value_filter_the_history() {
        let owner = Owner::new();
        owner.set();
        let filter = HistoryFilter::new();
        assert_eq!(filter.query(), MessagesQuery::default());
        filter.audience.set("topic".to_owned());
        assert_eq!(filter.query().audience, None);
        filter.name.set(" news ".to_owned());
        filter.text.set("  ".to_owned());
        let query = filter.query();
        assert_eq!(
            query.audience,
            Some(AudienceQuery::Topic("news".to_owned()))
        );
        assert_eq!(query.q, None);
    }
}
