//! Which messages of the history a request wants.

use crate::{
    http::{Error, body::Pairs},
    log::{HistoryAudience, HistoryFilter},
    message::{ClientId, EventType, Topic},
};

/// The filter in a query string.
pub(super) fn filter(pairs: &Pairs) -> Result<HistoryFilter, Error> {
    let client = |id| ClientId::parse(id).map_err(|why| Error::invalid("client_id", why));
    let topic = |name| Topic::parse(name).map_err(|why| Error::invalid("topic", why));
    let audience = match (
        pairs.get("client_id"),
        pairs.get("topic"),
        pairs.get("audience"),
    ) {
        (Some(id), None, None) => Some(HistoryAudience::Client(client(id)?)),
        (None, Some(name), None) => Some(HistoryAudience::Topic(topic(name)?)),
        (None, None, Some("clients")) => Some(HistoryAudience::Direct),
        (None, None, Some("topics")) => Some(HistoryAudience::Topics),
        (None, None, Some("everyone")) => Some(HistoryAudience::Everyone),
        (None, None, Some(_)) => {
            return Err(Error::invalid(
                "audience",
                "must be clients, topics or everyone",
            ));
        }
        (None, None, None) => None,
        _ => {
            return Err(Error::invalid(
                "audience",
                "only one of client_id, topic and audience can be given",
            ));
        }
    };
    let event = pairs.get("event").map(EventType::parse).transpose();
    Ok(HistoryFilter {
        audience,
        event: event.map_err(|why| Error::invalid("event", why))?,
        text: pairs
            .get("q")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        since: pairs.number_of(["from", "since"])?,
        until: pairs.number_of(["to", "until"])?,
    })
}
