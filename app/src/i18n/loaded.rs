//! The texts in a browser, which loads them from the server.

use std::cell::{Cell, OnceCell, RefCell};

use leptos::{task::spawn_local, web_sys::RequestInit};
use wasm_bindgen_futures::JsFuture;

use super::{
    Group, Language, file_name,
    groups::decode,
    language::{language_now, refresh},
};
use crate::browser;

/// The lines of the loaded files. They are never freed: there are as many as languages and groups, and texts are static.
type Lines = &'static [&'static str];

thread_local! {
    static LOADED: RefCell<[[Option<Lines>; Group::ALL.len()]; Language::ALL.len()]> =
        const { RefCell::new([[None; Group::ALL.len()]; Language::ALL.len()]) };
    /// The groups that the pages have needed so far.
    static NEEDED: Cell<[bool; Group::ALL.len()]> = const { Cell::new([false; Group::ALL.len()]) };
}

/// What is shown while texts are missing is in the slot after those of the languages.
const MISSING: usize = Language::ALL.len();

/// The texts of a page in each language, made of the loaded lines when they are read first. They are never freed either.
pub(crate) type Filled<T> = [OnceCell<&'static T>; MISSING + 1];

pub(crate) const fn nothing_filled<T>() -> Filled<T> {
    [const { OnceCell::new() }; MISSING + 1]
}

/// The slot of a language. If the group is not loaded, it is loaded now, and all texts are shown anew with it.
pub(crate) fn slot(language: Language, group: Group) -> usize {
    if is_loaded(language, group) {
        return language as usize;
    }
    if need(group) {
        spawn_local(async move {
            load(&[group]).await;
        });
    }
    MISSING
}

/// Fills in the texts of a page, the first of which is at `start` in its group.
pub(crate) fn fill(slot: usize, group: Group, start: usize, texts: &mut [&mut &'static str]) {
    let lines =
        LOADED.with_borrow(|loaded| loaded.get(slot).and_then(|groups| groups[group as usize]));
    let lines = lines.into_iter().flatten().skip(start);
    for (text, line) in texts.iter_mut().zip(lines) {
        **text = line;
    }
}

/// One text of a group. None if it is not loaded.
pub(crate) fn line(language: Language, group: Group, n: usize) -> Option<&'static str> {
    let slot = slot(language, group);
    LOADED.with_borrow(|loaded| loaded.get(slot)?[group as usize]?.get(n).copied())
}

/// Notes that pages need this group. Returns whether that is new.
fn need(group: Group) -> bool {
    let mut needed = NEEDED.get();
    let before = std::mem::replace(&mut needed[group as usize], true);
    NEEDED.set(needed);
    !before
}

/// Loads groups in the language of the page. Returns false if that is not possible now.
pub(crate) async fn load(groups: &[Group]) -> bool {
    let mut fetched = false;
    for group in groups {
        need(*group);
        loop {
            // It may have been changed in the meantime.
            let language = language_now();
            if is_loaded(language, *group) {
                break;
            }
            if fetch(language, *group).await.is_none() {
                return false;
            }
            fetched = true;
        }
    }
    if fetched {
        // What was shown without them is shown anew.
        refresh();
    }
    true
}

/// Loads all groups that have been needed so far in another language. Returns false if that is not possible now.
pub(super) async fn load_language(language: Language) -> bool {
    // Another group may be needed in the meantime.
    while let Some(group) = Group::ALL
        .into_iter()
        .find(|group| NEEDED.get()[*group as usize] && !is_loaded(language, *group))
    {
        if fetch(language, group).await.is_none() {
            return false;
        }
    }
    true
}

fn is_loaded(language: Language, group: Group) -> bool {
    LOADED.with_borrow(|loaded| loaded[language as usize][group as usize].is_some())
}

async fn fetch(language: Language, group: Group) -> Option<()> {
    let url = format!(
        "pkg/{}.{}",
        browser::texts_name(),
        file_name(language, group)
    );
    let response = browser::fetch(&url, &RequestInit::new()).await.ok()?;
    if !response.ok() {
        return None;
    }
    let text = JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()?;
    if !is_loaded(language, group) {
        let lines = decode(text.leak(), group)?.leak();
        LOADED.with_borrow_mut(|loaded| loaded[language as usize][group as usize] = Some(lines));
    }
    Some(())
}
