//! Views whose code is a part of the wasm of its own. It is loaded after the rest of the page is shown.

use std::{future::Future, pin::Pin};

use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};

use super::{effect, not_loaded, when};
use crate::now::now;

/// A part that is being loaded. Boxed, so that there is one function for all of them.
pub(crate) type LoadingPart = Pin<Box<dyn Future<Output = Result<(), SplitLoaderError>>>>;

/// Loads a part, and shows its view then. The server renders nothing in its place, so hydration does not need the part.
pub(crate) fn lazy_view<F>(
    load: fn() -> LoadingPart,
    view: impl Fn() -> F + Send + Sync + 'static,
) -> AnyView
where
    F: Future<Output = Result<AnyView, SplitLoaderError>>,
{
    let view = move || now(view()).and_then(Result::ok);
    when_loaded(load, Box::new(view))
}

/// The view of a part; none if the part is not loaded.
type PartView = Box<dyn Fn() -> Option<AnyView> + Send + Sync>;

fn when_loaded(load: fn() -> LoadingPart, view: PartView) -> AnyView {
    let ended = RwSignal::new(false);
    // Only browsers run effects.
    effect(move || {
        spawn_local(async move {
            // What could not be loaded has no view below.
            let _ = load().await;
            ended.try_set(true);
        });
    });
    when(
        move || ended.get(),
        move || view().unwrap_or_else(not_loaded),
    )
}
