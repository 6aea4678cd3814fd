//! `POST /push`, and the simple form of it that the article uses.

mod options;
mod parse;
mod rates;

use app::wire::{ArticlePush, AudienceRequest, AudienceSize, PushAnswer, PushRequest};
use axum::{
    Json,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    AppState, Code, Error,
    access::{self, Caller},
    body::{self, JsonBody, Pairs, WholeBody},
    openapi::{refuses, values},
    scheduled,
};
use crate::{
    auth::{Action, Principal, Target},
    broker::{Later, Published, Push},
    config::Settings,
    job::{JobId, Title, TrackedPush},
    log::{AuditTarget, KeptSize, When},
    message::{Audience, ClientId, Data, Draft, TraceParent},
    traces::note_message,
};
use parse::parse_draft;
pub use parse::{check, check_template, parse_audience, parse_data, parse_topic};
pub use rates::{check_rates, not_pushed};

refuses!(PushRefusals: TooManyPushes, TooManyPushBytes, QuotaUsedUp, TooManyScheduled, TooManyStates, NobodyOnline, IdempotencyKeyReused, ReservedTopic, TooManyIds, TooManyJobs; WRITE);
refuses!(ArticleRefusals: MissingField, InvalidField, MessageTooLarge, TooManyPushes, TooManyPushBytes, QuotaUsedUp, TooManyScheduled; WRITE);
refuses!(AudienceRefusals: ReservedTopic, TooManyIds);

/// Push a message
///
/// To one client, several, a topic, or everyone. `connections` in the answer says how many connections it was
/// handed to now. The article's form is read here too: a form with `client_id` and `message`, answered by `success`.
#[utoipa::path(
    post, path = "/push", tag = "push",
    request_body(content(
        (PushRequest = "application/json"),
        (ArticlePush = "application/x-www-form-urlencoded"),
    )),
    responses(
        (
            status = 200, description = "Accepted. The answer to a form is the text `success`",
            content((PushAnswer = "application/json"), (String = "text/plain")),
        ),
        (
            status = 202, description = "Stored, and pushed when it is due. `id` is for `/api/scheduled`. The answer to a form is the text `success`",
            content((PushAnswer = "application/json"), (String = "text/plain")),
        ),
        PushRefusals,
    ),
)]
pub async fn post(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, Error> {
    accept(&state, &caller, request).await
}

/// Whether it is a `POST /push` that [`answer_directly`] can answer.
pub fn is_direct(request: &Request) -> bool {
    request.method() == Method::POST
        && request.uri().path() == "/push"
        && !request.headers().contains_key(header::CONTENT_ENCODING)
}

/// Answers `POST /push` as the router would, with the same checks. Each layer of the router boxes the future of the
/// next one, so such a push would make more allocations.
pub async fn answer_directly(state: &AppState, request: Request) -> Response {
    let handler =
        async |caller, request: Request| accept(state, &caller, request).await.into_response();
    access::answer(state, Some(Action::Push), request, handler).await
}

async fn accept(state: &AppState, caller: &Caller, request: Request) -> Result<Response, Error> {
    let trace = trace_parent(request.headers());
    let is_form = body::content_type(&request) == "application/x-www-form-urlencoded";
    match is_form {
        true => {
            let WholeBody(bytes) = WholeBody::from_request(request, state).await?;
            article(state, caller, &Pairs::parse(&bytes), trace).await
        }
        false => {
            let JsonBody(push) = JsonBody::<PushRequest>::from_request(request, state).await?;
            let push = parse(push, trace, state, caller)?;
            let published = publish(push, Some(&caller.0), state).await?;
            Ok((status(&published), Json(answer(published))).into_response())
        }
    }
}

/// Push a text to one client, in the simple form of the article
///
/// Answers the text `success`: the message was sent, or is stored until the client connects.
#[utoipa::path(
    get, path = "/push", tag = "push",
    params(
        ("client_id" = values::ClientId, Query, description = "The recipient"),
        ("message" = String, Query, description = "The text"),
        ("at" = Option<values::Time>, Query, description = "When it is to be pushed; now by default"),
        ("delay" = Option<values::Delay>, Query, description = "After how many seconds it is to be pushed"),
        ("replace" = Option<values::ReplaceKey>, Query, description = "It takes the place of an earlier message with this key"),
        ("urgency" = Option<values::Urgency>, Query, description = "How urgent it is; `normal` by default"),
    ),
    responses(
        (status = 200, description = "Accepted", body = String, content_type = "text/plain"),
        (status = 202, description = "Stored, and pushed when it is due", body = String, content_type = "text/plain"),
        ArticleRefusals,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, Error> {
    article(&state, &caller, &pairs, trace_parent(&headers)).await
}

/// Count an audience
///
/// The number of clients and connections that a push would reach now. Nothing is sent.
#[utoipa::path(
    post, path = "/api/audience", tag = "push", request_body = AudienceRequest,
    responses((status = 200, description = "The size", body = AudienceSize), AudienceRefusals),
)]
pub async fn audience(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<AudienceRequest>,
) -> Result<Json<AudienceSize>, Error> {
    let audience = parse_audience(&request.to, &state.live.load().limits)?;
    check_audience(&caller, &state, &audience)?;
    let count = state.broker.count(&audience).await;
    Ok(Json(AudienceSize {
        clients: count.clients,
        connections: count.connections,
    }))
}

async fn article(
    state: &AppState,
    caller: &Caller,
    pairs: &Pairs,
    trace: Option<TraceParent>,
) -> Result<Response, Error> {
    let client_id = ClientId::parse(pairs.need_one("client_id")?)
        .map_err(|why| Error::invalid("client_id", why))?;
    let message = pairs.need_one("message")?;
    let target = Target::Client(&client_id);
    caller.check(state, Action::Push, target, Some("client_id"))?;
    let settings = state.live.load_full();
    let limit = settings.limits.max_message_bytes;
    if message.len() > limit {
        let detail = format!("the message is over the limit of {limit} bytes (max_message_bytes)");
        return Err(Error::new(Code::MessageTooLarge, detail).field("message"));
    }
    check_rates(&caller.0, state, &settings.limits.rates, message.len()).map_err(|error| {
        error.about(Some(AuditTarget::Audience(Audience::Client(
            client_id.clone(),
        ))))
    })?;
    let draft = Draft {
        audience: Audience::Client(client_id),
        event: None,
        data: Data::Text(message.into()),
        ttl: None,
        update: None,
        handling: options::handling(pairs.get("replace"), pairs.get("urgency"), false)?,
    };
    let now = state.broker.log().now();
    let delay = pairs.number("delay")?;
    let when = scheduled::when(pairs.get("at"), delay, now, &settings.limits)?;
    let push = Push {
        draft,
        key: None,
        require_online: false,
        tracked: None,
        trace,
        source: caller.source(state),
        later: later(when, &settings),
        most_states: None,
    };
    let published = publish(push, Some(&caller.0), state).await?;
    Ok((status(&published), "success").into_response())
}

/// Publishes a push, and notes it in the trace of the request. `principal`: whose quota it counts for.
pub async fn publish(
    push: Push,
    principal: Option<&Principal>,
    state: &AppState,
) -> Result<Published, Error> {
    let audience = push.draft.audience.clone();
    let published = state.broker.publish(push).await.map_err(|error| {
        if let Some(principal) = principal {
            not_pushed(principal);
        }
        Error::from(error).about(Some(AuditTarget::Audience(audience)))
    })?;
    if let Some(cursor) = &published.cursor {
        note_message(cursor);
    }
    Ok(published)
}

/// The status of the answer to a push: 202 if it is stored for later.
pub fn status(published: &Published) -> StatusCode {
    match published.scheduled {
        Some(_) => StatusCode::ACCEPTED,
        None => StatusCode::OK,
    }
}

pub fn answer(published: Published) -> PushAnswer {
    PushAnswer {
        id: match published.scheduled {
            Some((id, _)) => Some(id.to_string()),
            None => published.cursor.map(|cursor| cursor.to_string()),
        },
        connections: published.connections,
        queued: published.queued,
        job: published.job.map(|id| id.to_string()),
        due_at: published.scheduled.map(|(_, due_at)| due_at),
        missing_nodes: published.missing_nodes,
    }
}

/// Where the pushes of a request belong in a distributed trace. A value that is not valid is ignored, as the standard
/// demands.
pub fn trace_parent(headers: &HeaderMap) -> Option<TraceParent> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    TraceParent::parse(value)
}

/// Refuses an audience that the caller may not push to.
fn check_audience(caller: &Caller, state: &AppState, audience: &Audience) -> Result<(), Error> {
    let field = match audience {
        Audience::Client(_) => "to.client",
        Audience::Clients(_) => "to.clients",
        Audience::Topic(_) => "to.topic",
        Audience::Everyone => "to",
    };
    caller.check(state, Action::Push, audience.into(), Some(field))
}

/// Parses a push of a caller. Afterwards nothing is checked again.
pub fn parse(
    push: PushRequest,
    trace: Option<TraceParent>,
    state: &AppState,
    caller: &Caller,
) -> Result<Push, Error> {
    let settings = state.live.load();
    let limits = &settings.limits;
    let (draft, key) = parse_draft(&push, limits)?;
    check_audience(caller, state, &draft.audience)?;
    let when = match (&push.at, push.delay) {
        (None, None) => None,
        (at, delay) => {
            let now = state.broker.log().now();
            scheduled::when(at.as_deref(), delay, now, limits)?
        }
    };
    if when.is_some() {
        options::check_later(&draft, push.require_online, push.track)?;
    }
    let tracked = match push.track {
        true => Some(track(&draft, state)?),
        false => None,
    };
    check_rates(&caller.0, state, &limits.rates, draft.data.as_str().len())
        .map_err(|error| error.about(Some(AuditTarget::Audience(draft.audience.clone()))))?;
    Ok(Push {
        draft,
        key,
        require_online: push.require_online,
        tracked,
        trace,
        source: caller.source(state),
        later: later(when, &settings),
        most_states: Some(most_states(&settings)),
    })
}

/// When a push is to be done, and how many may be stored for later.
fn later(when: Option<When>, settings: &Settings) -> Option<Later> {
    let most = kept(settings.limits.max_scheduled, settings);
    when.map(|when| Later { when, most })
}

/// How many topics may have a state.
pub fn most_states(settings: &Settings) -> KeptSize {
    kept(settings.limits.max_states, settings)
}

/// Up to so many messages. They are not pruned when the log is too large, so all of one kind have a quarter of it.
fn kept(messages: u64, settings: &Settings) -> KeptSize {
    KeptSize {
        messages,
        bytes: (settings.retention.max_log_mb << 20) / 4,
    }
}

fn track(draft: &Draft, state: &AppState) -> Result<TrackedPush, Error> {
    if draft.is_ephemeral() {
        let why = "can't be used with an ephemeral message (ttl 0), which has no receipts";
        return Err(Error::invalid("track", why));
    }
    state.jobs.check_room()?;
    let title = match &draft.audience {
        Audience::Client(id) => format!("Push to {id}"),
        Audience::Clients(ids) => format!("Push to {} clients", ids.len()),
        Audience::Topic(topic) => format!("Push to topic {topic}"),
        Audience::Everyone => "Push to everyone".to_owned(),
    };
    let title: String = title.chars().take(Title::MAX_LEN).collect();
    Ok(TrackedPush {
        id: JobId::random(),
        title: Title::parse(&title).map_err(|why| Error::invalid("track", why))?,
    })
}
