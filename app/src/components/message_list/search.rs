//! The search and filter fields of the message list.

use leptos::prelude::*;

use crate::{
    components::{EraseView, ListItem, keyed_list, text},
    i18n::{Texts, tr},
    inbox::{Filter, Inbox},
    outside_text::visible,
};

/// A field of the filter.
type Field = fn(&mut Filter) -> &mut String;

/// A text in the current language.
type Name = fn(&Texts) -> &'static str;

/// The search field, and the select fields for topic and type.
pub(super) fn fields(inbox: RwSignal<Inbox>) -> AnyView {
    let wanted: Field = |filter| &mut filter.text;
    let topic = choice(
        inbox,
        Inbox::topics,
        |filter| &mut filter.topic,
        [|t| t.inbox.topic, |t| t.inbox.every_topic],
    );
    let kind = choice(
        inbox,
        Inbox::kinds,
        |filter| &mut filter.kind,
        [|t| t.inbox.kind, |t| t.inbox.every_kind],
    );
    view! {
        <div class="search" role="search" aria-labelledby="messages">
            <input
                type="search"
                aria-label=tr(|t| t.inbox.search)
                placeholder=tr(|t| t.inbox.search)
                autocomplete="off"
                spellcheck="false"
                prop:value=filter_value(inbox, wanted)
                on:input=move |event| set_filter(inbox, wanted, event_target_value(&event))
            />
            {topic}
            {kind}
        </div>
    }
    .erase()
}

/// A select field with these names and one option for all.
fn choice(
    inbox: RwSignal<Inbox>,
    names: fn(&Inbox) -> Vec<String>,
    field: Field,
    [called, every]: [Name; 2],
) -> AnyView {
    let options = keyed_list(move || inbox.with(names).into_iter().map(option).collect());
    view! {
        <select
            aria-label=tr(called)
            prop:value=filter_value(inbox, field)
            on:change=move |event| set_filter(inbox, field, event_target_value(&event))
        >
            <option value="">{tr(every)}</option>
            {options}
        </select>
    }
    .erase()
}

fn option(name: String) -> ListItem {
    ListItem::new(name.clone(), move || {
        view! { <option value=name.clone()>{visible(&name).into_owned()}</option> }
            .erase_client_only()
    })
}

fn filter_value(inbox: RwSignal<Inbox>, field: Field) -> Signal<String> {
    text(move || inbox.with(|inbox| field(&mut inbox.filter().clone()).clone()))
}

fn set_filter(inbox: RwSignal<Inbox>, field: Field, wanted: String) {
    inbox.update(|inbox| {
        let mut filter = inbox.filter().clone();
        *field(&mut filter) = wanted;
        inbox.set_filter(filter);
    });
}
