//! The rows of what happened, for webhooks. Nothing is written that no hook wants.

use rusqlite::{Connection, Row};

use crate::{
    job::{Job, State},
    log::{
        codes::{kind, sql},
        error::{ReadError, StoreError},
        event_kind::{EventKind, EventKinds},
        hook::{HookEvent, NewHookEvent, NodeEvents},
        hook_rows, postings,
        rows::{list, name_of, parse_list},
        writer::store::Store,
    },
    message::{ClientId, Seq},
};

/// The most messages that one event names.
const MESSAGES: u64 = 100;

const INSERT: &str = "INSERT INTO hook_events (at, kind, client, topic, messages, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const COLUMNS: &str = "seq, at, kind, client, topic, messages, data";

/// An event to be written.
pub(super) struct EventRow<'e> {
    pub kind: EventKind,
    pub client: Option<&'e str>,
    pub topic: Option<&'e str>,
    pub messages: &'e [Seq],
    pub data: &'e str,
}

/// Writes an event in the current transaction.
fn insert(conn: &Connection, at: u64, event: &EventRow<'_>) -> rusqlite::Result<()> {
    let messages: Vec<i64> = event.messages.iter().map(|seq| sql(*seq)).collect();
    let messages = match messages.is_empty() {
        true => String::new(),
        false => list(&messages),
    };
    conn.prepare_cached(INSERT)?.execute((
        sql(at),
        event.kind.code(),
        event.client,
        event.topic,
        messages,
        event.data,
    ))?;
    Ok(())
}

/// Up to `limit` events after this one, in order. Those of a kind that this program does not know are left out.
pub(super) fn after(
    conn: &Connection,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<HookEvent>> {
    let find = format!("SELECT {COLUMNS} FROM hook_events WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    let mut find = conn.prepare_cached(&find)?;
    let found = find.query_map((sql(after), limit), event)?;
    found.filter_map(Result::transpose).collect()
}

/// The events with these numbers, as far as they are there.
pub(super) fn with_numbers(conn: &Connection, numbers: &[u64]) -> rusqlite::Result<Vec<HookEvent>> {
    let find = format!("SELECT {COLUMNS} FROM hook_events WHERE seq = ?1");
    let mut find = conn.prepare_cached(&find)?;
    let mut found = Vec::with_capacity(numbers.len());
    for number in numbers {
        let one = find.query_map([sql(*number)], event)?;
        found.extend(
            one.filter_map(Result::transpose)
                .collect::<Result<Vec<_>, _>>()?,
        );
    }
    Ok(found)
}

fn event(row: &Row<'_>) -> rusqlite::Result<Option<HookEvent>> {
    let Some(kind) = EventKind::of_code(row.get(2)?) else {
        return Ok(None);
    };
    let messages: String = row.get(5)?;
    let messages = parse_list(&messages).into_iter();
    Ok(Some(HookEvent {
        seq: row.get(0)?,
        at: row.get(1)?,
        kind,
        client: row.get(3)?,
        topic: row.get(4)?,
        messages: messages.filter_map(|seq| Seq::try_from(seq).ok()).collect(),
        data: row.get(6)?,
    }))
}

/// The number of the newest event that was ever written.
pub(super) fn newest(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'hook_events'), 0)",
        [],
        |row| row.get(0),
    )
}

/// About how many events of these kinds there are after this one. It counts up to `most`.
pub(super) fn count_after(
    conn: &Connection,
    after: u64,
    kinds: EventKinds,
    most: usize,
) -> rusqlite::Result<u64> {
    conn.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM hook_events WHERE seq > ?1 AND ?2 & (1 << kind) LIMIT ?3)",
    )?
    .query_row((sql(after), kinds.bits(), most), |row| row.get(0))
}

/// Removes events up to this one.
pub(super) fn remove(conn: &Connection, line: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM hook_events WHERE seq <= ?1")?
        .execute([sql(line)])?;
    Ok(())
}

impl Store {
    /// The kinds that hooks want.
    pub(in crate::log) fn hook_kinds(&mut self) -> rusqlite::Result<EventKinds> {
        match self.hook_kinds {
            Some(kinds) => Ok(kinds),
            None => Ok(*self.hook_kinds.insert(hook_rows::kinds(&self.conn)?)),
        }
    }

    /// Writes an event in the current transaction.
    pub(in crate::log) fn write_event(
        &mut self,
        at: u64,
        event: &EventRow<'_>,
    ) -> rusqlite::Result<()> {
        insert(&self.conn, at, event)?;
        self.has_hook_events = true;
        Ok(())
    }

    /// Writes what happened at a node, in the current transaction.
    pub(in crate::log) fn put_node_events(
        &mut self,
        events: &NodeEvents,
        at: u64,
    ) -> Result<(), StoreError> {
        let wanted = self.hook_kinds()?;
        for event in events.events.iter().filter(|event| wanted.has(event.kind)) {
            let NewHookEvent {
                kind,
                client,
                topic,
                messages,
                data,
            } = event;
            let (client, topic) = (client.as_deref(), topic.as_deref());
            let row = EventRow {
                kind: *kind,
                client,
                topic,
                messages,
                data,
            };
            self.write_event(at, &row)?;
        }
        let came = events.came.iter().map(|present| (present, true));
        for (present, is_event) in events.were.iter().map(|one| (one, false)).chain(came) {
            self.note_came(&events.node, present, (at, is_event))?;
        }
        for present in &events.gone {
            self.note_gone(&events.node, present, at)?;
        }
        Ok(())
    }

    /// A client has acknowledged up to a position, in the current transaction. `from` is where it was before.
    pub(in crate::log) fn put_acknowledged(
        &mut self,
        client: &ClientId,
        audience: i64,
        (from, to): (Seq, Seq),
        at: u64,
    ) -> Result<(), StoreError> {
        let mut messages = Vec::new();
        let note = |seq, _| -> Result<(), ReadError> {
            messages.push(seq);
            Ok(())
        };
        let found = postings::after(&self.conn, audience, (from, to), MESSAGES + 1, note)?;
        messages.truncate(MESSAGES as usize);
        // The position comes first: it may be that of a message to a topic.
        messages.insert(0, to);
        let data = match found > MESSAGES {
            true => r#"{"more":true}"#,
            false => "{}",
        };
        let row = EventRow {
            kind: EventKind::MessageAcknowledged,
            client: Some(client.as_str()),
            topic: None,
            messages: &messages,
            data,
        };
        Ok(self.write_event(at, &row)?)
    }

    /// The time to live of a message is over, in the current transaction, and these of its audiences did not get it.
    pub(in crate::log) fn put_expired(
        &mut self,
        seq: Seq,
        missed: &[i64],
        at: u64,
    ) -> Result<(), StoreError> {
        if !self.hook_kinds()?.has(EventKind::MessageExpired) {
            return Ok(());
        }
        for audience in missed {
            let name = name_of(&self.conn, *audience)?;
            let (client, topic) = match &name {
                Some((kind::CLIENT, name)) => (Some(&**name), None),
                Some((kind::TOPIC, name)) => (None, Some(&**name)),
                _ => (None, None),
            };
            let row = EventRow {
                kind: EventKind::MessageExpired,
                client,
                topic,
                messages: &[seq],
                data: "{}",
            };
            self.write_event(at, &row)?;
        }
        Ok(())
    }
}

/// A job has changed, in the current transaction. Writes an event if it has ended. True: it has.
pub(super) fn put_job(conn: &Connection, job: &Job, at: u64) -> rusqlite::Result<bool> {
    if job.state == State::Running {
        return Ok(false);
    }
    let data = serde_json::json!({
        "job_id": job.id.to_string(),
        "title": &*job.title,
        "state": match job.state {
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        },
        "message": job.message.as_deref(),
    });
    let row = EventRow {
        kind: EventKind::JobEnded,
        client: None,
        topic: None,
        messages: &[],
        data: &data.to_string(),
    };
    insert(conn, at, &row)?;
    Ok(true)
}
