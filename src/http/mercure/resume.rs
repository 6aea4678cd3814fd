//! Where a subscriber goes on: after an id of a publisher, or after a cursor.

use std::sync::Arc;

use axum::http::HeaderMap;

use crate::{
    broker::Broker,
    delivery::subscribe::Since,
    http::{AppState, Error, body::Pairs, off_thread},
    log::Standing,
    message::{Cursor, Seq, UpdateId},
    query::LAST_EVENT_ID,
};

/// Where a subscriber starts.
pub struct Resume {
    pub since: Since,
    /// The id before the first event that it gets, if it has said what it had last.
    pub preceding: Option<String>,
    /// Whether what it had last is not known here.
    pub is_unknown: bool,
}

/// What the subscriber had last. The header wins over the query. A browser sends it in UTF-8.
fn last_event_id(pairs: &Pairs, headers: &HeaderMap) -> Option<String> {
    let header = headers.get("last-event-id");
    let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    header
        .filter(|id| !id.is_empty())
        .or_else(|| pairs.last_of(&LAST_EVENT_ID).map(str::to_owned))
}

/// Where the subscriber goes on. Everything that is kept follows if the id is not known: then what it names is older than
/// that, or of another hub.
pub async fn resume(state: &AppState, pairs: &Pairs, headers: &HeaderMap) -> Result<Resume, Error> {
    let Some(id) = last_event_id(pairs, headers) else {
        let named = |(name, _): (&str, &str)| LAST_EVENT_ID.contains(&name);
        let is_asked = headers.contains_key("last-event-id") || pairs.iter().any(named);
        return Ok(Resume {
            since: Since::Unread,
            preceding: is_asked.then(|| newest(&state.broker)),
            is_unknown: false,
        });
    };
    let earliest = || Resume {
        since: Since::Earliest,
        preceding: Some(UpdateId::EARLIEST.to_owned()),
        is_unknown: id != UpdateId::EARLIEST,
    };
    let Some(cursor) = cursor_of(state, &id).await? else {
        return Ok(earliest());
    };
    let preceding = match state.broker.log().check(&cursor) {
        Standing::Exact => id.clone(),
        Standing::Pruned { .. } => UpdateId::EARLIEST.to_owned(),
        Standing::RolledBack { from, .. } => UpdateId::of_cursor(&state.broker.cursor(from - 1)),
        Standing::UnknownEpoch => return Ok(earliest()),
    };
    Ok(Resume {
        since: Since::Cursor(cursor),
        preceding: Some(preceding),
        is_unknown: false,
    })
}

/// The id of the newest message, whoever may read it.
pub fn newest(broker: &Broker) -> String {
    match broker.log().head() {
        0 => UpdateId::EARLIEST.to_owned(),
        seq => UpdateId::of_cursor(&broker.cursor(seq)),
    }
}

/// The position that an id names. None if it names none.
async fn cursor_of(state: &AppState, id: &str) -> Result<Option<Cursor>, Error> {
    if id == UpdateId::EARLIEST {
        return Ok(None);
    }
    if let Some(cursor) = id.strip_prefix(UpdateId::OWN) {
        return Ok(Cursor::parse(cursor).ok());
    }
    let Ok(chosen) = UpdateId::parse(id) else {
        return Ok(None);
    };
    let look = || {
        let (broker, chosen) = (Arc::clone(&state.broker), chosen.clone());
        off_thread(move || broker.log().update_position(&chosen))
    };
    let parsed = Cursor::parse(id).ok();
    let found: Option<Seq> = match &parsed {
        // Most likely a cursor, so the cluster is not asked.
        Some(_) => look().await?,
        None => state.broker.find(look).await?,
    };
    Ok(found.map(|seq| state.broker.cursor(seq)).or(parsed))
}
