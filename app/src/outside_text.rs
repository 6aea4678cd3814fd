//! Text from outside: what users, programs and other systems have written. Characters that cannot be seen, or that change the
//! direction of others, are made visible, so that one text cannot disguise itself as another.

use std::borrow::Cow;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Shown as it is.
    Text(&'a str),
    /// A character that is shown as its code.
    Hidden(char),
    /// A URL that may become a link.
    Url(&'a str),
}

/// More pieces than this are one, in which characters are replaced: an element for each would make a page slow.
const MOST: usize = 200;

/// The pieces of a text, and what remains of it after [`MOST`] of them.
pub(crate) fn pieces(text: &str, with_urls: bool) -> (Vec<Piece<'_>>, &str) {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut before = None;
    while let Some(c) = text[at..].chars().next() {
        if pieces.len() >= MOST {
            return (pieces, &text[start..]);
        }
        let rest = &text[at..];
        let special = match c {
            c if is_hidden(before, c, &rest[c.len_utf8()..]) => {
                Some((Piece::Hidden(c), c.len_utf8()))
            }
            'h' | 'H' if with_urls && !before.is_some_and(|c| c.is_ascii_alphanumeric()) => {
                url(rest).map(|url| (Piece::Url(url), url.len()))
            }
            _ => None,
        };
        let length = special.map_or(c.len_utf8(), |(_, length)| length);
        if let Some((piece, length)) = special {
            if start < at {
                pieces.push(Piece::Text(&text[start..at]));
            }
            pieces.push(piece);
            start = at + length;
        }
        at += length;
        before = text[..at].chars().next_back();
    }
    if start < at {
        pieces.push(Piece::Text(&text[start..]));
    }
    (pieces, "")
}

/// The text with codes in place of hidden characters, for attributes and notifications.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let (mut start, mut before) = (0, None);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if is_hidden(before, c, &text[end..]) {
            shown.push_str(&text[start..at]);
            shown.push_str(&code(c));
            start = end;
        }
        before = Some(c);
    }
    match start {
        0 => Cow::Borrowed(text),
        start => Cow::Owned(shown + &text[start..]),
    }
}

/// How a hidden character is shown: `\u202E`.
pub(crate) fn code(c: char) -> String {
    format!("\\u{:04X}", u32::from(c))
}

/// Whether a character is not seen, or changes how its neighbours are shown. Joiners are part of emoji, and of words in some
/// scripts.
fn is_hidden(before: Option<char>, c: char, after: &str) -> bool {
    match c {
        '\n' | '\t' => false,
        '\r' => !after.starts_with('\n'),
        '\u{200c}' | '\u{200d}' => {
            let joins = |c: char| is_of_emoji(c) || is_of_joining_script(c);
            !(before.is_some_and(joins) && after.chars().next().is_some_and(joins))
        }
        // Soft hyphen, Arabic letter mark, fillers, spaces without a width, marks of direction, separators, tags.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => {
            true
        }
        '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' => true,
        '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

fn is_of_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

/// Arabic, Syriac, and the scripts of India and its neighbours.
fn is_of_joining_script(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{109f}' | '\u{1780}'..='\u{17b3}' | '\u{17b6}'..='\u{18af}')
}

/// The URL at the beginning of a text, if it is one of the web. Its host and path are what the text says: nothing is decoded.
fn url(text: &str) -> Option<&str> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| {
        let head = text.get(..scheme.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    })?;
    let mut before = None;
    let end = text.char_indices().find(|(at, c)| {
        let after = &text[at + c.len_utf8()..];
        let ends = ends_url(*c) || is_hidden(before, *c, after);
        before = Some(*c);
        ends
    });
    let url = without_punctuation(&text[..end.map_or(text.len(), |(at, _)| at)]);
    let rest = url.get(scheme.len()..)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let begins_well = host.chars().next().is_some_and(|c| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '[',
        false => !ends_url(c),
    });
    // What stands before an `@` looks like the host and is not.
    (begins_well && !host.contains('@')).then_some(url)
}

fn ends_url(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_whitespace() || c.is_ascii_control() || "<>\"`\\{}|^".contains(c),
        // Letters of any script, but not its spaces, punctuation and symbols. The tables of Unicode would be larger than all
        // the rest.
        false => matches!(
            c,
            '\u{80}'..='\u{bf}'
                | '\u{2000}'..='\u{2bff}'
                | '\u{3000}'..='\u{303f}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fe10}'..='\u{fe6f}'
                | '\u{ff00}'..='\u{ff0f}'
                | '\u{ff1a}'..='\u{ff20}'
                | '\u{ff3b}'..='\u{ff40}'
                | '\u{ff5b}'..='\u{ff65}'
                | '\u{1f000}'..='\u{1faff}'
        ),
    }
}

/// Without what belongs to the sentence around it. A bracket belongs to the URL if it was opened there.
fn without_punctuation(mut url: &str) -> &str {
    while let Some(last) = url.chars().next_back() {
        let count = |wanted: char| url.chars().filter(|c| *c == wanted).count();
        let belongs = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => false,
            ')' => count('(') >= count(')'),
            ']' => count('[') >= count(']'),
            _ => true,
        };
        if belongs {
            break;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Hidden, Text, Url};

    fn all(text: &str) -> Vec<Piece<'_>> {
        let (pieces, rest) = pieces(text, true);
        assert_eq!(rest, "");
        pieces
    }

    fn urls(text: &str) -> Vec<&str> {
        let urls = all(text).into_iter().filter_map(|piece| match piece {
            Url(url) => Some(url),
            _ => None,
        });
        urls.collect()
    }

    #[test]
    fn characters_that_change_the_direction_are_shown_as_their_codes() {
        assert_eq!(
            all("invoice\u{202e}fdp.exe"),
            [Text("invoice"), Hidden('\u{202e}'), Text("fdp.exe")]
        );
        assert_eq!(visible("invoice\u{202e}fdp.exe"), "invoice\\u202Efdp.exe");
        for c in "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}".chars() {
            assert_eq!(all(&format!("a{c}b")), [Text("a"), Hidden(c), Text("b")]);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_shown_as_its_code() {
        for c in "\u{0}\u{7}\u{8}\u{1b}\u{7f}\u{80}\u{85}\u{9f}\u{ad}\u{200b}\u{2060}\u{2028}\u{feff}\u{3164}\u{e0041}".chars() {
            assert_eq!(all(&format!("a{c}b")), [Text("a"), Hidden(c), Text("b")], "{c:?}");
            assert_eq!(visible(&c.to_string()), code(c));
        }
        assert_eq!(code('\u{7}'), "\\u0007");
        assert_eq!(code('\u{e0041}'), "\\uE0041");
    }

    #[test]
    fn lines_and_tabs_stay_and_a_return_alone_overwrites_nothing() {
        assert_eq!(all("a\tb\r\nc\nd"), [Text("a\tb\r\nc\nd")]);
        assert_eq!(all("100\r1"), [Text("100"), Hidden('\r'), Text("1")]);
        assert!(matches!(visible("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn joiners_stay_where_they_join() {
        for text in [
            "👩\u{200d}👩\u{200d}👧",
            "🏳\u{fe0f}\u{200d}🌈",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
        ] {
            assert_eq!(all(text), [Text(text)], "{text:?}");
        }
        assert_eq!(
            all("pay\u{200d}pal"),
            [Text("pay"), Hidden('\u{200d}'), Text("pal")]
        );
        assert_eq!(all("\u{200d}👩"), [Hidden('\u{200d}'), Text("👩")]);
        assert_eq!(all("👩\u{200d}"), [Text("👩"), Hidden('\u{200d}')]);
    }

    #[test]
    fn urls_of_the_web_are_found() {
        assert_eq!(
            urls("see https://example.org/a?b=c#d now"),
            ["https://example.org/a?b=c#d"]
        );
        assert_eq!(urls("HTTP://EXAMPLE.ORG"), ["HTTP://EXAMPLE.ORG"]);
        assert_eq!(urls("http://[::1]:8020/x"), ["http://[::1]:8020/x"]);
        assert_eq!(urls("https://例え.jp/道"), ["https://例え.jp/道"]);
        assert_eq!(urls("http://a.b http://c.d"), ["http://a.b", "http://c.d"]);
        assert_eq!(urls("{\"u\": \"https://a.b/c\"}"), ["https://a.b/c"]);
    }

    #[test]
    fn nothing_else_is_a_link() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x file:///etc/passwd ftp://a.b blob:x",
            "//example.org/a",
            "www.example.org",
            "http:example.org",
            "http://",
            "https://.",
            "https:///a",
            "xhttps://a.b",
            "https://bank.example@evil.example/",
            "https://bank.example:pw@evil.example/",
            "java\u{0}script:https",
        ] {
            assert_eq!(urls(text), [""; 0], "{text}");
        }
        assert_eq!(
            urls("javascript://%0aalert(1)//https://a.b"),
            ["https://a.b"]
        );
        let (without, _) = pieces("https://a.b", false);
        assert_eq!(without, [Text("https://a.b")]);
    }

    #[test]
    fn punctuation_around_a_url_is_not_part_of_it() {
        assert_eq!(urls("(https://a.b/c)."), ["https://a.b/c"]);
        assert_eq!(urls("https://a.b/c_(d)"), ["https://a.b/c_(d)"]);
        assert_eq!(urls("https://a.b/c?!, yes"), ["https://a.b/c"]);
        assert_eq!(urls("<https://a.b/c>"), ["https://a.b/c"]);
        assert_eq!(urls("「https://a.b/c」、"), ["https://a.b/c"]);
        assert_eq!(urls("https://a.b。"), ["https://a.b"]);
        assert_eq!(urls("[x](https://a.b)"), ["https://a.b"]);
    }

    #[test]
    fn a_url_ends_before_what_would_disguise_it() {
        assert_eq!(
            all("https://a.b/\u{202e}gpj.exe"),
            [Url("https://a.b/"), Hidden('\u{202e}'), Text("gpj.exe")]
        );
        assert_eq!(urls("https://a.b\u{200b}.evil.example"), ["https://a.b"]);
        assert_eq!(urls("https://a.b\\@evil.example"), ["https://a.b"]);
        // A letter that looks like another one stays what it is, also in the link.
        assert_eq!(
            urls("https://p\u{430}ypal.com"),
            ["https://p\u{430}ypal.com"]
        );
        assert_eq!(
            urls("https://xn--pypal-4ve.com"),
            ["https://xn--pypal-4ve.com"]
        );
    }

    #[test]
    fn a_text_of_hidden_characters_only_does_not_make_too_many_pieces() {
        let text = "\u{200b}".repeat(MOST + 3);
        let (pieces, rest) = pieces(&text, true);
        assert_eq!(pieces.len(), MOST);
        assert_eq!(visible(rest), "\\u200B".repeat(3));
    }
}
