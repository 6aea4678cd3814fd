//! The recalls that a reader has missed while it was disconnected.

use rusqlite::Connection;

use crate::log::{
    audiences,
    codes::{kind, sql},
    error::ReadError,
    reader::replay::Subscriptions,
    rows::{self, Decoder, parse_list},
};
use crate::message::{Audience, Seq, Topic, Update};

/// The maximum number of recalls that are reported to a reader. The newest are kept.
const MAX_RECALLS: u64 = 10_000;

/// Messages of these subscriptions up to a position that were recalled while it was the head, or later. Oldest first.
pub(in crate::log) fn since(
    conn: &Connection,
    subscriptions: &Subscriptions,
    seq: Seq,
) -> Result<Vec<Seq>, ReadError> {
    let client = match &subscriptions.client {
        Some(client) => audiences::find(conn, kind::CLIENT, client.as_str())?,
        None => None,
    };
    let mut find = conn.prepare_cached(
        "SELECT r.seq, m.audience, m.audiences FROM recalls r JOIN messages m USING (seq)
         WHERE r.head >= ?1 AND r.seq <= ?1 ORDER BY r.head DESC LIMIT ?2",
    )?;
    let mut rows = find.query((sql(seq), sql(MAX_RECALLS)))?;
    let mut decoder = Decoder::default();
    let mut recalled = Vec::new();
    while let Some(row) = rows.next()? {
        let list = row.get_ref(2)?.as_str_or_null().unwrap_or_default();
        let is_wanted = match row.get(1)? {
            Some(id) => match decoder.audience(conn, id)? {
                Audience::Everyone => subscriptions.everyone,
                Audience::Topic(topic) => {
                    let seq = row.get(0)?;
                    let update = list.map(|list| rows::update(conn, seq, list)).transpose()?;
                    is_subscribed(subscriptions, topic, update.as_deref())
                }
                Audience::Client(_) | Audience::Clients(_) => client == Some(id),
            },
            None => {
                let several = list.map(parse_list).unwrap_or_default();
                client.is_some_and(|client| several.contains(&client))
            }
        };
        if is_wanted {
            recalled.push(row.get(0)?);
        }
    }
    recalled.sort_unstable();
    Ok(recalled)
}

/// Whether a message to a topic, or to its alternates, is one of these subscriptions.
fn is_subscribed(subscriptions: &Subscriptions, topic: Topic, update: Option<&Update>) -> bool {
    let alternates = update.into_iter().flat_map(|update| &update.alternates);
    let is_wanted = |topic: &Topic| subscriptions.filters.iter().any(|f| f.matches(topic));
    std::iter::once(&topic).chain(alternates).any(is_wanted)
        && subscriptions.access.allows(&Audience::Topic(topic), update)
}
