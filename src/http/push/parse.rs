//! What a push is: its audience, its data and its options. Who pushes it, and when, is checked by the caller.

use app::wire::{PushRequest, TemplateRequest, To};

use super::options;
use crate::{
    config::Limits,
    http::{Code, Error, openapi::values::MAX_TTL, scheduled},
    log::IdempotencyKey,
    message::{Audience, ClientId, Data, Draft, EventType, Topic},
};

/// Parses what a push is, not who pushes it, and when.
pub(super) fn parse_draft(
    push: &PushRequest,
    limits: &Limits,
) -> Result<(Draft, Option<IdempotencyKey>), Error> {
    let event = parse_event(push.event.as_deref())?;
    let key = push
        .idempotency_key
        .as_deref()
        .map(IdempotencyKey::parse)
        .transpose();
    let key = key.map_err(|why| Error::invalid("idempotency_key", why))?;
    check_ttl(push.ttl)?;
    if key.is_some() && push.ttl == Some(0) {
        let why = "can't be used with an ephemeral message (ttl 0), which is not stored";
        return Err(Error::invalid("idempotency_key", why));
    }
    let draft = Draft {
        audience: parse_audience(&push.to, limits)?,
        event,
        data: parse_data(push.data.get()),
        ttl: push.ttl.map(std::time::Duration::from_secs),
        update: None,
        handling: options::handling(push.replace.as_deref(), push.urgency.as_deref(), push.state)?,
    };
    if draft.handling.is_some() {
        options::check_handling(&draft)?;
    }
    Ok((draft, key))
}

/// Refuses a push that nobody could make at the time `now`, in milliseconds since 1970. Who may make it is checked when
/// somebody does.
pub fn check(push: &PushRequest, now: u64, limits: &Limits) -> Result<(), Error> {
    let (draft, _) = parse_draft(push, limits)?;
    match scheduled::when(push.at.as_deref(), push.delay, now, limits)? {
        Some(_) => options::check_later(&draft, push.require_online, push.track),
        None => Ok(()),
    }
}

fn parse_event(event: Option<&str>) -> Result<Option<EventType>, Error> {
    if event == Some(EventType::OF_HUB) {
        let why = "is reserved for updates of the Mercure hub about subscriptions";
        return Err(Error::invalid("event", why));
    }
    let event = event.map(EventType::parse).transpose();
    event.map_err(|why| Error::invalid("event", why))
}

fn check_ttl(ttl: Option<u64>) -> Result<(), Error> {
    match ttl.is_some_and(|ttl| ttl > MAX_TTL) {
        true => {
            let why = format!("must be at most {MAX_TTL} seconds");
            Err(Error::invalid("ttl", why))
        }
        false => Ok(()),
    }
}

/// Refuses a template that no push could have.
pub fn check_template(template: &TemplateRequest) -> Result<(), Error> {
    parse_event(template.event.as_deref())?;
    check_ttl(template.ttl)?;
    let (replace, urgency) = (template.replace.as_deref(), template.urgency.as_deref());
    options::handling(replace, urgency, false)?;
    match template.ttl == Some(0) && replace.is_some() {
        true => Err(Error::invalid("replace", options::NOT_STORED)),
        false => Ok(()),
    }
}

/// The data of a push, from its JSON: a string is a text, all else stays JSON.
pub fn parse_data(json: &str) -> Data {
    let quoted = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'));
    match quoted {
        None => Data::Json(json.into()),
        // Without an escape, the text is what stands between the quotes.
        Some(text) if !text.contains('\\') => Data::Text(text.into()),
        Some(_) => match serde_json::from_str::<String>(json) {
            Ok(text) => Data::Text(text.into()),
            Err(_) => Data::Json(json.into()),
        },
    }
}

pub fn parse_audience(to: &To, limits: &Limits) -> Result<Audience, Error> {
    let client =
        |field: &str, id: &str| ClientId::parse(id).map_err(|why| Error::invalid(field, why));
    match to {
        To::Client(id) => Ok(Audience::Client(client("to.client", id)?)),
        To::Clients(ids) if ids.is_empty() => Err(Error::invalid(
            "to.clients",
            "must name at least one client",
        )),
        To::Clients(ids) if ids.len() > limits.max_ids_per_push => {
            let most = limits.max_ids_per_push;
            let detail = format!(
                "{} clients are over the limit of {most} (max_ids_per_push)",
                ids.len()
            );
            Err(Error::new(Code::TooManyIds, detail).field("to.clients"))
        }
        To::Clients(ids) => {
            let parse = |(i, id): (usize, &String)| client(&format!("to.clients[{i}]"), id);
            Ok(Audience::clients(
                ids.iter()
                    .enumerate()
                    .map(parse)
                    .collect::<Result<_, _>>()?,
            ))
        }
        To::Topic(topic) => {
            let topic = parse_topic(topic).map_err(|error| error.field("to.topic"))?;
            Ok(Audience::Topic(topic))
        }
        To::Everyone => Ok(Audience::Everyone),
    }
}

/// A topic that somebody may push to.
pub fn parse_topic(topic: &str) -> Result<Topic, Error> {
    let topic = Topic::parse(topic).map_err(|why| Error::invalid("topic", why))?;
    match topic.is_reserved() || topic.is_of_hub() {
        true => {
            let detail = "topics that begin with $, and URLs below the path of the Mercure hub, are the server's own";
            Err(Error::new(Code::ReservedTopic, detail).field("topic"))
        }
        false => Ok(topic),
    }
}
