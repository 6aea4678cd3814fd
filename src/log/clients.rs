//! The clients that the log knows: whoever was seen, and whoever something was pushed to.

use std::sync::Arc;

use rusqlite::{Connection, Row};

use crate::log::{
    codes::{kind, sql},
    error::ReadError,
    positions::{ClientPosition, Positions},
    rows,
};
use crate::message::ClientId;

/// Names that one page looks at, at most.
const PATIENCE: u64 = 20_000;

/// A client, online or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownClient {
    /// Its name.
    pub id: ClientId,
    /// How far it is with its direct messages.
    pub position: ClientPosition,
    /// When it was seen first, in milliseconds since 1970; none: never, something was only pushed to it.
    pub first_seen: Option<u64>,
    /// When it was seen last, in milliseconds since 1970.
    pub last_seen: Option<u64>,
    /// Why its last connection ended, if one has.
    pub last_reason: Option<Arc<str>>,
}

/// A part of the known clients.
#[derive(Clone, Debug, Default)]
pub struct ClientPage {
    /// In the order of their names.
    pub clients: Vec<KnownClient>,
    /// Go on after this name; none: that was all. There may be more even when nobody was found.
    pub next: Option<ClientId>,
    /// Rows that were looked at.
    pub rows_read: u64,
}

/// The clients after a name whose names contain a text, in upper or lower case.
pub(super) fn clients(
    conn: &Connection,
    positions: &Positions,
    text: &str,
    after: Option<&ClientId>,
    limit: usize,
) -> Result<ClientPage, ReadError> {
    let text = text.to_ascii_lowercase();
    let mut find = conn.prepare_cached(
        "SELECT a.name, coalesce(c.sent, 0), coalesce(c.acked, 0), c.first_seen, c.last_seen, c.last_reason
         FROM audiences a LEFT JOIN clients c ON c.audience = a.id
         WHERE a.kind = ?1 AND a.name > ?2 ORDER BY a.name",
    )?;
    let mut rows = find.query((kind::CLIENT, after.map_or("", ClientId::as_str)))?;
    let mut page = ClientPage::default();
    while let Some(row) = rows.next()? {
        page.rows_read += 1;
        let name: String = row.get(0)?;
        if name.to_ascii_lowercase().contains(&text) {
            page.clients.push(known(&name, row, positions)?);
        }
        if page.clients.len() >= limit.max(1) || page.rows_read >= PATIENCE {
            page.next = Some(rows::client_id(&name)?);
            break;
        }
    }
    Ok(page)
}

/// Up to `limit` clients after the first `offset` of those whose names contain a text, in upper or lower
/// case; and how many those are.
pub(super) fn window(
    conn: &Connection,
    positions: &Positions,
    text: &str,
    (offset, limit): (u64, u64),
) -> Result<(Vec<KnownClient>, u64), ReadError> {
    let text = text.to_ascii_lowercase();
    let mut find = conn.prepare_cached(
        "SELECT a.name, coalesce(c.sent, 0), coalesce(c.acked, 0), c.first_seen, c.last_seen, c.last_reason
         FROM audiences a LEFT JOIN clients c ON c.audience = a.id
         WHERE a.kind = ?1 AND instr(lower(a.name), ?2) > 0 ORDER BY a.name LIMIT ?3 OFFSET ?4",
    )?;
    let mut rows = find.query((kind::CLIENT, &text, sql(limit), sql(offset)))?;
    let mut clients = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        clients.push(known(&name, row, positions)?);
    }
    let count = "SELECT count(*) FROM audiences WHERE kind = ?1 AND instr(lower(name), ?2) > 0";
    let matching = conn
        .prepare_cached(count)?
        .query_row((kind::CLIENT, &text), |row| row.get(0))?;
    Ok((clients, matching))
}

/// One client; none: the log does not know it.
pub(super) fn client(
    conn: &Connection,
    positions: &Positions,
    id: &ClientId,
) -> Result<Option<KnownClient>, ReadError> {
    let mut find = conn.prepare_cached(
        "SELECT a.name, coalesce(c.sent, 0), coalesce(c.acked, 0), c.first_seen, c.last_seen, c.last_reason
         FROM audiences a LEFT JOIN clients c ON c.audience = a.id WHERE a.kind = ?1 AND a.name = ?2",
    )?;
    let mut rows = find.query((kind::CLIENT, id.as_str()))?;
    match rows.next()? {
        Some(row) => Ok(Some(known(id.as_str(), row, positions)?)),
        None => Ok(positions.pending_update(id).map(|update| KnownClient {
            id: id.clone(),
            position: update.position,
            first_seen: update.first_seen,
            last_seen: update.last_seen,
            last_reason: update.reason,
        })),
    }
}

fn known(name: &str, row: &Row<'_>, positions: &Positions) -> Result<KnownClient, ReadError> {
    let id = rows::client_id(name)?;
    let mut position = ClientPosition {
        sent: row.get(1)?,
        acked: row.get(2)?,
    };
    let update = positions.pending_update(&id).unwrap_or_default();
    position.merge(update.position);
    let first_seen: Option<u64> = row.get(3)?;
    let reason: Option<String> = row.get(5)?;
    Ok(KnownClient {
        position,
        first_seen: first_seen.or(update.first_seen),
        last_seen: update.last_seen.max(row.get(4)?),
        last_reason: update.reason.or(reason.map(Arc::from)),
        id,
    })
}
