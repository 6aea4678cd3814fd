//! Browser notifications, if they are supported.

use js_sys::{Object, Promise, Reflect};
use leptos::{
    leptos_dom::helpers::window,
    wasm_bindgen::{self, JsValue, closure::Closure, prelude::wasm_bindgen},
};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// A notification that is shown.
    pub(crate) type Notification;

    #[wasm_bindgen(constructor, catch)]
    fn new(title: &str, options: &JsValue) -> Result<Notification, JsValue>;

    /// Removes it.
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &Notification);

    #[wasm_bindgen(method, setter, js_name = onclick)]
    fn set_onclick(this: &Notification, then: &JsValue);

    #[wasm_bindgen(static_method_of = Notification, catch, js_name = requestPermission)]
    fn request_permission() -> Result<Promise, JsValue>;
}

/// Asks for permission to show notifications. Returns false if they are not supported.
pub(crate) async fn request_notification_permission() -> bool {
    let Ok(asked) = Notification::request_permission() else {
        return false;
    };
    let answer = JsFuture::from(asked).await;
    answer.is_ok_and(|answer| answer.as_string().as_deref() == Some("granted"))
}

/// Shows a notification about a topic in place of the one before it. A click focuses the page. None: the browser does not
/// allow it.
pub(crate) fn notify(title: &str, body: &str, topic: &str) -> Option<Notification> {
    let options = Object::new();
    let tag = format!("tidings:{topic}");
    let values: [(&str, JsValue); 3] = [
        ("body", body.into()),
        ("tag", tag.into()),
        // The one that takes the place of another one is noticed too.
        ("renotify", true.into()),
    ];
    for (name, value) in values {
        let _ = Reflect::set(&options, &name.into(), &value);
    }
    // Some mobile browsers allow notifications from workers only.
    let notification = Notification::new(title, &options).ok()?;
    let come = Closure::once_into_js(|| {
        let _ = window().focus();
    });
    notification.set_onclick(&come);
    Some(notification)
}
