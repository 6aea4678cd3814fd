//! A push as a curl command.

/// The command that sends this JSON to the server at `origin`.
pub(crate) fn push(origin: &str, json: &str) -> String {
    format!(
        "curl {origin}/push \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(json)
    )
}

/// Quotes a text for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_quoted_for_the_shell() {
        let line = push("http://127.0.0.1:8020", r#"{"data":"it's $HOME"}"#);
        assert!(line.ends_with(r#"-d '{"data":"it'\''s $HOME"}'"#), "{line}");
    }
}
