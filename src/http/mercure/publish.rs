//! `POST /.well-known/mercure`: publishes an update.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request, State},
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    caller::{check_revoked, client_of},
    challenge::Challenge,
};
use crate::{
    auth::{Action, Auth, Publisher, Target, allows},
    broker::Push,
    http::{
        AppState, Code, Error, access,
        audited::{self, Audited},
        body::{self, Pairs, WholeBody},
        push,
    },
    log::{AuditCaller, AuditSource, AuditTarget},
    message::{Audience, Data, Draft, EventType, MAX_TOPICS, Topic, Update, UpdateId, is_visible},
};

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The largest reconnection time in milliseconds: a page could not wait longer.
const MAX_RETRY: u64 = i32::MAX as u64;

/// Publishes an update. Answers its id.
pub async fn post(State(state): State<AppState>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let audited = Audited::begin(&mut parts, None, Some(Action::Push));
    let challenge = Challenge::of(&state, &parts);
    let published = publish(&state, Request::from_parts(parts, body)).await;
    let answer = challenge.answer(published);
    audited.end(&state.broker, answer).await
}

async fn publish(state: &AppState, request: Request) -> Result<Response, Error> {
    let content_type = body::content_type(&request).into_owned();
    let trace = push::trace_parent(request.headers());
    let (parts, body) = request.into_parts();
    let publisher = access::with_new_keys(&state.auth.load_full(), &parts, Auth::publisher).await?;
    if let Publisher::Token(claims) = &publisher {
        check_revoked(state, claims, &client_of(Some(claims)))?;
    }
    let caller = caller_of(&publisher);
    if content_type != FORM {
        let detail = format!("the content type must be {FORM}, not {content_type:?}");
        return Err(Error::new(Code::UnsupportedMediaType, detail).field("content-type"));
    }
    let source = source(state, &parts, &caller);
    let request = Request::from_parts(parts, body);
    let WholeBody(bytes) = WholeBody::from_request(request, state).await?;
    let draft = parse(&Pairs::parse(&bytes))?;
    let about = || Some(AuditTarget::Audience(draft.audience.clone()));
    check_topics(&publisher, &draft).map_err(|error| error.about(about()))?;
    check_rates(state, &publisher, &caller, draft.data.as_str().len())
        .map_err(|error| error.about(about()))?;
    let principal = match &publisher {
        Publisher::Principal(principal) => Some(principal),
        Publisher::Token(_) => None,
    };
    let chosen = draft.update.clone();
    let push = Push {
        draft,
        key: None,
        require_online: false,
        tracked: None,
        trace,
        source,
        later: None,
        most_states: None,
    };
    let published = push::publish(push, principal, state).await?;
    let id = chosen.as_ref().and_then(|update| update.id.as_ref());
    let id = match (id, published.cursor) {
        (Some(id), _) => id.as_str().to_owned(),
        (None, Some(cursor)) => UpdateId::of_cursor(&cursor),
        // Only an ephemeral message has no cursor, and an update is none.
        (None, None) => return Err(Error::internal()),
    };
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, text)], id).into_response())
}

/// Parses the fields of an update. Fields that are not known are ignored, as the protocol demands.
fn parse(pairs: &Pairs) -> Result<Draft, Error> {
    let mut topics: Vec<Topic> = Vec::new();
    for name in pairs.all("topic") {
        let topic = topic(name)?;
        if !topics.contains(&topic) {
            topics.push(topic);
        }
        if topics.len() > MAX_TOPICS {
            let why = format!("an update has at most {MAX_TOPICS} topics");
            return Err(Error::new(Code::MessageTooLarge, why).field("topic"));
        }
    }
    if topics.is_empty() {
        pairs.need("topic")?;
    }
    let alternates = topics.split_off(1.min(topics.len()));
    let canonical = topics.pop().ok_or_else(Error::internal)?;
    let given = |name| pairs.get(name).filter(|value| !value.is_empty());
    for name in ["id", "type"] {
        check_visible(name, given(name).unwrap_or_default())?;
    }
    let id = given("id").map(UpdateId::parse).transpose();
    let event = given("type").map(event_type).transpose();
    let update = Update {
        alternates: alternates.into(),
        // Whatever its value is.
        private: pairs.get("private").is_some(),
        id: id.map_err(|why| Error::invalid("id", why))?,
        retry: given("retry").map(retry).transpose()?,
    };
    Ok(Draft {
        audience: Audience::Topic(canonical),
        event: event?,
        data: Data::Text(pairs.get("data").unwrap_or_default().into()),
        ttl: None,
        update: Some(Arc::new(update)),
        handling: None,
    })
}

fn topic(name: &str) -> Result<Topic, Error> {
    let topic = Topic::parse(name).map_err(|why| Error::invalid("topic", why))?;
    if topic.is_reserved() {
        let detail = "topics that begin with $ are the server's own";
        return Err(Error::new(Code::ReservedTopic, detail).field("topic"));
    }
    check_visible("topic", name)?;
    match topic.is_of_hub() {
        true => {
            let why = "topics below the path of the hub are the hub's own";
            Err(Error::invalid("topic", why))
        }
        false => Ok(topic),
    }
}

fn check_visible(field: &'static str, text: &str) -> Result<(), Error> {
    match is_visible(text) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            "must not contain control characters, or others that are invisible",
        )),
    }
}

fn event_type(name: &str) -> Result<EventType, Error> {
    if name == EventType::OF_HUB {
        return Err(Error::invalid("type", "is reserved for the hub"));
    }
    EventType::parse(name).map_err(|why| Error::invalid("type", why))
}

fn retry(text: &str) -> Result<u64, Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.filter(|number| *number <= MAX_RETRY).ok_or_else(|| {
        let why = format!("must be a whole number of milliseconds up to {MAX_RETRY}");
        Error::invalid("retry", why)
    })
}

/// Refuses an update with a topic that its publisher may not publish to.
fn check_topics(publisher: &Publisher, draft: &Draft) -> Result<(), Error> {
    let Audience::Topic(canonical) = &draft.audience else {
        return Err(Error::internal());
    };
    let alternates = draft.update.iter().flat_map(|update| &update.alternates);
    for topic in std::iter::once(canonical).chain(alternates) {
        match publisher {
            Publisher::Token(claims) if claims.publishes_to(topic) => {}
            Publisher::Token(_) => {
                let detail = format!("the token grants no publishing to the topic {topic}");
                return Err(Error::new(Code::Forbidden, detail).field("topic"));
            }
            Publisher::Principal(principal) => {
                allows(principal, Action::Push, Target::Topic(topic))
                    .map_err(|refusal| refusal.field("topic"))?;
            }
        }
    }
    Ok(())
}

/// Refuses an update with so many bytes of data if its publisher has pushed too much.
fn check_rates(
    state: &AppState,
    publisher: &Publisher,
    caller: &AuditCaller,
    bytes: usize,
) -> Result<(), Error> {
    let live = state.live.load_full();
    let rates = &live.limits.rates;
    match publisher {
        Publisher::Principal(principal) => push::check_rates(principal, state, rates, bytes),
        Publisher::Token(_) => {
            let name = format!("{} {}", caller.id, caller.name);
            Ok(state.limits.push(rates, &name, bytes)?)
        }
    }
}

/// Who publishes, for the audit trail.
fn caller_of(publisher: &Publisher) -> Arc<AuditCaller> {
    match publisher {
        Publisher::Principal(principal) => principal.audit_caller(),
        Publisher::Token(claims) => {
            let name = claims.client_id.as_ref().map(ToString::to_string);
            Arc::new(AuditCaller {
                id: "mercure".into(),
                name: name.unwrap_or_else(|| "a publisher".to_owned()).into(),
            })
        }
    }
}

fn source(state: &AppState, parts: &Parts, caller: &Arc<AuditCaller>) -> Option<AuditSource> {
    state.broker.is_audited().then(|| AuditSource {
        caller: Some(Arc::clone(caller)),
        address: audited::address(parts),
    })
}
