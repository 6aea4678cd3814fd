//! Positions in the file: written in batches, and read by the number of an audience.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    audiences,
    codes::{kind, sql},
    error::StoreError,
    positions::{ClientPosition, PendingUpdate, Reach},
    rows,
    writer::store::Store,
};
use crate::message::{ClientId, Seq};

impl Store {
    /// Writes some of what is new.
    pub fn write_positions(&mut self) -> Result<(), StoreError> {
        let positions = Arc::clone(&self.positions);
        let (clients, reach) = positions.take();
        let clients: Vec<_> = clients.iter().collect();
        let result = match self.write_updates(&clients, &reach) {
            Err(StoreError::Damaged(_)) => self.write_updates_apart(&clients, &reach),
            result => result,
        };
        match result {
            Ok(()) => positions.written(),
            Err(_) => positions.give_back(&reach),
        }
        result
    }

    /// Writes each update by itself, and drops those that need what is damaged: their clients get messages twice.
    fn write_updates_apart(
        &mut self,
        clients: &[(&ClientId, &PendingUpdate)],
        reach: &[(Seq, Reach)],
    ) -> Result<(), StoreError> {
        let clients = clients.chunks(1).map(|client| (client, &[][..]));
        let reach = reach.chunks(1).map(|reach| (&[][..], reach));
        for (client, reach) in clients.chain(reach) {
            match self.write_updates(client, reach) {
                Err(StoreError::Damaged(_)) => {}
                result => result?,
            }
        }
        Ok(())
    }

    fn write_updates(
        &mut self,
        clients: &[(&ClientId, &PendingUpdate)],
        reach: &[(Seq, Reach)],
    ) -> Result<(), StoreError> {
        self.relaxed(|store| {
            for (client, update) in clients {
                store.write_client(client, update)?;
            }
            let mut put = store.conn.prepare_cached(
                "INSERT INTO reach (seq, connections, delivered) VALUES (?1, ?2, ?3)
                 ON CONFLICT (seq) DO UPDATE SET connections = connections + excluded.connections,
                                                 delivered = delivered + excluded.delivered",
            )?;
            // A message that was pruned meanwhile has no reach to remember.
            for (seq, reach) in reach.iter().filter(|(seq, _)| *seq > store.pruned) {
                put.execute((sql(*seq), sql(reach.connections), sql(reach.delivered)))?;
            }
            store.count_messages()
        })
    }

    /// How far the client of an audience had come when a message ended: by its expiry, or now.
    pub fn position_at_end(
        &self,
        audience: i64,
        expiry: Option<u64>,
    ) -> Result<ClientPosition, StoreError> {
        let mut position = position_of(&self.conn, audience)?;
        if self.positions.is_empty() {
            return Ok(position);
        }
        if let Some((kind::CLIENT, name)) = rows::name_of(&self.conn, audience)?
            && let Ok(client) = ClientId::parse(&name)
        {
            position.merge(match expiry {
                Some(expiry) => self.positions.unwritten_before(&client, expiry),
                None => self.positions.unwritten(&client),
            });
        }
        Ok(position)
    }

    fn write_client(
        &mut self,
        client: &ClientId,
        update: &PendingUpdate,
    ) -> Result<(), StoreError> {
        let audience = self.audiences.client(&self.conn, client)?;
        self.conn
            .prepare_cached(
                "INSERT INTO clients (audience, sent, acked, first_seen, last_seen, last_reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (audience) DO UPDATE SET
                     sent = max(sent, excluded.sent),
                     acked = max(acked, excluded.acked),
                     first_seen = coalesce(first_seen, excluded.first_seen),
                     last_seen = coalesce(max(last_seen, excluded.last_seen), last_seen, excluded.last_seen),
                     last_reason = coalesce(excluded.last_reason, last_reason)",
            )?
            .execute((
                audience,
                sql(update.position.sent),
                sql(update.position.acked),
                update.first_seen.map(sql),
                update.last_seen.map(sql),
                update.reason.as_deref(),
            ))?;
        Ok(())
    }
}

/// How far the file says that a client is, and its audience's number; none: it does not know the name.
pub(super) fn written(
    conn: &Connection,
    client: &ClientId,
) -> rusqlite::Result<Option<(i64, ClientPosition)>> {
    let Some(id) = audiences::find(conn, kind::CLIENT, client.as_str())? else {
        return Ok(None);
    };
    Ok(Some((id, position_of(conn, id)?)))
}

/// How far the file says that a client is, by the number of its audience.
pub(super) fn position_of(conn: &Connection, audience: i64) -> rusqlite::Result<ClientPosition> {
    conn.prepare_cached("SELECT sent, acked FROM clients WHERE audience = ?1")?
        .query_row([audience], |row| {
            Ok(ClientPosition {
                sent: row.get(0)?,
                acked: row.get(1)?,
            })
        })
        .optional()
        .map(Option::unwrap_or_default)
}
