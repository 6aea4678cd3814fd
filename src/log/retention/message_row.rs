//! Rows of messages, as far as retention and recalls need them.

use std::collections::HashMap;

use crate::log::{
    codes::{EVERYONE, kind, sql},
    error::StoreError,
    rows::{name_of, parse_list},
    writer::store::Store,
};
use crate::message::Seq;

/// Postings that one step changes, about.
pub(in crate::log) const STEP: usize = 512;

/// A message that is about to end or to be removed.
pub(in crate::log) struct MessageRow {
    pub seq: Seq,
    pub at: u64,
    pub expires_at: Option<u64>,
    pub ended: i64,
    pub audience: Option<i64>,
    pub several: Vec<i64>,
    /// See `handling_rows.rs`. Zero: as usual.
    pub handling: i64,
    /// The clients for which it has ended before: they have missed it.
    pub missed: Vec<i64>,
}

impl MessageRow {
    pub const COLUMNS: &str =
        "seq, at, expires_at, ended, audience, audiences, coalesce(handling, 0), missed";

    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let several = row.get_ref(5)?.as_str_or_null()?;
        let missed = row.get_ref(7)?.as_str_or_null()?;
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            expires_at: row.get(2)?,
            ended: row.get(3)?,
            audience: row.get(4)?,
            several: several.map(parse_list).unwrap_or_default(),
            handling: row.get(6)?,
            missed: missed.map(parse_list).unwrap_or_default(),
        })
    }

    /// The audience, or the clients if there are several. Of an update, also its alternate topics.
    pub fn audiences(&self) -> impl Iterator<Item = i64> {
        self.audience.iter().chain(&self.several).copied()
    }
}

impl Store {
    /// The rows of a query of [`MessageRow::COLUMNS`], up to about [`STEP`] postings.
    pub(super) fn message_rows(
        &self,
        find: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let mut find = self.conn.prepare_cached(find)?;
        let mut found = find.query(params)?;
        let mut rows = Vec::new();
        let mut posts = 0;
        while let Some(row) = found.next()? {
            let message = MessageRow::read(row)?;
            posts += message.several.len();
            rows.push(message);
            // A message for ten thousand clients is a step of its own.
            if posts > STEP {
                break;
            }
        }
        Ok(rows)
    }

    /// The rows of the messages at these positions, as far as they exist.
    pub(in crate::log) fn rows_at(&self, positions: &[Seq]) -> Result<Vec<MessageRow>, StoreError> {
        let find = format!(
            "SELECT {} FROM messages WHERE seq = ?1",
            MessageRow::COLUMNS
        );
        let mut rows = Vec::with_capacity(positions.len());
        for seq in positions {
            rows.append(&mut self.message_rows(&find, [sql(*seq)])?);
        }
        Ok(rows)
    }

    /// The newest of these messages that is for a topic.
    pub(super) fn newest_topic_message(
        &self,
        rows: &[MessageRow],
    ) -> Result<Option<Seq>, StoreError> {
        let mut kinds = HashMap::new();
        let mut newest = None;
        for message in rows {
            let Some(id) = message.audience.filter(|id| *id != EVERYONE) else {
                continue;
            };
            let known = match kinds.get(&id) {
                Some(known) => *known,
                None => {
                    let name = name_of(&self.conn, id)?;
                    let known = name.map(|(kind, _)| kind);
                    kinds.insert(id, known);
                    known
                }
            };
            if known == Some(kind::TOPIC) {
                newest = newest.max(Some(message.seq));
            }
        }
        Ok(newest)
    }
}
