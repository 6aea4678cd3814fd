//! What keys do on every page, and the dialog that says so.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlElement, web_sys::KeyboardEvent};
use leptos_router::hooks::use_navigate;

use crate::{
    browser,
    components::{IntoPart, effect, press},
    words::{Words, say},
};

/// What something is called in the language of the moment.
type Name = fn(&Words) -> &'static str;

/// Goes to a page of ours.
type Go = Box<dyn Fn(&str)>;

/// The dialog that lists the keys.
const DIALOG: &str = "keys";
/// A second key counts for so many milliseconds.
const SECOND: f64 = 1_500.0;
/// After `g`: the key, where it leads, and what that is called.
const PLACES: [(&str, &str, Name); 7] = [
    ("l", "/", |w| w.shell.listen),
    ("o", "/admin", |w| w.panel.overview),
    ("c", "/admin/clients", |w| w.panel.clients),
    ("m", "/admin/messages", |w| w.panel.messages),
    ("p", "/admin/push", |w| w.panel.push),
    ("j", "/jobs", |w| w.shell.jobs),
    ("t", "/try", |w| w.shell.try_it),
];

/// Listens to keys, and holds the dialog.
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
                <dd>{say(name)}</dd>
            </div>
        }
        .part()
    };
    view! {
        <dialog id=DIALOG class="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">{say(|w| w.keys.title)}</h2>
            <dl>
                {single("/", |w| w.keys.search)}
                {PLACES.map(second).into_iter().collect::<Vec<_>>()}
                {single("?", |w| w.keys.this)}
                {single("Esc", |w| w.keys.close)}
            </dl>
            <form method="dialog">
                <button type="submit" class="small">
                    {say(|w| w.client.close)}
                </button>
            </form>
        </dialog>
    }
    .part()
}

fn single(key: &'static str, what: fn(&Words) -> &'static str) -> AnyView {
    view! {
        <div>
            <dt>
                <kbd>{key}</kbd>
            </dt>
            <dd>{say(what)}</dd>
        </div>
    }
    .part()
}

/// The button that shows the dialog.
pub(crate) fn keys_button() -> AnyView {
    view! {
        <button type="button" class="plain" on:click=press(|| browser::show_dialog(DIALOG))>
            {say(|w| w.keys.title)}
            " "
            <kbd>"?"</kbd>
        </button>
    }
    .part()
}

/// What a key does at once; where it leads, if it does.
fn pressed(event: &KeyboardEvent, began: StoredValue<f64, LocalStorage>) -> Option<&'static str> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(event) {
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
        key if second => {
            let place = PLACES.iter().find(|(known, ..)| *known == key);
            return place.map(|(_, path, _)| *path);
        }
        _ => {}
    }
    None
}

/// Whether the key goes into a field, where it means itself.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let name = target.map(|target| target.tag_name()).unwrap_or_default();
    matches!(name.as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}
