//! NamePruning names: an audience for which nothing waits, and that nobody has seen for long.

use rusqlite::OptionalExtension;

use crate::log::{
    codes::{EVERYONE, kind, sql},
    error::StoreError,
    options::milliseconds,
    postings,
    writer::store::Store,
};

/// Audiences looked at in one step.
const STEP: i64 = 100;

/// Where the search for audiences to forget stands.
#[derive(Default)]
pub(in crate::log) struct NamePruning {
    /// The last audience that was looked at in this round; none: no round is on.
    at: Option<i64>,
}

/// What a round may forget.
struct Round {
    turned_at: i64,
    pruned: i64,
    audience: i64,
}

impl Store {
    /// Looks at some audiences, and says whether there are more to look at. A round starts when the
    /// last one is a retention time ago. It forgets what was made before the last round began and has lost
    /// nothing since: so an audience's gaps are remembered for a retention time after they are gone.
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
            self.turn(now)?;
        }
        Ok(last.is_some())
    }

    /// Forgets what it may among the audiences after `at`. None: there are no more.
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
        let unseen = sql(now.saturating_sub(milliseconds(self.options.forget_clients)));
        let forget = format!(
            "{} DELETE FROM audiences WHERE id > ?1 AND id <= ?2 AND max(expired, pruned) <= ?3
             AND NOT EXISTS (SELECT 1 FROM blocks JOIN posts USING (block)
                             WHERE audience IN (audiences.id, -audiences.id))
             AND (kind != {} OR NOT EXISTS (SELECT 1 FROM clients
                  WHERE audience = audiences.id AND last_seen > ?4))
             RETURNING max(expired, pruned)",
            postings::BLOCKS,
            kind::CLIENT
        );
        let mut forget = self.conn.prepare_cached(&forget)?;
        let lost =
            forget.query_map((at, last, round.pruned, unseen), |row| row.get::<_, i64>(0))?;
        let lost: Vec<i64> = lost.collect::<Result<_, _>>()?;
        drop(forget);
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

    /// Ends a round: what is now is what the next one may forget.
    fn turn(&mut self, now: u64) -> Result<(), StoreError> {
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
