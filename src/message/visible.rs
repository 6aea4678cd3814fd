//! Which characters a reader sees.

/// The ranges of Unicode 16 with the general category `Cf`: characters that change how others are shown, and are not seen.
const FORMAT: [(char, char); 21] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{2066}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0001}', '\u{e0001}'),
    ('\u{e0020}', '\u{e007f}'),
];

/// Whether a text has neither control characters nor format characters. With these, two names can look the same.
pub fn is_visible(text: &str) -> bool {
    let hidden = |c: char| {
        let format = |(first, last): &(char, char)| (*first..=*last).contains(&c);
        c.is_control() || FORMAT.iter().any(format)
    };
    !text.chars().any(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_found() {
        assert!(is_visible("https://example.com/é/日本/😀"));
        for hidden in [
            "a\u{200b}",
            "\u{202e}b",
            "\u{feff}",
            "\u{85}",
            "\n",
            "\u{e0041}",
        ] {
            assert!(!is_visible(hidden), "{hidden:?}");
        }
    }
}
