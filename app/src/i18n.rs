//! Every text of the pages, in each language that they speak, and nowhere else.
//!
//! A file below holds what one page says, English and Chinese side by side: a text that lacks one of
//! them does not compile. `{name}` stands for something that is filled in. Where English tells one
//! from many, both stand in one text with `|` between them.

/// Declares what a page says: for each text its name, the English and the Chinese.
macro_rules! texts {
    ($(#[$about:meta])* $page:ident { $($name:ident: $english:literal, $chinese:literal;)* }) => {
        $(#[$about])*
        pub(crate) struct $page {
            $(pub(crate) $name: &'static str,)*
        }

        impl $page {
            pub(super) const ENGLISH: Self = Self { $($name: $english,)* };
            pub(super) const CHINESE: Self = Self { $($name: $chinese,)* };
            #[cfg(test)]
            pub(super) const PAIRS: &[(&str, &str, &str)] =
                &[$((stringify!($name), $english, $chinese)),*];
        }
    };
}
mod admin;
mod clients;
mod jobs;
mod language;
mod messages;
mod overview;
mod push;
mod shell;
mod subscriber;
mod try_it;

use leptos::prelude::*;

use crate::{api::ApiError, components::static_text, formatting};
pub use language::Language;
pub(crate) use language::{init_language, language, set_language};

/// Gathers the pages.
macro_rules! pages {
    ($($page:ident: $texts:ty;)*) => {
        /// All that the pages say in one language.
        pub(crate) struct Texts {
            $(pub(crate) $page: $texts,)*
        }

        static ENGLISH: Texts = Texts { $($page: <$texts>::ENGLISH,)* };
        static CHINESE: Texts = Texts { $($page: <$texts>::CHINESE,)* };

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
    sign_in: admin::SignIn;
    panel: admin::Panel;
    try_it: try_it::TryIt;
    overview: overview::Overview;
    clients: clients::Clients;
    messages: messages::Messages;
    push: push::Push;
    preview: push::Preview;
    outcome: push::Outcome;
    templates: push::Templates;
    client: clients::Client;
    subscriber: subscriber::Subscriber;
    inbox: subscriber::Inbox;
    topics: subscriber::Topics;
    jobs: jobs::Jobs;
    job: jobs::Job;
}

/// What the pages say in the language that was chosen. Inside a signal it follows the choice.
pub(crate) fn texts() -> &'static Texts {
    match language() {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// One text, which follows the choice of the language.
pub(crate) fn tr(which: fn(&Texts) -> &'static str) -> Signal<&'static str> {
    static_text(move || which(texts()))
}

/// A text with something filled in: for each `{name}` what `values` has under that name.
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

/// A text about a number of things, which fills in as `{n}`; of two forms the one for that number.
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

/// Why a call gave nothing to use. What the server says of a request is its own words.
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

    /// Names that are the same in both languages.
    const SAME: [&str; 1] = ["shell.other_language"];

    fn texts() -> impl Iterator<Item = (String, &'static str, &'static str)> {
        PAGES.iter().flat_map(|(page, pairs)| {
            let named = move |(name, english, chinese): &(&str, &'static str, &'static str)| {
                (format!("{page}.{name}"), *english, *chinese)
            };
            pairs.iter().map(named)
        })
    }

    #[test]
    fn nothing_is_left_untranslated() {
        for (name, english, chinese) in texts() {
            assert!(!english.is_empty() && !chinese.is_empty(), "{name}");
            let same = SAME.contains(&name.as_str());
            assert!(same || english != chinese, "{name}: {english}");
        }
    }

    /// What is filled in, in the order of the alphabet.
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
    fn both_languages_fill_in_the_same() {
        for (name, english, chinese) in texts() {
            let many = english.rsplit('|').next().unwrap_or_default();
            assert_eq!(places(many), places(chinese), "{name}");
            assert!(!chinese.contains('|'), "{name}: Chinese has one form");
            // "1 client" may do without its number, and nothing else.
            let one = english.split('|').next().unwrap_or_default();
            let missing = |place: &&&str| !places(one).contains(*place);
            assert!(
                places(many).iter().filter(missing).all(|p| *p == "n"),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_filled_in_may_look_like_a_place_itself() {
        let values = [("id", "{n}"), ("n", "3")];
        assert_eq!(interpolate("{id} has {n}.", &values), "{n} has 3.");
        assert_eq!(interpolate("nothing", &[]), "nothing");
    }

    #[test]
    fn one_is_told_from_many() {
        let text = "{n} client of {who}|{n} clients of {who}";
        let who = [("who", "ada")];
        assert_eq!(plural(text, 1, &who), "1 client of ada");
        assert_eq!(plural(text, 0, &who), "0 clients of ada");
        assert_eq!(plural("{n} 个客户端", 2, &[]), "2 个客户端");
    }
}
