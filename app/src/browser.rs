//! What the pages ask of the browser besides HTTP and streams: the tab's memory, the clock, timers,
//! the clipboard, whether it is online. Nothing here is called while the server renders a page:
//! effects and handlers run in browsers only.

use std::time::Duration;

use js_sys::{Date, Function, Object, Promise, Reflect};
use leptos::{
    leptos_dom::helpers::{TimeoutHandle, document, set_timeout_with_handle, window},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{Event, EventTarget, HtmlElement, HtmlTextAreaElement, Storage, VisibilityState},
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

/// A number from 0 up to, but not including, 1.
pub(crate) fn random() -> f64 {
    js_sys::Math::random()
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

/// Whether the browser knows that it has no network. A server on this very machine needs none.
pub(crate) fn is_cut_off() -> bool {
    !window().navigator().on_line() && !is_loopback()
}

/// Whether the browser has no network.
pub(crate) fn is_offline() -> bool {
    !window().navigator().on_line()
}

fn is_loopback() -> bool {
    let host = window().location().hostname().unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
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

/// Calls `then` whenever the page may have slept or the network may have changed.
pub(crate) fn on_waking(then: impl Fn() + Clone + 'static) -> [Listener; 5] {
    let (window, document) = (EventTarget::from(window()), EventTarget::from(document()));
    let listen = |target: &EventTarget, event| {
        let then = then.clone();
        Listener::new(target.clone(), event, move |_| then())
    };
    [
        listen(&window, "online"),
        listen(&window, "offline"),
        listen(&window, "pageshow"),
        listen(&document, "visibilitychange"),
        listen(&document, "resume"),
    ]
}

/// Calls `then` whenever the page is left or hidden: it may be the last that it can do.
pub(crate) fn on_leaving(then: impl Fn() + Clone + 'static) -> [Listener; 2] {
    let then_too = then.clone();
    let hidden = move || document().visibility_state() == VisibilityState::Hidden;
    [
        Listener::new(window().into(), "pagehide", move |_| then()),
        Listener::new(document().into(), "visibilitychange", move |_| {
            if hidden() {
                then_too();
            }
        }),
    ]
}

/// Takes the person to a field.
pub(crate) fn focus(id: &str) {
    let field = document().get_element_by_id(id);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

/// Sends a text to a path of this server, even when the page ends at once. False when the browser
/// does not take it.
pub(crate) fn send_beacon(path: &str, text: &str) -> bool {
    let navigator = window().navigator();
    navigator
        .send_beacon_with_opt_str(path, Some(text))
        .unwrap_or_default()
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
