//! The states of topics: the newest value of each topic that has one (table `topic_states`).

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::log::{
    codes::sql, error::ReadError, kept_size::KeptSize, reader::replay::name_range, rows,
};
use crate::message::{Data, Message, Seq, Topic, TopicFilter};

/// States on one page, at most.
const PAGE: usize = 256;

/// Bytes of data on one page, about.
const PAGE_BYTES: usize = 1 << 20;

/// The state of a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicState {
    /// The topic.
    pub topic: Topic,
    /// The message that has set it.
    pub seq: Seq,
    /// When that was, in milliseconds since 1970.
    pub at: u64,
    /// The value.
    pub data: Data,
}

/// A page of states, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct StatesPage {
    /// The states.
    pub states: Vec<TopicState>,
    /// Continue after this topic. None if this is the last page.
    pub next: Option<Box<str>>,
}

/// Whether this value means that a topic has no state.
pub fn is_none(data: &Data) -> bool {
    matches!(data, Data::Json(text) if &**text == "null")
}

/// How many states there are.
pub(super) fn size(conn: &Connection) -> rusqlite::Result<KeptSize> {
    // The length is found without reading the values.
    let find = "SELECT count(*), coalesce(sum(octet_length(data)), 0) FROM topic_states";
    conn.query_row(find, [], |row| {
        Ok(KeptSize {
            messages: row.get(0)?,
            bytes: row.get(1)?,
        })
    })
}

/// Whether this data can become the state of a topic while there are `held`, and at most `most` may be. A state can always be
/// removed, or replaced by one that is not larger.
pub(super) fn has_room(
    conn: &Connection,
    topic: &Topic,
    data: &Data,
    (held, most): (KeptSize, KeptSize),
) -> rusqlite::Result<bool> {
    if is_none(data) {
        return Ok(true);
    }
    let before = bytes_of(conn, topic)?;
    let mut then = held;
    if let Some(before) = before {
        then.remove(before);
    }
    then.add(data.as_str().len() as u64);
    let may_be_there = before.is_some() || then.messages <= most.messages;
    Ok(may_be_there && (then.bytes <= held.bytes || then.bytes <= most.bytes))
}

/// The bytes of the state of a topic. None if it has none.
fn bytes_of(conn: &Connection, topic: &Topic) -> rusqlite::Result<Option<u64>> {
    conn.prepare_cached("SELECT octet_length(data) FROM topic_states WHERE name = ?1")?
        .query_row([topic.as_str()], |row| row.get(0))
        .optional()
}

/// Makes the data of a message the state of its topic. `null` removes it. `held` is how many there are.
pub(super) fn put(
    conn: &Connection,
    topic: &Topic,
    message: &Message,
    held: &mut KeptSize,
) -> rusqlite::Result<()> {
    if let Some(before) = bytes_of(conn, topic)? {
        held.remove(before);
    }
    if is_none(&message.data) {
        conn.prepare_cached("DELETE FROM topic_states WHERE name = ?1")?
            .execute([topic.as_str()])?;
        return Ok(());
    }
    let is_json = matches!(message.data, Data::Json(_));
    conn.prepare_cached(
        "INSERT INTO topic_states (name, seq, at, json, data) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, at = excluded.at,
             json = excluded.json, data = excluded.data",
    )?
    .execute((
        topic.as_str(),
        sql(message.seq),
        sql(message.at),
        is_json,
        message.data.as_str(),
    ))?;
    held.add(message.data.as_str().len() as u64);
    Ok(())
}

/// Removes the state that a message has set, because it is recalled. `held` is how many there are.
pub(super) fn recall(conn: &Connection, seq: Seq, held: &mut KeptSize) -> rusqlite::Result<()> {
    let bytes: Option<u64> = conn
        .prepare_cached("DELETE FROM topic_states WHERE seq = ?1 RETURNING octet_length(data)")?
        .query_row([sql(seq)], |row| row.get(0))
        .optional()?;
    if let Some(bytes) = bytes {
        held.remove(bytes);
    }
    Ok(())
}

/// Whether a topic has a state.
pub(super) fn any(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT EXISTS (SELECT 1 FROM topic_states)", [], |row| {
        row.get(0)
    })
}

/// The state of a topic.
pub(super) fn find(conn: &Connection, topic: &Topic) -> Result<Option<TopicState>, ReadError> {
    let find = "SELECT name, seq, at, json, data FROM topic_states WHERE name = ?1";
    let found = conn
        .prepare_cached(find)?
        .query_row([topic.as_str()], read)
        .optional()?;
    found.map(parse).transpose()
}

/// The states of the topics that match one of these filters, after a name.
pub(super) fn page(
    conn: &Connection,
    filters: &[TopicFilter],
    after: &str,
) -> Result<StatesPage, ReadError> {
    let mut states: Vec<TopicState> = Vec::new();
    // How far each pattern has looked.
    let mut horizon: Option<Box<str>> = None;
    for filter in filters {
        if !filter.is_pattern() {
            if filter.as_str() > after
                && let Ok(topic) = Topic::parse(filter.as_str())
            {
                states.extend(find(conn, &topic)?);
            }
            continue;
        }
        let (from, to) = name_range(filter);
        let mut find = conn.prepare_cached(
            "SELECT name, seq, at, json, data FROM topic_states
             WHERE name >= ?1 AND name < ?2 AND name > ?3 ORDER BY name LIMIT ?4",
        )?;
        let mut rows = find.query((from, to, after, sql(PAGE as u64)))?;
        let (mut looked_at, mut bytes) = (0, 0);
        while let Some(row) = rows.next()? {
            let state = parse(read(row)?)?;
            looked_at += 1;
            bytes += state.data.as_str().len();
            let is_over = looked_at == PAGE || bytes >= PAGE_BYTES;
            if is_over {
                let name = state.topic.as_str();
                if horizon.as_deref().is_none_or(|horizon| name < horizon) {
                    horizon = Some(name.into());
                }
            }
            if filter.matches(&state.topic) {
                states.push(state);
            }
            if is_over {
                break;
            }
        }
    }
    states.sort_unstable_by(|one, other| one.topic.as_str().cmp(other.topic.as_str()));
    states.dedup_by(|one, other| one.topic == other.topic);
    if let Some(horizon) = &horizon {
        states.retain(|state| state.topic.as_str() <= &**horizon);
    }
    Ok(cut(StatesPage {
        states,
        next: horizon,
    }))
}

/// Leaves as many as one page has.
fn cut(mut page: StatesPage) -> StatesPage {
    let (mut bytes, mut most) = (0, 0);
    for state in page.states.iter().take(PAGE) {
        if bytes >= PAGE_BYTES {
            break;
        }
        bytes += state.data.as_str().len();
        most += 1;
    }
    if most < page.states.len() {
        page.states.truncate(most);
        page.next = page.states.last().map(|state| state.topic.as_str().into());
    }
    page
}

/// The columns of a row.
type Columns = (String, Seq, u64, bool, String);

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}

fn parse((name, seq, at, is_json, data): Columns) -> Result<TopicState, ReadError> {
    let data: Arc<str> = data.into();
    Ok(TopicState {
        topic: rows::topic(&name)?,
        seq,
        at,
        data: match is_json {
            true => Data::Json(data),
            false => Data::Text(data),
        },
    })
}
