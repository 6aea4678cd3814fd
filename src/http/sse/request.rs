//! Parses the request for a stream.

use app::wire::Refused;
use axum::http::HeaderMap;

use crate::{
    auth::{Grant, Listening},
    delivery::subscribe::Since,
    http::{Code, Error, body::Pairs},
    message::{ClientId, Cursor, Encoding, Epoch, TopicFilter},
    query::LAST_EVENT_ID,
};

/// The client; none for the demonstration stream.
pub fn client_id(pairs: &Pairs, grant: &Grant) -> Result<Option<ClientId>, Error> {
    let asked = pairs.get("client_id").map(ClientId::parse).transpose();
    let asked = asked.map_err(|why| Error::invalid("client_id", why))?;
    // If both are given, they are the same: the grant was checked against the query.
    Ok(grant.client_id.clone().or(asked))
}

/// What an EventSource says it had last: by the header, or in the query where it can't send one. The header wins. Of
/// several in the query the last one wins, because a polyfill appends its own, which is newer, to the URL of the page.
pub fn last_event_id<'a>(pairs: &'a Pairs, headers: &'a HeaderMap) -> Option<&'a str> {
    // What is no text at all is no cursor either: it must not pass for none.
    let header = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("unreadable"))
        .filter(|id| !id.is_empty());
    header.or_else(|| pairs.last_of(&LAST_EVENT_ID))
}

/// Where the stream starts.
pub fn since(pairs: &Pairs, headers: &HeaderMap) -> Result<Since, Error> {
    if let Some(id) = last_event_id(pairs, headers) {
        // An EventSource can't do anything about what it sends here, so no refusal: a cursor that nobody
        // can read is one of an unknown log, and the stream says so.
        return Ok(Since::Cursor(Cursor::parse(id).unwrap_or(Cursor {
            epoch: Epoch::unknown(),
            seq: 0,
        })));
    }
    match pairs.get("since") {
        None | Some("unread") => Ok(Since::Unread),
        Some("earliest") => Ok(Since::Earliest),
        Some("latest") => Ok(Since::Latest),
        Some(text) => Cursor::parse(text).map(Since::Cursor).map_err(|why| {
            Error::invalid(
                "since",
                format!("must be earliest, latest, unread or a cursor: {why}"),
            )
        }),
    }
}

/// How the messages are wanted.
pub fn encoding(pairs: &Pairs) -> Result<Encoding, Error> {
    match pairs.get("envelope") {
        None => Ok(Encoding::Fields),
        Some("json") => Ok(Encoding::Envelope),
        Some(_) => Err(Error::invalid(
            "envelope",
            "must be json, or be left out to get the event type and the topic in fields of the stream",
        )),
    }
}

/// The topics of a query, each once.
pub fn topics<W: ToString>(
    pairs: &Pairs,
    most: usize,
    parse: impl Fn(&str) -> Result<TopicFilter, W>,
) -> Result<Vec<TopicFilter>, Error> {
    let mut filters = Vec::new();
    for text in pairs.all("topic") {
        let filter = parse(text).map_err(|why| Error::invalid("topic", why.to_string()))?;
        if !filters.contains(&filter) {
            filters.push(filter);
        }
        if filters.len() > most {
            let detail = format!("a connection can have at most {most} topics (max_topics)");
            return Err(Error::new(Code::TooManyTopics, detail).field("topic"));
        }
    }
    Ok(filters)
}

/// The topics that are allowed, and the others, which are refused by an event on the stream: one forbidden topic
/// does not prevent the rest.
pub fn filters(
    pairs: &Pairs,
    listening: &Listening,
    most: usize,
) -> Result<(Vec<TopicFilter>, Vec<Refused>), Error> {
    let filters = topics(pairs, most, TopicFilter::parse)?;
    let (allowed, forbidden) = filters
        .into_iter()
        .partition(|filter| listening.allows(filter));
    let refused = |filter: TopicFilter| Refused {
        topic: filter.to_string(),
        code: "forbidden_topic".to_owned(),
        detail: match filter.is_reserved() {
            true => "topics that begin with $ are for who may read everything".to_owned(),
            false => "the token or key does not grant this topic".to_owned(),
        },
    };
    Ok((allowed, Vec::into_iter(forbidden).map(refused).collect()))
}

/// A topic that the connect hook does not allow.
pub fn denied(filter: TopicFilter) -> Refused {
    Refused {
        topic: filter.to_string(),
        code: "forbidden_topic".to_owned(),
        detail: "the back end does not allow this topic".to_owned(),
    }
}
