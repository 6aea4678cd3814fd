//! The text of an API key: `tdg_`, 43 random letters and digits, and a checksum of 6.
//!
//! Programs that look for leaked secrets find it by its beginning and its checksum, and a double click selects all of it.
//! The 43 characters have 256 random bits. Nobody can guess or try that many, so a plain SHA-256 protects them: argon2
//! makes guesses of passwords slow, and here it would only make each request slow.

use super::digest::digest;

/// What each key begins with.
const PREFIX: &str = "tdg_";

/// The number of random characters.
const RANDOM: usize = 43;

/// The number of characters of the checksum.
const CHECKSUM: usize = 6;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of a key, and its hash.
pub struct NewKeyText {
    /// The text. It is shown once.
    pub text: String,
    /// What is stored.
    pub digest: [u8; 32],
}

impl NewKeyText {
    /// A random text.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut text = PREFIX.to_owned();
        let mut bits = [0; 64];
        while text.len() < PREFIX.len() + RANDOM {
            getrandom::fill(&mut bits)?;
            // Bytes from 248 are left out, so that all characters are equally likely.
            let even = bits.iter().filter(|byte| **byte < 248);
            let letters = even.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
            text.extend(letters.take(PREFIX.len() + RANDOM - text.len()));
        }
        text.push_str(&checksum(&text));
        let digest = digest(&text);
        Ok(Self { text, digest })
    }
}

/// Whether a token is meant to be an API key.
pub fn is_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Whether a token is complete and has no typing errors.
pub fn is_intact(token: &str) -> bool {
    let Some((body, sum)) = token.split_at_checked(PREFIX.len() + RANDOM) else {
        return false;
    };
    sum.len() == CHECKSUM && checksum(body) == sum
}

/// The CRC-32 of a text, in base 62.
fn checksum(text: &str) -> String {
    let mut rest = crc32(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.map(char::from).iter().collect()
}

/// The CRC-32 of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0xEDB8_8320,
            _ => crc >> 1,
        })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(checksum("").len(), CHECKSUM);
    }

    #[test]
    fn a_typing_error_is_found_without_a_look_up() {
        let NewKeyText {
            text,
            digest: stored,
        } = NewKeyText::random().expect("random bits");
        assert_eq!(text.len(), 53);
        assert!(is_key(&text) && is_intact(&text));
        assert_eq!(stored, digest(&text));
        let other = if text.ends_with('a') { "b" } else { "a" };
        for wrong in [
            &text[..52],
            &format!("{text}a"),
            &format!("{}{other}", &text[..52]),
            "tdg_",
            "tdg_ä",
        ] {
            assert!(is_key(wrong) && !is_intact(wrong), "{wrong}");
        }
        assert!(!is_key("an-admin-token"));
    }

    #[test]
    fn two_keys_are_different() {
        let text = || NewKeyText::random().expect("random bits").text;
        assert_ne!(text(), text());
    }
}
