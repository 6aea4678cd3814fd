//! What a listener has received, and the sums over all listeners.

use memchr::memmem::Finder;

use super::{cursor::Cursor, protocol};
use crate::{
    histogram::Histogram,
    machine,
    payload::{Found, MARK, Sequence, Stamp},
};

/// What a listener has received.
#[derive(Debug, Default)]
pub struct Received {
    /// The number of the last message of each sequence.
    last: [u64; 2],
    /// The missing numbers. Empty if nothing was lost.
    missing: Vec<(Sequence, u64)>,
    /// The incomplete payload at the end.
    rest: Vec<u8>,
    /// The cursor, if it is stored.
    pub cursor: Option<Box<Cursor>>,
    /// When its last message came, in nanoseconds ([`payload::now`](crate::payload::now)). 0: never.
    heard: u64,
    /// The longest time between two messages, in nanoseconds.
    longest_silence: u64,
}

/// The count of a message that was already reported as complete.
const REPORTED: u32 = u32::MAX;

/// The sums.
pub struct Tally {
    finder: Finder<'static>,
    counts: protocol::Tally,
    latency: Histogram,
    /// The number of receptions of each message to all, by its number.
    complete: Vec<u32>,
    /// Numbers that all listeners have and that were not reported yet.
    pub news: Vec<u64>,
    /// The number of listeners that receive messages to all.
    pub listeners: u32,
}

impl Received {
    /// Without messages. Expects messages to all after this number.
    pub fn after(number: u64, cursor: bool) -> Self {
        Self {
            last: [number, 0],
            cursor: cursor.then(Box::default),
            ..Self::default()
        }
    }

    /// The stream is opened again. Without a cursor, messages to all up to this number are not expected.
    pub fn reopen(&mut self, after: u64) {
        if self.cursor.is_none() {
            self.last[0] = after;
        }
    }

    /// The longest time without a message in nanoseconds, until now.
    pub fn silence(&self, now: u64) -> u64 {
        match self.heard {
            0 => 0,
            heard => self.longest_silence.max(now.saturating_sub(heard)),
        }
    }

    /// Forgets the times without a message.
    pub fn clear_silence(&mut self) {
        (self.heard, self.longest_silence) = (0, 0);
    }

    /// The stream broke off. A truncated message will be sent again.
    pub fn discard_partial(&mut self) {
        self.rest = Vec::new();
        if let Some(cursor) = &mut self.cursor {
            cursor.discard_partial();
        }
    }

    /// Processes bytes of the stream. The encoding is ignored: payloads are found by their mark.
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

    /// Counts complete payloads. Returns the index from which on bytes are still needed.
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
        // The beginning of a mark may be at the end of the bytes.
        let end = &bytes[at.max(bytes.len().saturating_sub(MARK.len() - 1))..];
        bytes.len() - memchr::memchr(MARK[0], end).map_or(0, |place| end.len() - place)
    }

    fn note(&mut self, stamp: Stamp, now: u64, tally: &mut Tally) {
        let last = &mut self.last[usize::from(stamp.sequence == Sequence::Own)];
        if stamp.number == *last + 1 {
            *last = stamp.number;
        } else if stamp.number > *last {
            let left_out = *last + 1..stamp.number;
            tally.counts.missing += stamp.number - *last - 1;
            self.missing
                .extend(left_out.map(|number| (stamp.sequence, number)));
            *last = stamp.number;
        } else if let Some(place) = self
            .missing
            .iter()
            .position(|missing| *missing == (stamp.sequence, stamp.number))
        {
            self.missing.swap_remove(place);
            // It may have been missing before the counts were reset.
            tally.counts.missing = tally.counts.missing.saturating_sub(1);
            tally.counts.unordered += 1;
        } else {
            tally.counts.double += 1;
            return;
        }
        self.longest_silence = self.silence(now);
        self.heard = now;
        tally.note(stamp, now);
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            finder: Finder::new(MARK),
            counts: protocol::Tally::default(),
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
        match stamp.sequence {
            Sequence::Own => counts.own += 1,
            Sequence::All => {
                counts.all += 1;
                let number = stamp.number as usize;
                if number >= self.complete.len() {
                    self.complete.resize(number + 1, 0);
                }
                let received = &mut self.complete[number];
                *received = received.saturating_add(1);
                if *received == self.listeners {
                    // Listeners that were stalled may get it later, but it is reported once.
                    *received = REPORTED;
                    self.news.push(stamp.number);
                }
            }
        }
        self.latency.note(now.saturating_sub(stamp.sent) / 1_000);
    }

    /// The largest number of a message to all that was received. New listeners expect the messages after it.
    pub fn newest(&self) -> u64 {
        self.complete.len().saturating_sub(1) as u64
    }

    /// A stream has ended.
    pub fn ended(&mut self) {
        self.counts.ended += 1;
    }

    /// Resets the counts.
    pub fn clear(&mut self) {
        self.counts = protocol::Tally::default();
        self.latency = Histogram::default();
    }

    /// The counts.
    pub fn totals(&self) -> protocol::Tally {
        let ms = |share| self.latency.quantile(share) / 1_000.0;
        protocol::Tally {
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
    use crate::payload::DEFAULT_SIZE;

    fn stream(numbers: &[u64]) -> Vec<u8> {
        let mut bytes = b"event: welcome\ndata: {}\n\n\r\n".to_vec();
        for number in numbers {
            bytes.extend_from_slice(b"ff\r\nid: x-1\ndata: ");
            let stamp = Stamp {
                sequence: Sequence::All,
                number: *number,
                sent: 0,
            };
            stamp.write(DEFAULT_SIZE, &mut bytes);
            bytes.extend_from_slice(b"\n\n\r\n");
        }
        bytes
    }

    fn totals(pieces: &[&[u8]]) -> protocol::Tally {
        let (mut received, mut tally) = (Received::default(), Tally::default());
        for piece in pieces {
            received.take(piece, 1, &mut tally);
        }
        tally.totals()
    }

    #[test]
    fn messages_are_counted_however_the_bytes_are_split() {
        let stream = stream(&[1, 2, 3]);
        for cut in 0..stream.len() {
            let tally = totals(&[&stream[..cut], &stream[cut..]]);
            assert_eq!((tally.all, tally.double, tally.missing), (3, 0, 0));
        }
        let bytes: Vec<_> = stream.chunks(1).collect();
        assert_eq!(totals(&bytes).all, 3);
    }

    #[test]
    fn losses_duplicates_and_disorder_are_detected() {
        let tally = totals(&[&stream(&[1, 1, 2, 5, 3])]);
        assert_eq!(tally.all, 4);
        assert_eq!(tally.double, 1);
        assert_eq!(tally.unordered, 1);
        assert_eq!(tally.missing, 1);
    }

    #[test]
    fn a_truncated_message_is_detected() {
        let mut bytes = stream(&[1, 2]);
        let end = bytes.len();
        bytes.drain(end - 40..end - 20);
        bytes.extend_from_slice(&stream(&[3]));
        assert_eq!(totals(&[&bytes]).damaged, 1);
    }
}
