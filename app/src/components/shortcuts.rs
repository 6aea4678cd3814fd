//! Keyboard shortcuts, and the dialog that lists them.

use leptos::{prelude::*, web_sys::KeyboardEvent};
use leptos_router::hooks::use_navigate;

use crate::{
    browser,
    components::{EraseView, effect, on_click},
    i18n::{Texts, tr},
};

/// A text in the current language.
type Name = fn(&Texts) -> &'static str;

/// Navigates to a page of this site.
type Go = Box<dyn Fn(&str)>;

/// The id of the dialog.
const DIALOG: &str = "keys";
/// Milliseconds in which the second key has to follow.
const SECOND: f64 = 1_500.0;
/// The key after `g`, its page, and the name of the page.
const PLACES: [(&str, &str, Name); 7] = [
    ("l", "/", |t| t.shell.listen),
    ("o", "/admin", |t| t.panel.overview),
    ("c", "/admin/clients", |t| t.panel.clients),
    ("m", "/admin/messages", |t| t.panel.messages),
    ("p", "/admin/push", |t| t.panel.push),
    ("j", "/jobs", |t| t.shell.jobs),
    ("t", "/try", |t| t.shell.try_it),
];

/// Handles the shortcuts, and contains the dialog.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let navigate = use_navigate();
    let go = move |path: &str| navigate(path, Default::default());
    let go: StoredValue<Go, LocalStorage> = StoredValue::new_local(Box::new(go));
    let listener = StoredValue::new_local(None);
    effect(move || {
        // When `g` was pressed.
        let began = StoredValue::new_local(f64::NEG_INFINITY);
        let pressed = move |event: KeyboardEvent| {
            if let Some(path) = pressed(&event, began) {
                go.with_value(|go| go(path));
            }
        };
        listener.set_value(Some(browser::on_key(pressed)));
    });
    let second = |(key, _, name): (&'static str, &'static str, Name)| {
        view! {
            <div>
                <dt>
                    <kbd>"g"</kbd>
                    <kbd>{key}</kbd>
                </dt>
                <dd>{tr(name)}</dd>
            </div>
        }
        .erase()
    };
    view! {
        <dialog id=DIALOG class="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">{tr(|t| t.keys.title)}</h2>
            <dl>
                {single("/", |t| t.keys.search)}
                {PLACES.map(second).into_iter().collect::<Vec<_>>()}
                {single("Ctrl K", |t| t.keys.find)}
                {several(&["j", "k"], |t| t.keys.moves)}
                {single("Enter", |t| t.keys.open)}
                {several(&["x", "Shift x"], |t| t.keys.select)}
                {single("p", |t| t.keys.pause)}
                {single("?", |t| t.keys.this)}
                {single("Esc", |t| t.keys.close)}
            </dl>
            <form method="dialog">
                <button type="submit" class="small">
                    {tr(|t| t.keys.dismiss)}
                </button>
            </form>
        </dialog>
    }
    .erase()
}

fn single(key: &'static str, what: Name) -> AnyView {
    several(&[key], what)
}

fn several(keys: &[&'static str], what: Name) -> AnyView {
    let key = |key: &&'static str| view! { <kbd>{*key}</kbd> }.erase();
    view! {
        <div>
            <dt>{keys.iter().map(key).collect::<Vec<_>>()}</dt>
            <dd>{tr(what)}</dd>
        </div>
    }
    .erase()
}

/// The button that opens the dialog.
pub(crate) fn keys_button() -> AnyView {
    view! {
        <button type="button" class="plain" on:click=on_click(|| browser::show_dialog(DIALOG))>
            {tr(|t| t.keys.title)}
            " "
            <kbd>"?"</kbd>
        </button>
    }
    .erase()
}

/// Handles a key. Returns the page to navigate to, if any.
fn pressed(event: &KeyboardEvent, began: StoredValue<f64, LocalStorage>) -> Option<&'static str> {
    if !browser::is_command(event) {
        return None;
    }
    let key = event.key();
    let second = browser::now() - began.get_value() < SECOND;
    began.set_value(f64::NEG_INFINITY);
    match key.as_str() {
        "/" if browser::focus("search") => event.prevent_default(),
        "?" => browser::show_dialog(DIALOG),
        "Escape" => browser::click("[data-escape]"),
        "g" => began.set_value(browser::now()),
        // In a list they move on (see `list_keys`).
        "j" | "k" if !second && !event.default_prevented() => browser::focus_row(),
        key if second => {
            let place = PLACES.iter().find(|(known, ..)| *known == key)?;
            event.prevent_default();
            return Some(place.1);
        }
        _ => {}
    }
    None
}
