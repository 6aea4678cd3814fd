//! The postings of one audience, in order, fetched a little ahead.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;

use crate::log::{codes::ANY_TOPIC, error::ReadError, postings, rows};
use crate::message::{Seq, TopicFilter};

/// Postings that a cursor fetches at a time: more than its share of a page by so many at first, and later no
/// more than this at once.
const FETCH: (u64, u64) = (16, 1_024);

/// Postings that a cursor looks at without a match before it gives up for this page.
const PATIENCE: u64 = 10_000;

/// The postings of one audience after a position.
pub(in crate::log) struct PostingCursor<'f> {
    audience: i64,
    /// The last position that was fetched.
    after: Seq,
    fetched: VecDeque<Seq>,
    fetch: u64,
    over: bool,
    /// Past this position the cursor has not looked and will not, for this page.
    horizon: Seq,
    matching: Option<Matching<'f>>,
}

/// What to take out of all topic messages.
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
        }
    }

    /// The postings of any topic that one of the filters matches.
    pub fn of_any_topic(after: Seq, filters: Vec<&'f TopicFilter>) -> Self {
        let known = HashMap::new();
        Self {
            matching: Some(Matching { filters, known }),
            ..Self::of(ANY_TOPIC, after)
        }
    }

    /// Says how many of its postings a page is likely to take, so that one look brings them all.
    pub fn expect(&mut self, share: u64) {
        self.fetch = share + FETCH.0;
    }

    pub fn audience(&self) -> i64 {
        self.audience
    }

    /// The position up to which this cursor has surely given everything, once it gives nothing more.
    pub fn horizon(&self) -> Seq {
        self.horizon
    }

    /// The next position, if there is one up to `until`. No more than `wanted` will be asked for.
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
            if self.fetched.is_empty() && !self.over && looked_at >= PATIENCE {
                self.over = true;
                self.horizon = self.after;
            }
        }
        Ok(self.fetched.pop_front())
    }

    fn fetch(&mut self, conn: &Connection, until: Seq, wanted: usize) -> Result<u64, ReadError> {
        let (audience, range) = (self.audience, (self.after, until));
        // What is not wanted does not count when a cursor looks for matches.
        let limit = match self.matching {
            None => self.fetch.min(wanted as u64).max(1),
            Some(_) => self.fetch,
        };
        let found = postings::after(conn, audience, range, limit, |seq, topic| {
            self.after = seq;
            let wanted = match &mut self.matching {
                None => true,
                Some(matching) => matching.wants(conn, topic)?,
            };
            if wanted {
                self.fetched.push_back(seq);
            }
            Ok(())
        })?;
        self.over = found < limit;
        self.fetch = (self.fetch * 4).min(FETCH.1);
        Ok(found)
    }
}

impl Matching<'_> {
    fn wants(&mut self, conn: &Connection, topic: Option<i64>) -> Result<bool, ReadError> {
        let Some(topic) = topic else { return Ok(false) };
        if let Some(known) = self.known.get(&topic) {
            return Ok(*known);
        }
        let wanted = match rows::name_of(conn, topic)? {
            None => false,
            Some((_, name)) => {
                let topic = rows::topic(&name)?;
                self.filters.iter().any(|filter| filter.matches(&topic))
            }
        };
        self.known.insert(topic, wanted);
        Ok(wanted)
    }
}
