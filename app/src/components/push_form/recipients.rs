//! Recipients as chips: clients and topics, typed with suggestions, pasted, or from a saved list.

use leptos::{ev, prelude::*, wasm_bindgen::JsValue};

use super::{
    draft::Draft,
    recipient::{Recipient, names},
};
use crate::{
    components::{
        EraseView, ListItem, SavedEntry, aria_bool, keyed_list, members_text, on_click,
        optional_text, outside, remove_button, static_text, text, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting::lower_case,
    i18n::{interpolate, plural, texts, tr},
};

/// Chips that are shown. The others are counted.
const SHOWN: usize = 60;

/// What suggestions are made of.
#[derive(Clone, Copy)]
pub(crate) struct Suggestions {
    /// Client ids.
    pub(crate) ids: ErasedSignal<Vec<String>>,
    /// Topics.
    pub(crate) topics: ErasedSignal<Vec<String>>,
    /// Saved lists.
    pub(crate) lists: ErasedSignal<Vec<SavedEntry>>,
    /// Adds the members of the list with this id.
    pub(crate) take_list: Callback<String>,
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Suggestion {
    List(SavedEntry),
    Recipient(Recipient),
}

/// What the field knows of its suggestions.
#[derive(Clone, Copy)]
struct FieldState {
    /// The suggestion that is chosen by keys. Its place in the list may change when an answer of the server comes.
    active: ErasedSignal<Option<Suggestion>>,
    is_open: RwSignal<bool>,
    offered: ErasedMemo<Vec<Suggestion>>,
    take: Callback<Suggestion>,
}

impl FieldState {
    /// The number of the chosen suggestion in the list, from 1. 0: none.
    fn place(self) -> usize {
        let (active, offered) = (self.active.read(), self.offered.read());
        let at = |one: &Suggestion| offered.iter().position(|offer| offer == one);
        (*active).as_ref().and_then(at).map_or(0, |n| n + 1)
    }

    /// Chooses the suggestion with this number, from 1.
    fn choose(self, n: usize) {
        let chosen = untrack(|| self.offered.read().get(n - 1).cloned());
        self.active.set(chosen);
    }
}

/// The field with its chips.
pub(crate) fn recipients(
    draft: Draft,
    suggestions: Suggestions,
    note: Signal<Option<String>>,
) -> AnyView {
    let active = ErasedSignal::new(None);
    let is_open = RwSignal::new(false);
    let offered = ErasedMemo::new(move || match is_open.get() {
        true => offers(draft, suggestions),
        false => Vec::new(),
    });
    let take = Callback::new(move |suggestion: Suggestion| {
        draft.typing.set(String::new());
        active.set(None);
        is_open.set(false);
        match suggestion {
            Suggestion::List(list) => suggestions.take_list.run(list.id),
            Suggestion::Recipient(recipient) => draft.add(vec![recipient]),
        }
    });
    let field = FieldState {
        active,
        is_open,
        offered,
        take,
    };
    let keys = move |event: ev::KeyboardEvent| {
        if press(event.key().as_str(), draft, field) {
            event.prevent_default();
        }
    };
    let paste = move |event: ev::ClipboardEvent| {
        let pasted = pasted(&event);
        if pasted.contains(['\n', '\r', '\t', ',', ';']) {
            event.prevent_default();
            let found = names(&pasted);
            draft.add(found.iter().map(|name| Recipient::named(name)).collect());
        }
    };
    let typed = move |_| {
        is_open.set(true);
        active.set(None);
    };
    let chips = keyed_list(move || {
        let chip = |one: Recipient| ListItem::new(one.key(), move || chip(&one, draft));
        let all = draft.recipients.read();
        all.iter().take(SHOWN).cloned().map(chip).collect()
    });
    let more = optional_text(move || {
        let more = draft.recipients.with(Vec::len).checked_sub(SHOWN);
        let more = more.filter(|more| *more > 0)? as u64;
        Some(plural(texts().preview.more, more, &[]))
    });
    let chosen = optional_text(move || match field.place() {
        0 => None,
        n => Some(format!("suggestion-{n}")),
    });
    view! {
        <label for="recipients">{tr(|t| t.push.recipients)}</label>
        <div class="recipients-field">
            <ul class="chips" aria-label=tr(|t| t.push.recipients)>
                {chips}
            </ul>
            <span class="hint">{more}</span>
            <input
                id="recipients"
                type="text"
                class="code"
                role="combobox"
                aria-autocomplete="list"
                aria-expanded=aria_bool(move || !offered.read().is_empty())
                aria-controls="suggestions"
                aria-activedescendant=chosen
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=tr(|t| t.push.recipients_hint)
                aria-describedby="to-note recipients-hint"
                aria-invalid=aria_bool(move || note.get().is_some())
                bind:value=draft.typing
                on:keydown=keys
                on:paste=paste
                on:input=typed
                on:focus=move |_| is_open.set(true)
                on:blur=move |_| is_open.set(false)
            />
            {when(move || !offered.read().is_empty(), move || options(field))}
        </div>
        <p class="hint" id="recipients-hint">
            {tr(|t| t.push.recipients_about)}
        </p>
    }
    .erase()
}

/// What happens when a key is pressed in the field. Returns whether it has a meaning here.
fn press(key: &str, draft: Draft, field: FieldState) -> bool {
    let is_open = field.is_open;
    let (count, at) = untrack(|| (field.offered.read().len(), field.place()));
    match key {
        "ArrowDown" if count > 0 => field.choose(at % count + 1),
        "ArrowUp" if count > 0 => field.choose(if at <= 1 { count } else { at - 1 }),
        "Enter" => match Option::clone(&field.active.read_untracked()) {
            Some(chosen) if at > 0 => field.take.run(chosen),
            // An empty field sends the form.
            _ if draft.typing.with_untracked(|text| text.trim().is_empty()) => return false,
            _ => draft.add_typed(),
        },
        "," | ";" => draft.add_typed(),
        "Escape" if is_open.get_untracked() => is_open.set(false),
        "Backspace" if draft.typing.with_untracked(String::is_empty) => draft.remove_last(),
        _ => return false,
    }
    true
}

/// The list of suggestions.
fn options(field: FieldState) -> AnyView {
    let options = keyed_list(move || {
        let option = |(n, one): (usize, Suggestion)| {
            let key = format!("{n} {one:?}");
            ListItem::new(key, move || option(n + 1, &one, field))
        };
        let offered = field.offered.get();
        offered.into_iter().enumerate().map(option).collect()
    });
    view! {
        <ul
            id="suggestions"
            class="suggestions"
            role="listbox"
            aria-label=tr(|t| t.push.suggestions)
        >
            {options}
        </ul>
    }
    .erase_client_only()
}

/// What fits to what was typed and is not chosen yet: lists, clients, topics, and last what was typed in its other meaning.
fn offers(draft: Draft, suggestions: Suggestions) -> Vec<Suggestion> {
    let typing = draft.typing.get();
    let typed = lower_case(typing.trim());
    let chosen = draft.recipients.read();
    let fits = |name: &str| lower_case(name).contains(&typed);
    let mut offers = Vec::new();
    let lists = suggestions.lists.read();
    let lists = lists.iter().filter(|list| fits(&list.name)).take(4);
    offers.extend(lists.cloned().map(Suggestion::List));
    let mut add = |recipient: Recipient| {
        let offer = Suggestion::Recipient(recipient);
        let is_new = match &offer {
            Suggestion::Recipient(one) => !chosen.contains(one),
            Suggestion::List(_) => true,
        };
        if is_new && !offers.contains(&offer) {
            offers.push(offer);
        }
    };
    // In the same order, whatever question the server has answered last: first those that begin with what was typed.
    let mut ids = suggestions.ids.get();
    ids.retain(|id| fits(id));
    ids.sort_unstable();
    let begins = |id: &String| lower_case(id).starts_with(&typed);
    let (first, others): (Vec<_>, Vec<_>) = ids.into_iter().partition(begins);
    let ids = first.into_iter().chain(others).take(6);
    ids.map(Recipient::Client).for_each(&mut add);
    let topics = suggestions.topics.read();
    let topics = topics.iter().filter(|topic| fits(topic)).take(6);
    topics.cloned().map(Recipient::Topic).for_each(&mut add);
    if !typed.is_empty() {
        add(Recipient::Topic(typing.trim().to_owned()));
    }
    offers
}

fn option(n: usize, suggestion: &Suggestion, field: FieldState) -> AnyView {
    let kind = match suggestion {
        Suggestion::List(list) => {
            let (clients, topics) = list.members.unwrap_or_default();
            text(move || {
                let members = members_text(clients, topics);
                format!("{} \u{b7} {members}", texts().push.a_list)
            })
        }
        Suggestion::Recipient(Recipient::Client(_)) => text(|| texts().push.a_client.to_owned()),
        Suggestion::Recipient(Recipient::Topic(_)) => text(|| texts().push.a_topic.to_owned()),
    };
    let name = match suggestion {
        Suggestion::List(list) => list.name.clone(),
        Suggestion::Recipient(recipient) => recipient.name().to_owned(),
    };
    let chosen = StoredValue::new(suggestion.clone());
    // Before the field loses the focus.
    let press = move |event: ev::MouseEvent| {
        event.prevent_default();
        field.take.run(chosen.get_value());
    };
    view! {
        <li
            id=format!("suggestion-{n}")
            role="option"
            aria-selected=aria_bool(move || field.place() == n)
            on:mousedown=press
        >
            <span class="code">{outside(name)}</span>
            <span class="hint">{kind}</span>
        </li>
    }
    .erase_client_only()
}

fn chip(recipient: &Recipient, draft: Draft) -> AnyView {
    let name = recipient.name().to_owned();
    let removed = StoredValue::new(recipient.clone());
    let called = text(move || {
        removed.with_value(|one| interpolate(texts().push.remove, &[("name", one.name())]))
    });
    let is_topic = matches!(recipient, Recipient::Topic(_));
    let kind = static_text(move || match is_topic {
        true => texts().push.a_topic,
        false => "",
    });
    view! {
        <li class="chip">
            <span class="hint">{kind}</span>
            <span class="code">{outside(name)}</span>
            {remove_button(called, on_click(move || draft.remove(&removed.get_value())))}
        </li>
    }
    .erase_client_only()
}

/// The text that is pasted. A field of one line would lose the ends of its lines.
fn pasted(event: &ev::ClipboardEvent) -> String {
    let get = |from: &JsValue, name: &str| js_sys::Reflect::get(from, &name.into()).ok();
    let read = || {
        let data = get(event, "clipboardData")?;
        let read: js_sys::Function = get(&data, "getData")?.into();
        read.call1(&data, &"text".into()).ok()?.as_string()
    };
    read().unwrap_or_default()
}
