//! Splits the output of a command into lines for a log, and reads its progress.

use anstream::adapter::strip_str;

/// The longest line of a log, in bytes. The server refuses longer ones.
const MAX_LINE: usize = 4_096;

/// The longest output without a line end that is kept, in bytes. Then it is taken as a line.
const MAX_PENDING: usize = 16_384;

/// A line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text, in pieces of at most [`MAX_LINE`] bytes.
    pub pieces: Vec<String>,
    /// A carriage return moves back to its start, so that the next line overwrites it. Such a line shows progress. It
    /// is not for the log.
    pub overwritten: bool,
}

/// Splits bytes into lines. They end with LF, with CRLF, or with a CR that lets the next line overwrite them.
#[derive(Default)]
pub struct Splitter {
    pending: Vec<u8>,
    /// The last byte was a CR. The next byte decides whether it belongs to a CRLF.
    after_cr: bool,
}

impl Splitter {
    /// Adds bytes and gives the complete lines to `take`.
    pub fn push(&mut self, bytes: &[u8], mut take: impl FnMut(Line)) {
        for byte in bytes {
            if std::mem::take(&mut self.after_cr) {
                take(self.line(*byte != b'\n'));
                if *byte == b'\n' {
                    continue;
                }
            }
            match byte {
                b'\n' => take(self.line(false)),
                b'\r' => self.after_cr = true,
                byte => self.pending.push(*byte),
            }
            if self.pending.len() >= MAX_PENDING {
                take(self.line(false));
            }
        }
    }

    /// Gives the rest without a line end to `take`.
    pub fn finish(&mut self, take: impl FnOnce(Line)) {
        self.after_cr = false;
        if !self.pending.is_empty() {
            take(self.line(false));
        }
    }

    fn line(&mut self, overwritten: bool) -> Line {
        let bytes = std::mem::take(&mut self.pending);
        Line {
            pieces: pieces(&plain(&String::from_utf8_lossy(&bytes))),
            overwritten,
        }
    }
}

/// The text without escape sequences and without control characters, except tabs.
fn plain(text: &str) -> String {
    let text = strip_str(text).to_string();
    text.chars()
        .filter(|c| *c == '\t' || !c.is_control())
        .collect()
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

/// The progress in a line, as step and total: `40%`, `40.5 %` or `3/8` at its start, also after `[`.
pub fn progress(line: &str) -> Option<(u64, u64)> {
    let line = line.trim_start().trim_start_matches('[').trim_start();
    let (step, rest) = number(line)?;
    let fraction = rest.strip_prefix('.').and_then(number);
    let of_hundred = fraction.map_or(rest, |(_, rest)| rest);
    if of_hundred.trim_start().starts_with('%') {
        return (step <= 100).then_some((step, 100));
    }
    let (total, rest) = number(rest.trim_start().strip_prefix('/')?.trim_start())?;
    // A date or a path continues here.
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || "/.-_:".contains(c));
    (ends && total > 0 && step <= total).then_some((step, total))
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    // The largest step of a job.
    (number < 1 << 53).then_some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(String, bool)> {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        let mut take = |line: Line| lines.push((line.pieces.join("|"), line.overwritten));
        for chunk in chunks {
            splitter.push(chunk, &mut take);
        }
        splitter.finish(take);
        lines
    }

    fn line(text: &str, overwritten: bool) -> (String, bool) {
        (text.to_owned(), overwritten)
    }

    #[test]
    fn a_line_ends_with_lf_or_crlf_and_is_overwritten_after_a_cr() {
        assert_eq!(lines(&[b"a\nb"]), [line("a", false), line("b", false)]);
        assert_eq!(
            lines(&[b"a\r", b"\nb\r\n"]),
            [line("a", false), line("b", false)]
        );
        assert_eq!(
            lines(&[b"1%\r2", b"%\r", b"done\n"]),
            [line("1%", true), line("2%", true), line("done", false)]
        );
        assert_eq!(lines(&[b"\n\n"]), [line("", false), line("", false)]);
        assert_eq!(lines(&[]), []);
    }

    #[test]
    fn colours_and_control_characters_are_removed() {
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
        assert_eq!(lines(&[b"\xff\n"]), [line("\u{fffd}", false)]);
    }

    #[test]
    fn a_long_line_is_split_into_pieces() {
        let long = "ä".repeat(5_000);
        let mut splitter = Splitter::default();
        let mut text = Vec::new();
        splitter.push(long.as_bytes(), |line| text.extend(line.pieces));
        splitter.finish(|line| text.extend(line.pieces));
        assert!(text.iter().all(|piece| piece.len() <= MAX_LINE));
        assert_eq!(text.concat(), long);
    }

    #[test]
    fn progress_is_read_at_the_start_of_a_line() {
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
