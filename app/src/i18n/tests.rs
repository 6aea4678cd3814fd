//! What holds for the texts of all languages.

use super::*;
use Language::{Chinese, English, French, German, Japanese, Portuguese, Spanish};

/// Texts that have no letters of their own in Chinese and Japanese: names of the field, and patterns.
const SYMBOLS: [&str; 4] = ["hooks.url", "hooks.list", "panel.hooks", "job.of"];

/// Each text with its name: in English and in this language.
fn pairs(language: Language) -> impl Iterator<Item = (String, &'static str, &'static str)> {
    let names = PAGES.iter().flat_map(|(page, names)| {
        let named = move |name| format!("{page}.{name}");
        names.iter().map(named)
    });
    let english = all_lines(English).into_iter().flatten();
    let other = all_lines(language).into_iter().flatten();
    names
        .zip(english)
        .zip(other)
        .map(|((name, english), other)| (name, english, other))
}

/// A single word may be the same in two languages. A text of several words never is.
#[test]
fn every_text_is_translated() {
    for language in Language::ALL {
        for (name, english, text) in pairs(language) {
            assert!(!text.is_empty(), "{language:?} {name}");
            let words = text
                .split(|c: char| !c.is_alphabetic())
                .filter(|word| word.len() > 2);
            match language {
                English => (),
                Chinese | Japanese => {
                    let has_own = text.chars().any(|c| ('\u{2e80}'..'\u{fff0}').contains(&c));
                    assert!(
                        has_own || SYMBOLS.contains(&&*name),
                        "{language:?} {name}: {text}"
                    );
                }
                _ => assert!(
                    english != text || words.count() < 3,
                    "{language:?} {name}: {text}"
                ),
            }
        }
    }
}

#[test]
fn every_text_is_one_line() {
    for language in Language::ALL {
        for (name, _, text) in pairs(language) {
            assert!(!text.contains(['\n', '\r']), "{language:?} {name}");
        }
    }
}

/// A text that ends with a space is followed by another one in the same line.
#[test]
fn spaces_at_the_end_are_kept() {
    for language in [Spanish, German, French, Portuguese] {
        for (name, english, text) in pairs(language) {
            assert_eq!(
                english.ends_with(' '),
                text.ends_with(' '),
                "{language:?} {name}"
            );
            assert_eq!(
                english.starts_with(' '),
                text.starts_with(' '),
                "{language:?} {name}"
            );
        }
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
fn all_languages_have_the_same_placeholders() {
    for language in Language::ALL {
        for (name, english, text) in pairs(language) {
            let many = text.rsplit('|').next().unwrap_or_default();
            let in_english = english.rsplit('|').next().unwrap_or_default();
            assert_eq!(places(many), places(in_english), "{language:?} {name}");
            // Only the singular may omit `{n}`.
            let one = text.split('|').next().unwrap_or_default();
            let missing = |place: &&&str| !places(one).contains(*place);
            assert!(
                places(many).iter().filter(missing).all(|p| *p == "n"),
                "{language:?} {name}"
            );
        }
    }
}

#[test]
fn each_language_has_its_own_number_of_forms() {
    for language in Language::ALL {
        for (name, english, text) in pairs(language) {
            let forms = match language {
                Chinese | Japanese => 1,
                _ => english.split('|').count(),
            };
            assert_eq!(text.split('|').count(), forms, "{language:?} {name}");
        }
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
    for (language, none) in [
        (English, "b"),
        (German, "b"),
        (Spanish, "b"),
        (French, "a"),
        (Portuguese, "a"),
    ] {
        assert_eq!(form(language, "a|b", 0), none, "{language:?}");
        assert_eq!(form(language, "a|b", 1), "a", "{language:?}");
        assert_eq!(form(language, "a|b", 2), "b", "{language:?}");
    }
}

#[test]
fn a_refusal_is_said_in_the_language_of_the_page() {
    let said = |language, code| ALL[language as usize].problems.of_code(code);
    assert_eq!(
        said(German, "storage_full"),
        Some("Die Festplatte des Servers ist voll.")
    );
    assert_eq!(
        said(Japanese, "person_unknown"),
        said(Japanese, "not_found")
    );
    assert_eq!(said(French, "invalid_field"), None);
}
