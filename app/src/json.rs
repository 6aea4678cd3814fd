//! Checks and formats JSON.

mod objects;

use serde::de::IgnoredAny;

pub(crate) use objects::decode;

/// The first position at which a text is not valid JSON. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) what: String,
}

/// Checks that a text is one JSON value (RFC 8259).
pub(crate) fn check(text: &str) -> Result<(), JsonError> {
    let Err(error) = parsed(text) else {
        return Ok(());
    };
    let said = error.to_string();
    let what = match said.rfind(" at line ") {
        Some(end) => &said[..end],
        None => &said,
    };
    Err(JsonError {
        line: error.line(),
        column: error.column(),
        what: what.replace("EOF", "the text ends"),
    })
}

/// The same, without saying in words what is wrong: only some pages load the code for that.
fn parsed(text: &str) -> serde_json::Result<IgnoredAny> {
    serde_json::from_str(text)
}

/// Formats a JSON object or array with one line for each member; none for anything else. Only white
/// space changes: numbers keep their digits, and keys their order.
pub(crate) fn pretty(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || parsed(text).is_err() {
        return None;
    }
    let mut layout = Layout::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => layout.text(&mut chars),
            '{' | '[' => {
                layout.out.push(c);
                skip_space(&mut chars);
                match chars.next_if(|c| matches!(c, '}' | ']')) {
                    Some(end) => layout.out.push(end),
                    None => layout.line(1),
                }
            }
            '}' | ']' => {
                layout.line(-1);
                layout.out.push(c);
            }
            ',' => {
                layout.out.push(c);
                layout.line(0);
            }
            ':' => layout.out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => layout.out.push(c),
        }
    }
    Some(layout.out)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_space(chars: &mut Chars<'_>) {
    while chars.next_if(char::is_ascii_whitespace).is_some() {}
}

#[derive(Default)]
struct Layout {
    out: String,
    depth: usize,
}

impl Layout {
    /// Starts a line; `deeper` changes the indentation.
    fn line(&mut self, deeper: isize) {
        self.depth = self.depth.saturating_add_signed(deeper);
        self.out.push('\n');
        for _ in 0..self.depth.min(40) {
            self.out.push_str("  ");
        }
    }

    /// Copies the rest of a string after its opening quote.
    fn text(&mut self, chars: &mut Chars<'_>) {
        self.out.push('"');
        while let Some(c) = chars.next() {
            self.out.push(c);
            match c {
                '"' => return,
                '\\' => self.out.extend(chars.next()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_a_position() {
        assert_eq!(check(r#"{"a": [1, true, null, "x"]}"#), Ok(()));
        let mistake = check("{\n  \"a\" 1\n}").expect_err("no colon");
        assert_eq!((mistake.line, mistake.column), (2, 7));
        assert_eq!(mistake.what, "expected `:`");
        let short = check("[1, ").expect_err("cut short");
        assert!(short.what.starts_with("the text ends"), "{}", short.what);
        assert!(check("").is_err());
        assert!(check("{} {}").is_err());
    }

    #[test]
    fn formatting_changes_only_white_space() {
        let text =
            r#"{"b":12345678901234567890.10,"a":[],"c":{ },"s":"a \"{,:}\\","l":[1,{"x":2}]}"#;
        let laid_out = "{\n  \"b\": 12345678901234567890.10,\n  \"a\": [],\n  \"c\": {},\n  \"s\": \"a \\\"{,:}\\\\\",\n  \"l\": [\n    1,\n    {\n      \"x\": 2\n    }\n  ]\n}";
        assert_eq!(pretty(text).as_deref(), Some(laid_out));
        assert_eq!(pretty(laid_out).as_deref(), Some(laid_out));
    }

    #[test]
    fn only_objects_and_arrays_are_formatted() {
        assert_eq!(pretty("42"), None);
        assert_eq!(pretty("hello"), None);
        assert_eq!(pretty("[not json"), None);
    }
}
