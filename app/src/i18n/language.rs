//! Which language a page speaks.

use leptos::prelude::*;

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Where nothing else is asked for.
    #[default]
    English,
    /// As it is written on the mainland.
    Chinese,
}

/// The cookie that stores the choice.
const COOKIE: &str = "tidings_lang";

impl Language {
    /// The language for who sends these header fields: the one that was chosen before, or else the
    /// first of their list that the pages speak.
    pub fn of_request(cookie: &str, accept_language: &str) -> Self {
        let chosen = cookie.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name.trim() == COOKIE)
                .then(|| Self::named(value.trim()))
                .flatten()
        });
        chosen.unwrap_or_else(|| Self::accepted(accept_language))
    }

    /// `Accept-Language` (RFC 9110, section 12.5.4): of those with the largest weight the first.
    fn accepted(list: &str) -> Self {
        let mut best = (0.0, Self::default());
        for member in list.split(',') {
            let (tag, weight) = member.split_once(';').unwrap_or((member, ""));
            let weight = match weight.trim().strip_prefix("q=") {
                Some(weight) => weight.parse().unwrap_or(0.0),
                None => 1.0_f32,
            };
            if let Some(language) = Self::named(tag.trim())
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The language of a tag such as `zh-CN`.
    fn named(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::Chinese),
            _ => None,
        }
    }

    /// As `lang` of a page has it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }
}

/// On the server: what the request asks for.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn language() -> Language {
    use_context().unwrap_or_default()
}

/// On the server there is nothing to prepare.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn init_language() {}

#[cfg(feature = "hydrate")]
thread_local! {
    /// Not a context: what a person does, and what comes by the stream, has none.
    static CURRENT: std::cell::OnceCell<RwSignal<Language>> = const { std::cell::OnceCell::new() };
}

/// In the browser: what was chosen last.
#[cfg(feature = "hydrate")]
pub(crate) fn language() -> Language {
    CURRENT.with(|current| current.get().map_or(Language::default(), Get::get))
}

/// In the browser the page begins with the language that the server has rendered.
#[cfg(feature = "hydrate")]
pub(crate) fn init_language() {
    let rendered = Language::named(&crate::browser::page_language()).unwrap_or_default();
    CURRENT.with(|current| *current.get_or_init(|| RwSignal::new(rendered)));
}

/// Speaks another language from now on, on every page of this server.
pub(crate) fn set_language(language: Language) {
    crate::browser::store_language(COOKIE, language.tag());
    #[cfg(feature = "hydrate")]
    CURRENT.with(|current| current.get().map(|current| current.set(language)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{Chinese, English};

    #[test]
    fn a_choice_has_precedence_over_the_browsers_list() {
        let of = Language::of_request;
        assert_eq!(of("a=b; tidings_lang=zh-CN", "en"), Chinese);
        assert_eq!(of("tidings_lang=en", "zh"), English);
        assert_eq!(of("tidings_lang=tlh; x", "zh-TW,en;q=0.5"), Chinese);
    }

    #[test]
    fn the_browsers_list_is_sorted_by_its_weights() {
        let of = |list| Language::of_request("", list);
        assert_eq!(of(""), English);
        assert_eq!(of("de, fr"), English);
        assert_eq!(of("de, zh-Hans;q=0.8, en;q=0.7"), Chinese);
        assert_eq!(of("en;q=0.3, zh;q=0.9"), Chinese);
        assert_eq!(of("zh;q=0, en;q=0.1"), English);
        assert_eq!(of("zh;q=nan"), English);
        assert_eq!(of("en-GB,zh"), English);
    }
}
