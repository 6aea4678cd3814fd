//! What a command prints, as lines for a log and as progress.

/// The longest line that goes into a log in one piece, in bytes.
const MAX_LINE: usize = 4_096;

/// The longest that is waited for its end.
const MAX_PENDING: usize = 16_384;

/// A line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says, in pieces that a log takes.
    pub text: Vec<String>,
    /// It was written over by a carriage return: it says how far it is, and is not for the log.
    pub transient: bool,
}

/// Parts bytes into lines, whether they end in LF, CRLF, or a CR that goes back to write over what it said.
#[derive(Default)]
pub struct Splitter {
    pending: Vec<u8>,
    /// The last byte was a CR, and what follows decides what it meant.
    returned: bool,
}

impl Splitter {
    /// Takes some bytes and gives the lines that are whole.
    pub fn push(&mut self, bytes: &[u8], mut take: impl FnMut(Line)) {
        for byte in bytes {
            if std::mem::take(&mut self.returned) {
                take(self.line(*byte != b'\n'));
                if *byte == b'\n' {
                    continue;
                }
            }
            match byte {
                b'\n' => take(self.line(false)),
                b'\r' => self.returned = true,
                byte => self.pending.push(*byte),
            }
            if self.pending.len() >= MAX_PENDING {
                take(self.line(false));
            }
        }
    }

    /// What was left without a line end.
    pub fn finish(&mut self, take: impl FnOnce(Line)) {
        self.returned = false;
        if !self.pending.is_empty() {
            take(self.line(false));
        }
    }

    fn line(&mut self, transient: bool) -> Line {
        let bytes = std::mem::take(&mut self.pending);
        Line {
            text: pieces(&plain(&String::from_utf8_lossy(&bytes))),
            transient,
        }
    }
}

/// The text without what moves cursors and colours letters: escape sequences (ECMA-48, section 5) and control
/// characters but for tabs.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.next() {
                // A control sequence, up to its final byte.
                Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // An operating system command, up to BEL or ESC \.
                Some(']') => {
                    while let Some(c) = chars.next() {
                        if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                // An escape sequence with intermediate bytes, such as a choice of letters.
                Some(c) if (' '..='/').contains(&c) => {
                    chars.next();
                }
                _ => {}
            },
            '\t' => out.push('\t'),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn pieces(mut text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    while text.len() > MAX_LINE {
        let (piece, rest) = text.split_at(text.floor_char_boundary(MAX_LINE));
        pieces.push(piece.to_owned());
        text = rest;
    }
    pieces.push(text.to_owned());
    pieces
}

/// How far a line says that it is: `40%`, `40.5 %` or `3/8` at its start, perhaps in a bracket. Step and total.
pub fn progress(line: &str) -> Option<(u64, u64)> {
    let line = line.trim_start().trim_start_matches('[').trim_start();
    let (step, rest) = number(line)?;
    let fraction = rest.strip_prefix('.').and_then(number);
    let of_hundred = fraction.map_or(rest, |(_, rest)| rest);
    if of_hundred.trim_start().starts_with('%') {
        return (step <= 100).then_some((step, 100));
    }
    let (total, rest) = number(rest.trim_start().strip_prefix('/')?.trim_start())?;
    // A date or a path goes on.
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || "/.-_:".contains(c));
    (ends && total > 0 && step <= total).then_some((step, total))
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    // As far as a job counts.
    (number < 1 << 53).then_some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(String, bool)> {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        let mut take = |line: Line| lines.push((line.text.join("|"), line.transient));
        for chunk in chunks {
            splitter.push(chunk, &mut take);
        }
        splitter.finish(take);
        lines
    }

    fn said(text: &str, transient: bool) -> (String, bool) {
        (text.to_owned(), transient)
    }

    #[test]
    fn a_line_ends_in_lf_or_crlf_and_a_cr_writes_over_it() {
        assert_eq!(lines(&[b"a\nb"]), [said("a", false), said("b", false)]);
        assert_eq!(
            lines(&[b"a\r", b"\nb\r\n"]),
            [said("a", false), said("b", false)]
        );
        assert_eq!(
            lines(&[b"1%\r2", b"%\r", b"done\n"]),
            [said("1%", true), said("2%", true), said("done", false)]
        );
        assert_eq!(lines(&[b"\n\n"]), [said("", false), said("", false)]);
        assert_eq!(lines(&[]), []);
    }

    #[test]
    fn colours_and_control_characters_are_left_out() {
        for (printed, plain) in [
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://a\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}(Bx\u{8}\ty\u{0}", "x\ty"),
            ("\u{1b}[", ""),
            ("\u{1b}", ""),
        ] {
            assert_eq!(super::plain(printed), plain, "{printed:?}");
        }
        assert_eq!(lines(&[b"\xff\n"]), [said("\u{fffd}", false)]);
    }

    #[test]
    fn a_long_line_comes_in_pieces_that_a_log_takes() {
        let long = "ä".repeat(5_000);
        let mut splitter = Splitter::default();
        let mut text = Vec::new();
        splitter.push(long.as_bytes(), |line| text.extend(line.text));
        splitter.finish(|line| text.extend(line.text));
        assert!(text.iter().all(|piece| piece.len() <= MAX_LINE));
        assert_eq!(text.concat(), long);
    }

    #[test]
    fn progress_stands_at_the_start_of_a_line() {
        for (line, expected) in [
            ("40%", Some((40, 100))),
            ("  40 % of it", Some((40, 100))),
            ("99.9% done", Some((99, 100))),
            ("3/8 files", Some((3, 8))),
            ("[ 3/8] Building", Some((3, 8))),
            ("[40%] Building", Some((40, 100))),
            ("3 / 8", Some((3, 8))),
            ("101%", None),
            ("9/8", None),
            ("0/0", None),
            ("1/2/2024", None),
            ("3/8x", None),
            ("done 40%", None),
            ("40", None),
            ("", None),
            ("99999999999999999999%", None),
        ] {
            assert_eq!(progress(line), expected, "{line:?}");
        }
    }
}
