//! A warning, such as that nodes of the cluster have not answered.

use std::sync::Arc;

use leptos::prelude::*;

use super::{EraseView, optional_text};
use crate::i18n::{Texts, plural, texts};

/// Shows a warning, if there is one.
pub(crate) fn warning(said: Signal<Option<String>>) -> AnyView {
    view! { <p class="notice late">{said}</p> }.erase()
}

/// Names the nodes that have not answered, if there are any, in this text.
pub(crate) fn missing_nodes(
    names: impl Fn() -> Vec<String> + Send + Sync + 'static,
    said: fn(&Texts) -> &'static str,
) -> AnyView {
    let names: Arc<dyn Fn() -> Vec<String> + Send + Sync> = Arc::new(names);
    naming(names, said)
}

fn naming(
    names: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    said: fn(&Texts) -> &'static str,
) -> AnyView {
    warning(optional_text(move || {
        let names = names();
        let list = names.join(", ");
        let sentence = plural(said(texts()), names.len() as u64, &[("names", &list)]);
        (!names.is_empty()).then_some(sentence)
    }))
}
