//! Replay: the messages of some subscriptions after a position, in order, one page at a time.
//!
//! The cost depends on the result. Each audience has a cursor over its postings, and the cursors are merged (k-way
//! merge). A pattern that matches few topics uses a cursor for each topic. A pattern that matches many uses one cursor
//! over all topic messages, and filters them.

use std::{cmp::Reverse, collections::BinaryHeap};

use rusqlite::{Connection, types::Value};

use crate::log::{
    codes::sql,
    codes::{ANY_TOPIC, EVERYONE, kind},
    damage::DamageRecord,
    error::ReadError,
    gap::GapCollector,
    reader::page::{Page, PageBuilder, PageLimit},
    reader::posting_cursor::PostingCursor,
};
use crate::message::{ClientId, Seq, TopicAccess, TopicFilter};

/// In a range of at most this many positions, a pattern reads all topic messages.
const SMALL_WINDOW: u64 = 64;

/// Maximum number of topics of a pattern for which each topic has a cursor.
const MAX_CURSORS: usize = 128;

/// Maximum number of topics that are read to find these.
const MAX_TOPICS_READ: u64 = 1024;

/// The subscriptions of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// Messages to this client.
    pub client: Option<ClientId>,
    /// Messages to everyone.
    pub everyone: bool,
    /// Messages to topics that match one of these filters.
    pub filters: Vec<TopicFilter>,
    /// Which of these messages may be read.
    pub access: TopicAccess,
}

/// A read in progress.
pub(in crate::log) struct Replay<'c> {
    conn: &'c Connection,
    subscriptions: &'c Subscriptions,
    after: Seq,
    until: Seq,
    now: u64,
    cursors: Vec<PostingCursor<'c>>,
    gaps: GapCollector<'c>,
    rows: u64,
}

/// Reads the messages after `after` up to and including `until`.
pub(in crate::log) fn read<'c>(
    conn: &'c Connection,
    subscriptions: &'c Subscriptions,
    (after, until): (Seq, Seq),
    limit: PageLimit,
    now: u64,
    damage: &'c DamageRecord,
) -> Result<Page, ReadError> {
    let mut replay = Replay {
        conn,
        subscriptions,
        after,
        until,
        now,
        cursors: Vec::new(),
        gaps: GapCollector::new(after, damage),
        rows: 0,
    };
    replay.find_cursors()?;
    replay.page(limit)
}

impl<'c> Replay<'c> {
    fn find_cursors(&mut self) -> Result<(), ReadError> {
        let subscriptions = self.subscriptions;
        if let Some(client) = &subscriptions.client {
            self.named_cursor(kind::CLIENT, client.as_str())?;
        }
        if subscriptions.everyone {
            self.cursor(EVERYONE)?;
        }
        let (patterns, topics): (Vec<_>, Vec<_>) =
            subscriptions.filters.iter().partition(|f| f.is_pattern());
        for topic in topics {
            self.named_cursor(kind::TOPIC, topic.as_str())?;
        }
        if !patterns.is_empty() {
            self.pattern_cursors(&patterns)?;
        }
        // Two filters may match the same topic.
        self.cursors.sort_unstable_by_key(PostingCursor::audience);
        self.cursors.dedup_by_key(|cursor| cursor.audience());
        Ok(())
    }

    fn named_cursor(&mut self, kind: i64, name: &str) -> Result<(), ReadError> {
        self.rows += 1;
        let found = crate::log::audiences::find(self.conn, kind, name)
            .map_err(ReadError::from)
            .or_else(|error| match error.is_damage() {
                true => Ok(crate::log::audiences::scan(self.conn, kind, name)?),
                false => Err(error),
            });
        match found {
            Ok(Some(id)) => self.cursor(id),
            Ok(None) => {
                let unknown = self.gaps.unknown_audience(self.conn);
                self.all_unreadable_on_damage(unknown.map_err(Into::into))
            }
            Err(error) => self.all_unreadable_on_damage(Err(error)),
        }
    }

    fn cursor(&mut self, id: i64) -> Result<(), ReadError> {
        let known = self.gaps.of_audience(self.conn, id);
        self.cursors.push(PostingCursor::of(id, self.after));
        self.all_unreadable_on_damage(known.map_err(Into::into))
    }

    /// If the file is damaged, it is unknown which messages an audience has, so the whole range is a gap.
    fn all_unreadable_on_damage(&mut self, result: Result<(), ReadError>) -> Result<(), ReadError> {
        match result {
            Err(error) if error.is_damage() => {
                let range = (self.after + 1, self.until);
                self.gaps.unknown_range(range, &error);
                Ok(())
            }
            result => result,
        }
    }

    fn pattern_cursors(&mut self, patterns: &[&'c TopicFilter]) -> Result<(), ReadError> {
        let small = self.until.saturating_sub(self.after) <= SMALL_WINDOW;
        let lost = self.gaps.any(self.conn, ANY_TOPIC).unwrap_or(true);
        if lost {
            let unknown = self.gaps.unknown_audience(self.conn);
            self.all_unreadable_on_damage(unknown.map_err(Into::into))?;
        }
        if !small || lost {
            match self.matching_topics(patterns) {
                Ok(Some(ids)) => return ids.into_iter().try_for_each(|id| self.cursor(id)),
                Ok(None) => {}
                Err(error) if error.is_damage() => {}
                Err(error) => return Err(error),
            }
            // Too many topics to check each: a gap in one of them may be a gap of this pattern.
            let known = self.gaps.of_audience(self.conn, ANY_TOPIC);
            self.all_unreadable_on_damage(known.map_err(Into::into))?;
        }
        self.cursors
            .push(PostingCursor::of_any_topic(self.after, patterns.to_vec()));
        Ok(())
    }

    /// The topics that match these patterns. None if there are too many.
    fn matching_topics(
        &mut self,
        patterns: &[&TopicFilter],
    ) -> Result<Option<Vec<i64>>, ReadError> {
        let mut ids = Vec::new();
        let mut topics_read = 0;
        let mut find = self.conn.prepare_cached(
            "SELECT id, name FROM audiences WHERE kind = ?1 AND name >= ?2 AND name < ?3 LIMIT ?4",
        )?;
        for pattern in patterns {
            let (from, to) = name_range(pattern);
            let mut rows =
                find.query((kind::TOPIC, from, to, sql(MAX_TOPICS_READ - topics_read)))?;
            while let Some(row) = rows.next()? {
                topics_read += 1;
                self.rows += 1;
                let name: String = row.get(1)?;
                if pattern.matches(&crate::log::rows::topic(&name)?) {
                    ids.push(row.get(0)?);
                }
            }
            if topics_read >= MAX_TOPICS_READ || ids.len() > MAX_CURSORS {
                return Ok(None);
            }
        }
        Ok(Some(ids))
    }

    fn page(mut self, limit: PageLimit) -> Result<Page, ReadError> {
        let asked = self.until;
        let seqs = self.merge(limit.messages.max(1))?;
        let found = match seqs.last() {
            Some(last) if seqs.len() >= limit.messages.max(1) => *last,
            _ => self.until.max(self.after),
        };
        let reader = (
            self.subscriptions.client.as_ref(),
            &self.subscriptions.access,
        );
        let mut builder = PageBuilder::new(self.conn, reader, limit.bytes, self.now);
        let reached = match builder.fill(&seqs, &mut self.gaps)? {
            true => builder.last.max(self.after),
            false => found,
        };
        for (range, error) in self.cursors.iter().flat_map(PostingCursor::unreadable) {
            // The others are found again by the next page.
            if range.0 <= reached {
                self.gaps.unreadable_range(*range, error);
            }
        }
        Ok(Page {
            messages: builder.messages,
            reached,
            more: reached < asked,
            gaps: self.gaps.into_vec(asked),
            rows_read: self.rows + builder.rows,
        })
    }

    /// The next positions of all cursors, in order, each once.
    fn merge(&mut self, wanted: usize) -> Result<Vec<Seq>, ReadError> {
        let mut seqs: Vec<Seq> = Vec::new();
        let mut heads = BinaryHeap::with_capacity(self.cursors.len());
        let share = wanted / self.cursors.len().max(1);
        for cursor in &mut self.cursors {
            cursor.expect(share as u64);
        }
        for i in 0..self.cursors.len() {
            self.push_head(&mut heads, i, wanted)?;
        }
        while let Some(Reverse((seq, i))) = heads.pop() {
            // A message may be found by the cursor of its topic and by the cursor over all topics.
            if seqs.last() != Some(&seq) {
                seqs.push(seq);
            }
            if seqs.len() >= wanted {
                break;
            }
            self.push_head(&mut heads, i, wanted - seqs.len())?;
        }
        // A cursor with a filter may have stopped before the end.
        let until = self.until;
        seqs.truncate(seqs.partition_point(|seq| *seq <= until));
        Ok(seqs)
    }

    fn push_head(
        &mut self,
        heads: &mut BinaryHeap<Reverse<(Seq, usize)>>,
        i: usize,
        wanted: usize,
    ) -> Result<(), ReadError> {
        let cursor = &mut self.cursors[i];
        if let Some(seq) = cursor.next(self.conn, self.until, wanted, &mut self.rows)? {
            heads.push(Reverse((seq, i)));
        }
        self.until = self.until.min(cursor.horizon());
        Ok(())
    }
}

/// The range of topic names that a pattern can match: those that start with the text before its first wildcard.
pub(in crate::log) fn name_range(pattern: &TopicFilter) -> (&str, Value) {
    let prefix = pattern.literal_prefix();
    let mut head = prefix.to_owned();
    let end = loop {
        // SQLite sorts blobs after texts.
        let Some(last) = head.pop() else {
            break Value::Blob(Vec::new());
        };
        // There is no character from U+D800 to U+DFFF.
        let after = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(after) = after {
            head.push(after);
            break Value::Text(head);
        }
    };
    (prefix, end)
}
