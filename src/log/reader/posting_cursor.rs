//! Reads the postings of one audience in order, with a small read-ahead.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;

use crate::log::{
    codes::{ANY_TOPIC, EVERYONE, kind},
    error::ReadError,
    postings,
    reader::salvage,
    rows,
};
use crate::message::{Seq, TopicFilter};

/// Postings fetched by one query: the expected share of a page plus the first number, and at most the second.
const FETCH: (u64, u64) = (16, 1_024);

/// Postings without a match that a cursor reads for one page.
const MAX_POSTINGS: u64 = 10_000;

/// Messages read by one query where postings can't be read.
const SCAN_SIZE: u64 = 1_024;

/// The postings of one audience after a position.
pub(in crate::log) struct PostingCursor<'f> {
    audience: i64,
    /// The last position that was fetched.
    after: Seq,
    fetched: VecDeque<Seq>,
    fetch: u64,
    over: bool,
    /// The cursor has read up to this position, and reads no further for this page.
    horizon: Seq,
    matching: Option<Matching<'f>>,
    /// Ranges in which neither postings nor messages can be read, with the errors.
    unreadable: Vec<((Seq, Seq), ReadError)>,
}

/// The filter for a cursor over all topic messages.
struct Matching<'f> {
    filters: Vec<&'f TopicFilter>,
    known: HashMap<i64, bool>,
}

impl<'f> PostingCursor<'f> {
    /// All postings of an audience.
    pub fn of(audience: i64, after: Seq) -> Self {
        Self {
            audience,
            after,
            fetched: VecDeque::new(),
            fetch: FETCH.0,
            over: false,
            horizon: Seq::MAX,
            matching: None,
            unreadable: Vec::new(),
        }
    }

    /// The postings of all topics that one of the filters matches.
    pub fn of_any_topic(after: Seq, filters: Vec<&'f TopicFilter>) -> Self {
        let known = HashMap::new();
        Self {
            matching: Some(Matching { filters, known }),
            ..Self::of(ANY_TOPIC, after)
        }
    }

    /// Sets the number of postings that a page is likely to need, so that one query fetches them all.
    pub fn expect(&mut self, share: u64) {
        self.fetch = share + FETCH.0;
    }

    pub fn audience(&self) -> i64 {
        self.audience
    }

    /// The cursor has returned all its postings up to this position, once `next` returns none.
    pub fn horizon(&self) -> Seq {
        self.horizon
    }

    /// Ranges in which it is unknown which messages there are, with the errors.
    pub fn unreadable(&self) -> &[((Seq, Seq), ReadError)] {
        &self.unreadable
    }

    /// The next position up to `until`. At most `wanted` more will be requested.
    pub fn next(
        &mut self,
        conn: &Connection,
        until: Seq,
        wanted: usize,
        rows: &mut u64,
    ) -> Result<Option<Seq>, ReadError> {
        let mut looked_at = 0;
        while self.fetched.is_empty() && !self.over {
            let found = self.fetch(conn, until, wanted)?;
            *rows += found;
            looked_at += found;
            if self.fetched.is_empty() && !self.over && looked_at >= MAX_POSTINGS {
                self.over = true;
                self.horizon = self.after;
            }
        }
        Ok(self.fetched.pop_front())
    }

    fn fetch(&mut self, conn: &Connection, until: Seq, wanted: usize) -> Result<u64, ReadError> {
        let (audience, range) = (self.audience, (self.after, until));
        // A cursor with a filter fetches more, because many postings will not match.
        let limit = match self.matching {
            None => self.fetch.min(wanted as u64).max(1),
            Some(_) => self.fetch,
        };
        let found = postings::after(conn, audience, range, limit, |seq, topic| {
            self.after = seq;
            let wanted = match &mut self.matching {
                None => true,
                Some(matching) => matching.wants_one_of(conn, seq, topic),
            };
            if wanted {
                self.fetched.push_back(seq);
            }
            Ok(())
        });
        let found = match found {
            Err(error) if error.is_damage() => return self.scan(conn, until),
            found => found?,
        };
        self.over = found < limit;
        self.fetch = (self.fetch * 4).min(FETCH.1);
        Ok(found)
    }

    /// The same, from the messages, because the postings can't be read.
    fn scan(&mut self, conn: &Connection, until: Seq) -> Result<u64, ReadError> {
        let mut looked_at = 0;
        let (audience, range) = (self.audience, (self.after, until));
        let found = salvage::messages_after(conn, range, SCAN_SIZE, |seq, audiences| {
            looked_at += 1;
            self.after = seq;
            let wanted = match &mut self.matching {
                None => audiences.contains(&audience),
                Some(matching) => audiences.iter().any(|id| matching.matches(conn, *id)),
            };
            if wanted {
                self.fetched.push_back(seq);
            }
        });
        match found {
            Ok(found) => self.over = found < SCAN_SIZE,
            Err(error) if error.is_damage() => {
                let bad = self.after + 1;
                let next = salvage::next_readable(conn, bad, until);
                self.unreadable.push(((bad, next - 1), error));
                self.after = next - 1;
                self.over = self.after >= until;
            }
            Err(error) => return Err(error),
        }
        Ok(looked_at + 1)
    }
}

impl Matching<'_> {
    fn matches(&mut self, conn: &Connection, id: i64) -> bool {
        match id {
            EVERYONE => false,
            id => self.wants(conn, Some(id)),
        }
    }

    /// Whether it wants the message of a posting of all topics.
    fn wants_one_of(&mut self, conn: &Connection, seq: Seq, topic: Option<i64>) -> bool {
        match topic {
            // See `Posting::of_any_topic`.
            Some(topic) if topic < 0 => {
                self.wants(conn, Some(-topic))
                    || match rows::alternates(conn, seq) {
                        Ok(alternates) => alternates.iter().any(|id| self.wants(conn, Some(*id))),
                        // It is reported when it is read.
                        Err(_) => true,
                    }
            }
            topic => self.wants(conn, topic),
        }
    }

    fn wants(&mut self, conn: &Connection, topic: Option<i64>) -> bool {
        let Some(topic) = topic else { return false };
        if let Some(known) = self.known.get(&topic) {
            return *known;
        }
        let wanted = match rows::name_of(conn, topic) {
            Ok(Some((kind::TOPIC, name))) => match rows::topic(&name) {
                Ok(topic) => self.filters.iter().any(|filter| filter.matches(&topic)),
                Err(_) => true,
            },
            Ok(Some(_)) => false,
            // If the name can't be read, the message can't either. It is reported when it is read.
            Ok(None) | Err(_) => true,
        };
        self.known.insert(topic, wanted);
        wanted
    }
}
