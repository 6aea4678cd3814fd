//! Codes of six digits that change every 30 seconds (TOTP, RFC 6238), as a second factor.

use ring::hmac;

use crate::log::{Hidden, StoredTotp};

/// Seconds for which a code is shown.
const STEP: u64 = 30;

/// Bytes of a secret, as many as of the hash (RFC 4226, section 4).
const SECRET: usize = 20;

/// The alphabet of base 32 (RFC 4648).
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret that an app for codes shares with the server.
#[derive(Clone, Debug)]
pub struct TotpSecret(Hidden<Vec<u8>>);

impl TotpSecret {
    /// A random secret.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bits = vec![0; SECRET];
        getrandom::fill(&mut bits)?;
        Ok(Self(Hidden(bits)))
    }

    /// A secret as text. None if it is not one that [`TotpSecret::random`] makes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bits = Vec::with_capacity(SECRET);
        let (mut rest, mut number) = (0_u32, 0);
        for byte in text.bytes() {
            let value = ALPHABET.iter().position(|letter| *letter == byte)?;
            rest = rest << 5 | value as u32;
            number += 5;
            if number >= 8 {
                number -= 8;
                bits.push((rest >> number) as u8);
                rest &= (1 << number) - 1;
            }
        }
        (bits.len() == SECRET && number == 0).then_some(Self(Hidden(bits)))
    }

    /// The secret as text, to type it in.
    pub fn text(&self) -> String {
        let group = |five: &[u8]| {
            let bits = five
                .iter()
                .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8).map(move |i| char::from(ALPHABET[(bits >> (35 - 5 * i) & 31) as usize]))
        };
        self.0.0.chunks(5).flat_map(group).collect()
    }

    /// The link that apps for codes read, for this person of this server.
    pub fn link(&self, person: &str, host: &str) -> String {
        let encoded = |text: &str| -> String {
            let text = form_urlencoded::byte_serialize(text.as_bytes());
            text.collect::<String>().replace('+', "%20")
        };
        let (person, issuer) = (encoded(person), encoded(&format!("Tidings {host}")));
        let secret = self.text();
        format!("otpauth://totp/{issuer}:{person}?secret={secret}&issuer={issuer}")
    }

    /// The second factor with this secret, if the code is right at this time (milliseconds since 1970).
    pub fn confirmed(self, code: &str, now: u64) -> Option<StoredTotp> {
        let step = step_of(&self.0.0, code, now)?;
        let secret = self.0;
        Some(StoredTotp { secret, step })
    }
}

/// The step of a code, if it is right at this time (milliseconds since 1970) and newer than the last one that was used.
pub(super) fn check(totp: &StoredTotp, code: &str, now: u64) -> Option<u64> {
    step_of(&totp.secret.0, code, now).filter(|step| *step > totp.step)
}

/// The step of a code: this one, or the one before or after, because clocks differ.
fn step_of(secret: &[u8], code: &str, now: u64) -> Option<u64> {
    let now = now / 1000 / STEP;
    let typed: String = code.chars().filter(|c| *c != ' ').collect();
    let steps = [now, now.saturating_sub(1), now + 1];
    steps.into_iter().find(|step| {
        let code = format!("{:06}", code_at(secret, *step) % 1_000_000);
        bool::from(subtle::ConstantTimeEq::ct_eq(
            code.as_bytes(),
            typed.as_bytes(),
        ))
    })
}

/// The number of a step, before it is cut to digits (RFC 4226, section 5.3).
fn code_at(secret: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let hash = hmac::sign(&key, &step.to_be_bytes());
    let hash = hash.as_ref();
    let offset = usize::from(hash.last().copied().unwrap_or_default() & 15);
    let bytes = hash.iter().skip(offset).take(4);
    bytes.fold(0, |number, byte| number << 8 | u32::from(*byte)) & 0x7FFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B.
        let vectors = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (seconds, code) in vectors {
            assert_eq!(code_at(RFC, seconds / STEP) % 100_000_000, code);
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_late_and_only_once() {
        let now = 1_111_111_111_000;
        let step = 1_111_111_111 / STEP;
        let code = |step| format!("{:06}", code_at(RFC, step) % 1_000_000);
        let totp = |step| StoredTotp {
            secret: Hidden(RFC.to_vec()),
            step,
        };
        for good in [step - 1, step, step + 1] {
            assert_eq!(check(&totp(0), &code(good), now), Some(good));
            assert_eq!(check(&totp(good), &code(good), now), None, "it was used");
        }
        for bad in [step - 2, step + 2] {
            assert_eq!(check(&totp(0), &code(bad), now), None);
        }
        assert_eq!(check(&totp(0), "050 471", now), Some(step));
        for bad in ["", "50471", "0050471", "05047１", "-50471"] {
            assert_eq!(check(&totp(0), bad, now), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_survives_as_text() {
        let secret = TotpSecret(Hidden(RFC.to_vec()));
        assert_eq!(secret.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let parsed = TotpSecret::parse(&secret.text()).expect("a secret");
        assert_eq!(parsed.0.0, RFC);
        assert_eq!(
            secret.link("a b", "x:1"),
            "otpauth://totp/Tidings%20x%3A1:a%20b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tidings%20x%3A1"
        );
        for bad in ["", "GEZDGNBV", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "1"] {
            assert!(TotpSecret::parse(bad).is_none(), "{bad}");
        }
        let random = TotpSecret::random().expect("random bits").text();
        assert_eq!(random.len(), 32);
        assert!(TotpSecret::parse(&random).is_some());
    }
}
