//! The recalls that a reader has missed while it was disconnected.

use rusqlite::Connection;

use crate::log::{
    audiences,
    codes::{EVERYONE, kind, sql},
    error::ReadError,
    reader::replay::Subscriptions,
    rows::{name_of, parse_list, topic},
};
use crate::message::Seq;

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
    let mut recalled = Vec::new();
    while let Some(row) = rows.next()? {
        let wanted = match row.get::<_, Option<i64>>(1)? {
            Some(EVERYONE) => subscriptions.everyone,
            Some(id) => Some(id) == client || is_wanted_topic(conn, subscriptions, id)?,
            None => {
                let several = row.get_ref(2)?.as_str_or_null().unwrap_or_default();
                let several = several.map(parse_list).unwrap_or_default();
                client.is_some_and(|client| several.contains(&client))
            }
        };
        if wanted {
            recalled.push(row.get(0)?);
        }
    }
    recalled.sort_unstable();
    Ok(recalled)
}

fn is_wanted_topic(
    conn: &Connection,
    subscriptions: &Subscriptions,
    id: i64,
) -> Result<bool, ReadError> {
    if subscriptions.filters.is_empty() {
        return Ok(false);
    }
    match name_of(conn, id)? {
        Some((kind::TOPIC, name)) => {
            let topic = topic(&name)?;
            Ok(subscriptions
                .filters
                .iter()
                .any(|filter| filter.matches(&topic)))
        }
        _ => Ok(false),
    }
}
