//! All texts of the pages, in all supported languages.
//!
//! Each file below has the texts of one page, English and Chinese side by side. A missing translation
//! does not compile. `{name}` is a placeholder. Where English has a singular and a plural, both are in
//! one text, separated by `|`.

/// Declares the texts of a page: for each its name, the English and the Chinese text.
macro_rules! texts {
    ($(#[$about:meta])* $page:ident { $($name:ident: $english:literal, $chinese:literal;)* }) => {
        $(#[$about])*
        pub(crate) struct $page {
            $(pub(crate) $name: &'static str,)*
        }

        impl super::PageTexts for $page {
            // One function that knows the tables. Inlined, there would be a copy for each text.
            #[inline(never)]
            fn of(language: super::Language) -> &'static Self {
                static ENGLISH: $page = $page { $($name: $english,)* };
                static CHINESE: $page = $page { $($name: $chinese,)* };
                match language {
                    super::Language::English => &ENGLISH,
                    super::Language::Chinese => &CHINESE,
                }
            }
        }

        #[cfg(test)]
        impl $page {
            pub(super) const PAIRS: &[(&str, &str, &str)] =
                &[$((stringify!($name), $english, $chinese)),*];
        }
    };
}
mod admin;
mod api_keys;
mod audit;
mod clients;
mod hooks;
mod jobs;
mod language;
mod limits;
mod messages;
mod nodes;
mod overview;
mod palette;
mod people;
mod push;
mod saved;
mod scheduled;
mod shell;
mod subscriber;
mod tail;
mod try_it;

use std::{marker::PhantomData, ops::Deref};

use leptos::prelude::*;

use crate::{api::ApiError, components::static_text, formatting};
pub use language::Language;
pub(crate) use language::{init_language, language, set_language};

/// The texts of a page, in all languages.
pub(crate) trait PageTexts: 'static {
    /// The texts in one language.
    fn of(language: Language) -> &'static Self;
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

        static ENGLISH: Texts = Texts { $($page: InLanguage::new(Language::English),)* };
        static CHINESE: Texts = Texts { $($page: InLanguage::new(Language::Chinese),)* };

        #[cfg(test)]
        const PAGES: &[(&str, &[(&str, &str, &str)])] = &[$((stringify!($page), <$texts>::PAIRS)),*];
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
}

/// The texts in the current language. Inside a signal they follow changes of the language.
pub(crate) fn texts() -> &'static Texts {
    match language() {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// A text signal that follows the language.
pub(crate) fn tr(which: fn(&Texts) -> &'static str) -> Signal<&'static str> {
    static_text(move || which(texts()))
}

/// Replaces each `{name}` in a text by its value.
pub(crate) fn interpolate(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or(name, |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A text with a number, which is filled in as `{n}`. Selects the singular or the plural.
pub(crate) fn plural(text: &str, n: u64, values: &[(&str, &str)]) -> String {
    let form = match text.split_once('|') {
        Some((one, _)) if n == 1 => one,
        Some((_, many)) => many,
        None => text,
    };
    let number = formatting::number(n);
    let mut values = values.to_vec();
    values.push(("n", &number));
    interpolate(form, &values)
}

/// An API error as a text. Problem details of the server are shown unchanged.
pub(crate) fn error(error: &ApiError) -> String {
    match error {
        ApiError::Problem(problem) => problem.detail.clone(),
        ApiError::Transport(_) => texts().shell.no_answer.to_owned(),
        ApiError::Decode(why) => interpolate(texts().shell.not_understood, &[("why", why)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that are equal in both languages.
    const SAME: [&str; 2] = ["shell.other_language", "hooks.url"];

    fn texts() -> impl Iterator<Item = (String, &'static str, &'static str)> {
        PAGES.iter().flat_map(|(page, pairs)| {
            let named = move |(name, english, chinese): &(&str, &'static str, &'static str)| {
                (format!("{page}.{name}"), *english, *chinese)
            };
            pairs.iter().map(named)
        })
    }

    #[test]
    fn every_text_is_translated() {
        for (name, english, chinese) in texts() {
            assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
            let same = SAME.contains(&name.as_str());
            assert!(same || english != chinese, "{name}: {english}");
        }
    }

    /// The placeholders, in alphabetical order.
    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = text
            .split('{')
            .skip(1)
            .map(|from| from.split('}').next().unwrap_or_default())
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    #[test]
    fn both_languages_have_the_same_placeholders() {
        for (name, english, chinese) in texts() {
            let many = english.rsplit('|').next().unwrap_or_default();
            assert_eq!(places(many), places(chinese), "{name}");
            assert!(!chinese.contains('|'), "{name}: Chinese has one form");
            // Only the singular may omit `{n}`.
            let one = english.split('|').next().unwrap_or_default();
            let missing = |place: &&&str| !places(one).contains(*place);
            assert!(
                places(many).iter().filter(missing).all(|p| *p == "n"),
                "{name}"
            );
        }
    }

    #[test]
    fn values_may_look_like_placeholders() {
        let values = [("id", "{n}"), ("n", "3")];
        assert_eq!(interpolate("{id} has {n}.", &values), "{n} has 3.");
        assert_eq!(interpolate("nothing", &[]), "nothing");
    }

    #[test]
    fn singular_and_plural_are_selected() {
        let text = "{n} client of {who}|{n} clients of {who}";
        let who = [("who", "ada")];
        assert_eq!(plural(text, 1, &who), "1 client of ada");
        assert_eq!(plural(text, 0, &who), "0 clients of ada");
        assert_eq!(plural("{n} 个客户端", 2, &[]), "2 个客户端");
    }
}
