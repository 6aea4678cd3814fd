//! The texts in a browser, which loads them from the server.

use std::{
    cell::{Cell, OnceCell, RefCell},
    marker::PhantomData,
};

use leptos::{task::spawn_local, web_sys::RequestInit};
use wasm_bindgen_futures::JsFuture;

use super::{
    Group, Language, PageTexts, Placed, file_name,
    groups::{decode, start_of},
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

/// The texts of a page in each language, made of the loaded lines when they are read first.
pub(crate) struct Filled<T: 'static> {
    texts: [OnceCell<&'static T>; Language::ALL.len()],
    missing: OnceCell<&'static T>,
    page: PhantomData<T>,
}

impl<T: PageTexts + Placed> Filled<T> {
    pub(crate) const fn new() -> Self {
        Self {
            texts: [const { OnceCell::new() }; Language::ALL.len()],
            missing: OnceCell::new(),
            page: PhantomData,
        }
    }

    /// The texts in a language. `make` gets a line for each.
    pub(crate) fn get(&self, language: Language, make: fn(Lines) -> Option<T>) -> &'static T {
        let cell = &self.texts[language as usize];
        if let Some(texts) = cell.get() {
            return texts;
        }
        let (group, start) = const { (Group::of_page(T::PAGE), start_of(T::PAGE)) };
        let lines = lines(language, group, start, T::NAMES.len());
        // Leaked: they are kept as long as the page is open.
        if let Some(texts) = lines.and_then(make) {
            return cell.get_or_init(|| Box::leak(Box::new(texts)));
        }
        self.missing.get_or_init(|| {
            let blank = vec![""; T::NAMES.len()].leak();
            Box::leak(Box::new(make(blank).expect("as many as there are names")))
        })
    }
}

/// The lines of a page. If its group is not loaded, it is loaded now, and the page is shown anew with it.
fn lines(language: Language, group: Group, start: usize, count: usize) -> Option<Lines> {
    let lines = LOADED.with_borrow(|loaded| loaded[language as usize][group as usize]);
    if lines.is_none() && need(group) {
        spawn_local(async move {
            load(&[group]).await;
        });
    }
    lines?.get(start..start + count)
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
