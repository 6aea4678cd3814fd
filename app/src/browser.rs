//! What the pages ask of the browser besides HTTP and streams: the tab's memory, the clock, timers,
//! the clipboard, whether it is online. Nothing here is called while the server renders a page:
//! effects and handlers run in browsers only.

use std::time::Duration;

use js_sys::{Date, Function, Object, Promise, Reflect};
use leptos::{
    leptos_dom::helpers::{TimeoutHandle, document, set_timeout_with_handle, window},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{HtmlElement, HtmlTextAreaElement, Storage},
};
use wasm_bindgen_futures::JsFuture;

/// What this tab remembers under a key, across reloads.
pub(crate) fn remembered(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Remembers a text for this tab. A browser that keeps nothing forgets it with the page.
pub(crate) fn remember(key: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, text);
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
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
pub(crate) fn remember_language(cookie: &str, tag: &str) {
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
    pub(crate) fn leave_running(mut self) {
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

/// Takes the person to a field.
pub(crate) fn focus(id: &str) {
    let field = document().get_element_by_id(id);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
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
