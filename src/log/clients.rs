//! Known clients: those that have connected, and those that messages were pushed to.

use std::sync::Arc;

use rusqlite::{Connection, Row};

use crate::log::{
    codes::{kind, sql},
    error::ReadError,
    positions::{ClientPosition, Positions},
    rows,
};
use crate::message::ClientId;

/// The maximum number of rows that one page reads.
const MAX_ROWS: u64 = 20_000;

/// A client, online or offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownClient {
    /// The client id.
    pub id: ClientId,
    /// The position in its direct messages.
    pub position: ClientPosition,
    /// When it first connected, in milliseconds since 1970. None if it has never connected and only received pushes.
    pub first_seen: Option<u64>,
    /// When it was last connected, in milliseconds since 1970.
    pub last_seen: Option<u64>,
    /// Why its last connection ended. None if no connection has ended yet.
    pub last_reason: Option<Arc<str>>,
}

/// A page of decode clients.
#[derive(Clone, Debug, Default)]
pub struct ClientPage {
    /// The clients, sorted by id.
    pub clients: Vec<KnownClient>,
    /// Continue after this id. None if this is the last page. A page can be empty and still have a next page.
    pub next: Option<ClientId>,
    /// The number of rows read.
    pub rows_read: u64,
}

/// The clients after a given id whose ids contain a text (case-insensitive) and that may be seen, sorted by id.
pub(super) fn clients(
    conn: &Connection,
    positions: &Positions,
    text: &str,
    (after, limit): (Option<&ClientId>, usize),
    sees: &dyn Fn(&ClientId) -> bool,
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
        if name.to_ascii_lowercase().contains(&text) && sees(&rows::client_id(&name)?) {
            page.clients.push(decode(&name, row, positions)?);
        }
        if page.clients.len() >= limit.max(1) || page.rows_read >= MAX_ROWS {
            page.next = Some(rows::client_id(&name)?);
            break;
        }
    }
    Ok(page)
}

/// Up to `limit` clients after the first `offset` of those whose ids contain a text (case-insensitive), and their total
/// number.
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
        clients.push(decode(&name, row, positions)?);
    }
    let count = "SELECT count(*) FROM audiences WHERE kind = ?1 AND instr(lower(name), ?2) > 0";
    let matching = conn
        .prepare_cached(count)?
        .query_row((kind::CLIENT, &text), |row| row.get(0))?;
    Ok((clients, matching))
}

/// The same, of clients that may be seen.
pub(super) fn visible_window(
    conn: &Connection,
    positions: &Positions,
    text: &str,
    (offset, limit): (u64, u64),
    sees: &dyn Fn(&ClientId) -> bool,
) -> Result<(Vec<KnownClient>, u64), ReadError> {
    let text = text.to_ascii_lowercase();
    let mut find = conn.prepare_cached(
        "SELECT a.name, coalesce(c.sent, 0), coalesce(c.acked, 0), c.first_seen, c.last_seen, c.last_reason
         FROM audiences a LEFT JOIN clients c ON c.audience = a.id
         WHERE a.kind = ?1 AND instr(lower(a.name), ?2) > 0 ORDER BY a.name",
    )?;
    let mut rows = find.query((kind::CLIENT, &text))?;
    let (mut clients, mut matching) = (Vec::new(), 0);
    let wanted = offset..offset.saturating_add(limit);
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if !sees(&rows::client_id(&name)?) {
            continue;
        }
        if wanted.contains(&matching) {
            clients.push(decode(&name, row, positions)?);
        }
        matching += 1;
    }
    Ok((clients, matching))
}

/// One client. None if the log does not know it.
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
        Some(row) => Ok(Some(decode(id.as_str(), row, positions)?)),
        None => Ok(positions.pending_update(id).map(|update| KnownClient {
            id: id.clone(),
            position: update.position,
            first_seen: update.first_seen,
            last_seen: update.last_seen,
            last_reason: update.reason,
        })),
    }
}

fn decode(name: &str, row: &Row<'_>, positions: &Positions) -> Result<KnownClient, ReadError> {
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
