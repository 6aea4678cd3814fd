//! The rows of revoked stream tokens.

use std::collections::HashMap;

use parking_lot::RwLock;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::{
    log::{
        change::{RevokedTokens, TokenChange},
        codes::sql,
    },
    message::ClientId,
};

/// The maximum number of rows. When there are more, those that end first are removed.
const MAX_ROWS: u64 = 100_000;

/// A row.
#[derive(Clone)]
pub(in crate::log) struct Revocation {
    tokens: RevokedTokens,
    /// The newest token of a client that it is about, in seconds since 1970.
    issued_until: u64,
    /// In milliseconds since 1970.
    ends_at: u64,
}

/// What is revoked now.
#[derive(Default)]
pub(super) struct Revocations {
    tables: RwLock<Tables>,
    changes: watch::Sender<()>,
}

/// The end of each row, in milliseconds since 1970.
#[derive(Default)]
struct Tables {
    ids: HashMap<String, u64>,
    /// And the newest token that is revoked, in seconds since 1970.
    clients: HashMap<ClientId, (u64, u64)>,
}

impl Revocations {
    /// Reads the rows of the file.
    pub fn read(&self, conn: &Connection) -> rusqlite::Result<()> {
        let rows = "SELECT kind, name, issued_until, ends_at FROM revoked_tokens";
        let mut find = conn.prepare(rows)?;
        let found = find.query_map([], |row| {
            let name: String = row.get(1)?;
            let tokens = match row.get::<_, u8>(0)? {
                0 => Some(RevokedTokens::WithId(name)),
                _ => ClientId::parse(&name).ok().map(RevokedTokens::OfClient),
            };
            let (issued_until, ends_at) = (row.get(2)?, row.get(3)?);
            Ok(tokens.map(|tokens| Revocation {
                tokens,
                issued_until,
                ends_at,
            }))
        })?;
        let mut tables = self.tables.write();
        *tables = Tables::default();
        for revocation in found {
            if let Some(revocation) = revocation? {
                tables.add(revocation);
            }
        }
        Ok(())
    }

    /// Adds rows that were written at this time, and tells everybody who waits for changes.
    pub fn add(&self, new: impl ExactSizeIterator<Item = Revocation>, now: u64) {
        if new.len() == 0 {
            return;
        }
        let mut tables = self.tables.write();
        tables.ids.retain(|_, ends_at| *ends_at > now);
        tables.clients.retain(|_, (_, ends_at)| *ends_at > now);
        new.for_each(|revocation| tables.add(revocation));
        drop(tables);
        self.changes.send_replace(());
    }

    /// Whether a token is revoked at this time. A token of a revoked client that does not say when it was issued is.
    pub fn has(
        &self,
        client: &ClientId,
        id: Option<&str>,
        issued_at: Option<u64>,
        now: u64,
    ) -> bool {
        let tables = self.tables.read();
        let by_id = id.and_then(|id| tables.ids.get(id));
        let by_client = || tables.clients.get(client);
        by_id.is_some_and(|ends_at| *ends_at > now)
            || by_client().is_some_and(|(issued_until, ends_at)| {
                *ends_at > now && issued_at.is_none_or(|at| at <= *issued_until)
            })
    }

    /// Tells about changes.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }
}

impl Tables {
    fn add(&mut self, new: Revocation) {
        match new.tokens {
            RevokedTokens::WithId(id) => drop(self.ids.insert(id, new.ends_at)),
            RevokedTokens::OfClient(client) => {
                let row = (new.issued_until, new.ends_at);
                self.clients.insert(client, row);
            }
        }
    }
}

/// Revokes tokens in the current transaction. Returns the row.
pub(super) fn apply(
    conn: &Connection,
    change: &TokenChange,
    at: u64,
) -> rusqlite::Result<Revocation> {
    let (kind, name) = match &change.tokens {
        RevokedTokens::WithId(id) => (0, id.as_str()),
        RevokedTokens::OfClient(client) => (1, client.as_str()),
    };
    let issued_until = at / 1000;
    let put =
        "INSERT INTO revoked_tokens (kind, name, issued_until, ends_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET issued_until = max(issued_until, excluded.issued_until),
             ends_at = max(ends_at, excluded.ends_at)
         RETURNING issued_until, ends_at";
    let row = (kind, name, sql(issued_until), sql(change.ends_at));
    let (issued_until, ends_at) = conn
        .prepare_cached(put)?
        .query_row(row, |row| Ok((row.get(0)?, row.get(1)?)))?;
    conn.prepare_cached(
        "DELETE FROM revoked_tokens WHERE ends_at <= ?1 OR (kind, name) IN
         (SELECT kind, name FROM revoked_tokens ORDER BY ends_at DESC, kind, name LIMIT -1 OFFSET ?2)",
    )?
    .execute((sql(at), sql(MAX_ROWS)))?;
    Ok(Revocation {
        tokens: change.tokens.clone(),
        issued_until,
        ends_at,
    })
}
