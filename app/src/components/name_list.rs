//! A short list of names that a person adds to and takes from: topics, event types.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{EraseView, ListItem, keyed_list, on_click, remove_button, text},
    i18n::interpolate,
};

/// The names as chips, each with a button to leave it, and a field to add one.
#[component]
pub fn NameList(
    /// What `id`s of the fields begin with.
    id: &'static str,
    /// What the field asks for.
    label: Signal<&'static str>,
    /// An example.
    placeholder: &'static str,
    /// What the button that adds is called.
    add: Signal<&'static str>,
    /// What the button that takes `{name}` away is called.
    leave: Signal<&'static str>,
    /// What to know about these names.
    hint: Signal<&'static str>,
    /// The names, in the order in which they were added.
    names: RwSignal<Vec<String>>,
    /// Names that were not allowed, each with the reason.
    #[prop(optional, into)]
    refused: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let name = typed.get_untracked().trim().to_owned();
        if !name.is_empty() {
            names.update(|names| {
                if !names.contains(&name) {
                    names.push(name);
                }
            });
            typed.set(String::new());
        }
    };
    let reason = move |name: &str| {
        let refused = refused.get();
        refused
            .into_iter()
            .find(|(n, _)| n == name)
            .map(|(_, why)| why)
    };
    let chip = move |name: String| {
        let why = {
            let name = name.clone();
            text(move || reason(&name).unwrap_or_default())
        };
        let (go, named) = (name.clone(), name.clone());
        let called = text(move || interpolate(leave.get(), &[("name", &named)]));
        let leave_it = on_click(move || names.update(|names| names.retain(|n| *n != go)));
        view! {
            <li class="chip">
                <span class="name">{name.clone()}</span>
                <span class="why">{why}</span>
                {remove_button(called, leave_it)}
            </li>
        }
        .erase_client_only()
    };
    let chips = keyed_list(move || {
        let names = names.get();
        let entry = |name: String| ListItem::new(name.clone(), move || chip(name.clone()));
        names.into_iter().map(entry).collect()
    });
    let hint_id = format!("{id}-hint");
    view! {
        <form class="add" on:submit=submit>
            <label for=id>{label}</label>
            <div class="row">
                <input
                    id=id
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder=placeholder
                    aria-describedby=hint_id.clone()
                    bind:value=typed
                />
                <button type="submit">{add}</button>
            </div>
        </form>
        <p class="hint" id=hint_id>
            {hint}
        </p>
        <ul class="chips" aria-label=label>
            {chips}
        </ul>
    }
    .erase()
}
