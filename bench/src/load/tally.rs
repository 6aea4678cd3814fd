//! What one listener has had, and the sums over all of them.

use memchr::memmem::Finder;

use super::{cursor::Cursor, orders};
use crate::{
    histogram::Histogram,
    machine,
    payload::{Found, Lane, MARK, Stamp},
};

/// What one listener has had.
#[derive(Debug, Default)]
pub struct Had {
    /// Number of the last message of each lane.
    last: [u64; 2],
    /// Those that were left out: nothing, where all is well.
    missing: Vec<(Lane, u64)>,
    /// The beginning of a payload whose rest has not come.
    rest: Vec<u8>,
    /// Where it would go on, where that is asked for.
    pub cursor: Option<Box<Cursor>>,
}

/// Stands for how often a message has come when that was often enough.
const TOLD: u32 = u32::MAX;

/// The sums.
pub struct Tally {
    finder: Finder<'static>,
    counts: orders::Tally,
    latency: Histogram,
    /// How often each message that all get has come, by its number.
    complete: Vec<u32>,
    /// Numbers that all who listen have, and nobody was told yet.
    pub news: Vec<u64>,
    /// How many are to get what all get.
    pub listeners: u32,
}

impl Had {
    /// Nothing yet, and what all get comes to it after this number.
    pub fn after(number: u64, cursor: bool) -> Self {
        Self {
            last: [number, 0],
            cursor: cursor.then(Box::default),
            ..Self::default()
        }
    }

    /// The stream is opened again. Without a cursor, what all got up to this number meanwhile is not missed.
    pub fn go_on(&mut self, after: u64) {
        if self.cursor.is_none() {
            self.last[0] = after;
        }
    }

    /// The stream broke off: what was cut short will be sent again.
    pub fn broke_off(&mut self) {
        self.rest = Vec::new();
        if let Some(cursor) = &mut self.cursor {
            cursor.broke_off();
        }
    }

    /// Takes in bytes of the stream. Whatever frames them on their way is not looked at: payloads are
    /// found by their mark.
    pub fn take(&mut self, bytes: &[u8], now: u64, tally: &mut Tally) {
        if let Some(cursor) = &mut self.cursor {
            cursor.take(bytes);
        }
        if self.rest.is_empty() {
            let left = self.payloads(bytes, now, tally);
            self.rest.extend_from_slice(&bytes[left..]);
        } else {
            let mut joined = std::mem::take(&mut self.rest);
            joined.extend_from_slice(bytes);
            let left = self.payloads(&joined, now, tally);
            joined.drain(..left);
            self.rest = joined;
        }
    }

    /// Counts the payloads. From where it says on, the bytes are still needed.
    fn payloads(&mut self, bytes: &[u8], now: u64, tally: &mut Tally) -> usize {
        let mut at = 0;
        while let Some(found) = tally.finder.find(&bytes[at..]) {
            at += found;
            match Stamp::read(&bytes[at..]) {
                Found::Whole(stamp, size) => {
                    self.note(stamp, now, tally);
                    at += size;
                }
                Found::Cut => return at,
                Found::Damaged => {
                    tally.counts.damaged += 1;
                    at += MARK.len();
                }
            }
        }
        // The beginning of a mark may be the end of what has come.
        let end = &bytes[at.max(bytes.len().saturating_sub(MARK.len() - 1))..];
        bytes.len() - memchr::memchr(MARK[0], end).map_or(0, |place| end.len() - place)
    }

    fn note(&mut self, stamp: Stamp, now: u64, tally: &mut Tally) {
        let last = &mut self.last[usize::from(stamp.lane == Lane::Own)];
        if stamp.number == *last + 1 {
            *last = stamp.number;
        } else if stamp.number > *last {
            let left_out = *last + 1..stamp.number;
            tally.counts.missing += stamp.number - *last - 1;
            self.missing
                .extend(left_out.map(|number| (stamp.lane, number)));
            *last = stamp.number;
        } else if let Some(place) = self
            .missing
            .iter()
            .position(|missing| *missing == (stamp.lane, stamp.number))
        {
            self.missing.swap_remove(place);
            // It may have been left out before all was forgotten.
            tally.counts.missing = tally.counts.missing.saturating_sub(1);
            tally.counts.unordered += 1;
        } else {
            tally.counts.double += 1;
            return;
        }
        tally.note(stamp, now);
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            finder: Finder::new(MARK),
            counts: orders::Tally::default(),
            latency: Histogram::default(),
            complete: Vec::new(),
            news: Vec::new(),
            listeners: 0,
        }
    }
}

impl Tally {
    fn note(&mut self, stamp: Stamp, now: u64) {
        let counts = &mut self.counts;
        match stamp.lane {
            Lane::Own => counts.own += 1,
            Lane::All => {
                counts.all += 1;
                let number = stamp.number as usize;
                if number >= self.complete.len() {
                    self.complete.resize(number + 1, 0);
                }
                let had = &mut self.complete[number];
                *had = had.saturating_add(1);
                if *had == self.listeners {
                    // Those who were not waited for may have it later: it is told once.
                    *had = TOLD;
                    self.news.push(stamp.number);
                }
            }
        }
        self.latency.note(now.saturating_sub(stamp.sent) / 1_000);
    }

    /// The newest number that anybody has had of what all get: who comes now has it from there on.
    pub fn newest(&self) -> u64 {
        self.complete.len().saturating_sub(1) as u64
    }

    /// A stream ended by itself.
    pub fn ended(&mut self) {
        self.counts.ended += 1;
    }

    /// Forgets what was counted.
    pub fn clear(&mut self) {
        self.counts = orders::Tally::default();
        self.latency = Histogram::default();
    }

    /// What was counted.
    pub fn tell(&self) -> orders::Tally {
        let ms = |share| self.latency.quantile(share) / 1_000.0;
        orders::Tally {
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            max_ms: ms(1.0),
            cpu_seconds: machine::cpu_seconds(std::process::id()),
            ..self.counts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::USUAL;

    fn stream(numbers: &[u64]) -> Vec<u8> {
        let mut bytes = b"event: welcome\ndata: {}\n\n\r\n".to_vec();
        for number in numbers {
            bytes.extend_from_slice(b"ff\r\nid: x-1\ndata: ");
            let stamp = Stamp {
                lane: Lane::All,
                number: *number,
                sent: 0,
            };
            stamp.write(USUAL, &mut bytes);
            bytes.extend_from_slice(b"\n\n\r\n");
        }
        bytes
    }

    fn tell(pieces: &[&[u8]]) -> orders::Tally {
        let (mut had, mut tally) = (Had::default(), Tally::default());
        for piece in pieces {
            had.take(piece, 1, &mut tally);
        }
        tally.tell()
    }

    #[test]
    fn messages_are_counted_however_the_bytes_are_cut() {
        let stream = stream(&[1, 2, 3]);
        for cut in 0..stream.len() {
            let tally = tell(&[&stream[..cut], &stream[cut..]]);
            assert_eq!((tally.all, tally.double, tally.missing), (3, 0, 0));
        }
        let bytes: Vec<_> = stream.chunks(1).collect();
        assert_eq!(tell(&bytes).all, 3);
    }

    #[test]
    fn what_is_lost_double_or_out_of_order_is_noticed() {
        let tally = tell(&[&stream(&[1, 1, 2, 5, 3])]);
        assert_eq!(tally.all, 4);
        assert_eq!(tally.double, 1);
        assert_eq!(tally.unordered, 1);
        assert_eq!(tally.missing, 1);
    }

    #[test]
    fn a_message_that_was_cut_short_is_noticed() {
        let mut bytes = stream(&[1, 2]);
        let end = bytes.len();
        bytes.drain(end - 40..end - 20);
        bytes.extend_from_slice(&stream(&[3]));
        assert_eq!(tell(&[&bytes]).damaged, 1);
    }
}
