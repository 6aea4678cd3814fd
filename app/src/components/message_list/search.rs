//! What a person looks for among the messages.

use leptos::prelude::*;

use crate::{
    components::{Entry, IntoPart, list, text},
    inbox::{Filter, Inbox},
    words::say,
};

/// The field for a text, and the choices of a topic and a type.
pub(super) fn fields(inbox: RwSignal<Inbox>) -> AnyView {
    let options = move |names: fn(&Inbox) -> Vec<String>| {
        list(move || inbox.with(names).into_iter().map(option).collect())
    };
    let look_for = move |change: fn(&mut Filter, String), wanted: String| {
        inbox.update(|inbox| {
            let mut filter = inbox.filter().clone();
            change(&mut filter, wanted);
            inbox.look_for(filter);
        });
    };
    let wanted = text(move || inbox.with(|inbox| inbox.filter().text.clone()));
    let kind = text(move || inbox.with(|inbox| inbox.filter().kind.clone()));
    let topic = text(move || inbox.with(|inbox| inbox.filter().topic.clone()));
    view! {
        <div class="search" role="search" aria-labelledby="messages">
            <input
                type="search"
                aria-label=say(|w| w.inbox.search)
                placeholder=say(|w| w.inbox.search)
                autocomplete="off"
                spellcheck="false"
                prop:value=wanted
                on:input=move |event| look_for(|filter, text| filter.text = text, event_target_value(&event))
            />
            <select
                aria-label=say(|w| w.inbox.topic)
                prop:value=topic
                on:change=move |event| look_for(|filter, topic| filter.topic = topic, event_target_value(&event))
            >
                <option value="">{say(|w| w.inbox.every_topic)}</option>
                {options(Inbox::topics)}
            </select>
            <select
                aria-label=say(|w| w.inbox.kind)
                prop:value=kind
                on:change=move |event| look_for(|filter, kind| filter.kind = kind, event_target_value(&event))
            >
                <option value="">{say(|w| w.inbox.every_kind)}</option>
                {options(Inbox::kinds)}
            </select>
        </div>
    }
    .part()
}

fn option(name: String) -> Entry {
    Entry::new(name.clone(), move || {
        view! { <option value=name.clone()>{name.clone()}</option> }.fresh()
    })
}
