//! `/tidings.js`, as the pages call it. Its types are described in `app/js/tidings/tidings.d.ts`.

use js_sys::{Function, Promise};
use leptos::wasm_bindgen::{self, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// Imports the module. `boot.js` has this function, because only scripts can import.
    #[wasm_bindgen(catch, js_name = importTidings)]
    pub(super) fn import_tidings() -> Result<Promise, JsValue>;

    /// What the module exports.
    pub(super) type Module;

    /// Opens a stream and keeps it open.
    #[wasm_bindgen(method)]
    pub(super) fn connect(this: &Module, options: &JsValue) -> Tidings;

    /// What is kept open.
    pub(super) type Tidings;

    #[wasm_bindgen(method)]
    pub(super) fn on(this: &Tidings, name: &str, then: &Function);

    #[wasm_bindgen(method, variadic)]
    pub(super) fn subscribe(this: &Tidings, topics: Vec<String>);

    #[wasm_bindgen(method, variadic)]
    pub(super) fn unsubscribe(this: &Tidings, topics: Vec<String>);

    #[wasm_bindgen(method)]
    pub(super) fn retry(this: &Tidings);

    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Tidings);
}

#[wasm_bindgen]
extern "C" {
    /// What a handler is called with. Each name is there in some of the events.
    pub(super) type Said;

    #[wasm_bindgen(method, getter)]
    pub(super) fn id(this: &Said) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = type)]
    pub(super) fn kind(this: &Said) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn text(this: &Said) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn replayed(this: &Said) -> bool;

    #[wasm_bindgen(method, getter)]
    pub(super) fn replaces(this: &Said) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn urgency(this: &Said) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn state(this: &Said) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn reason(this: &Said) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn detail(this: &Said) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = retryAt)]
    pub(super) fn retry_at(this: &Said) -> Option<f64>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn topic(this: &Said) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn code(this: &Said) -> Option<String>;
}
