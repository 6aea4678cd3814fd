//! A page of a replay: reads the messages at given positions.

use std::sync::OnceLock;

use rusqlite::{Connection, Row};

use crate::log::{
    codes::{ended, sql},
    error::ReadError,
    gap::{GapCollector, LogGap, LogGapReason},
    rows::{COLUMNS, Decoder},
};
use crate::message::{ClientId, Message, Seq, TopicAccess};

/// The maximum size of a page.
#[derive(Clone, Copy, Debug)]
pub struct PageLimit {
    /// Messages, at least one.
    pub messages: usize,
    /// Bytes of data. A single message may be larger.
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

/// The messages of some subscriptions in a range of the log.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The messages, in order, each once.
    pub messages: Vec<Message>,
    /// All messages for these subscriptions up to and including this position were returned. The next page starts after
    /// it. It can be before the requested end, and it can advance without a message.
    pub reached: Seq,
    /// Whether `reached` is before the requested end.
    pub more: bool,
    /// The messages that these subscriptions have lost after the start of the page: at most one range for each reason.
    /// A range may end after `reached`. Then the following pages contain it again, so report only ranges that end after
    /// the last reported one.
    pub gaps: Vec<LogGap>,
    /// The number of rows read, which is the cost of the page.
    pub rows_read: u64,
}

impl Page {
    /// An empty page for a range that can't be read.
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

/// Builds a page.
pub(in crate::log) struct PageBuilder<'c> {
    conn: &'c Connection,
    reader: Option<&'c ClientId>,
    access: &'c TopicAccess,
    decoder: Decoder,
    now: u64,
    /// Bytes that still fit into the page.
    space: usize,
    /// The messages read so far.
    pub messages: Vec<Message>,
    /// The last position that was read or skipped.
    pub last: Seq,
    /// The number of rows read.
    pub rows: u64,
}

impl<'c> PageBuilder<'c> {
    pub fn new(
        conn: &'c Connection,
        (reader, access): (Option<&'c ClientId>, &'c TopicAccess),
        space: usize,
        now: u64,
    ) -> Self {
        Self {
            conn,
            reader,
            access,
            decoder: Decoder::default(),
            now,
            space,
            messages: Vec::new(),
            last: 0,
            rows: 0,
        }
    }

    /// Reads the messages at these positions. True if not all of them fit.
    pub fn fill(&mut self, seqs: &[Seq], gaps: &mut GapCollector<'_>) -> Result<bool, ReadError> {
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
            return Ok(false);
        };
        self.messages.reserve(seqs.len());
        // If most positions of a range are needed, one scan is cheaper than a lookup for each.
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

    /// Reads each of these messages by itself, and skips those that can't be read. True if not all of them fit.
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

    /// Adds a row to the page. False if it does not fit.
    fn take(
        &mut self,
        seq: Seq,
        row: &Row<'_>,
        gaps: &mut GapCollector<'_>,
    ) -> Result<bool, ReadError> {
        let decoded = self
            .decoder
            .message(self.conn, row, self.reader, self.now)?;
        match decoded {
            Ok(message)
                if !self
                    .access
                    .allows(&message.audience, message.update.as_deref()) => {}
            Ok(message) => {
                let size = message.data.as_str().len();
                if size > self.space && !self.messages.is_empty() {
                    return Ok(false);
                }
                self.space = self.space.saturating_sub(size);
                self.messages.push(message);
            }
            Err(over) if over.how == ended::EXPIRED => gaps.expired(seq),
            Err(_) => {}
        }
        self.last = seq;
        Ok(true)
    }
}

/// The error of a posting without a message. Postings exist exactly as long as their message.
fn absent(seq: Seq) -> ReadError {
    ReadError::Invalid(format!("message {seq} has postings, but does not exist"))
}
