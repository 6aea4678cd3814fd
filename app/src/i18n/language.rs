//! Which language a page speaks.

use leptos::prelude::*;

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Where nothing else is asked for.
    #[default]
    English,
    /// Without words of one country only.
    Spanish,
    /// With neutral infinitives where that is possible.
    German,
    /// With *vous*.
    French,
    /// As it is written in Brazil.
    Portuguese,
    /// In the polite form.
    Japanese,
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
        let primary = |tag: &str| tag.split('-').next().map(str::to_ascii_lowercase);
        let wanted = primary(tag);
        Self::ALL
            .into_iter()
            .find(|language| primary(language.tag()) == wanted)
    }

    /// All languages, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::English,
        Self::Spanish,
        Self::German,
        Self::French,
        Self::Portuguese,
        Self::Japanese,
        Self::Chinese,
    ];

    /// As `lang` of a page has it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::German => "de",
            Self::French => "fr",
            Self::Portuguese => "pt-BR",
            Self::Japanese => "ja",
            Self::Chinese => "zh-CN",
        }
    }

    /// Its name in the language itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Espa\u{f1}ol",
            Self::German => "Deutsch",
            Self::French => "Fran\u{e7}ais",
            Self::Portuguese => "Portugu\u{ea}s",
            Self::Japanese => "日本語",
            Self::Chinese => "中文",
        }
    }

    /// Whether the singular is used for this number (the category *one* of Unicode's plural rules).
    pub(super) fn has_singular_for(self, n: u64) -> bool {
        n == 1 || (n == 0 && matches!(self, Self::French | Self::Portuguese))
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

/// In the browser: what was chosen last, and at first what the server has rendered.
#[cfg(feature = "hydrate")]
pub(crate) fn language() -> Language {
    CURRENT.with(|current| current.get().map_or_else(rendered, Get::get))
}

/// The same, where nothing has to follow it.
#[cfg(feature = "hydrate")]
pub(super) fn language_now() -> Language {
    CURRENT.with(|current| {
        current
            .get()
            .map_or_else(rendered, GetUntracked::get_untracked)
    })
}

#[cfg(feature = "hydrate")]
fn rendered() -> Language {
    Language::named(&crate::browser::page_language()).unwrap_or_default()
}

/// In the browser the page begins with the language that the server has rendered.
#[cfg(feature = "hydrate")]
pub(crate) fn init_language() {
    CURRENT.with(|current| *current.get_or_init(|| RwSignal::new(rendered())));
}

/// Shows all texts anew.
#[cfg(feature = "hydrate")]
pub(super) fn refresh() {
    CURRENT.with(|current| current.get().map(Notify::notify));
}

/// Speaks another language from now on, on every page of this server.
pub(super) fn set_language(language: Language) {
    crate::browser::store_language(COOKIE, language.tag());
    #[cfg(feature = "hydrate")]
    CURRENT.with(|current| current.get().map(|current| current.set(language)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{Chinese, English, French, German, Japanese, Portuguese, Spanish};

    #[test]
    fn a_choice_has_precedence_over_the_browsers_list() {
        let of = Language::of_request;
        assert_eq!(of("a=b; tidings_lang=zh-CN", "en"), Chinese);
        assert_eq!(of("tidings_lang=en", "zh"), English);
        assert_eq!(of("tidings_lang=tlh; x", "zh-TW,en;q=0.5"), Chinese);
        for language in Language::ALL {
            let cookie = format!("tidings_lang={}", language.tag());
            assert_eq!(of(&cookie, "en"), language);
        }
    }

    #[test]
    fn the_browsers_list_is_sorted_by_its_weights() {
        let of = |list| Language::of_request("", list);
        assert_eq!(of(""), English);
        assert_eq!(of("it, tlh"), English);
        assert_eq!(of("it, zh-Hans;q=0.8, en;q=0.7"), Chinese);
        assert_eq!(of("en;q=0.3, zh;q=0.9"), Chinese);
        assert_eq!(of("zh;q=0, en;q=0.1"), English);
        assert_eq!(of("zh;q=nan"), English);
        assert_eq!(of("en-GB,zh"), English);
        assert_eq!(of("fr;q=0.5, de;q=0.6, en;q=0.4"), German);
    }

    #[test]
    fn each_language_has_many_tags() {
        let of = |list| Language::of_request("", list);
        assert_eq!(of("es-419,es;q=0.9"), Spanish);
        assert_eq!(of("de-AT"), German);
        assert_eq!(of("FR-ca"), French);
        assert_eq!(of("pt-PT, en;q=0.5"), Portuguese);
        assert_eq!(of("ja"), Japanese);
        assert_eq!(of("zh-Hant-TW"), Chinese);
    }
}
