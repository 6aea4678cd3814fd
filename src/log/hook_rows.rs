//! The rows of webhooks and of their deliveries.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    codes::sql,
    event_kind::EventKinds,
    hook::{DeliveryOutcome, Failing, HookChange, HookDelivery, HookProgress, StoredHook},
    person::Hidden,
    told_rows::{Changed, Rows},
};

/// A hook that has changed. None: it was removed.
pub(super) type ChangedHook = Changed<StoredHook>;

const COLUMNS: &str = "id, config, kinds, secrets, created_at, paused, paused_at, cursor, run, lost, failing_since, failing_why, retry_at";

/// How many deliveries are kept of each hook.
const DELIVERIES: u64 = 1000;

/// Reads the hooks of the file.
pub(super) fn read(conn: &Connection) -> rusqlite::Result<Rows<StoredHook>> {
    let mut find = conn.prepare(&format!("SELECT {COLUMNS} FROM hooks"))?;
    let found = find.query_map([], hook)?;
    found
        .map(|hook| hook.map(|hook| (Arc::clone(&hook.id), Arc::new(hook))))
        .collect()
}

/// All kinds that hooks want. Those that are paused count: they get what they have missed.
pub(super) fn kinds(conn: &Connection) -> rusqlite::Result<EventKinds> {
    let mut find = conn.prepare_cached("SELECT kinds FROM hooks")?;
    let mut all = EventKinds::default();
    for kinds in find.query_map([], |row| row.get(0))? {
        all = all.with(EventKinds::of_bits(kinds?));
    }
    Ok(all)
}

fn hook(row: &Row<'_>) -> rusqlite::Result<StoredHook> {
    let since: Option<u64> = row.get(10)?;
    let why: Option<String> = row.get(11)?;
    let retry_at: Option<u64> = row.get(12)?;
    Ok(StoredHook {
        id: Arc::from(row.get::<_, String>(0)?),
        config: row.get(1)?,
        kinds: EventKinds::of_bits(row.get(2)?),
        secrets: Hidden(row.get(3)?),
        created_at: row.get(4)?,
        paused: row.get::<_, Option<_>>(5)?.zip(row.get(6)?),
        cursor: row.get(7)?,
        run: row.get(8)?,
        lost: row.get(9)?,
        failing: since.map(|since| Failing {
            since,
            why: why.unwrap_or_default(),
            retry_at: retry_at.unwrap_or_default(),
        }),
    })
}

/// Applies a change of hooks in the current transaction. Adds the hooks that have changed. Events are in
/// `hook_event_rows.rs`.
pub(super) fn apply(
    conn: &Connection,
    change: &HookChange,
    at: u64,
    changed: &mut Vec<ChangedHook>,
) -> rusqlite::Result<()> {
    let id = match change {
        HookChange::Create {
            id,
            config,
            kinds,
            secrets,
        } => {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO hooks (id, config, kinds, secrets, created_at, cursor)
                 VALUES (?1, ?2, ?3, ?4, ?5, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'hook_events'), 0))",
            )?
            .execute((id, config, kinds.bits(), &secrets.0, sql(at)))?;
            id
        }
        HookChange::Update { id, config, kinds } => {
            let update = "UPDATE hooks SET config = ?2, kinds = ?3, run = run + 1, failing_since = NULL WHERE id = ?1";
            conn.prepare_cached(update)?
                .execute((id, config, kinds.bits()))?;
            id
        }
        HookChange::Secrets(id, secrets) => {
            conn.prepare_cached("UPDATE hooks SET secrets = ?2, run = run + 1 WHERE id = ?1")?
                .execute((id, &secrets.0))?;
            id
        }
        HookChange::Pause(id, reason) => {
            let update =
                "UPDATE hooks SET paused = ?2, paused_at = ?3, run = run + 1, failing_since = NULL
                          WHERE id = ?1 AND (paused IS NULL) = (?2 IS NOT NULL)";
            let paused_at = reason.is_some().then(|| sql(at));
            conn.prepare_cached(update)?
                .execute((id, reason, paused_at))?;
            id
        }
        HookChange::Replay(id, since) => {
            let update = "UPDATE hooks SET run = run + 1, replayed = run + 1, cursor = min(cursor,
                              (SELECT min(seq) - 1 FROM hook_events WHERE at >= ?2))
                          WHERE id = ?1 AND EXISTS (SELECT 1 FROM hook_events WHERE at >= ?2)";
            conn.prepare_cached(update)?.execute((id, sql(*since)))?;
            id
        }
        HookChange::Remove(id) => {
            conn.prepare_cached("DELETE FROM hooks WHERE id = ?1")?
                .execute([id])?;
            conn.prepare_cached("DELETE FROM hook_deliveries WHERE hook = ?1")?
                .execute([id])?;
            changed.push((Arc::from(id.as_str()), None));
            return Ok(());
        }
        HookChange::Progress(progress) => {
            note_progress(conn, progress)?;
            &progress.id
        }
        HookChange::Prune(line) => return lose(conn, *line, changed),
        HookChange::Events(_) => return Ok(()),
    };
    note(conn, id, changed)
}

/// Adds a hook as it is now to those that have changed.
fn note(conn: &Connection, id: &str, changed: &mut Vec<ChangedHook>) -> rusqlite::Result<()> {
    let find = format!("SELECT {COLUMNS} FROM hooks WHERE id = ?1");
    let found = conn
        .prepare_cached(&find)?
        .query_row([id], hook)
        .optional()?;
    changed.extend(found.map(|hook| (Arc::clone(&hook.id), Some(Arc::new(hook)))));
    Ok(())
}

fn note_progress(conn: &Connection, progress: &HookProgress) -> rusqlite::Result<()> {
    let failing = progress.failing.as_ref();
    // What an earlier run has delivered counts, unless events were sent again since then.
    let update = "UPDATE hooks SET cursor = max(cursor, ?3) WHERE id = ?1 AND replayed <= ?2";
    conn.prepare_cached(update)?.execute((
        &progress.id,
        sql(progress.run),
        sql(progress.cursor),
    ))?;
    let update = "UPDATE hooks SET failing_since = ?3, failing_why = ?4, retry_at = ?5 WHERE id = ?1 AND run = ?2";
    let is_current = conn.prepare_cached(update)?.execute((
        &progress.id,
        sql(progress.run),
        failing.map(|failing| sql(failing.since)),
        failing.map(|failing| &failing.why),
        failing.map(|failing| sql(failing.retry_at)),
    ))? > 0;
    let mut put = conn.prepare_cached(
        "INSERT OR REPLACE INTO hook_deliveries (hook, event, at, attempts, outcome, status, latency, error)
         SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM hooks WHERE id = ?1",
    )?;
    for delivery in &progress.deliveries {
        put.execute((
            &progress.id,
            sql(delivery.event),
            sql(delivery.at),
            sql(delivery.attempts),
            delivery.outcome as u32,
            delivery.status,
            delivery.latency.map(sql),
            &delivery.error,
        ))?;
    }
    if is_current && !progress.deliveries.is_empty() {
        conn.prepare_cached(
            "DELETE FROM hook_deliveries WHERE hook = ?1 AND event <= (SELECT event FROM hook_deliveries
             WHERE hook = ?1 ORDER BY event DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute((&progress.id, sql(DELIVERIES)))?;
    }
    Ok(())
}

/// Events up to this one are about to be removed. Counts those that a hook has not got, and moves it behind them.
fn lose(conn: &Connection, line: u64, changed: &mut Vec<ChangedHook>) -> rusqlite::Result<()> {
    let mut behind = conn.prepare_cached("SELECT id FROM hooks WHERE cursor < ?1 ORDER BY id")?;
    let behind = behind.query_map([sql(line)], |row| row.get::<_, String>(0))?;
    for id in behind.collect::<Result<Vec<_>, _>>()? {
        conn.prepare_cached(
            "UPDATE hooks SET lost = lost + (SELECT count(*) FROM hook_events e WHERE e.seq > hooks.cursor
                 AND e.seq <= ?2 AND hooks.kinds & (1 << e.kind)), cursor = ?2 WHERE id = ?1",
        )?
        .execute((&id, sql(line)))?;
        note(conn, &id, changed)?;
    }
    Ok(())
}

/// Up to `limit` deliveries of a hook of events before this one, newest first.
pub(super) fn deliveries(
    conn: &Connection,
    hook: &str,
    before: u64,
    limit: usize,
) -> rusqlite::Result<Vec<HookDelivery>> {
    let mut find = conn.prepare_cached(
        "SELECT event, at, attempts, outcome, status, latency, error FROM hook_deliveries
         WHERE hook = ?1 AND event < ?2 ORDER BY event DESC LIMIT ?3",
    )?;
    let found = find.query_map((hook, sql(before), limit), |row| {
        let outcome: usize = row.get(3)?;
        Ok(HookDelivery {
            event: row.get(0)?,
            at: row.get(1)?,
            attempts: row.get(2)?,
            outcome: DeliveryOutcome::ALL
                .get(outcome)
                .copied()
                .unwrap_or(DeliveryOutcome::Failed),
            status: row.get(4)?,
            latency: row.get(5)?,
            error: row.get(6)?,
        })
    })?;
    found.collect()
}
