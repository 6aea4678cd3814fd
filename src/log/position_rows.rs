//! The rows of client positions and delivery counts. They are written in batches.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    audiences,
    codes::{kind, sql},
    error::StoreError,
    event_kind::EventKind,
    positions::{ClientPosition, DeliveryCounts, PendingUpdate},
    rows,
    writer::store::Store,
};
use crate::message::{ClientId, Seq};

impl Store {
    /// Writes a batch of pending updates.
    pub fn write_positions(&mut self) -> Result<(), StoreError> {
        let positions = Arc::clone(&self.positions);
        let (clients, counts) = positions.take();
        let clients: Vec<_> = clients.iter().collect();
        let result = match self.write_updates(&clients, &counts) {
            Err(StoreError::Damaged(_)) => self.write_updates_apart(&clients, &counts),
            result => result,
        };
        match result {
            Ok(()) => positions.written(),
            Err(_) => positions.restore(&counts),
        }
        result
    }

    /// Writes each update in its own transaction, and drops updates that need damaged pages. Their clients get messages
    /// twice.
    fn write_updates_apart(
        &mut self,
        clients: &[(&ClientId, &PendingUpdate)],
        counts: &[(Seq, DeliveryCounts)],
    ) -> Result<(), StoreError> {
        let clients = clients.chunks(1).map(|client| (client, &[][..]));
        let counts = counts.chunks(1).map(|counts| (&[][..], counts));
        for (client, counts) in clients.chain(counts) {
            match self.write_updates(client, counts) {
                Err(StoreError::Damaged(_)) => {}
                result => result?,
            }
        }
        Ok(())
    }

    fn write_updates(
        &mut self,
        clients: &[(&ClientId, &PendingUpdate)],
        counts: &[(Seq, DeliveryCounts)],
    ) -> Result<(), StoreError> {
        let now = self.options.clock.now();
        self.relaxed(|store| store.put_updates(clients.iter().copied(), counts, now))
    }

    /// Writes these updates in the current transaction.
    pub fn put_updates<'a>(
        &mut self,
        clients: impl Iterator<Item = (&'a ClientId, &'a PendingUpdate)>,
        counts: &[(Seq, DeliveryCounts)],
        at: u64,
    ) -> Result<(), StoreError> {
        let tells = self.hook_kinds()?.has(EventKind::MessageAcknowledged);
        for (client, update) in clients {
            if tells {
                self.tell_acknowledged(client, update, at)?;
            }
            self.write_client(client, update)?;
        }
        let mut put = self.conn.prepare_cached(
            "INSERT INTO reach (seq, connections, delivered) VALUES (?1, ?2, ?3)
             ON CONFLICT (seq) DO UPDATE SET connections = connections + excluded.connections,
                                             delivered = delivered + excluded.delivered",
        )?;
        // Messages that were pruned meanwhile have no delivery counts.
        for (seq, counts) in counts.iter().filter(|(seq, _)| *seq > self.pruned) {
            put.execute((sql(*seq), sql(counts.connections), sql(counts.delivered)))?;
        }
        drop(put);
        self.count_messages()
    }

    /// The positions of these audiences that are not in the file, by audience: as they were before a message expired.
    pub fn pending_positions_before(
        &self,
        expiry: u64,
        audiences: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, ClientPosition>, StoreError> {
        let mut pending = HashMap::new();
        if self.positions.is_empty() {
            return Ok(pending);
        }
        for audience in audiences {
            if let Some((kind::CLIENT, name)) = rows::name_of(&self.conn, audience)?
                && let Ok(client) = ClientId::parse(&name)
            {
                let position = self.positions.pending_position_before(&client, expiry);
                pending.insert(audience, position);
            }
        }
        Ok(pending)
    }

    /// Writes an event for webhooks, if an update moves what a client has acknowledged.
    fn tell_acknowledged(
        &mut self,
        client: &ClientId,
        update: &PendingUpdate,
        at: u64,
    ) -> Result<(), StoreError> {
        if update.position.acked == 0 {
            return Ok(());
        }
        let audience = self.audiences.client(&self.conn, client)?;
        let before = position_of(&self.conn, audience)?.acked;
        match before < update.position.acked {
            true => self.put_acknowledged(client, audience, (before, update.position.acked), at),
            false => Ok(()),
        }
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

/// The position of a client in the file, and the number of its audience. None if the file does not know the client.
pub(super) fn written(
    conn: &Connection,
    client: &ClientId,
) -> rusqlite::Result<Option<(i64, ClientPosition)>> {
    let Some(id) = audiences::find(conn, kind::CLIENT, client.as_str())? else {
        return Ok(None);
    };
    Ok(Some((id, position_of(conn, id)?)))
}

/// The position of a client in the file, by the number of its audience.
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
