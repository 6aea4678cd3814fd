//! An editable list of names: topics, event types.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::{
        EraseView, ListItem, keyed_list, on_click, outside, outside_signal, remove_button, text,
    },
    i18n::interpolate,
};

/// The names as chips, each with a remove button, and a field to add one.
#[component]
pub fn NameList(
    /// Prefix of the `id`s of the fields.
    id: &'static str,
    /// The label of the field.
    label: Signal<&'static str>,
    /// The placeholder of the field.
    placeholder: &'static str,
    /// The label of the button that adds.
    add: Signal<&'static str>,
    /// The label of the button that removes `{name}`.
    leave: Signal<&'static str>,
    /// A hint about the names.
    hint: Signal<&'static str>,
    /// The names, in the order in which they were added.
    names: RwSignal<Vec<String>>,
    /// Names that were refused, each with the reason.
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
                <span class="name">{outside(&name)}</span>
                <span class="why">{outside_signal(why)}</span>
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
