//! Browser notifications, if they are supported.

use js_sys::{Object, Promise, Reflect};
use leptos::{
    leptos_dom::helpers::window,
    wasm_bindgen::{self, JsValue, closure::Closure, prelude::wasm_bindgen},
};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    type Notification;

    #[wasm_bindgen(constructor, catch)]
    fn new(title: &str, options: &JsValue) -> Result<Notification, JsValue>;

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

/// Shows a notification. Of several with the same `tag`, the browser shows one. A click focuses the page.
pub(crate) fn notify(title: &str, body: &str, tag: &str) {
    let options = Object::new();
    for (name, value) in [("body", body), ("tag", tag)] {
        let _ = Reflect::set(&options, &name.into(), &value.into());
    }
    // Some mobile browsers allow notifications from workers only.
    if let Ok(notification) = Notification::new(title, &options) {
        let come = Closure::once_into_js(|| {
            let _ = window().focus();
        });
        notification.set_onclick(&come);
    }
}
