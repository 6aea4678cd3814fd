//! Browser APIs other than HTTP and streams: storage, clock, timers, clipboard, locks, network state.
//! Nothing here is called while the server renders a page: effects and handlers run in browsers only.

mod location;
mod notification;
mod reload;
mod task;

use std::time::Duration;

use js_sys::{Date, Function, Object, Promise, Reflect};
use leptos::{
    leptos_dom::helpers::{TimeoutHandle, document, set_timeout_with_handle, window},
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
    web_sys::{
        Element, Event, EventTarget, HtmlDialogElement, HtmlElement, HtmlTextAreaElement,
        KeyboardEvent, RequestInit, Response, ScrollIntoViewOptions, ScrollLogicalPosition,
        Storage,
    },
};
use wasm_bindgen_futures::JsFuture;

pub use location::ServerUrl;
#[cfg(feature = "hydrate")]
pub(crate) use location::pathname;
pub(crate) use location::{
    base_path, base_url, go_back, on_back, rendered_server_url, repeat_url, replace_url, server_url,
};
pub(crate) use notification::{Notification, notify, request_notification_permission};
pub(crate) use reload::reload_when_reachable;
pub(crate) use task::Task;

/// The width of the window in pixels.
pub(crate) fn width() -> f64 {
    pixels(window().inner_width())
}

/// The height of the window in pixels.
pub(crate) fn height() -> f64 {
    pixels(window().inner_height())
}

fn pixels(size: Result<JsValue, JsValue>) -> f64 {
    size.ok().and_then(|size| size.as_f64()).unwrap_or_default()
}

/// Reads a key from session storage (this tab, across reloads).
pub(crate) fn session_get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Writes a key to session storage. Does nothing if storage is not available.
pub(crate) fn session_set(key: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, text);
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// Reads a key from local storage (all tabs, permanently).
pub(crate) fn local_get(key: &str) -> Option<String> {
    let storage = window().local_storage().ok()??;
    storage.get_item(key).ok()?
}

/// Writes a key to local storage. Does nothing if storage is not available.
pub(crate) fn local_set(key: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, text);
    }
}

/// Removes a key from local storage.
pub(crate) fn local_remove(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(key);
    }
}

/// Whether the page is hidden.
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
    root_attribute("lang").unwrap_or_default()
}

/// What the names of the files with texts begin with.
#[cfg(feature = "hydrate")]
pub(crate) fn texts_name() -> String {
    root_attribute("data-texts").unwrap_or_default()
}

/// Stores the language in a cookie for a year, and sets the `lang` attribute of the page.
pub(crate) fn store_language(cookie: &str, tag: &str) {
    let cookie = format!(
        "{cookie}={tag}; path={}/; max-age=31536000; samesite=lax",
        base_path()
    );
    let _ = Reflect::set(&document(), &"cookie".into(), &cookie.into());
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", tag);
    }
}

/// The first element that matches.
pub(crate) fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok()?
}

/// The text of the first element that matches.
pub(crate) fn text_of(selector: &str) -> Option<String> {
    find(selector)?.text_content()
}

fn root_attribute(name: &str) -> Option<String> {
    document().document_element()?.get_attribute(name)
}

/// Whether the browser is offline.
pub(crate) fn is_offline() -> bool {
    !window().navigator().on_line()
}

/// Sends a request, now.
pub(crate) fn fetch(
    url: &str,
    request: &RequestInit,
) -> impl Future<Output = Result<Response, JsValue>> + use<> {
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, request));
    async move { answer.await.map(JsCast::unchecked_into) }
}

/// Whether the server of the page is on this machine.
pub(crate) fn is_on_loopback() -> bool {
    let host = window().location().hostname().unwrap_or_default();
    host == "localhost" || host.starts_with("127.") || host.starts_with("[::1")
}

/// What events of the whole page are listened for on.
pub(crate) fn window_and_document() -> (EventTarget, EventTarget) {
    (window().into(), document().into())
}

/// A timer that is cancelled when it is dropped.
pub(crate) struct Timer(Option<TimeoutHandle>);

impl Timer {
    /// Calls `then` after this many milliseconds.
    pub(crate) fn after(milliseconds: f64, then: impl FnOnce() + 'static) -> Self {
        let wait = Duration::from_millis(milliseconds.max(0.0) as u64);
        Self(set_timeout_with_handle(then, wait).ok())
    }

    /// Lets the timer run after it is dropped.
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

/// An event listener that is removed when it is dropped.
pub(crate) struct Listener {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub(crate) fn new(
        target: EventTarget,
        event: &'static str,
        then: impl FnMut(Event) + 'static,
    ) -> Self {
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

/// Calls `then` whenever the window is resized.
pub(crate) fn on_resize(then: impl Fn() + 'static) -> Listener {
    Listener::new(window().into(), "resize", move |_| then())
}

/// Calls `then` whenever the page is scrolled.
pub(crate) fn on_scroll(then: impl Fn() + 'static) -> Listener {
    Listener::new(document().into(), "scroll", move |_| then())
}

/// Calls `then` with every key press.
pub(crate) fn on_key(then: impl Fn(KeyboardEvent) + 'static) -> Listener {
    Listener::new(document().into(), "keydown", move |event| {
        if let Ok(event) = event.dyn_into() {
            then(event);
        }
    })
}

/// The element that an event happened to.
pub(crate) fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// Whether a key press is input for a field, and no command.
pub(crate) fn is_typing(event: &KeyboardEvent) -> bool {
    let Some(target) = target(event) else {
        return false;
    };
    match target.tag_name().as_str() {
        "INPUT" => !matches!(
            target.get_attribute("type").as_deref(),
            Some("checkbox" | "radio")
        ),
        name => matches!(name, "TEXTAREA" | "SELECT"),
    }
}

/// Whether a key press, alone, is a command to the page: without modifiers other than shift, and not taken already.
pub(crate) fn is_command(event: &KeyboardEvent) -> bool {
    let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
    !modified && !event.default_prevented() && !is_typing(event)
}

/// Whether an event happened to something that acts itself, such as a button.
pub(crate) fn is_for_control(event: &Event) -> bool {
    let control = target(event).and_then(|target| {
        let control = target.closest("a, button, input, label, summary, select, textarea");
        control.ok().flatten()
    });
    control.is_some()
}

/// Focuses the first element below `within` that matches a selector. Returns false if there is none.
pub(crate) fn focus_in(within: &Element, selector: &str) -> bool {
    let found = within.query_selector(selector).ok().flatten();
    let found = found.and_then(|found| found.dyn_into::<HtmlElement>().ok());
    found.is_some_and(|found| found.focus().is_ok())
}

/// Focuses a field. Returns false if there is none.
pub(crate) fn focus(id: &str) -> bool {
    let field = document().get_element_by_id(id);
    let field = field.and_then(|field| field.dyn_into::<HtmlElement>().ok());
    field.is_some_and(|field| field.focus().is_ok())
}

/// Whether the keyboard is that of a Mac, where Cmd takes the place of Ctrl.
pub(crate) fn is_mac() -> bool {
    let platform = window().navigator().platform();
    platform.is_ok_and(|platform| platform.starts_with("Mac"))
}

/// Loads another page.
pub(crate) fn load(url: &str) {
    let _ = window().location().assign(url);
}

/// Scrolls until an element is seen.
pub(crate) fn scroll_to(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Focuses the first element that matches a selector, if there is one.
pub(crate) fn focus_first(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// Focuses the first row of the first list in the page.
pub(crate) fn focus_row() {
    let row = document().query_selector("main [data-row]").ok().flatten();
    if let Some(row) = row.and_then(|row| row.dyn_into::<HtmlElement>().ok()) {
        row.set_tab_index(-1);
        let _ = row.focus();
    }
}

/// Clicks the first element that matches a selector, if there is one.
pub(crate) fn click(selector: &str) {
    let button = document().query_selector(selector).ok().flatten();
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}

/// Shows a modal dialog.
pub(crate) fn show_dialog(id: &str) {
    let dialog = document().get_element_by_id(id);
    if let Some(dialog) = dialog.and_then(|d| d.dyn_into::<HtmlDialogElement>().ok())
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog. The focus goes back to where it was.
pub(crate) fn close_dialog(id: &str) {
    let dialog = document().get_element_by_id(id);
    if let Some(dialog) = dialog.and_then(|d| d.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

/// Copies a text. Returns false if the browser does not allow it.
pub(crate) async fn copy(text: String) -> bool {
    let navigator: JsValue = window().navigator().into();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    // Browsers offer the clipboard only on HTTPS and on pages from this machine.
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

/// Claims a name for the lifetime of this document. Returns false if another tab of this browser holds
/// it: a duplicated tab starts with a copy of the session storage of the first. If the browser has no
/// locks, and after a reload, the name counts as free.
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
        // The lock is held until this promise resolves, which is never.
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

/// Whether this document was reloaded. The previous document may still hold its lock.
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
