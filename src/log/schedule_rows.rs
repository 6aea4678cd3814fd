//! The rows of messages that are to be pushed later (table `scheduled`).

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    codes::{NOT_SENT, sql},
    entry::{Digest, Entry, IdempotencyKey},
    error::{ReadError, StoreError},
    kept_size::KeptSize,
    record::entry_cbor,
    schedule::{NewSchedule, Schedule, ScheduleId, SchedulePlace, ScheduleState, Scheduled, When},
};
use crate::message::Seq;

/// Messages that one step sends, at most.
const STEP: u64 = 1_000;

/// Bytes of entries that one step sends, about.
const STEP_BYTES: usize = 4 << 20;

/// What waits, for those who do not read the file.
#[derive(Clone)]
pub(super) struct WaitingSchedules {
    /// When the next one is due, in milliseconds since 1970. `u64::MAX` if none waits.
    next_due: Arc<AtomicU64>,
    count: Arc<AtomicU64>,
}

impl WaitingSchedules {
    /// Reads what waits from the file, and how much it is.
    pub fn read(conn: &Connection) -> rusqlite::Result<(Self, KeptSize)> {
        let find =
            "SELECT count(*), coalesce(sum(length(entry)), 0) FROM scheduled WHERE message IS NULL";
        let size = conn.query_row(find, [], |row| {
            Ok(KeptSize {
                messages: row.get(0)?,
                bytes: row.get(1)?,
            })
        })?;
        let waiting = Self {
            next_due: Arc::new(next_due(conn)?.into()),
            count: Arc::new(size.messages.into()),
        };
        Ok((waiting, size))
    }

    /// What is known of a file whose table can't be read.
    pub fn unknown() -> Self {
        Self {
            next_due: Arc::new(u64::MAX.into()),
            count: Arc::default(),
        }
    }

    /// When the next one is due, in milliseconds since 1970. `u64::MAX` if none waits.
    pub fn next_due(&self) -> u64 {
        self.next_due.load(Ordering::Acquire)
    }

    /// How many wait.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Takes what was committed.
    pub fn set(&self, next_due: u64, count: u64) {
        self.next_due.store(next_due, Ordering::Release);
        self.count.store(count, Ordering::Relaxed);
    }
}

/// When the next one is due, in milliseconds since 1970. `u64::MAX` if none waits.
pub(super) fn next_due(conn: &Connection) -> rusqlite::Result<u64> {
    let find = "SELECT min(due_at) FROM scheduled WHERE message IS NULL";
    let next: Option<u64> = conn.prepare_cached(find)?.query_row([], |row| row.get(0))?;
    Ok(next.unwrap_or(u64::MAX))
}

/// Stores a message for later, unless its key is in use or too many wait. `held` is how many wait; `key_age` is in milliseconds.
pub(super) fn add(
    conn: &Connection,
    new: &NewSchedule,
    now: u64,
    key_age: u64,
    held: &mut KeptSize,
) -> rusqlite::Result<Scheduled> {
    let find = "SELECT due_at FROM scheduled WHERE id = ?1";
    let known: Option<u64> = conn
        .prepare_cached(find)?
        .query_row([new.id.to_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(due_at) = known {
        return Ok(Scheduled::Repeated(new.id, due_at));
    }
    let key = new.entry.key.as_deref();
    if let Some((key, digest)) = key
        && let Some(earlier) = used(conn, key, digest, now.saturating_sub(key_age))?
    {
        return Ok(earlier);
    }
    let entry = entry_cbor::encode(&new.entry.clone().when_due());
    let bytes = entry.len() as u64;
    if held.messages >= new.most.messages || held.bytes + bytes > new.most.bytes {
        return Ok(Scheduled::Full);
    }
    if let Some((key, digest)) = key {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO keys (key, digest, seq, at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((key.as_str(), digest, sql(NOT_SENT), sql(now)))?;
    }
    let due_at = new.when.due_at(now);
    conn.prepare_cached(
        "INSERT INTO scheduled (id, due_at, made_at, key, entry) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        new.id.to_bytes(),
        sql(due_at),
        sql(now),
        key.map(|(key, _)| key.as_str()),
        entry,
    ))?;
    held.add(bytes);
    Ok(Scheduled::Stored(new.id, due_at))
}

/// What an earlier push with this key was. None if there was none that still counts.
fn used(
    conn: &Connection,
    key: &IdempotencyKey,
    digest: &Digest,
    too_old: u64,
) -> rusqlite::Result<Option<Scheduled>> {
    let found: Option<Digest> = conn
        .prepare_cached("SELECT digest FROM keys WHERE key = ?1 AND at > ?2")?
        .query_row((key.as_str(), sql(too_old)), |row| row.get(0))
        .optional()?;
    let Some(first) = found else { return Ok(None) };
    if first != *digest {
        return Ok(Some(Scheduled::KeyReused));
    }
    let find = "SELECT id, due_at FROM scheduled WHERE key = ?1 ORDER BY number DESC LIMIT 1";
    let earlier = conn
        .prepare_cached(find)?
        .query_row([key.as_str()], |row| {
            let id = ScheduleId::from_bytes(row.get(0)?);
            Ok(Scheduled::Repeated(id, row.get(1)?))
        })
        .optional()?;
    // If it was sent, and its message was pruned since, it is not sent again.
    Ok(Some(earlier.unwrap_or(Scheduled::KeyReused)))
}

/// Changes the time of a message that waits.
pub(super) fn shift(
    conn: &Connection,
    id: ScheduleId,
    when: When,
    now: u64,
) -> rusqlite::Result<Scheduled> {
    let due_at = when.due_at(now);
    let update = "UPDATE scheduled SET due_at = ?2 WHERE id = ?1 AND message IS NULL";
    let changed = conn
        .prepare_cached(update)?
        .execute((id.to_bytes(), sql(due_at)))?;
    Ok(match changed {
        0 => Scheduled::NotWaiting,
        _ => Scheduled::Stored(id, due_at),
    })
}

/// Removes a message that waits, and releases its key.
pub(super) fn cancel(
    conn: &Connection,
    id: ScheduleId,
    held: &mut KeptSize,
) -> rusqlite::Result<Scheduled> {
    let delete = "DELETE FROM scheduled WHERE id = ?1 AND message IS NULL
                  RETURNING key, length(entry)";
    let removed: Option<(Option<String>, u64)> = conn
        .prepare_cached(delete)?
        .query_row([id.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((key, bytes)) = removed else {
        return Ok(Scheduled::NotWaiting);
    };
    held.remove(bytes);
    if let Some(key) = key {
        conn.prepare_cached("DELETE FROM keys WHERE key = ?1 AND seq = ?2")?
            .execute((key, sql(NOT_SENT)))?;
    }
    Ok(Scheduled::Cancelled)
}

/// A message that is due.
pub(super) struct Due {
    pub number: i64,
    /// Bytes of its entry in the file.
    pub bytes: u64,
}

/// The next messages that are due at this time, in order.
pub(super) fn due(conn: &Connection, until: u64) -> Result<Vec<(Due, Entry)>, StoreError> {
    let mut find = conn.prepare_cached(
        "SELECT number, entry FROM scheduled WHERE message IS NULL AND due_at <= ?1
         ORDER BY due_at, number LIMIT ?2",
    )?;
    let mut rows = find.query((sql(until), sql(STEP)))?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let entry = row.get_ref(1)?.as_blob().map_err(invalid)?;
        bytes += entry.len();
        let due = Due {
            number,
            bytes: entry.len() as u64,
        };
        let entry = entry_cbor::decode(entry)
            .map_err(|why| StoreError::Damaged(format!("scheduled message {number}: {why}")))?;
        found.push((due, entry));
        if bytes >= STEP_BYTES {
            break;
        }
    }
    Ok(found)
}

fn invalid(why: rusqlite::types::FromSqlError) -> StoreError {
    StoreError::Damaged(format!("a scheduled message: {why}"))
}

/// Notes the position of a message that was sent.
pub(super) fn sent(conn: &Connection, number: i64, seq: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE scheduled SET message = ?2, entry = x'' WHERE number = ?1")?
        .execute((number, sql(seq)))?;
    Ok(())
}

/// Removes those whose messages were pruned: all up to this position.
pub(super) fn prune(conn: &Connection, line: Seq) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM scheduled WHERE message <= ?1")?
        .execute([sql(line)])?;
    Ok(())
}

const COLUMNS: &str = "number, id, due_at, made_at, entry, message";

/// One of them. None if there is none with this id.
pub(super) fn find(conn: &Connection, id: ScheduleId) -> Result<Option<Schedule>, ReadError> {
    let find = format!("SELECT {COLUMNS} FROM scheduled WHERE id = ?1");
    let mut find = conn.prepare_cached(&find)?;
    let mut rows = find.query([id.to_bytes()])?;
    rows.next()?.map(schedule).transpose()
}

/// The schedule that has become a message. None if it was pushed at once.
pub(super) fn of_message(conn: &Connection, seq: Seq) -> rusqlite::Result<Option<ScheduleId>> {
    conn.prepare_cached("SELECT id FROM scheduled WHERE message = ?1")?
        .query_row([sql(seq)], |row| row.get(0))
        .optional()
        .map(|id| id.map(ScheduleId::from_bytes))
}

/// Up to `limit` of those that wait, after a place, in the order in which they are sent.
pub(super) fn page(
    conn: &Connection,
    (due_at, number): SchedulePlace,
    limit: usize,
) -> Result<Vec<Schedule>, ReadError> {
    let find = format!(
        "SELECT {COLUMNS} FROM scheduled WHERE message IS NULL AND (due_at, number) > (?1, ?2)
         ORDER BY due_at, number LIMIT ?3"
    );
    let mut find = conn.prepare_cached(&find)?;
    let mut rows = find.query((sql(due_at), sql(number), sql(limit as u64)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(schedule(row)?);
    }
    Ok(found)
}

fn schedule(row: &Row<'_>) -> Result<Schedule, ReadError> {
    let state = match row.get::<_, Option<Seq>>(5)? {
        Some(seq) => ScheduleState::Sent(seq),
        None => {
            let entry = row.get_ref(4)?.as_blob();
            let entry = entry.map_err(|why| ReadError::Invalid(why.to_string()))?;
            let entry =
                entry_cbor::decode(entry).map_err(|why| ReadError::Invalid(why.to_string()))?;
            ScheduleState::Waiting(Box::new(entry.draft))
        }
    };
    Ok(Schedule {
        number: row.get(0)?,
        id: ScheduleId::from_bytes(row.get(1)?),
        due_at: row.get(2)?,
        made_at: row.get(3)?,
        state,
    })
}
