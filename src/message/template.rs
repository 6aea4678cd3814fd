//! URI templates (RFC 6570, all levels) as patterns: a topic matches if the template can expand to it.
//!
//! A match takes one pass over the topic for each expression, and no memory. It keeps the set of all places of the topic
//! that the template can have reached so far, so nothing is tried twice. The text between expressions is compared as it is.

mod places;

use places::{MAX_LEN, Places, is_triplet, run, short_run, width};

/// The most expressions of a template.
const MAX_EXPRESSIONS: usize = 16;

/// The text of a template before its first expression.
pub fn literal_prefix(template: &str) -> &str {
    template.split('{').next().unwrap_or_default()
}

/// The text of a template after its last expression.
pub fn literal_suffix(template: &str) -> &str {
    template.rsplit('}').next().unwrap_or_default()
}

/// Whether a text is a template with at least one expression. Fails if it has too many.
pub fn is_template(text: &str) -> Result<bool, TooManyExpressions> {
    let mut expressions = 0;
    let valid = pieces(text).all(|piece| match piece {
        Piece::Literal(text) => is_literal(text),
        Piece::Expression(expression) => {
            expressions += 1;
            expression.vars().all(|var| var.is_valid())
        }
        Piece::Invalid => false,
    });
    match valid && expressions > MAX_EXPRESSIONS {
        true => Err(TooManyExpressions),
        false => Ok(valid && expressions > 0),
    }
}

/// A template with more expressions than are matched in a bounded time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyExpressions;

/// Whether the template can expand to this text. It must be one: see [`is_template`].
pub fn matches(template: &str, text: &str) -> bool {
    let text = text.as_bytes();
    let is_far_off = !text.starts_with(literal_prefix(template).as_bytes())
        || !text.ends_with(literal_suffix(template).as_bytes())
        || text.len() > MAX_LEN;
    if is_far_off {
        return false;
    }
    let mut reached = Places::of(0);
    for piece in pieces(template) {
        reached = match piece {
            Piece::Literal(literal) => reached.after(text, literal.as_bytes()),
            Piece::Expression(expression) => expression.expanded(text, &reached),
            Piece::Invalid => return false,
        };
        if reached.is_empty() {
            return false;
        }
    }
    reached.has(text.len())
}

enum Piece<'t> {
    Literal(&'t str),
    Expression(Expression<'t>),
    /// A bracket without its counterpart, or an operator that is not known.
    Invalid,
}

/// The pieces of a template, up to the first one that is not valid.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, behind) = match rest.strip_prefix('{') {
            None => {
                let end = rest.find(['{', '}']).unwrap_or(rest.len());
                match rest.split_at(end) {
                    ("", _) => (Piece::Invalid, ""),
                    (literal, behind) => (Piece::Literal(literal), behind),
                }
            }
            Some(inner) => match inner.split_once('}') {
                Some((inside, behind)) if !inside.contains('{') => {
                    (Expression::parse(inside), behind)
                }
                _ => (Piece::Invalid, ""),
            },
        };
        rest = behind;
        Some(piece)
    })
}

/// Whether a text can stand between expressions (RFC 6570, section 2.1).
fn is_literal(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.char_indices().all(|(at, c)| match c {
        '%' => is_triplet(&bytes[at..]),
        ' ' | '"' | '\'' | '<' | '>' | '\\' | '^' | '`' | '|' => false,
        c => !c.is_control(),
    })
}

/// An expression: an operator and the variables.
#[derive(Clone, Copy)]
struct Expression<'t> {
    /// What stands before the first value (RFC 6570, appendix A).
    first: &'static str,
    /// What stands between two values.
    separator: u8,
    /// Whether values have names.
    named: bool,
    /// Whether a name without a value has no `=`.
    bare: bool,
    /// Whether reserved characters stand for themselves.
    reserved: bool,
    vars: &'t str,
}

impl<'t> Expression<'t> {
    fn parse(inside: &'t str) -> Piece<'t> {
        let (first, separator, named, reserved) = match inside.bytes().next() {
            Some(b'+') => ("", b',', false, true),
            Some(b'#') => ("#", b',', false, true),
            Some(b'.') => (".", b'.', false, false),
            Some(b'/') => ("/", b'/', false, false),
            Some(b';') => (";", b';', true, false),
            Some(b'?') => ("?", b'&', true, false),
            Some(b'&') => ("&", b'&', true, false),
            Some(_) => ("", b',', false, false),
            None => return Piece::Invalid,
        };
        let has_operator = reserved || !first.is_empty();
        Piece::Expression(Self {
            first,
            separator,
            named,
            bare: first == ";",
            reserved,
            vars: &inside[usize::from(has_operator)..],
        })
    }

    fn vars(self) -> impl Iterator<Item = Var<'t>> {
        self.vars.split(',').map(Var::parse)
    }

    /// The places after all that it can expand to: nothing, or any of its variables in their order.
    fn expanded(self, text: &[u8], from: &Places) -> Places {
        let first = from.after(text, self.first.as_bytes());
        let mut after_values = Places::default();
        for var in self.vars() {
            let mut begin = after_values.after(text, &[self.separator]);
            begin.add(&first);
            after_values.add(&self.value(var, text, &begin));
        }
        after_values.add(from);
        after_values
    }

    /// The places after a variable that begins at these places.
    fn value(self, var: Var<'_>, text: &[u8], begin: &Places) -> Places {
        match (var.explode, var.prefix) {
            (true, _) => self.exploded(text, begin),
            (false, None) => {
                let named = self.after_name(var, text, begin);
                let mut ends = run(text, &named, |c| self.allows(c) || c == b',');
                if self.bare {
                    ends.add(&begin.after(text, var.name.as_bytes()));
                }
                ends
            }
            (false, Some(most)) => {
                let named = self.after_name(var, text, begin);
                let mut ends = short_run(text, &named, most, |c| self.allows(c));
                if self.bare {
                    ends.add(&begin.after(text, var.name.as_bytes()));
                }
                ends
            }
        }
    }

    fn after_name(self, var: Var<'_>, text: &[u8], begin: &Places) -> Places {
        match self.named {
            false => begin.clone(),
            true => begin.after(text, var.name.as_bytes()).after(text, b"="),
        }
    }

    /// The places after a list or a map of which each item stands for itself: values, or names with values.
    fn exploded(self, text: &[u8], begin: &Places) -> Places {
        if !self.named {
            let item = |c| self.allows(c) || c == self.separator || c == b'=';
            return run(text, begin, item);
        }
        let (mut names, mut values) = (begin.clone(), Places::default());
        for place in 0..text.len() {
            let (in_name, in_value) = (names.has(place), values.has(place));
            if !in_name && !in_value {
                continue;
            }
            let c = text[place];
            if let Some(width) = width(&text[place..], |c| self.allows(c)) {
                if in_name {
                    names.insert(place + width);
                }
                if in_value {
                    values.insert(place + width);
                }
            }
            if in_name && c == b'=' {
                values.insert(place + 1);
            }
            if in_value && c == self.separator {
                names.insert(place + 1);
            }
        }
        if self.bare {
            values.add(&names);
        }
        values
    }

    /// Whether a character stands for itself in a value.
    fn allows(self, c: u8) -> bool {
        c.is_ascii_alphanumeric()
            || b"-._~".contains(&c)
            || self.reserved && b":/?#[]@!$&'()*+,;=".contains(&c)
    }
}

/// A variable of an expression.
#[derive(Clone, Copy)]
struct Var<'t> {
    name: &'t str,
    /// Whether each item of a list stands for itself.
    explode: bool,
    /// The most characters of its value. None: any number.
    prefix: Option<u16>,
    modifier_is_valid: bool,
}

impl<'t> Var<'t> {
    fn parse(text: &'t str) -> Self {
        let (name, explode) = match text.strip_suffix('*') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let (name, length) = match name.split_once(':') {
            Some((name, length)) => (name, Some(length)),
            None => (name, None),
        };
        let prefix = length.and_then(|length| {
            let digits = length.bytes().all(|c| c.is_ascii_digit());
            let number = length.parse().ok().filter(|_| digits);
            number.filter(|number| (1..10_000).contains(number))
        });
        Self {
            name,
            explode,
            prefix,
            modifier_is_valid: prefix.is_some() == length.is_some()
                && !(explode && length.is_some()),
        }
    }

    /// Whether its name and its modifier are valid (RFC 6570, sections 2.3 and 2.4).
    fn is_valid(self) -> bool {
        let bytes = self.name.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
            let dot = at > 0 && bytes[at] == b'.' && bytes[at - 1] != b'.' && at + 1 < bytes.len();
            match width(&bytes[at..], is_name) {
                Some(width) => at += width,
                None if dot => at += 1,
                None => return false,
            }
        }
        !bytes.is_empty() && self.modifier_is_valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_template_matches_what_it_can_expand_to() {
        for (template, good, bad) in [
            (
                "https://example.com/books/{id}",
                &[
                    "https://example.com/books/1",
                    "https://example.com/books/a%20b",
                    "https://example.com/books/",
                ][..],
                &[
                    "https://example.com/books/1/pages",
                    "https://example.com/books/a b",
                    "https://example.com/book/1",
                    "https://example.com/books/é",
                ][..],
            ),
            (
                "/a/{x}/b/{y}",
                &["/a/1/b/2", "/a//b/"],
                &["/a/1/c/2", "/a/1/b/2/3"],
            ),
            ("{x,y}", &["1,2", "1", ""], &["1/2"]),
            ("/a{+path}", &["/a/b/c?d=e#f", "/a"], &["/b", "/a b"]),
            ("/a{#part}", &["/a#x/y", "/a"], &["/ax", "/a##%"]),
            ("/a{.x,y}", &["/a.1.2", "/a.1", "/a"], &["/a/1", "/a1"]),
            ("{/x,y}/z", &["/1/2/z", "/1/z", "/z"], &["/1/2/3/z", "1/z"]),
            ("{/all*}/z", &["/1/2/3/z", "/z"], &["/1/2/3", "/1/z/"]),
            (
                "/a{;x,y}",
                &["/a;x=1;y=2", "/a;y", "/a;x;y=2"],
                &["/a;y=2;x=1", "/a;z=1", "/a;"],
            ),
            (
                "/a{?x,y}",
                &["/a?x=1&y=2", "/a?y=", "/a"],
                &["/a?x", "/a?x=1&z=2", "/a&x=1", "/a?y=1&x=2"],
            ),
            (
                "/a{?x*}",
                &["/a?x=1&x=2", "/a?k=1&l="],
                &["/a?x", "/a?x=1&", "/a?"],
            ),
            ("/a?k=v{&x}", &["/a?k=v&x=1", "/a?k=v"], &["/a?k=v?x=1"]),
            (
                "/{x:3}",
                &["/abc", "/", "/a%20c", "/%C3%A9bc"],
                &["/abcd", "/a%20cd"],
            ),
            (
                "/users/{id}{?topic}",
                &["/users/7?topic=https%3A%2F%2Fa.example%2F1", "/users/7"],
                &["/users/7?topic=https://a"],
            ),
        ] {
            assert_eq!(is_template(template), Ok(true), "{template}");
            for text in good {
                assert!(matches(template, text), "{template} {text}");
            }
            for text in bad {
                assert!(!matches(template, text), "{template} {text}");
            }
        }
    }

    #[test]
    fn what_is_no_template_is_told() {
        for text in [
            "plain",
            "{",
            "}",
            "a}b{c",
            "{}",
            "{+}",
            "{=x}",
            "{!x}",
            "{x y}",
            "{x:0}",
            "{x:a}",
            "{x:2*}",
            "{a..b}",
            "{.}",
            "a b/{id}",
            "100%/{id}",
            "{a{b}}",
            "{x.}",
        ] {
            assert_eq!(is_template(text), Ok(false), "{text}");
        }
        for text in ["{a.b}", "{%41b}", "{?a,b*,c:5}", "é{x}", "{_1}"] {
            assert_eq!(is_template(text), Ok(true), "{text}");
        }
        assert_eq!(is_template(&"{a}".repeat(16)), Ok(true));
        assert_eq!(is_template(&"{a}".repeat(17)), Err(TooManyExpressions));
    }

    #[test]
    fn many_ways_to_match_take_no_longer_than_one() {
        let template = format!("{}!", "{a*}".repeat(16));
        let text = "a,".repeat(255);
        for _ in 0..1_000 {
            assert!(!matches(&template, &text));
        }
    }

    fn encoded(value: &str) -> String {
        let one = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        value.bytes().map(one).collect()
    }

    proptest! {
        #[test]
        fn any_expansion_matches(
            host in "[a-z]{1,5}", id in "\\PC{0,12}", query in "\\PC{0,12}", list in prop::collection::vec("\\PC{0,4}", 1..4),
        ) {
            let template = format!("https://{host}/{{id}}{{/list*}}{{?query}}");
            let items: String = list.iter().map(|item| format!("/{}", encoded(item))).collect();
            let text = format!("https://{host}/{}{items}?query={}", encoded(&id), encoded(&query));
            prop_assume!(text.len() <= MAX_LEN);
            prop_assert!(matches(&template, &text), "{template} {text}");
        }

        #[test]
        fn no_text_makes_it_panic(template in "[a-z{}+?&/*:,.;#%0-9é]{0,30}", text in "\\PC{0,40}") {
            if is_template(&template) == Ok(true) {
                let _ = matches(&template, &text);
            }
        }
    }
}
