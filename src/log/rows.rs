//! Decodes rows of the file to messages, and encodes lists of audiences.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    codes::{EVERYONE, ended, kind, sql},
    error::ReadError,
    handling_rows, update_rows,
};
use crate::message::{Audience, ClientId, Data, EventType, Message, Seq, Topic, Update, UpdateId};

/// The columns that [`Decoder::message`] reads, in this order. The last but one is the list of alternate topics of an
/// update. The lists of clients, which can be long, are not read here.
pub(super) const COLUMNS: &str =
    "m.seq, m.at, m.expires_at, m.ended, m.audience, m.event, m.json, m.data,
    CASE WHEN m.audience IS NOT NULL THEN m.audiences END, m.handling";

/// The number of these columns.
pub(super) const COLUMN_COUNT: usize = 10;

/// Encodes audience numbers as a JSON array, so that SQLite can read the elements.
pub(super) fn list(ids: &[i64]) -> String {
    let mut text = String::with_capacity(ids.len() * 8 + 2);
    text.push('[');
    for (i, id) in ids.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        // Writing to a String does not fail.
        let _ = write!(text, "{comma}{id}");
    }
    text.push(']');
    text
}

/// Decodes such an array. Elements that are not numbers are skipped.
pub(super) fn parse_list(text: &str) -> Vec<i64> {
    let inside = text.trim_start_matches('[').trim_end_matches(']');
    inside.split(',').filter_map(|id| id.parse().ok()).collect()
}

/// The numbers of the alternate topics of an update. Empty if the message is none.
pub(super) fn alternates(conn: &Connection, seq: Seq) -> rusqlite::Result<Vec<i64>> {
    let list = conn
        .prepare_cached("SELECT audiences FROM messages WHERE seq = ?1 AND audience IS NOT NULL")?
        .query_row([sql(seq)], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    Ok(list
        .flatten()
        .as_deref()
        .map(parse_list)
        .unwrap_or_default())
}

/// The kind and the name of an audience.
pub(super) fn name_of(conn: &Connection, id: i64) -> rusqlite::Result<Option<(i64, String)>> {
    conn.prepare_cached("SELECT kind, name FROM audiences WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Parses a client id from the file.
pub(super) fn client_id(name: &str) -> Result<ClientId, ReadError> {
    ClientId::parse(name).map_err(|why| invalid("client", name, why))
}

/// Parses a topic from the file.
pub(super) fn topic(name: &str) -> Result<Topic, ReadError> {
    Topic::parse(name).map_err(|why| invalid("topic", name, why))
}

/// The update of a message whose alternate topics are this list.
pub(super) fn update(conn: &Connection, seq: Seq, list: &str) -> Result<Arc<Update>, ReadError> {
    // Without it, nobody knows whether the update is private.
    let Some(row) = update_rows::find(conn, seq)? else {
        return Err(ReadError::Invalid(format!("the update {seq} has no row")));
    };
    let mut alternates = Vec::new();
    for number in parse_list(list) {
        match name_of(conn, number)? {
            Some((kind::TOPIC, name)) => alternates.push(topic(&name)?),
            _ => return Err(ReadError::Invalid(format!("{number} is no topic"))),
        }
    }
    let parse = |id: String| UpdateId::parse(&id).map_err(|why| invalid("update", &id, why));
    Ok(Arc::new(Update {
        alternates: alternates.into(),
        private: row.private,
        id: row.id.map(parse).transpose()?,
        retry: row.retry,
    }))
}

fn invalid(what: &str, name: &str, why: impl std::fmt::Display) -> ReadError {
    ReadError::Invalid(format!("{what} {name:?}: {why}"))
}

/// Decodes rows to messages. Caches audiences and event types for one page.
#[derive(Default)]
pub(super) struct Decoder {
    audiences: BTreeMap<i64, Audience>,
    events: HashMap<Box<str>, EventType>,
}

/// A message that has ended or expired.
pub(super) struct EndedRow {
    /// One of [`ended`], but not [`ended::NOT`].
    pub how: i64,
}

impl Decoder {
    /// Decodes a message for a reader. A message to several clients is returned as a message to this client only,
    /// because the other recipients are private and can be thousands.
    pub fn message(
        &mut self,
        conn: &Connection,
        row: &Row<'_>,
        reader: Option<&ClientId>,
        now: u64,
    ) -> Result<Result<Message, EndedRow>, ReadError> {
        let expires_at: Option<u64> = row.get(2)?;
        match row.get(3)? {
            ended::NOT if expires_at.is_some_and(|at| at <= now) => {
                return Ok(Err(EndedRow {
                    how: ended::EXPIRED,
                }));
            }
            ended::NOT => {}
            how => return Ok(Err(EndedRow { how })),
        }
        let audience = match (row.get::<_, Option<i64>>(4)?, reader) {
            (Some(id), _) => self.audience(conn, id)?,
            (None, Some(id)) => Audience::Client(id.clone()),
            (None, None) => Audience::clients(Vec::new()),
        };
        Ok(Ok(self.assemble(conn, row, expires_at, audience)?))
    }

    /// Decodes a message with its complete audience, for the history.
    pub fn record(
        &mut self,
        conn: &Connection,
        row: &Row<'_>,
        audience: Audience,
    ) -> Result<Message, ReadError> {
        let expires_at = row.get(2)?;
        self.assemble(conn, row, expires_at, audience)
    }

    fn assemble(
        &mut self,
        conn: &Connection,
        row: &Row<'_>,
        expires_at: Option<u64>,
        audience: Audience,
    ) -> Result<Message, ReadError> {
        let text = |column| -> Result<Option<&str>, ReadError> {
            let value = row.get_ref(column)?.as_str_or_null();
            value.map_err(|why| ReadError::Invalid(why.to_string()))
        };
        let data = text(7)?.unwrap_or_default().into();
        let event = match text(5)? {
            None => None,
            Some(name) => Some(self.event(name)?),
        };
        let seq = row.get(0)?;
        let update = match text(8)? {
            None => None,
            Some(list) => Some(update(conn, seq, list)?),
        };
        let handling = match row.get(9)? {
            None => None,
            Some(code) => Some(handling_rows::read(conn, seq, code)?),
        };
        Ok(Message {
            seq,
            update,
            handling,
            at: row.get(1)?,
            expires_at,
            audience,
            event,
            data: match row.get(6)? {
                true => Data::Json(data),
                false => Data::Text(data),
            },
        })
    }

    /// The single audience with this number.
    pub fn audience(&mut self, conn: &Connection, id: i64) -> Result<Audience, ReadError> {
        if id == EVERYONE {
            return Ok(Audience::Everyone);
        }
        if let Some(audience) = self.audiences.get(&id) {
            return Ok(audience.clone());
        }
        let audience = match name_of(conn, id)? {
            Some((kind::CLIENT, name)) => Audience::Client(client_id(&name)?),
            Some((kind::TOPIC, name)) => Audience::Topic(topic(&name)?),
            Some((_, name)) => return Err(invalid("audience", &name, "of an unknown kind")),
            None => return Err(ReadError::Invalid(format!("audience {id} has no name"))),
        };
        self.audiences.insert(id, audience.clone());
        Ok(audience)
    }

    fn event(&mut self, name: &str) -> Result<EventType, ReadError> {
        if let Some(event) = self.events.get(name) {
            return Ok(event.clone());
        }
        let event = EventType::stored(name).map_err(|why| invalid("event type", name, why))?;
        self.events.insert(name.into(), event.clone());
        Ok(event)
    }
}
