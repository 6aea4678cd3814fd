//! What a person looks for among the messages.

use leptos::prelude::*;

use crate::{
    components::{Entry, IntoPart, list, text},
    inbox::{Filter, Inbox},
    words::{Words, say},
};

/// A part of what is looked for.
type Field = fn(&mut Filter) -> &mut String;

/// What something is called in the language of the moment.
type Name = fn(&Words) -> &'static str;

/// The field for a text, and the choices of a topic and a type.
pub(super) fn fields(inbox: RwSignal<Inbox>) -> AnyView {
    let wanted: Field = |filter| &mut filter.text;
    let topic = choice(
        inbox,
        Inbox::topics,
        |filter| &mut filter.topic,
        [|w| w.inbox.topic, |w| w.inbox.every_topic],
    );
    let kind = choice(
        inbox,
        Inbox::kinds,
        |filter| &mut filter.kind,
        [|w| w.inbox.kind, |w| w.inbox.every_kind],
    );
    view! {
        <div class="search" role="search" aria-labelledby="messages">
            <input
                type="search"
                aria-label=say(|w| w.inbox.search)
                placeholder=say(|w| w.inbox.search)
                autocomplete="off"
                spellcheck="false"
                prop:value=looked_for(inbox, wanted)
                on:input=move |event| look_for(inbox, wanted, event_target_value(&event))
            />
            {topic}
            {kind}
        </div>
    }
    .part()
}

/// The choice of one of these names, or of every one.
fn choice(
    inbox: RwSignal<Inbox>,
    names: fn(&Inbox) -> Vec<String>,
    field: Field,
    [called, every]: [Name; 2],
) -> AnyView {
    let options = list(move || inbox.with(names).into_iter().map(option).collect());
    view! {
        <select
            aria-label=say(called)
            prop:value=looked_for(inbox, field)
            on:change=move |event| look_for(inbox, field, event_target_value(&event))
        >
            <option value="">{say(every)}</option>
            {options}
        </select>
    }
    .part()
}

fn option(name: String) -> Entry {
    Entry::new(name.clone(), move || {
        view! { <option value=name.clone()>{name.clone()}</option> }.fresh()
    })
}

fn looked_for(inbox: RwSignal<Inbox>, field: Field) -> Signal<String> {
    text(move || inbox.with(|inbox| field(&mut inbox.filter().clone()).clone()))
}

fn look_for(inbox: RwSignal<Inbox>, field: Field, wanted: String) {
    inbox.update(|inbox| {
        let mut filter = inbox.filter().clone();
        *field(&mut filter) = wanted;
        inbox.look_for(filter);
    });
}
