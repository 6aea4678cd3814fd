//! What the pages ask of the browser besides HTTP and streams: the tab's memory, the clock, timers,
//! the clipboard, whether it is online. Nothing here is called while the server renders a page:
//! effects and handlers run in browsers only.

mod notification;

use std::time::Duration;

use js_sys::{Date, Function, Object, Promise, Reflect};
use leptos::{
    leptos_dom::helpers::{TimeoutHandle, document, set_timeout_with_handle, window},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{
        Event, EventTarget, HtmlDialogElement, HtmlElement, HtmlTextAreaElement, KeyboardEvent,
        Storage,
    },
};
use wasm_bindgen_futures::JsFuture;

pub(crate) use notification::{notify, request_notification_permission};

/// What this tab remembers under a key, across reloads.
pub(crate) fn session_get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Remembers a text for this tab. A browser that keeps nothing forgets it with the page.
pub(crate) fn session_set(key: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, text);
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// What this browser keeps under a key, for every tab and for good.
pub(crate) fn local_get(key: &str) -> Option<String> {
    let storage = window().local_storage().ok()??;
    storage.get_item(key).ok()?
}

/// Keeps a text for every tab of this browser. One that keeps nothing forgets it with the page.
pub(crate) fn local_set(key: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, text);
    }
}

/// Forgets what this browser keeps under a key.
pub(crate) fn local_remove(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(key);
    }
}

/// Whether nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// Milliseconds since 1970.
pub(crate) fn now() -> f64 {
    Date::now()
}

/// The language that this page was rendered in.
#[cfg(feature = "hydrate")]
pub(crate) fn page_language() -> String {
    let root = document().document_element();
    root.and_then(|root| root.get_attribute("lang"))
        .unwrap_or_default()
}

/// Remembers the language for a year, where the server sees it too, and says it of the page.
pub(crate) fn store_language(cookie: &str, tag: &str) {
    let cookie = format!("{cookie}={tag}; path=/; max-age=31536000; samesite=lax");
    let _ = Reflect::set(&document(), &"cookie".into(), &cookie.into());
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", tag);
    }
}

/// Scheme, host and port that the page came from.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Whether the browser has no network.
pub(crate) fn is_offline() -> bool {
    !window().navigator().on_line()
}

/// Something that happens after a while, unless it is dropped before.
pub(crate) struct Timer(Option<TimeoutHandle>);

impl Timer {
    /// Calls `then` in so many milliseconds.
    pub(crate) fn after(milliseconds: f64, then: impl FnOnce() + 'static) -> Self {
        let wait = Duration::from_millis(milliseconds.max(0.0) as u64);
        Self(set_timeout_with_handle(then, wait).ok())
    }

    /// Lets it happen whoever forgets about it.
    pub(crate) fn detach(mut self) {
        self.0 = None;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            handle.clear();
        }
    }
}

/// Listens to events of the page until it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(target: EventTarget, event: &'static str, then: impl FnMut(Event) + 'static) -> Self {
        let closure = Closure::new(then);
        let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        Self {
            target,
            event,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.closure.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, callback);
    }
}

/// Calls `then` whenever the window gets another size.
pub(crate) fn on_resize(then: impl Fn() + 'static) -> Listener {
    Listener::new(window().into(), "resize", move |_| then())
}

/// Calls `then` with every key that is pressed.
pub(crate) fn on_key(then: impl Fn(KeyboardEvent) + 'static) -> Listener {
    Listener::new(document().into(), "keydown", move |event| {
        if let Ok(event) = event.dyn_into() {
            then(event);
        }
    })
}

/// Says another address of this page, if it is still at `path`, without going there.
pub(crate) fn replace_url(path: &str, address: &str) {
    let window = window();
    if window.location().pathname().is_ok_and(|now| now == path)
        && let Ok(history) = window.history()
    {
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(address));
    }
}

/// Takes the person to a field. False when there is none.
pub(crate) fn focus(id: &str) -> bool {
    let field = document().get_element_by_id(id);
    let field = field.and_then(|field| field.dyn_into::<HtmlElement>().ok());
    field.is_some_and(|field| field.focus().is_ok())
}

/// Presses the first button that a selector finds, if there is one.
pub(crate) fn click(selector: &str) {
    let button = document().query_selector(selector).ok().flatten();
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}

/// Shows a dialog over the page.
pub(crate) fn show_dialog(id: &str) {
    let dialog = document().get_element_by_id(id);
    if let Some(dialog) = dialog.and_then(|d| d.dyn_into::<HtmlDialogElement>().ok())
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// Copies a text. False when the browser does not allow it.
pub(crate) async fn copy(text: String) -> bool {
    let navigator: JsValue = window().navigator().into();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    // Browsers offer the clipboard only where a page came by HTTPS or from this machine.
    if clipboard.is_undefined() {
        return copy_by_selection(&text).is_some();
    }
    let promise = window().navigator().clipboard().write_text(&text);
    JsFuture::from(promise).await.is_ok()
}

fn copy_by_selection(text: &str) -> Option<()> {
    let document = document();
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    area.set_class_name("unseen");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let command: Function = Reflect::get(&document, &"execCommand".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let copied = command.call1(&document, &"copy".into());
    area.remove();
    copied.ok()?.is_truthy().then_some(())
}

/// Takes a name for as long as this document lives. False when another tab of this browser holds it:
/// a tab that was duplicated brings the memory of the first along. Where the browser has no locks,
/// and after a reload, the name counts as free.
pub(crate) async fn claim(name: &str) -> bool {
    let navigator: JsValue = window().navigator().into();
    let locks = Reflect::get(&navigator, &"locks".into()).unwrap_or(JsValue::UNDEFINED);
    let Some(request) = Reflect::get(&locks, &"request".into())
        .ok()
        .and_then(|request| request.dyn_into::<Function>().ok())
    else {
        return true;
    };
    let options = Object::new();
    let polite = !was_reloaded();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &polite.into());
    let answer = Promise::new(&mut |resolve, _| {
        // The lock is held until the promise that this returns is kept: never.
        let held = Closure::once_into_js(move |lock: JsValue| {
            let free = !lock.is_null();
            let _ = resolve.call1(&JsValue::NULL, &free.into());
            match free {
                true => Promise::new(&mut |_, _| {}).into(),
                false => JsValue::NULL,
            }
        });
        let _ = request.call3(&locks, &name.into(), &options, &held);
    });
    match polite {
        true => JsFuture::from(answer)
            .await
            .is_ok_and(|free| free.is_truthy()),
        false => true,
    }
}

/// Whether this document came by a reload; the one before it may not yet have let go.
fn was_reloaded() -> bool {
    let entries = || {
        let global: JsValue = window().into();
        let performance = Reflect::get(&global, &"performance".into()).ok()?;
        let by_type: Function = Reflect::get(&performance, &"getEntriesByType".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let entries = by_type.call1(&performance, &"navigation".into()).ok()?;
        let first = Reflect::get_u32(&entries, 0).ok()?;
        Reflect::get(&first, &"type".into()).ok()?.as_string()
    };
    entries().as_deref() == Some("reload")
}
