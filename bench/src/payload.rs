//! The payload of messages, with which listeners detect losses and duplicates and measure latencies: a mark, a
//! sequence, a size, a number, the time, and padding.

use std::time::{SystemTime, UNIX_EPOCH};

/// The default size of a message in bytes.
pub const DEFAULT_SIZE: usize = 200;

/// The beginning of every payload. It occurs nowhere else in a stream.
pub const MARK: &[u8] = b"@tb:";
/// The last byte of every payload, with which truncated messages are detected.
const END: u8 = b'#';
/// The ends of the fields after the sequence: size, number, time.
const SIZE: usize = 10;
const NUMBER: usize = SIZE + 10;
const HEAD: usize = NUMBER + 19;

/// Which sequence of numbers a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// The sequence of messages to all.
    All,
    /// The sequence of one listener.
    Own,
}

/// The fields of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub sequence: Sequence,
    /// The number, starting at 1 without gaps.
    pub number: u64,
    /// The time in nanoseconds on the machine's clock ([`now`]).
    pub sent: u64,
}

/// The result of reading a payload.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A complete payload of this size.
    Whole(Stamp, usize),
    /// An incomplete payload.
    Cut,
    /// Not a valid payload.
    Damaged,
}

impl Stamp {
    /// Writes a payload of `size` bytes with this stamp.
    pub fn write(self, size: usize, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(MARK);
        out.push(match self.sequence {
            Sequence::All => b'a',
            Sequence::Own => b'o',
        });
        digits(size.max(HEAD + 1) as u64, SIZE - MARK.len() - 1, out);
        digits(self.number, NUMBER - SIZE, out);
        digits(self.sent, HEAD - NUMBER, out);
        out.resize((begin + size).max(out.len() + 1) - 1, b'.');
        out.push(END);
    }

    /// Reads the payload at the beginning of these bytes, which start with a mark.
    pub fn read(bytes: &[u8]) -> Found {
        if bytes.len() < HEAD {
            return Found::Cut;
        }
        let sequence = match bytes[MARK.len()] {
            b'a' => Some(Sequence::All),
            b'o' => Some(Sequence::Own),
            _ => None,
        };
        let size = value(&bytes[MARK.len() + 1..SIZE]);
        let number = value(&bytes[SIZE..NUMBER]);
        let sent = value(&bytes[NUMBER..HEAD]);
        let (Some(sequence), Some(size), Some(number), Some(sent)) = (sequence, size, number, sent)
        else {
            return Found::Damaged;
        };
        let size = size as usize;
        match size.checked_sub(1).and_then(|last| bytes.get(last)) {
            None => Found::Cut,
            Some(&END) => Found::Whole(
                Self {
                    sequence,
                    number,
                    sent,
                },
                size,
            ),
            Some(_) => Found::Damaged,
        }
    }
}

/// Nanoseconds since 1970, on the clock that all processes of this machine share.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// The id of a listener: a UUID of version 4, as pages create it, but derived from its number.
pub fn client(number: usize) -> String {
    let [high, low] = [1, 2].map(|half| mix((number as u64) << 2 | half));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

/// The finalizer of SplitMix64: pseudo-random numbers.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

fn digits(mut value: u64, width: usize, out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + width, b'0');
    for place in out[begin..].iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn value(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then_some(value * 10 + u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        sequence: Sequence::Own,
        number: 1_234,
        sent: 1_795_420_800_123_456_789,
    };

    #[test]
    fn a_payload_is_read_as_it_was_written() {
        let mut bytes = Vec::new();
        STAMP.write(DEFAULT_SIZE, &mut bytes);
        assert_eq!(bytes.len(), DEFAULT_SIZE);
        assert!(bytes.starts_with(MARK));
        assert_eq!(Stamp::read(&bytes), Found::Whole(STAMP, DEFAULT_SIZE));
    }

    #[test]
    fn truncated_and_damaged_payloads_are_detected() {
        let mut bytes = Vec::new();
        STAMP.write(DEFAULT_SIZE, &mut bytes);
        for cut in 0..DEFAULT_SIZE {
            assert_eq!(Stamp::read(&bytes[..cut]), Found::Cut);
        }
        bytes[DEFAULT_SIZE - 1] = b'.';
        assert_eq!(Stamp::read(&bytes), Found::Damaged);
    }

    #[test]
    fn listeners_have_different_ids() {
        let names: std::collections::HashSet<_> = (0..20_000).map(client).collect();
        assert_eq!(names.len(), 20_000);
        assert!(names.iter().all(|name| name.len() == 36));
    }
}
