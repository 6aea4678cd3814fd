//! A page of a replay: the messages at the positions that were found.

use std::sync::OnceLock;

use rusqlite::{Connection, Row};

use crate::log::{
    codes::{ended, sql},
    error::ReadError,
    gap::{GapCollector, LogGap, LogGapReason},
    rows::{COLUMNS, Decoder},
};
use crate::message::{ClientId, Message, Seq};

/// How much one read may return.
#[derive(Clone, Copy, Debug)]
pub struct PageLimit {
    /// Messages; at least one.
    pub messages: usize,
    /// Bytes of data. One message comes also when it alone is larger.
    pub bytes: usize,
}

impl Default for PageLimit {
    fn default() -> Self {
        Self {
            messages: 1_024,
            bytes: 1 << 20,
        }
    }
}

/// A part of the log, as far as it is for these subscriptions.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The messages, in order, each once.
    pub messages: Vec<Message>,
    /// Everything for these subscriptions up to and with this position has been returned: the position to go
    /// on after. It may move without a message, and less far than was asked for.
    pub reached: Seq,
    /// Whether there may be more up to the position that was asked for: `reached` is before it.
    pub more: bool,
    /// What these subscriptions have lost after the position that was asked for: at most one range for each
    /// reason. A range may end after `reached`; then the following pages name it again, so tell only what
    /// ends after what was told before.
    pub gaps: Vec<LogGap>,
    /// Rows that were looked at. This is what a read costs.
    pub rows_read: u64,
}

impl Page {
    /// Nothing of the range after a position and up to another can be read.
    pub(in crate::log) fn unreadable((after, until): (Seq, Seq)) -> Self {
        Self {
            reached: until,
            gaps: vec![LogGap {
                from: after + 1,
                to: until,
                reason: LogGapReason::Unreadable,
            }],
            ..Self::default()
        }
    }
}

/// A page while messages are read into it.
pub(in crate::log) struct PageBuilder<'c> {
    conn: &'c Connection,
    reader: Option<&'c ClientId>,
    decoder: Decoder,
    now: u64,
    /// Bytes that still fit.
    room: usize,
    /// What is in it.
    pub messages: Vec<Message>,
    /// The last position that was looked at and settled.
    pub last: Seq,
    /// Rows that were looked at.
    pub rows: u64,
}

impl<'c> PageBuilder<'c> {
    pub fn new(conn: &'c Connection, reader: Option<&'c ClientId>, room: usize, now: u64) -> Self {
        Self {
            conn,
            reader,
            decoder: Decoder::default(),
            now,
            room,
            messages: Vec::new(),
            last: 0,
            rows: 0,
        }
    }

    /// Reads the messages at these positions. True: not all of them fit.
    pub fn fill(&mut self, seqs: &[Seq], gaps: &mut GapCollector<'_>) -> Result<bool, ReadError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
            return Ok(false);
        };
        self.messages.reserve(seqs.len());
        // Where most of a range is wanted, walking through it is cheaper than finding each.
        let filled = match last - first < 2 * seqs.len() as u64 {
            true => self.walk(seqs, (*first, *last), gaps),
            false => self.pick(seqs, gaps),
        };
        match filled {
            Err(error) if error.is_damage() => {
                let rest = seqs.partition_point(|seq| *seq <= self.last);
                self.salvage(&seqs[rest..], gaps)
            }
            filled => filled,
        }
    }

    /// Reads each of these messages by itself, and leaves out those that can't be read. True: not all of them fit.
    fn salvage(&mut self, seqs: &[Seq], gaps: &mut GapCollector<'_>) -> Result<bool, ReadError> {
        for seq in seqs {
            match self.pick(std::slice::from_ref(seq), gaps) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) if error.is_damage() => gaps.unreadable(self.conn, *seq, &error),
                Err(error) => return Err(error),
            }
            self.last = *seq;
        }
        Ok(false)
    }

    fn walk(
        &mut self,
        seqs: &[Seq],
        (first, last): (Seq, Seq),
        gaps: &mut GapCollector<'_>,
    ) -> Result<bool, ReadError> {
        static SELECT: OnceLock<String> = OnceLock::new();
        let select = SELECT.get_or_init(|| {
            format!("SELECT {COLUMNS} FROM messages m WHERE m.seq BETWEEN ?1 AND ?2 ORDER BY m.seq")
        });
        let mut find = self.conn.prepare_cached(select)?;
        let mut rows = find.query((sql(first), sql(last)))?;
        let mut wanted = seqs.iter().peekable();
        while let Some(row) = rows.next()? {
            self.rows += 1;
            let seq: Seq = row.get(0)?;
            while let Some(missing) = wanted.next_if(|next| **next < seq) {
                gaps.unreadable(self.conn, *missing, &absent(*missing));
            }
            if wanted.next_if(|next| **next == seq).is_some() && !self.take(seq, row, gaps)? {
                return Ok(true);
            }
        }
        for missing in wanted {
            gaps.unreadable(self.conn, *missing, &absent(*missing));
        }
        Ok(false)
    }

    fn pick(&mut self, seqs: &[Seq], gaps: &mut GapCollector<'_>) -> Result<bool, ReadError> {
        static SELECT: OnceLock<String> = OnceLock::new();
        let select =
            SELECT.get_or_init(|| format!("SELECT {COLUMNS} FROM messages m WHERE m.seq = ?1"));
        let mut find = self.conn.prepare_cached(select)?;
        for seq in seqs {
            self.rows += 1;
            let mut rows = find.query([sql(*seq)])?;
            match rows.next()? {
                Some(row) if !self.take(*seq, row, gaps)? => return Ok(true),
                Some(_) => {}
                None => gaps.unreadable(self.conn, *seq, &absent(*seq)),
            }
        }
        Ok(false)
    }

    /// Takes a row into the page. False: there is no room for it.
    fn take(
        &mut self,
        seq: Seq,
        row: &Row<'_>,
        gaps: &mut GapCollector<'_>,
    ) -> Result<bool, ReadError> {
        match self
            .decoder
            .message(self.conn, row, self.reader, self.now)?
        {
            Ok(message) => {
                let size = message.data.as_str().len();
                if size > self.room && !self.messages.is_empty() {
                    return Ok(false);
                }
                self.room = self.room.saturating_sub(size);
                self.messages.push(message);
            }
            Err(over) if over.how == ended::EXPIRED => gaps.expired(seq),
            Err(_) => {}
        }
        self.last = seq;
        Ok(true)
    }
}

/// A message has postings as long as it is in the file, and not longer.
fn absent(seq: Seq) -> ReadError {
    ReadError::Invalid(format!("message {seq} has postings, but is not there"))
}
