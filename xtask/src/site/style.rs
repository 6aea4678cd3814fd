//! Bundles a style sheet: each `@import "file.css";` is replaced by the file, and comments are removed.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads a style sheet with its imports, each file once.
pub fn bundle(path: &Path) -> Result<String> {
    let mut bundled = String::new();
    append(path, &mut Vec::new(), &mut bundled)?;
    Ok(bundled)
}

fn append(path: &Path, seen: &mut Vec<PathBuf>, bundled: &mut String) -> Result<()> {
    let path = path
        .canonicalize()
        .with_context(|| format!("reading {}", path.display()))?;
    if seen.contains(&path) {
        return Ok(());
    }
    seen.push(path.clone());
    let text = without_comments(&fs::read_to_string(&path)?);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("@import") {
            Some(rest) => {
                let Some(sibling) = imported(rest) else {
                    bail!(
                        "{}: only `@import \"file.css\";` is known, not {line}",
                        path.display()
                    );
                };
                append(&path.with_file_name(sibling), seen, bundled)?;
            }
            None => {
                bundled.push_str(line);
                bundled.push('\n');
            }
        }
    }
    Ok(())
}

/// The file name in the text after `@import`.
fn imported(rest: &str) -> Option<&str> {
    let quoted = rest.trim().strip_suffix(';')?.trim();
    let file = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let local = !file.contains(['"', ':']) && !file.starts_with("//");
    local.then_some(file)
}

/// The style sheet without comments. Strings may contain what looks like a comment.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        if let Some(comment) = from.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            continue;
        }
        let length = match from.starts_with('/') {
            true => 1,
            false => string_length(from),
        };
        kept.push_str(&from[..length]);
        rest = &from[length..];
    }
    kept + rest
}

/// The length in bytes of the string that starts here, including its quotes.
fn string_length(text: &str) -> usize {
    let mut characters = text.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    let mut escaped = false;
    for (at, character) in characters {
        if !escaped && Some(character) == quote {
            return at + 1;
        }
        escaped = !escaped && character == '\\';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_removed_and_strings_are_kept() {
        assert_eq!(without_comments("a /* b */ c"), "a  c");
        assert_eq!(without_comments("a { b: 1 / 2 }"), "a { b: 1 / 2 }");
        assert_eq!(
            without_comments(r#"a::before { content: "/* x */" }"#),
            r#"a::before { content: "/* x */" }"#
        );
        assert_eq!(
            without_comments(r"b { content: '\'/*' } /* x"),
            r"b { content: '\'/*' } "
        );
    }

    #[test]
    fn an_import_is_a_local_file() {
        assert_eq!(imported(r#" "pages.css";"#), Some("pages.css"));
        assert_eq!(imported(r#" "//elsewhere/pages.css";"#), None);
        assert_eq!(imported(r#" "pages.css" print;"#), None);
    }
}
