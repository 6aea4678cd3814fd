//! Parses the names that a source file uses. Comments, string literals and items for tests are skipped.

use std::collections::BTreeSet;

/// The declarations and uses of a file.
pub struct Source {
    /// The modules it declares that have their own files.
    pub modules: Vec<String>,
    /// The names it imports.
    pub uses: Vec<Use>,
    /// Paths of two or more names outside of `use`.
    pub paths: Vec<Vec<String>>,
    /// Single names outside of `use`.
    pub words: BTreeSet<String>,
}

/// An imported name.
pub struct Use {
    /// The name in this file.
    pub name: String,
    /// The imported path, as written.
    pub path: Vec<String>,
    /// Whether it is re-exported with `pub use`.
    pub exported: bool,
}

impl Source {
    pub fn parse(text: &str) -> Self {
        let tokens = without_tests(&tokens(text));
        let mut source = Self {
            modules: Vec::new(),
            uses: Vec::new(),
            paths: Vec::new(),
            words: BTreeSet::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            let (token, next) = (tokens[at].as_str(), tokens.get(at + 1));
            if token == "mod" && tokens.get(at + 2).is_some_and(|token| token == ";") {
                source.modules.extend(next.cloned());
                at += 3;
            } else if token == "use" && next.is_some_and(|next| is_name(next) || next == "{") {
                let exported = at > 0 && matches!(tokens[at - 1].as_str(), "pub" | ")");
                at += 1;
                source.read_use(&tokens, &mut at, &mut Vec::new(), exported);
                at += 1;
            } else if is_name(token) {
                source.read_path(&tokens, &mut at);
            } else {
                at += 1;
            }
        }
        source
    }

    /// Whether the file uses a name: a keyword such as `unsafe`, or the beginning of a path such as `std::env`.
    pub fn mentions(&self, name: &str) -> bool {
        let wanted: Vec<&str> = name.split("::").collect();
        let begins = |path: &Vec<String>| {
            path.len() >= wanted.len() && path.iter().zip(&wanted).all(|(a, b)| a == b)
        };
        let imported = self.uses.iter().any(|import| begins(&import.path));
        // Other single words can be variables or fields.
        let keyword = name == "unsafe" && self.words.contains(name);
        imported || keyword || self.paths.iter().any(begins)
    }

    /// Parses one tree of a `use`, up to the `;`, `,` or `}` after it.
    fn read_use(
        &mut self,
        tokens: &[String],
        at: &mut usize,
        before: &mut Vec<String>,
        exported: bool,
    ) {
        let depth = before.len();
        loop {
            match tokens[*at].as_str() {
                "{" => {
                    while tokens[*at] != "}" {
                        *at += 1;
                        if tokens[*at] != "}" {
                            self.read_use(tokens, at, before, exported);
                        }
                    }
                    *at += 1;
                    break;
                }
                "::" => *at += 1,
                "as" => {
                    self.add_use(tokens[*at + 1].clone(), before.clone(), exported);
                    *at += 2;
                    break;
                }
                ";" | "," | "}" => {
                    let mut path = before.clone();
                    if path.last().is_some_and(|last| last == "self") {
                        path.pop();
                    }
                    if let Some(name) = path.last().cloned() {
                        self.add_use(name, path, exported);
                    }
                    break;
                }
                name => {
                    before.push(name.to_owned());
                    *at += 1;
                }
            }
        }
        before.truncate(depth);
    }

    fn add_use(&mut self, name: String, path: Vec<String>, exported: bool) {
        self.uses.push(Use {
            name,
            path,
            exported,
        });
    }

    /// Parses a path of names joined by `::`.
    fn read_path(&mut self, tokens: &[String], at: &mut usize) {
        let mut path = vec![tokens[*at].clone()];
        *at += 1;
        while tokens.get(*at).is_some_and(|token| token == "::")
            && tokens.get(*at + 1).is_some_and(|token| is_name(token))
        {
            path.push(tokens[*at + 1].clone());
            *at += 2;
        }
        self.words.insert(path[0].clone());
        if path.len() > 1 {
            self.paths.push(path);
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Skips items with `#[cfg(test)]` and with `#[cfg(any(test, fuzzing))]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let markers: [&[&str]; 2] = [
        &["#", "[", "cfg", "(", "test", ")", "]"],
        &[
            "#", "[", "cfg", "(", "any", "(", "test", ",", "fuzzing", ")", ")", "]",
        ],
    ];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_here = |marker: &&[&str]| tokens[at..].iter().take(marker.len()).eq(marker.iter());
        let Some(marker) = markers.into_iter().find(is_here) else {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        };
        let mut depth = 0;
        at += marker.len();
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && matches!(tokens[at - 1].as_str(), ";" | "}") {
                break;
            }
        }
    }
    kept
}

/// The names and symbols of a file, without comments and literals.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        match chars[at] {
            '/' if next == '/' => at = line_end(&chars, at),
            '/' if next == '*' => at = comment_end(&chars, at),
            '"' => at = text_end(&chars, at),
            '\'' => at = character_end(&chars, at),
            ':' if next == ':' => {
                tokens.push("::".to_owned());
                at += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                let start = at;
                while chars
                    .get(at)
                    .is_some_and(|c| c.is_alphanumeric() || *c == '_')
                {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                let raw =
                    matches!(word.as_str(), "r" | "br") && matches!(chars.get(at), Some('"' | '#'));
                match raw {
                    true => at = raw_text_end(&chars, at),
                    false => tokens.push(word),
                }
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(c.to_string());
                }
                at += 1;
            }
        }
    }
    tokens
}

fn line_end(chars: &[char], at: usize) -> usize {
    let rest = chars[at..].iter().position(|c| *c == '\n');
    rest.map_or(chars.len(), |length| at + length)
}

fn comment_end(chars: &[char], at: usize) -> usize {
    let rest = chars[at + 2..].windows(2).position(|two| two == ['*', '/']);
    rest.map_or(chars.len(), |length| at + 2 + length + 2)
}

fn text_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_text_end(chars: &[char], start: usize) -> usize {
    let marks = chars[start..].iter().take_while(|c| **c == '#').count();
    let mut end = vec!['"'];
    end.resize(1 + marks, '#');
    let inside = start + marks + 1;
    let rest = chars[inside..].windows(end.len()).position(|w| *w == end);
    rest.map_or(chars.len(), |length| inside + length + end.len())
}

/// The end of a character literal such as `'a'` or `'\n'`. For a lifetime, the end of its quote.
fn character_end(chars: &[char], start: usize) -> usize {
    if chars.get(start + 1) == Some(&'\\') {
        let rest = chars[start + 3..].iter().position(|c| *c == '\'');
        return rest.map_or(chars.len(), |length| start + 3 + length + 1);
    }
    match chars.get(start + 2) {
        Some('\'') => start + 3,
        _ => start + 1,
    }
}

#[test]
fn literals_comments_and_tests_are_skipped() {
    let source = Source::parse(
        r##"
        mod child; // mod comment;
        pub use child::{Item, Other as Renamed};
        use crate::{log::{self, Log}, message};
        fn f<'a>() { let x = 'x'; let y = "use crate::no;"; child::call(super::log::now(r#"crate::no"#)); }
        #[cfg(test)]
        mod tests { use super::*; use crate::never; }
        "##,
    );
    assert_eq!(source.modules, ["child"]);
    let uses: Vec<(&str, String, bool)> = source
        .uses
        .iter()
        .map(|import| {
            (
                import.name.as_str(),
                import.path.join("::"),
                import.exported,
            )
        })
        .collect();
    let expected = [
        ("Item", "child::Item", true),
        ("Renamed", "child::Other", true),
        ("log", "crate::log", false),
        ("Log", "crate::log::Log", false),
        ("message", "crate::message", false),
    ];
    let expected = expected.map(|(name, path, exported)| (name, path.to_owned(), exported));
    assert_eq!(uses, expected);
    let paths: Vec<String> = source.paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["child::call", "super::log::now"]);
    assert!(source.mentions("crate::log") && source.mentions("super::log"));
    assert!(!source.mentions("x") && !source.mentions("unsafe"));
    assert!(Source::parse("fn f() { unsafe { g() } }").mentions("unsafe"));
}
