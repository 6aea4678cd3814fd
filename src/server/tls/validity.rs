//! Reads from a certificate when it is valid (RFC 5280, section 4.1).

use std::time::{Duration, SystemTime};

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From then on.
    pub begin: SystemTime,
    /// Until then.
    pub end: SystemTime,
}

/// The tags of DER (X.690).
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The validity of a certificate in DER. None if it can't be read.
pub fn validity(certificate: &[u8]) -> Option<Validity> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    if *fields.first()? == VERSION {
        fields = element(fields)?.2;
    }
    // The serial number, the algorithm of the signature, and the issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (tag, times, _) = element(fields)?;
    let (begin_tag, begin, rest) = (tag == SEQUENCE).then(|| element(times))??;
    let (end_tag, end, _) = element(rest)?;
    Some(Validity {
        begin: time(begin_tag, begin)?,
        end: time(end_tag, end)?,
    })
}

fn time(tag: u8, text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let year: i64 = number(text.get(..2)?)?;
            // Two digits mean 1950 to 2049.
            (year + if year < 50 { 2000 } else { 1900 }, text.get(2..)?)
        }
        GENERALIZED_TIME => (number(text.get(..4)?)?, text.get(4..)?),
        _ => return None,
    };
    let mut parts = (0..5).map(|part| number(rest.get(2 * part..2 * part + 2)?));
    let mut next = || parts.next().flatten();
    let (month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?);
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let seconds = u64::try_from(seconds).unwrap_or(0);
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The tag and the content of the first element, and the bytes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x80 | 0x85.. => return None,
        long => {
            let (length, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

fn number(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// The days from 1970-01-01 to this date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("short");
        [&[tag, 0x81, length], content].concat()
    }

    /// The begin of a certificate, up to its validity.
    fn certificate(end: &[u8]) -> Vec<u8> {
        let validity = [der(UTC_TIME, b"200101000000Z"), end.to_vec()].concat();
        let fields = [
            der(VERSION, &der(2, &[2])),
            der(2, &[1]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, &validity),
        ];
        der(SEQUENCE, &der(SEQUENCE, &fields.concat()))
    }

    #[test]
    fn the_end_of_the_validity_is_found() {
        for (end, seconds) in [
            (der(UTC_TIME, b"700101000000Z"), 0),
            (der(UTC_TIME, b"240229123456Z"), 1_709_210_096),
            (der(GENERALIZED_TIME, b"20500101000000Z"), 2_524_608_000),
        ] {
            let found = validity(&certificate(&end)).expect("a validity");
            assert_eq!(
                found.end,
                SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            validity(&bytes);
            validity(&certificate(&bytes[..bytes.len().min(90)]));
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11_017);
        assert_eq!(days(2024, 2, 29), 19_782);
    }

    #[test]
    fn the_validity_is_read_from_a_certificate() {
        let mut params = rcgen::CertificateParams::new(["a.example".to_owned()]).expect("names");
        for (year, unix) in [(2026, 1_772_323_200), (2060, 2_845_324_800)] {
            params.not_after = rcgen::date_time_ymd(year, 3, 1);
            let key = rcgen::KeyPair::generate().expect("a key");
            let cert = params.self_signed(&key).expect("a certificate");
            let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(unix);
            let found = validity(cert.der()).expect("a validity");
            assert_eq!(found.end, expected);
            assert!(found.begin < found.end);
        }
        assert_eq!(validity(b"no certificate"), None);
    }
}
