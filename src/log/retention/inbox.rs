//! Clears the inbox of a client: what waits in it ends for this client, as if its time to live were over.

use std::collections::HashMap;

use crate::log::{
    audiences,
    change::ClearedInbox,
    codes::{ended, kind, sql},
    error::StoreError,
    gap::mark_expired,
    position_rows::position_of,
    postings,
    retention::message_row::MessageRow,
    rows::list,
    writer::store::Store,
};
use crate::message::Seq;

/// Messages that one change ends, at most: a change must not take long.
const STEP: u64 = 1_000;

impl Store {
    /// Ends the oldest unread messages of a client in the current transaction. Messages to this client alone expire. Of messages
    /// to several, it becomes one of those who have missed them.
    pub fn clear_inbox(&mut self, inbox: &ClearedInbox, at: u64) -> Result<(), StoreError> {
        let name = inbox.client.as_str();
        let Some(audience) = audiences::find(&self.conn, kind::CLIENT, name)? else {
            return Ok(());
        };
        let position = position_of(&self.conn, audience)?;
        let range = (position.unread_after(), inbox.until);
        let mut unread: Vec<Seq> = Vec::new();
        postings::after(&self.conn, audience, range, STEP, |seq, _| {
            unread.push(seq);
            Ok(())
        })?;
        let Some(newest) = unread.last().copied() else {
            return Ok(());
        };
        for message in self.rows_at(&unread)? {
            if message.ended != ended::NOT {
                continue;
            }
            if message.audience == Some(audience) {
                let missed = self.end(&message, ended::EXPIRED, &HashMap::new())?;
                self.tell_expired(&message, &missed, (at, false))?;
            } else {
                self.end_for(&message, audience, at)?;
            }
        }
        self.conn
            .prepare_cached("DELETE FROM urgent WHERE audience = ?1 AND seq > ?2 AND seq <= ?3")?
            .execute((audience, sql(range.0), sql(newest)))?;
        mark_expired(&self.conn, audience, newest)?;
        Ok(())
    }

    /// Ends a message to several clients for one of them. It has missed it then, also if it was written to a connection and never
    /// acknowledged: the list of those who have missed it says for whom it has ended.
    fn end_for(&mut self, message: &MessageRow, audience: i64, at: u64) -> Result<(), StoreError> {
        postings::end(&self.conn, audience, message.seq)?;
        let mut missed = message.missed.clone();
        missed.push(audience);
        self.conn
            .prepare_cached("UPDATE messages SET missed = ?2 WHERE seq = ?1")?
            .execute((sql(message.seq), list(&missed)))?;
        self.tell_expired_to(message.seq, &[audience], at)
    }
}
