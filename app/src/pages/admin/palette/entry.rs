//! What the dialog finds.

use crate::{
    components::audience_text,
    formatting::lower_case,
    i18n::{Texts, texts},
    pages::admin::{called, section::Section},
    wire::{MessageInfo, Session},
};

/// Characters of the data of a message that are shown.
const DATA: usize = 80;

/// Something that is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is.
    pub kind: &'static str,
    pub title: String,
    /// More about it, for people.
    pub about: String,
    pub act: Act,
}

/// What is done if an entry is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Show a page of this site: its path below the URL of the server.
    Go(String),
    /// Load a page that is not of the wasm.
    Load(&'static str),
    /// Focus the choice of the language.
    Language,
    /// End the session.
    SignOut,
}

impl Entry {
    /// A page, or something on a page.
    pub(super) fn at(kind: &'static str, title: String, about: String, path: String) -> Self {
        let act = Act::Go(path);
        Self {
            kind,
            title,
            about,
            act,
        }
    }

    /// A message.
    pub(super) fn message(message: &MessageInfo) -> Self {
        let data: String = message.data.get().chars().take(DATA).collect();
        Self::at(
            texts().palette.message,
            data,
            format!(
                "{} \u{b7} {}",
                audience_text(&message.to, message.clients),
                message.id
            ),
            format!("admin/messages?message={}", message.id),
        )
    }
}

/// All pages and actions of somebody.
pub(super) fn fixed(session: Option<&Session>) -> Vec<Entry> {
    let texts = texts();
    let page = |name: fn(&Texts) -> &'static str, path: &str| {
        Entry::at(
            texts.palette.page,
            name(texts).to_owned(),
            String::new(),
            path.to_owned(),
        )
    };
    let section = |section: &Section| {
        let [name, about] = called(*section);
        Entry {
            about: about(texts).to_owned(),
            ..page(name, section.path())
        }
    };
    let sections = Section::ALL
        .iter()
        .filter(|section| may_see(**section, session));
    let mut entries: Vec<Entry> = sections.map(section).collect();
    entries.push(page(|t| t.shell.listen, ""));
    entries.push(Entry {
        about: texts.jobs.about.to_owned(),
        ..page(|t| t.shell.jobs, "jobs")
    });
    entries.push(page(|t| t.shell.try_it, "try"));
    let action = |title: &str, act| Entry {
        kind: texts.palette.action,
        title: title.to_owned(),
        about: String::new(),
        act,
    };
    if may(session, "push") {
        let push = Act::Go("admin/push".to_owned());
        entries.push(action(texts.palette.push, push));
    }
    entries.push(action(texts.palette.docs, Act::Load("docs")));
    entries.push(action(texts.palette.api, Act::Load("docs/api")));
    entries.push(action(texts.palette.language, Act::Language));
    if session.is_some_and(|session| session.token_required) {
        entries.push(action(texts.sign_in.sign_out, Act::SignOut));
    }
    entries
}

/// Whether the navigation of the panel has the section.
fn may_see(section: Section, session: Option<&Session>) -> bool {
    let has_token = session.is_some_and(|session| session.token_required);
    match section {
        Section::Client => false,
        Section::Push => may(session, "push"),
        Section::People => has_token && may(session, "manage"),
        Section::Account => has_token,
        section if section.is_setting() => may(session, "manage"),
        _ => true,
    }
}

/// Whether somebody may do this, to some clients or topics at least.
pub(super) fn may(session: Option<&Session>, action: &str) -> bool {
    session.is_some_and(|session| session.may(action))
}

/// The entries that have all words of a text, those whose title begins with it first.
pub(super) fn matching(entries: Vec<Entry>, text: &str) -> Vec<Entry> {
    let text = lower_case(text.trim());
    let fits = |entry: &Entry| {
        let all = format!("{} {} {}", entry.title, entry.kind, entry.about);
        let all = lower_case(&all);
        text.split_whitespace().all(|word| all.contains(word))
    };
    let mut found: Vec<Entry> = entries.into_iter().filter(fits).collect();
    found.sort_by_key(|entry| !lower_case(&entry.title).starts_with(&text));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(title: &str, about: &str) -> Entry {
        Entry::at("Page", title.to_owned(), about.to_owned(), String::new())
    }

    #[test]
    fn all_words_are_found_and_titles_come_first() {
        let all = vec![
            entry("Messages", "Pushed messages and their delivery state."),
            entry("Push", "Send a message."),
            entry("Limits", ""),
        ];
        let titles = |text: &str| {
            let found = matching(all.clone(), text);
            found
                .into_iter()
                .map(|entry| entry.title)
                .collect::<Vec<_>>()
        };
        assert_eq!(titles(" push "), ["Push", "Messages"]);
        assert_eq!(titles("page delivery"), ["Messages"]);
        assert_eq!(titles(""), ["Messages", "Push", "Limits"]);
        assert_eq!(titles("nothing"), [""; 0]);
    }

    fn session(actions: &[&str]) -> Session {
        Session {
            admin: true,
            token_required: true,
            name: None,
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            people: false,
            person: None,
            issuer: None,
            oidc: None,
        }
    }

    #[test]
    fn pages_that_somebody_may_not_use_are_not_found() {
        let paths = |actions: &[&str]| -> Vec<String> {
            let path = |entry: Entry| match entry.act {
                Act::Go(path) => Some(path),
                _ => None,
            };
            fixed(Some(&session(actions)))
                .into_iter()
                .filter_map(path)
                .collect()
        };
        let reader = paths(&["read"]);
        assert!(reader.contains(&"admin/messages".to_owned()));
        for hidden in ["admin/push", "admin/keys", "admin/client"] {
            assert!(!reader.contains(&hidden.to_owned()), "{hidden}");
        }
        let all = paths(&["read", "push", "manage"]);
        assert!(all.contains(&"admin/keys".to_owned()) && all.contains(&"admin/push".to_owned()));
    }
}
