//! Loading the page again.

use leptos::wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Loads the page again as soon as the server answers. `boot.js` has this function, because it needs it before the
    /// wasm is loaded.
    #[wasm_bindgen(js_name = reloadWhenReachable)]
    pub(crate) fn reload_when_reachable();
}
