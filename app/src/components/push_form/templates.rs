//! Push templates, stored in the browser.

use leptos::{ev::SubmitEvent, prelude::*};

use super::Draft;
use crate::{
    components::{
        EraseView, ListItem, keyed_list, on_click, optional_text, remove_button, text, when,
    },
    erased_signal::ErasedSignal,
    i18n::{interpolate, texts, tr},
};

/// The templates. Each is its name, followed by the values of the form.
pub(crate) type StoredTemplates = Vec<Vec<String>>;

/// The list of templates, with buttons to save, load and delete one.
#[component]
pub fn Templates(
    /// The form that is saved and filled.
    draft: Draft,
    /// The templates, sorted by name.
    kept: ErasedSignal<StoredTemplates>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let dropped = ErasedSignal::new(None::<Vec<String>>);
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let called = name.get_untracked().trim().to_owned();
        if !called.is_empty() {
            let mut template = vec![called];
            template.extend(untrack(|| draft.fields()));
            kept.update(|kept| put(kept, template));
            name.set(String::new());
            dropped.set(None);
        }
    };
    let entries = keyed_list(move || {
        let entry = |template: Vec<String>| {
            ListItem::new(template.join("\n"), move || {
                row(&template, draft, kept, dropped)
            })
        };
        kept.get().into_iter().map(entry).collect()
    });
    let none = optional_text(move || {
        let none = kept.with(Vec::is_empty) && dropped.with(Option::is_none);
        none.then(|| texts().templates.none.to_owned())
    });
    view! {
        <section class="card" aria-labelledby="templates">
            <h2 id="templates">{tr(|t| t.templates.title)}</h2>
            <p class="hint">{tr(|t| t.templates.about)}</p>
            <form class="row nowrap" on:submit=save>
                <label class="unseen" for="template-name">
                    {tr(|t| t.templates.name)}
                </label>
                <input
                    id="template-name"
                    type="text"
                    autocomplete="off"
                    placeholder=tr(|t| t.templates.name)
                    bind:value=name
                />
                <button type="submit">{tr(|t| t.templates.save)}</button>
            </form>
            <p class="hint">{none}</p>
            <ul class="templates" aria-labelledby="templates">
                {entries}
            </ul>
            {when(move || dropped.with(Option::is_some), move || undo(kept, dropped))}
        </section>
    }
    .erase()
}

fn row(
    template: &[String],
    draft: Draft,
    kept: ErasedSignal<StoredTemplates>,
    dropped: ErasedSignal<Option<Vec<String>>>,
) -> AnyView {
    let template = StoredValue::new(template.to_vec());
    let name = template.with_value(|template| template.first().cloned().unwrap_or_default());
    let named = StoredValue::new(name.clone());
    let load = text(move || interpolate(texts().templates.load, &[("name", &named.get_value())]));
    let delete =
        text(move || interpolate(texts().templates.delete, &[("name", &named.get_value())]));
    let take = on_click(move || template.with_value(|template| draft.fill_fields(&template[1..])));
    let drop = on_click(move || {
        dropped.set(Some(template.get_value()));
        kept.update(|kept| template.with_value(|gone| kept.retain(|other| other != gone)));
    });
    view! {
        <li class="chip">
            <button type="button" class="plain name" aria-label=load on:click=take>
                {name}
            </button>
            {remove_button(delete, drop)}
        </li>
    }
    .erase_client_only()
}

/// Offers to restore the template that was deleted last.
fn undo(
    kept: ErasedSignal<StoredTemplates>,
    dropped: ErasedSignal<Option<Vec<String>>>,
) -> AnyView {
    let said = text(move || {
        let name = dropped.with(|gone| gone.as_ref().and_then(|gone| gone.first().cloned()));
        interpolate(
            texts().templates.deleted,
            &[("name", &name.unwrap_or_default())],
        )
    });
    let back = on_click(move || {
        let gone = dropped.read_untracked();
        dropped.set(None);
        if let Some(template) = Option::clone(&gone) {
            kept.update(|kept| put(kept, template));
        }
    });
    view! {
        <p class="row" role="status">
            <span>{said}</span>
            <button type="button" class="quiet small" on:click=back>
                {tr(|t| t.templates.undo)}
            </button>
        </p>
    }
    .erase_client_only()
}

/// Inserts a template by name. It replaces one with the same name.
fn put(kept: &mut StoredTemplates, template: Vec<String>) {
    kept.retain(|other| other.first() != template.first());
    let place = kept.partition_point(|other| other.first() < template.first());
    kept.insert(place, template);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sorted_and_have_unique_names() {
        let template = |name: &str, data: &str| vec![name.to_owned(), data.to_owned()];
        let mut kept = StoredTemplates::new();
        put(&mut kept, template("b", "1"));
        put(&mut kept, template("a", "2"));
        put(&mut kept, template("b", "3"));
        assert_eq!(kept, [template("a", "2"), template("b", "3")]);
    }
}
