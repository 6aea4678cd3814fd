//! Shows text from outside: hidden characters as marks, and isolated, so that its direction does not change what is around it.

use leptos::prelude::*;

use super::EraseView;
use crate::outside_text::{Piece, code, pieces, visible};

/// A text from outside; nothing if it is empty. Like all of these for views that only browsers create: what the server renders
/// too takes the text of [`visible`].
pub(crate) fn outside(text: impl AsRef<str>) -> AnyView {
    shown(text.as_ref(), false)
}

/// The data of a message: URLs of the web become links.
pub(crate) fn outside_data(text: impl AsRef<str>) -> AnyView {
    shown(text.as_ref(), true)
}

/// A text from outside that follows a signal.
pub(crate) fn outside_signal(text: Signal<String>) -> AnyView {
    let view = move || text.with(|text| shown(text, false));
    view.erase_client_only()
}

/// The data of a message that follows a signal.
pub(crate) fn outside_data_signal(text: Signal<String>) -> AnyView {
    let view = move || text.with(|text| shown(text, true));
    view.erase_client_only()
}

fn shown(text: &str, with_urls: bool) -> AnyView {
    if text.is_empty() {
        return ().into_any();
    }
    let (pieces, rest) = pieces(text, with_urls);
    let pieces: Vec<AnyView> = pieces.into_iter().map(piece).collect();
    let rest = visible(rest).into_owned();
    view! { <bdi>{pieces} {rest}</bdi> }.erase_client_only()
}

fn piece(piece: Piece<'_>) -> AnyView {
    match piece {
        Piece::Text(text) => text.to_owned().erase_client_only(),
        Piece::Hidden(c) => {
            view! { <span class="hidden-mark">{code(c)}</span> }.erase_client_only()
        }
        Piece::Url(url) => view! {
            <a href=url.to_owned() target="_blank" rel="noopener noreferrer">
                {url.to_owned()}
            </a>
        }
        .erase_client_only(),
    }
}
