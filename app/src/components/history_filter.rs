//! The filter of the message history.

use leptos::prelude::*;

use crate::{
    api::{AudienceQuery, MessagesQuery},
    components::{EraseView, when},
    i18n::{Texts, tr},
};

/// The values of the filter. Copies share the same signals.
#[derive(Clone, Copy)]
pub(crate) struct HistoryFilter {
    /// A value of the select field below.
    pub(crate) audience: RwSignal<String>,
    /// The client id or the topic.
    pub(crate) name: RwSignal<String>,
    pub(crate) event: RwSignal<String>,
    pub(crate) text: RwSignal<String>,
}

impl HistoryFilter {
    pub(crate) fn new() -> Self {
        Self {
            audience: RwSignal::default(),
            name: RwSignal::default(),
            event: RwSignal::default(),
            text: RwSignal::default(),
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
            ..MessagesQuery::default()
        }
    }

    /// The query; none if the panel has been left.
    pub(crate) fn try_query(self) -> Option<MessagesQuery> {
        (!self.text.is_disposed()).then(|| untrack(|| self.query()))
    }

    /// Resets the filter.
    pub(crate) fn clear(self) {
        for field in [self.audience, self.name, self.event, self.text] {
            field.set(String::new());
        }
    }
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
