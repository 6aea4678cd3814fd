//! The rows of samples and marks.

use rusqlite::{Connection, Row};

use crate::log::{
    codes::sql,
    error::StoreError,
    sample::{MarkKind, NewSamples, NodeMark, NodeSample, Step},
    writer::store::Store,
};

/// The most marks that are kept. Something that happens again and again must not fill the file.
const MAX_MARKS: i64 = 500;

impl Store {
    /// Writes samples and marks, and removes those that are too old, in a transaction that power loss may undo. It costs no
    /// fsync: what it changes becomes durable with the next message, or with the next checkpoint.
    pub fn write_samples(&mut self, new: &NewSamples) -> Result<(), StoreError> {
        self.relaxed(|store| Ok(put(&store.conn, new)?))
    }
}

fn put(conn: &Connection, new: &NewSamples) -> rusqlite::Result<()> {
    let mut write = conn.prepare_cached(
        "INSERT OR REPLACE INTO samples
         (step, at, clients, connections, pushes, deliveries, lag_p50, lag_p99, memory)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (step, sample) in &new.samples {
        write.execute((
            sql(step.seconds()),
            sql(sample.at),
            sql(sample.clients),
            sql(sample.connections),
            sample.pushes,
            sample.deliveries,
            sample.lag_p50,
            sample.lag_p99,
            sql(sample.memory),
        ))?;
    }
    let mut write =
        conn.prepare_cached("INSERT OR REPLACE INTO marks (at, kind, value) VALUES (?1, ?2, ?3)")?;
    for NodeMark { at, kind, value } in &new.marks {
        write.execute((sql(*at), *kind as i64, value))?;
    }
    prune(conn, new)
}

/// Removes what is too old, and what a clock that was wrong has put into the future.
fn prune(conn: &Connection, new: &NewSamples) -> rusqlite::Result<()> {
    let mut remove =
        conn.prepare_cached("DELETE FROM samples WHERE step = ?1 AND (at < ?2 OR at > ?3)")?;
    for step in Step::ALL {
        let of_step = new.samples.iter().filter(|(other, _)| *other == step);
        if let Some(newest) = of_step.map(|(_, sample)| sample.at).max() {
            let oldest = newest.saturating_sub(step.kept());
            remove.execute((sql(step.seconds()), sql(oldest), sql(newest)))?;
        }
    }
    if let Some(newest) = new.marks.iter().map(|mark| mark.at).max() {
        let oldest = newest.saturating_sub(Step::Coarse.kept());
        conn.prepare_cached(
            "DELETE FROM marks WHERE at < ?1 OR at > ?2
             OR at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute((sql(oldest), sql(newest), MAX_MARKS - 1))?;
    }
    Ok(())
}

/// The samples of a step from a time on, oldest first.
pub(super) fn samples(
    conn: &Connection,
    step: Step,
    since: u64,
) -> rusqlite::Result<Vec<NodeSample>> {
    let mut find = conn.prepare_cached(
        "SELECT at, clients, connections, pushes, deliveries, lag_p50, lag_p99, memory
         FROM samples WHERE step = ?1 AND at >= ?2 ORDER BY at",
    )?;
    let found = find.query_map((sql(step.seconds()), sql(since)), sample)?;
    found.collect()
}

fn sample(row: &Row<'_>) -> rusqlite::Result<NodeSample> {
    Ok(NodeSample {
        at: row.get(0)?,
        clients: row.get(1)?,
        connections: row.get(2)?,
        pushes: row.get(3)?,
        deliveries: row.get(4)?,
        lag_p50: row.get(5)?,
        lag_p99: row.get(6)?,
        memory: row.get(7)?,
    })
}

/// The marks from a time on, oldest first. A kind that this program does not know is left out.
pub(super) fn marks(conn: &Connection, since: u64) -> rusqlite::Result<Vec<NodeMark>> {
    let mut find =
        conn.prepare_cached("SELECT at, kind, value FROM marks WHERE at >= ?1 ORDER BY at, kind")?;
    let mut rows = find.query([sql(since)])?;
    let mut marks = Vec::new();
    while let Some(row) = rows.next()? {
        let place: usize = row.get(1)?;
        if let Some(kind) = MarkKind::ALL.get(place) {
            marks.push(NodeMark {
                at: row.get(0)?,
                kind: *kind,
                value: row.get(2)?,
            });
        }
    }
    Ok(marks)
}

/// Removes all of them: from a copy for another node, which has its own.
pub(super) fn leave_out(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch("DELETE FROM samples; DELETE FROM marks;")
}
