//! What a team has saved: a list with buttons to use and to remove an item, and a field to save a new one.

use leptos::{ev::SubmitEvent, prelude::*};

use super::{
    EraseView, ListItem, ask_first, keyed_list, list_keys, on_click, optional_text, outside, text,
    when,
};
use crate::{
    erased_signal::ErasedSignal,
    formatting,
    i18n::{Texts, interpolate, texts, tr},
};

/// A saved item, as the card shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedEntry {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// How many clients and topics it has. None: it is no list.
    pub(crate) members: Option<(u64, u64)>,
    /// The event type of its message.
    pub(crate) event: Option<String>,
    /// Who has changed it last, and when.
    pub(crate) changed: (String, u64),
}

/// What the card says.
#[derive(Clone, Copy)]
pub(crate) struct SavedWords {
    /// The id of the card in the page.
    pub(crate) id: &'static str,
    /// The heading.
    pub(crate) title: fn(&Texts) -> &'static str,
    /// The label of the field.
    pub(crate) name: fn(&Texts) -> &'static str,
    /// What is said if there are none.
    pub(crate) none: fn(&Texts) -> &'static str,
    /// What will happen if one is removed.
    pub(crate) remove_ask: fn(&Texts) -> &'static str,
}

/// What can be done. A name that is taken is asked about.
#[derive(Clone, Copy)]
pub(crate) struct SavedActions {
    /// Saves under this name.
    pub(crate) save: Callback<String>,
    /// Saves in place of the one that has the name.
    pub(crate) replace: Callback<()>,
    /// Uses the item with this id.
    pub(crate) take: Callback<String>,
    /// Removes the item with this id.
    pub(crate) remove: Callback<String>,
}

/// The state of saving. Copies share the same signals.
#[derive(Clone, Copy)]
pub(crate) struct Saving {
    /// The name in the field.
    pub(crate) name: RwSignal<String>,
    /// What came of the last action.
    pub(crate) note: RwSignal<Option<String>>,
    /// The name that another item has.
    pub(crate) taken: RwSignal<Option<String>>,
}

impl Saving {
    pub(crate) fn new() -> Self {
        Self {
            name: RwSignal::default(),
            note: RwSignal::new(None),
            taken: RwSignal::new(None),
        }
    }

    /// It is saved.
    pub(crate) fn done(self, name: &str) {
        self.name.try_set(String::new());
        self.taken.try_set(None);
        let said = interpolate(texts().saved.done, &[("name", name)]);
        self.note.try_set(Some(said));
    }
}

/// The card.
pub(crate) fn saved_card(
    entries: ErasedSignal<Vec<SavedEntry>>,
    saving: Saving,
    words: SavedWords,
    actions: SavedActions,
) -> AnyView {
    let rows = keyed_list(move || {
        let entry = |entry: SavedEntry| {
            let key = format!("{} {} {}", entry.id, entry.name, entry.changed.1);
            ListItem::new(key, move || row(&entry, words, actions))
        };
        entries.get().into_iter().map(entry).collect()
    });
    let none = optional_text(move || {
        let none = entries.with(Vec::is_empty);
        none.then(|| tr(words.none).get().to_owned())
    });
    view! {
        <section class="card saved" aria-labelledby=words.id>
            <h2 id=words.id>{tr(words.title)}</h2>
            {save_form(saving, words.name, actions)}
            <p class="hint">{none}</p>
            <ul class="saved-list" aria-labelledby=words.id use:list_keys>
                {rows}
            </ul>
        </section>
    }
    .erase()
}

/// A field for a name, with the question whether to replace what has the same name.
pub(crate) fn save_form(
    saving: Saving,
    label: fn(&Texts) -> &'static str,
    actions: SavedActions,
) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let name = saving.name.get_untracked().trim().to_owned();
        saving.note.set(None);
        saving.taken.set(None);
        if !name.is_empty() {
            actions.save.run(name);
        }
    };
    let replace = move || {
        let about = text(move || {
            let name = saving.taken.get().unwrap_or_default();
            interpolate(texts().saved.taken, &[("name", &name)])
        });
        view! {
            <div class="question" role="alertdialog" aria-label=tr(|t| t.saved.replace)>
                <p>{about}</p>
                <div class="row">
                    <button
                        type="button"
                        class="small"
                        on:click=on_click(move || actions.replace.run(()))
                    >
                        {tr(|t| t.saved.replace)}
                    </button>
                    <button
                        type="button"
                        class="quiet small"
                        data-escape=""
                        on:click=on_click(move || saving.taken.set(None))
                    >
                        {tr(|t| t.push.keep)}
                    </button>
                </div>
            </div>
        }
        .erase_client_only()
    };
    view! {
        <form class="row nowrap" on:submit=submit>
            <input
                type="text"
                autocomplete="off"
                maxlength="100"
                aria-label=tr(label)
                placeholder=tr(label)
                bind:value=saving.name
            />
            <button type="submit">{tr(|t| t.saved.save)}</button>
        </form>
        {when(move || saving.taken.get().is_some(), replace)}
        <p class="note" role="status">
            {saving.note}
        </p>
    }
    .erase()
}

fn row(entry: &SavedEntry, words: SavedWords, actions: SavedActions) -> AnyView {
    let id = StoredValue::new(entry.id.clone());
    let name = entry.name.clone();
    let called = text(move || interpolate(texts().saved.take, &[("name", &name)]));
    let shown = entry.clone();
    let about = text(move || about(&shown));
    let remove = Callback::new(move |()| actions.remove.run(id.get_value()));
    view! {
        <li data-row=entry.id.clone()>
            <div>
                <button
                    type="button"
                    class="plain name"
                    aria-label=called
                    on:click=on_click(move || actions.take.run(id.get_value()))
                >
                    {outside(&entry.name)}
                </button>
                <p class="hint">{about}</p>
            </div>
            {ask_first(|t| t.saved.remove, words.remove_ask, entry.name.clone(), remove)}
        </li>
    }
    .erase_client_only()
}

fn about(entry: &SavedEntry) -> String {
    let mut parts = Vec::new();
    if let Some((clients, topics)) = entry.members {
        parts.push(members_text(clients, topics));
    }
    parts.extend(entry.event.clone());
    let (who, at) = &entry.changed;
    let ago = formatting::ago(*at as f64);
    parts.push(interpolate(
        texts().saved.changed,
        &[("who", who), ("ago", &ago)],
    ));
    parts.join(" \u{b7} ")
}

/// How many clients and topics there are.
pub(crate) fn members_text(clients: u64, topics: u64) -> String {
    let texts = &texts().saved;
    let parts = [(texts.clients, clients), (texts.topics, topics)];
    let parts = parts.into_iter().filter(|(_, n)| *n > 0);
    let parts = parts.map(|(pattern, n)| crate::i18n::plural(pattern, n, &[]));
    parts.collect::<Vec<_>>().join(", ")
}
