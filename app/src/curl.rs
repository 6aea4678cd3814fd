//! A push as a line for a shell.

/// A push of this JSON to the server at `origin`.
pub(crate) fn push(origin: &str, json: &str) -> String {
    format!(
        "curl {origin}/push \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(json)
    )
}

/// A text as one word of a POSIX shell, whatever it contains.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_is_one_word_whatever_it_contains() {
        let line = push("http://127.0.0.1:8020", r#"{"data":"it's $HOME"}"#);
        assert!(line.ends_with(r#"-d '{"data":"it'\''s $HOME"}'"#), "{line}");
    }
}
