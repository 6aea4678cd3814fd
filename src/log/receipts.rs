//! Receipts: the delivery state of a message for each of its clients.
//!
//! No row is written for each delivery. The position of a client says up to where messages were message and acknowledged.
//! When a message ends, the log stores the clients that had not received it.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    audiences,
    codes::{ended, kind, sql},
    error::ReadError,
    position_rows::position_of,
    positions::{ClientPosition, Positions},
    rows::{self, parse_list},
};
use crate::message::{ClientId, Receipt, Receipts, Seq};

/// The columns of a message that receipts need.
struct MessageRow {
    seq: Seq,
    ended: i64,
    /// Whether its time to live is over, even if it is not marked as expired yet.
    expired: bool,
    clients: Option<Vec<i64>>,
    missed: HashSet<i64>,
}

impl MessageRow {
    fn find(conn: &Connection, seq: Seq, now: u64) -> Result<Option<Self>, ReadError> {
        let mut find = conn.prepare_cached(
            "SELECT m.ended, m.expires_at, m.audience, m.audiences, m.missed, a.kind
             FROM messages m LEFT JOIN audiences a ON a.id = m.audience WHERE m.seq = ?1",
        )?;
        let found = find.query_row([sql(seq)], |row| {
            let text = |column| row.get::<_, Option<String>>(column);
            let expires_at: Option<u64> = row.get(1)?;
            let single: Option<i64> = row.get(2)?;
            let direct = row.get::<_, Option<i64>>(5)? == Some(kind::CLIENT);
            Ok(Self {
                seq,
                ended: row.get(0)?,
                expired: expires_at.is_some_and(|at| at <= now),
                clients: match (single, text(3)?) {
                    (Some(id), _) => direct.then(|| vec![id]),
                    (None, several) => Some(several.as_deref().map(parse_list).unwrap_or_default()),
                },
                missed: text(4)?
                    .as_deref()
                    .map(parse_list)
                    .unwrap_or_default()
                    .into_iter()
                    .collect(),
            })
        });
        Ok(found.optional()?)
    }

    fn receipt(&self, audience: i64, position: ClientPosition) -> Receipt {
        if self.missed.contains(&audience) {
            return match self.ended {
                ended::RECALLED => Receipt::Recalled,
                ended::REPLACED => Receipt::Replaced,
                _ => Receipt::Expired,
            };
        }
        if position.acked >= self.seq {
            Receipt::Acknowledged
        } else if position.sent >= self.seq {
            Receipt::Sent
        } else if self.expired {
            Receipt::Expired
        } else {
            Receipt::Queued
        }
    }
}

/// The receipt counts of a message. None if there is no such message.
pub(super) fn receipts(
    conn: &Connection,
    positions: &Positions,
    seq: Seq,
    now: u64,
) -> Result<Option<Receipts>, ReadError> {
    let Some(message) = MessageRow::find(conn, seq, now)? else {
        return Ok(None);
    };
    let mut receipts = Receipts::default();
    let Some(clients) = &message.clients else {
        let mut find =
            conn.prepare_cached("SELECT connections, delivered FROM reach WHERE seq = ?1")?;
        let written = find
            .query_row([sql(seq)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (connections, delivered): (u64, u64) = written.unwrap_or_default();
        let pending = positions.pending_counts(seq);
        receipts.audience = connections + pending.connections;
        receipts.sent = delivered + pending.delivered;
        receipts.waiting = receipts.audience.saturating_sub(receipts.sent);
        return Ok(Some(receipts));
    };
    for id in clients {
        receipts.count(message.receipt(*id, position_now(conn, positions, *id)?.1));
    }
    Ok(Some(receipts))
}

/// The receipts of a message for each client, in the order of their numbers, without the first `skip`. Empty for a
/// message to a topic or to everyone. None if there is no such message.
pub(super) fn recipients(
    conn: &Connection,
    positions: &Positions,
    seq: Seq,
    (skip, limit): (usize, usize),
    now: u64,
) -> Result<Option<Vec<(ClientId, Receipt)>>, ReadError> {
    let Some(message) = MessageRow::find(conn, seq, now)? else {
        return Ok(None);
    };
    let mut recipients = Vec::new();
    for id in message.clients.iter().flatten().skip(skip).take(limit) {
        let (name, position) = position_now(conn, positions, *id)?;
        if let Some(client) = name {
            recipients.push((client, message.receipt(*id, position)));
        }
    }
    Ok(Some(recipients))
}

/// The receipt of a message for one client. None if it is not for this client by name, or if there is no such message.
pub(super) fn receipt_of(
    conn: &Connection,
    positions: &Positions,
    (seq, client): (Seq, &ClientId),
    now: u64,
) -> Result<Option<Receipt>, ReadError> {
    let audience = audiences::find(conn, kind::CLIENT, client.as_str())?;
    let Some((audience, message)) = audience.zip(MessageRow::find(conn, seq, now)?) else {
        return Ok(None);
    };
    let is_for = message.clients.iter().flatten().any(|id| *id == audience);
    let position = position_now(conn, positions, audience)?.1;
    Ok(is_for.then(|| message.receipt(audience, position)))
}

/// The id and the position of a client, including pending updates.
fn position_now(
    conn: &Connection,
    positions: &Positions,
    audience: i64,
) -> Result<(Option<ClientId>, ClientPosition), ReadError> {
    let mut position = position_of(conn, audience)?;
    let name = match rows::name_of(conn, audience)? {
        Some((_, name)) => Some(rows::client_id(&name)?),
        None => None,
    };
    if let Some(client) = &name {
        position.merge(positions.pending_position(client));
    }
    Ok((name, position))
}
