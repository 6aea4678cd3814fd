//! `/api/topics/{topic}/state`: the newest value of a topic, which whoever subscribes hears first.

use std::sync::Arc;

use app::wire::{PushAnswer, StateRequest, TopicStateInfo};
use axum::{Json, extract::State, http::StatusCode};

use super::{
    AppState, Code, Error,
    access::Caller,
    body::{JsonBody, PathId},
    messages::describe,
    off_thread,
    openapi::{refuses, values},
    push,
    visible::Visible,
};
use crate::{
    auth::{Action, Target},
    broker::Push,
    log::AuditTarget,
    message::{Audience, Data, Draft, EventType, Handling, ReplaceKey, Topic},
};

refuses!(ShowRefusals: NotFound, InvalidField, StateUnknown, ClusterUnavailable; READ);
refuses!(SetRefusals: NotFound, TooManyPushes, TooManyPushBytes, QuotaUsedUp, TooManyStates, ReservedTopic; WRITE);
refuses!(RemoveRefusals: NotFound, InvalidField, StateUnknown, TooManyPushes, QuotaUsedUp, ReservedTopic; WRITE);

/// The state of a topic
#[utoipa::path(
    get, path = "/api/topics/{topic}/state", tag = "push",
    params(("topic" = values::Topic, Path, description = "The topic, with `/` written as `%2F`")),
    responses((status = 200, description = "The state", body = TopicStateInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(name): PathId,
) -> Result<Json<TopicStateInfo>, Error> {
    let topic = parse(&name)?;
    let visible = Visible::from(&caller).audience(&Audience::Topic(topic.clone()));
    let found = match visible {
        true => find(&state, &topic).await?,
        false => None,
    };
    found.map(Json).ok_or_else(|| unknown(&name))
}

/// Set the state of a topic
///
/// Connected subscribers hear it at once as `event: state`, and all others when they subscribe, before anything else. It is kept
/// until it is changed or removed. `POST /push` with `state` sets it together with a message.
#[utoipa::path(
    put, path = "/api/topics/{topic}/state", tag = "push", request_body = StateRequest,
    params(("topic" = values::Topic, Path, description = "The topic, with `/` written as `%2F`")),
    responses((status = 200, description = "Set, durably", body = PushAnswer), SetRefusals),
)]
pub async fn set(
    State(state): State<AppState>,
    caller: Caller,
    PathId(name): PathId,
    JsonBody(request): JsonBody<StateRequest>,
) -> Result<Json<PushAnswer>, Error> {
    let topic = parse(&name)?;
    let data = push::parse_data(request.data.get());
    put(&state, &caller, topic, data).await.map(Json)
}

/// Remove the state of a topic
///
/// Connected subscribers hear `event: state` with the data `null`.
#[utoipa::path(
    delete, path = "/api/topics/{topic}/state", tag = "push",
    params(("topic" = values::Topic, Path, description = "The topic, with `/` written as `%2F`")),
    responses((status = 204, description = "Removed, durably"), RemoveRefusals),
)]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    PathId(name): PathId,
) -> Result<StatusCode, Error> {
    let topic = parse(&name)?;
    check(&state, &caller, &topic)?;
    if find(&state, &topic).await?.is_none() {
        return Err(unknown(&name));
    }
    put(&state, &caller, topic, Data::Json("null".into())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a state by an event of the stream, which takes the place of the one before.
async fn put(
    state: &AppState,
    caller: &Caller,
    topic: Topic,
    data: Data,
) -> Result<PushAnswer, Error> {
    check(state, caller, &topic)?;
    let audience = Audience::Topic(topic);
    let settings = state.live.load_full();
    let bytes = data.as_str().len();
    push::check_rates(&caller.0, state, &settings.limits.rates, bytes)
        .map_err(|error| error.about(Some(AuditTarget::Audience(audience.clone()))))?;
    let handling = Handling {
        is_state: true,
        replace: Some(ReplaceKey::of_state()),
        ..Handling::default()
    };
    let push = Push {
        draft: Draft {
            audience,
            event: Some(EventType::own(EventType::STATE)),
            data,
            ttl: None,
            update: None,
            handling: handling.unless_usual(),
        },
        key: None,
        require_online: false,
        tracked: None,
        trace: None,
        source: caller.source(state),
        later: None,
        most_states: Some(push::most_states(&settings)),
    };
    let published = push::publish(push, Some(&caller.0), state).await;
    published.map(push::answer).map_err(|error| {
        // The topic is what has no room. In a push, it is the field `state`.
        match error.code() {
            Code::TooManyStates => error.field("topic"),
            _ => error,
        }
    })
}

fn check(state: &AppState, caller: &Caller, topic: &Topic) -> Result<(), Error> {
    if topic.is_reserved() {
        let detail = "topics that begin with $ are the server's own";
        return Err(Error::new(Code::ReservedTopic, detail).field("topic"));
    }
    caller.check(state, Action::Push, Target::Topic(topic), Some("topic"))
}

/// Looks for it, here and then at the newest state of the cluster.
async fn find(state: &AppState, topic: &Topic) -> Result<Option<TopicStateInfo>, Error> {
    let look = || {
        let (broker, topic) = (Arc::clone(&state.broker), topic.clone());
        off_thread(move || broker.log().topic_state(&topic))
    };
    let found = state.broker.find(look).await?;
    Ok(found.map(|found| TopicStateInfo {
        topic: found.topic.to_string(),
        id: state.broker.cursor(found.seq).to_string(),
        at: found.at,
        data: describe::json(&found.data),
    }))
}

fn parse(name: &str) -> Result<Topic, Error> {
    Topic::parse(name).map_err(|why| Error::invalid("topic", why))
}

fn unknown(topic: &str) -> Error {
    let detail = format!("the topic {topic} has no state");
    Error::new(Code::StateUnknown, detail).field("topic")
}
