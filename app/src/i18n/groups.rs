//! The texts as browsers load them: for each language a file with what every page needs, and a file with the rest, which is
//! for the panel. The lines of a file are a key and then the texts, in the order of their declarations.
//!
//! The key depends on the names and the order of the texts. So the wasm of one version does not take the texts of another.

use super::{Language, PAGES};

/// A part of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// What every page needs, and what pages outside the panel need.
    Pages,
    /// What only the panel needs.
    Panel,
}

/// What is in the first group.
const FIRST: [&str; 13] = [
    "shell",
    "stream",
    "copying",
    "not_found",
    "keys",
    "sign_in",
    "panel",
    "try_it",
    "subscriber",
    "inbox",
    "topics",
    "jobs",
    "job",
];

impl Group {
    pub(crate) const ALL: [Self; 2] = [Self::Pages, Self::Panel];

    /// As the name of its file has it.
    const fn name(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Panel => "panel",
        }
    }

    /// The group of a page of [`PAGES`].
    pub(super) const fn of_page(page: usize) -> Self {
        let mut n = 0;
        while n < FIRST.len() {
            if is_same(PAGES[page].0, FIRST[n]) {
                return Self::Pages;
            }
            n += 1;
        }
        Self::Panel
    }

    /// The groups that the page at this path needs, below the URL of the server.
    pub(crate) fn of_path(path: &str) -> &'static [Self] {
        match path.split('/').next() {
            Some("admin") => &Self::ALL,
            _ => &[Self::Pages],
        }
    }
}

/// The index of the first text of a page in its group.
#[cfg(any(feature = "hydrate", test))]
pub(super) const fn start_of(page: usize) -> usize {
    let (mut n, mut start) = (0, 0);
    while n < page {
        if Group::of_page(n) as usize == Group::of_page(page) as usize {
            start += PAGES[n].1.len();
        }
        n += 1;
    }
    start
}

const fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut n = 0;
    while n < a.len() {
        if a[n] != b[n] {
            return false;
        }
        n += 1;
    }
    true
}

/// What the names of the texts of a group hash to (FNV-1a).
const fn key_of(group: Group) -> u32 {
    let (mut page, mut key) = (0, 0x811c_9dc5);
    while page < PAGES.len() {
        if Group::of_page(page) as usize == group as usize {
            key = hashed(key, PAGES[page].0);
            let mut n = 0;
            while n < PAGES[page].1.len() {
                key = hashed(key, PAGES[page].1[n]);
                n += 1;
            }
        }
        page += 1;
    }
    key
}

const fn hashed(mut key: u32, name: &str) -> u32 {
    let mut n = 0;
    while n < name.len() {
        key = (key ^ name.as_bytes()[n] as u32).wrapping_mul(0x0100_0193);
        n += 1;
    }
    // The border between names.
    (key ^ 0xff).wrapping_mul(0x0100_0193)
}

const KEYS: [u32; 2] = [key_of(Group::Pages), key_of(Group::Panel)];

/// The name of a file, after what all of them begin with: `es.panel.txt`.
pub(crate) fn file_name(language: Language, group: Group) -> String {
    format!("{}.{}.txt", language.tag(), group.name())
}

/// The texts of a file. None if it is from another version.
#[cfg(any(feature = "hydrate", test))]
pub(super) fn decode(file: &str, group: Group) -> Option<Vec<&str>> {
    let mut lines = file.split('\n');
    let key = lines.next()?.parse::<u32>().ok()?;
    (key == KEYS[group as usize]).then(|| lines.collect())
}

/// A file with the texts of a group in one language.
#[cfg(not(feature = "hydrate"))]
#[derive(Debug)]
pub struct TextFile {
    /// The name, after what all of them begin with.
    pub name: String,
    /// The content.
    pub text: String,
}

/// The texts that browsers load: a file for each language and group.
#[cfg(not(feature = "hydrate"))]
pub fn text_files() -> Vec<TextFile> {
    let file = |language, group| TextFile {
        name: file_name(language, group),
        text: encode(language, group),
    };
    let of_language = |language| Group::ALL.map(|group| file(language, group));
    Language::ALL.into_iter().flat_map(of_language).collect()
}

#[cfg(not(feature = "hydrate"))]
fn encode(language: Language, group: Group) -> String {
    let mut file = KEYS[group as usize].to_string();
    for (page, lines) in super::all_lines(language).into_iter().enumerate() {
        if Group::of_page(page) == group {
            for line in lines {
                file.push('\n');
                file.push_str(line);
            }
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_texts_of_each_page_where_the_page_looks_for_them() {
        for language in Language::ALL {
            let files = Group::ALL.map(|group| encode(language, group));
            let lines = Group::ALL
                .map(|group| decode(&files[group as usize], group).expect("the same version"));
            for (page, texts) in super::super::all_lines(language).into_iter().enumerate() {
                let start = start_of(page);
                let found = &lines[Group::of_page(page) as usize][start..start + texts.len()];
                assert_eq!(found, texts, "{language:?} {}", PAGES[page].0);
            }
            let count: usize = PAGES.iter().map(|(_, names)| names.len()).sum();
            assert_eq!(lines[0].len() + lines[1].len(), count);
        }
    }

    #[test]
    fn the_texts_of_another_version_are_not_taken() {
        let file = encode(Language::English, Group::Pages);
        assert!(decode(&file, Group::Panel).is_none());
        assert!(decode("<!DOCTYPE html>", Group::Pages).is_none());
        assert!(decode("", Group::Pages).is_none());
        assert_ne!(hashed(hashed(0, "ab"), "c"), hashed(hashed(0, "a"), "bc"));
    }

    #[test]
    fn pages_of_the_first_group_exist() {
        for name in FIRST {
            assert!(PAGES.iter().any(|(page, _)| *page == name), "{name}");
        }
    }

    #[test]
    fn only_the_panel_needs_all_texts() {
        assert_eq!(Group::of_path(""), [Group::Pages]);
        assert_eq!(Group::of_path("jobs/7"), [Group::Pages]);
        assert_eq!(Group::of_path("admin"), Group::ALL);
        assert_eq!(Group::of_path("admin/push"), Group::ALL);
    }
}
