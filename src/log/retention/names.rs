//! Prunes the names of audiences that have no messages and have not been used for a long time.

use rusqlite::OptionalExtension;

use crate::log::{
    codes::{EVERYONE, kind, sql},
    error::StoreError,
    options::milliseconds,
    postings,
    writer::store::Store,
};

/// Audiences examined in one step.
const STEP: i64 = 100;

/// The progress of a round through all audiences.
#[derive(Default)]
pub(in crate::log) struct NamePruning {
    /// The last audience that was examined. None if no round is running.
    at: Option<i64>,
}

/// The limits of a round: what it may remove.
struct Round {
    turned_at: i64,
    pruned: i64,
    audience: i64,
}

impl Store {
    /// Examines some audiences. True if there are more. A round starts one retention period after the previous one. It
    /// removes audiences that were created before the previous round and have lost no messages since then. So the gaps
    /// of an audience are stored for at least one retention period.
    pub fn prune_names_step(
        &mut self,
        now: u64,
        state: &mut NamePruning,
    ) -> Result<bool, StoreError> {
        let round = self.conn.query_row(
            "SELECT turned_at, turned_pruned, turned_audience FROM log",
            [],
            |row| {
                Ok(Round {
                    turned_at: row.get(0)?,
                    pruned: row.get(1)?,
                    audience: row.get(2)?,
                })
            },
        )?;
        let Some(at) = state.at else {
            let due = sql(now.saturating_sub(milliseconds(self.options.max_age)));
            if round.turned_at <= due {
                state.at = Some(EVERYONE);
            }
            return Ok(round.turned_at <= due);
        };
        let last = self.relaxed(|store| store.prune_some_names(now, at, &round))?;
        state.at = last;
        if last.is_none() {
            self.end_round(now)?;
        }
        Ok(last.is_some())
    }

    /// Removes audiences after `at` that are no longer needed. None if there are no more to examine.
    fn prune_some_names(
        &mut self,
        now: u64,
        at: i64,
        round: &Round,
    ) -> Result<Option<i64>, StoreError> {
        let last: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT max(id) FROM (SELECT id FROM audiences WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3)",
            )?
            .query_row((at, round.audience, STEP), |row| row.get(0))
            .optional()?
            .flatten();
        let Some(last) = last else { return Ok(None) };
        let unseen = sql(now.saturating_sub(milliseconds(self.options.client_retention)));
        let delete = format!(
            "{} DELETE FROM audiences WHERE id > ?1 AND id <= ?2 AND max(expired, pruned) <= ?3
             AND NOT EXISTS (SELECT 1 FROM blocks JOIN posts USING (block)
                             WHERE audience IN (audiences.id, -audiences.id))
             AND (kind != {} OR NOT EXISTS (SELECT 1 FROM clients
                  WHERE audience = audiences.id AND last_seen > ?4))
             RETURNING max(expired, pruned)",
            postings::BLOCKS,
            kind::CLIENT
        );
        let mut delete = self.conn.prepare_cached(&delete)?;
        let lost =
            delete.query_map((at, last, round.pruned, unseen), |row| row.get::<_, i64>(0))?;
        let lost: Vec<i64> = lost.collect::<Result<_, _>>()?;
        drop(delete);
        if let Some(lost) = lost.into_iter().max() {
            self.conn
                .prepare_cached(
                    "DELETE FROM clients WHERE audience > ?1 AND audience <= ?2
                     AND NOT EXISTS (SELECT 1 FROM audiences WHERE id = clients.audience)",
                )?
                .execute((at, last))?;
            self.conn
                .prepare_cached("UPDATE log SET forgotten = max(forgotten, ?1)")?
                .execute([lost])?;
            self.audiences.clear();
        }
        Ok(Some(last))
    }

    /// Ends a round, and stores the limits of the next one.
    fn end_round(&mut self, now: u64) -> Result<(), StoreError> {
        self.relaxed(|store| {
            store.conn.execute(
                "UPDATE log SET turned_at = ?1, turned_pruned = pruned,
                 turned_audience = (SELECT max(id) FROM audiences)",
                [sql(now)],
            )?;
            Ok(())
        })
    }
}
