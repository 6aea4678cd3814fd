//! All texts of the pages, in all supported languages.
//!
//! Each of `admin.rs` to `try_it.rs` below has the texts of a page, English and Chinese side by side. Every other language
//! has a file of its own. A missing translation does not compile. `{name}` is a placeholder. Where a language has a singular
//! and a plural, both are in one text, separated by `|`.
//!
//! Only native code has the texts: the wasm has none. A browser loads those of the language that it shows (`loaded.rs`), in
//! two groups (`groups.rs`).

/// Declares the texts of a page: for each its name, the English and the Chinese text.
macro_rules! texts {
    ($(#[$about:meta])* $page:ident { $($name:ident: $english:literal, $chinese:literal;)* }) => {
        $(#[$about])*
        pub(crate) struct $page {
            $(pub(crate) $name: &'static str,)*
        }

        impl super::PageTexts for $page {
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            // As little code as possible for each text: addresses, which one loop fills.
            #[cfg(feature = "hydrate")]
            #[inline(never)]
            fn of(language: super::Language) -> &'static Self {
                use super::Placed;
                thread_local! {
                    static FILLED: super::loaded::Filled<$page> = const { super::loaded::nothing_filled() };
                }
                let slot = super::loaded::slot(language, Self::GROUP);
                FILLED.with(|filled| {
                    *filled[slot].get_or_init(|| {
                        let mut texts = Box::new(const { $page { $($name: "",)* } });
                        super::loaded::fill(slot, Self::GROUP, Self::START, &mut [$(&mut texts.$name),*]);
                        Box::leak(texts)
                    })
                })
            }

            #[cfg(not(feature = "hydrate"))]
            fn of(language: super::Language) -> &'static Self {
                static ENGLISH: $page = $page { $($name: $english,)* };
                static CHINESE: $page = $page { $($name: $chinese,)* };
                match language {
                    super::Language::English => &ENGLISH,
                    super::Language::Chinese => &CHINESE,
                    super::Language::Spanish => super::Translates::texts(super::spanish::Spanish),
                    super::Language::German => super::Translates::texts(super::german::German),
                    super::Language::French => super::Translates::texts(super::french::French),
                    super::Language::Portuguese => super::Translates::texts(super::portuguese::Portuguese),
                    super::Language::Japanese => super::Translates::texts(super::japanese::Japanese),
                }
            }

            #[cfg(not(feature = "hydrate"))]
            fn lines(&self) -> Vec<&'static str> {
                vec![$(self.$name),*]
            }
        }
    };
}

/// Declares a language of which each text is in one file: for each page its texts, as a struct. A page without texts does not
/// compile where `texts!` selects the language, and a missing text does not compile here.
#[cfg(not(feature = "hydrate"))]
macro_rules! translation {
    ($language:ident; $($module:ident::$page:ident $texts:tt)*) => {
        pub(super) struct $language;

        $(impl super::Translates<super::$module::$page> for $language {
            fn texts(self) -> &'static super::$module::$page {
                use super::$module::$page;
                static TEXTS: $page = $page $texts;
                &TEXTS
            }
        })*
    };
}

mod admin;
mod api_keys;
mod audit;
mod clients;
#[cfg(not(feature = "hydrate"))]
mod french;
#[cfg(not(feature = "hydrate"))]
mod german;
mod groups;
mod hooks;
#[cfg(not(feature = "hydrate"))]
mod japanese;
mod jobs;
mod language;
mod limits;
#[cfg(feature = "hydrate")]
mod loaded;
mod messages;
mod nodes;
mod overview;
mod palette;
mod people;
#[cfg(not(feature = "hydrate"))]
mod portuguese;
mod problems;
mod push;
mod saved;
mod scheduled;
mod shell;
#[cfg(not(feature = "hydrate"))]
mod spanish;
mod subscriber;
mod tail;
mod try_it;

use std::{marker::PhantomData, ops::Deref};

use leptos::prelude::*;

use crate::{api::ApiError, components::static_text, formatting, outside_text::visible};
pub(crate) use groups::{Group, file_name};
#[cfg(not(feature = "hydrate"))]
pub use groups::{TextFile, text_files};
pub use language::Language;
pub(crate) use language::{init_language, language};
#[cfg(feature = "hydrate")]
pub(crate) use loaded::load as load_texts;

/// Native code has all texts.
#[cfg(not(feature = "hydrate"))]
pub(crate) async fn load_texts(_: &[Group]) -> bool {
    true
}

/// The texts of a page, in all languages.
pub(crate) trait PageTexts: 'static {
    /// The names of the texts, in the order in which browsers load them.
    const NAMES: &'static [&'static str];

    /// The texts in one language.
    fn of(language: Language) -> &'static Self;

    /// The texts in the order of their names.
    #[cfg(not(feature = "hydrate"))]
    fn lines(&self) -> Vec<&'static str>;
}

/// Where the texts of a page are.
#[cfg(feature = "hydrate")]
pub(crate) trait Placed {
    /// The index of the page in [`PAGES`].
    const PAGE: usize;
    /// The group of the page.
    const GROUP: Group = Group::of_page(Self::PAGE);
    /// The index of its first text in the group.
    const START: usize = groups::start_of(Self::PAGE);
}

/// A language that has the texts of a page.
#[cfg(not(feature = "hydrate"))]
pub(crate) trait Translates<T> {
    fn texts(self) -> &'static T;
}

/// The texts of a page in one language. Only code that reads one of them refers to them, so they are in the part of the
/// wasm that needs them, and not in the main one.
pub(crate) struct InLanguage<T> {
    language: Language,
    texts: PhantomData<fn() -> T>,
}

impl<T> InLanguage<T> {
    const fn new(language: Language) -> Self {
        Self {
            language,
            texts: PhantomData,
        }
    }
}

impl<T: PageTexts> Deref for InLanguage<T> {
    type Target = T;

    fn deref(&self) -> &T {
        T::of(self.language)
    }
}

/// Collects the texts of all pages.
macro_rules! pages {
    ($($page:ident: $texts:ty;)*) => {
        /// All texts in one language.
        pub(crate) struct Texts {
            $(pub(crate) $page: InLanguage<$texts>,)*
        }

        impl Texts {
            const fn new(language: Language) -> Self {
                Self { $($page: InLanguage::new(language),)* }
            }
        }

        /// The names of the pages, and the names of their texts.
        const PAGES: &[(&str, &[&str])] = &[$((stringify!($page), <$texts as PageTexts>::NAMES)),*];

        #[cfg(feature = "hydrate")]
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, reason = "they are the names of the fields")]
        enum Index {
            $($page),*
        }

        $(#[cfg(feature = "hydrate")]
        impl Placed for $texts {
            const PAGE: usize = Index::$page as usize;
        })*

        /// The texts of each page of [`PAGES`].
        #[cfg(not(feature = "hydrate"))]
        fn all_lines(language: Language) -> Vec<Vec<&'static str>> {
            vec![$(<$texts as PageTexts>::of(language).lines()),*]
        }
    };
}

pages! {
    shell: shell::Shell;
    stream: shell::Stream;
    copying: shell::Copying;
    not_found: shell::NotFound;
    keys: shell::Keys;
    palette: palette::Palette;
    sign_in: admin::SignIn;
    panel: admin::Panel;
    api_keys: api_keys::ApiKeys;
    roles: limits::Roles;
    limits: limits::Limits;
    hooks: hooks::Hooks;
    people: people::People;
    account: people::Account;
    audit: audit::Audit;
    scheduled: scheduled::Scheduled;
    try_it: try_it::TryIt;
    overview: overview::Overview;
    nodes: nodes::Nodes;
    clients: clients::Clients;
    messages: messages::Messages;
    tail: tail::Tail;
    push: push::Push;
    preview: push::Preview;
    outcome: push::Outcome;
    rehearsal: push::Rehearsal;
    saved: saved::Saved;
    client: clients::Client;
    subscriber: subscriber::Subscriber;
    inbox: subscriber::Inbox;
    topics: subscriber::Topics;
    jobs: jobs::Jobs;
    job: jobs::Job;
    problems: problems::Problems;
}

/// In the order of [`Language::ALL`].
static ALL: [Texts; Language::ALL.len()] = [
    Texts::new(Language::ALL[0]),
    Texts::new(Language::ALL[1]),
    Texts::new(Language::ALL[2]),
    Texts::new(Language::ALL[3]),
    Texts::new(Language::ALL[4]),
    Texts::new(Language::ALL[5]),
    Texts::new(Language::ALL[6]),
];

/// The texts in the current language. Inside a signal they follow changes of the language.
pub(crate) fn texts() -> &'static Texts {
    &ALL[language() as usize]
}

/// Speaks another language from now on, on every page of this server. Returns false if its texts can't be loaded: then the
/// page stays as it is. The server never calls it.
pub(crate) async fn choose_language(language: Language) -> bool {
    #[cfg(feature = "hydrate")]
    if !loaded::load_language(language).await {
        return false;
    }
    language::set_language(language);
    true
}

/// A text signal that follows the language.
pub(crate) fn tr(which: fn(&Texts) -> &'static str) -> Signal<&'static str> {
    static_text(move || which(texts()))
}

/// Replaces each `{name}` in a text by its value. Hidden characters of values, which may come from outside, are made visible.
pub(crate) fn interpolate(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(&visible(value.map_or(name, |(_, value)| value)));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A text with a number, which is filled in as `{n}`. Selects the singular or the plural.
pub(crate) fn plural(text: &str, n: u64, values: &[(&str, &str)]) -> String {
    let number = formatting::number(n);
    let mut values = values.to_vec();
    values.push(("n", &number));
    interpolate(form(language(), text, n), &values)
}

/// The singular or the plural of a text. One form serves both where there is no `|`.
fn form(language: Language, text: &str, n: u64) -> &str {
    match text.split_once('|') {
        Some((one, _)) if language.has_singular_for(n) => one,
        Some((_, many)) => many,
        None => text,
    }
}

impl InLanguage<problems::Problems> {
    /// The text for a problem with this code, if there is one and it is loaded.
    fn of_code(&self, code: &str) -> Option<&'static str> {
        // What does not exist has a code of its own for each kind of thing.
        let code = match code.ends_with("_unknown") {
            true => "not_found",
            false => code,
        };
        let names = <problems::Problems as PageTexts>::NAMES;
        let n = names.iter().position(|name| *name == code)?;
        line::<problems::Problems>(self.language, n)
    }
}

/// The codes of the problems that the pages say in their own language.
#[cfg(not(feature = "hydrate"))]
pub fn problem_codes() -> &'static [&'static str] {
    <problems::Problems as PageTexts>::NAMES
}

/// The text of a page with this index.
#[cfg(feature = "hydrate")]
fn line<T: Placed>(language: Language, n: usize) -> Option<&'static str> {
    loaded::line(language, T::GROUP, T::START + n)
}

#[cfg(not(feature = "hydrate"))]
fn line<T: PageTexts>(language: Language, n: usize) -> Option<&'static str> {
    T::of(language).lines().get(n).copied()
}

/// What a refusal with this code says in the language of the page; `detail` is what the server says, in English. In English,
/// and for codes without a text, it is shown unchanged: it says more.
pub(crate) fn refusal(code: &str, detail: &str) -> String {
    let known = match language() {
        Language::English => None,
        _ => texts().problems.of_code(code),
    };
    known.map_or_else(|| visible(detail).into_owned(), str::to_owned)
}

/// An API error as a text.
pub(crate) fn error(error: &ApiError) -> String {
    match error {
        ApiError::Problem(problem) => refusal(&problem.code, &problem.detail),
        ApiError::Transport(_) => texts().shell.no_answer.to_owned(),
        ApiError::Decode(why) => interpolate(texts().shell.not_understood, &[("why", why)]),
    }
}

#[cfg(test)]
mod tests;
