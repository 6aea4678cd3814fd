//! What both sides of Tidings share: the JSON of the API, its typed client, and the pages.

#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
compile_error!(
    "choose a side: feature `ssr` for the server and its tools, `hydrate` for the browser"
);

pub mod api;
pub mod wire;
