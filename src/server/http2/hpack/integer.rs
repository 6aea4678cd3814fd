//! Numbers: the rest of a first byte, and more bytes if they do not fit (RFC 7541, section 5.1).

use super::error::HpackError;

/// Reads a number whose first byte has `prefix` bits of it. Returns it and what follows.
pub fn decode(bytes: &[u8], prefix: u32) -> Result<(usize, &[u8]), HpackError> {
    let (first, mut rest) = bytes.split_first().ok_or(HpackError::Truncated)?;
    let most = (1_usize << prefix) - 1;
    let mut number = usize::from(*first) & most;
    if number < most {
        return Ok((number, rest));
    }
    // Nothing that is allowed needs more than four bytes.
    for shift in [0, 7, 14, 21] {
        let (byte, after) = rest.split_first().ok_or(HpackError::Truncated)?;
        rest = after;
        number += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((number, rest));
        }
    }
    Err(HpackError::Integer)
}

/// Appends a number. `flags` are the bits of the first byte above it.
pub fn encode(number: usize, prefix: u32, flags: u8, encoded: &mut Vec<u8>) {
    let most = (1_usize << prefix) - 1;
    if number < most {
        encoded.push(flags | number as u8);
        return;
    }
    encoded.push(flags | most as u8);
    let mut left = number - most;
    while left >= 0x80 {
        encoded.push(left as u8 | 0x80);
        left >>= 7;
    }
    encoded.push(left as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (number, prefix, expected) in [
            (10, 5, &[0b01010][..]),
            (1_337, 5, &[0b11111, 0b1001_1010, 0b1010]),
            (42, 8, &[42]),
        ] {
            let mut encoded = Vec::new();
            encode(number, prefix, 0, &mut encoded);
            assert_eq!(encoded, expected);
            assert_eq!(decode(expected, prefix), Ok((number, &[][..])));
        }
    }

    #[test]
    fn numbers_come_back() {
        for number in (0..70_000).chain([1 << 20, (1 << 28) - 1]) {
            for prefix in 4..=8 {
                let mut encoded = Vec::new();
                encode(number, prefix, 0, &mut encoded);
                encoded.push(7);
                assert_eq!(decode(&encoded, prefix), Ok((number, &[7][..])));
            }
        }
    }

    #[test]
    fn what_is_too_long_or_too_short_is_refused() {
        assert_eq!(decode(&[], 5), Err(HpackError::Truncated));
        assert_eq!(decode(&[0x1f], 5), Err(HpackError::Truncated));
        assert_eq!(decode(&[0x1f, 0x80], 5), Err(HpackError::Truncated));
        let endless = [0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
        assert_eq!(decode(&endless, 5), Err(HpackError::Integer));
    }
}
