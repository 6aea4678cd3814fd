//! `/api/scheduled`: messages that are to be pushed later. They are made by `POST /push` with `at` or `delay`.

use std::{sync::Arc, time::Duration};

use app::wire::{ScheduledChange, ScheduledInfo, ScheduledPage};
use axum::{Json, extract::State, http::StatusCode};
use serde_json::value::RawValue;

use super::{
    AppState, Code, Error,
    access::Caller,
    audited::Doing,
    body::{JsonBody, Pairs, PathId},
    messages::describe,
    off_thread,
    openapi::{refuses, values},
    visible::Visible,
};
use crate::{
    auth::Action,
    broker::Broker,
    config::Limits,
    log::{
        AuditTarget, Ended, Schedule, ScheduleId, SchedulePlace, ScheduleState, Scheduled, When,
    },
    message::{Audience, Draft},
    timestamp,
};

/// The default number of messages on a page.
const PAGE: u64 = 50;
/// The maximum number of messages on a page.
const MAX_PAGE: u64 = 500;

/// Seconds of a day.
const DAY: u64 = 24 * 3600;

refuses!(ListRefusals: ; READ);
refuses!(ShowRefusals: NotFound, ScheduleUnknown, ClusterUnavailable; READ);
refuses!(ChangeRefusals: NotFound, ScheduleUnknown, ScheduleSent; WRITE);

/// List scheduled messages
///
/// Those that wait, in the order in which they are pushed; `next` of one page is `after` of the following. A caller that may read
/// only some clients and topics gets the messages to them.
#[utoipa::path(
    get, path = "/api/scheduled", tag = "scheduled",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "Messages on one page; 50 by default"),
        ("after" = Option<values::SchedulePlace>, Query, description = "Only messages after this place: `next` of the previous page"),
    ),
    responses((status = 200, description = "One page", body = ScheduledPage), ListRefusals),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Json<ScheduledPage>, Error> {
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "messages")?;
    let after = match pairs.get("after") {
        None => SchedulePlace::default(),
        Some(text) => place(text)
            .ok_or_else(|| Error::invalid("after", "must be `next` of the previous page"))?,
    };
    let visible = Visible::from(&caller);
    let broker = Arc::clone(&state.broker);
    off_thread(move || {
        let mut found = broker.log().schedules(after, limit + 1)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().map(Schedule::place).filter(|_| more);
        let shown = found.iter().map(|schedule| info(&broker, schedule));
        let shown: Vec<_> = shown.collect::<Result<_, _>>()?;
        let sees = |(audience, _): &(Audience, _)| visible.audience(audience);
        Ok::<_, Error>(ScheduledPage {
            scheduled: shown
                .into_iter()
                .flatten()
                .filter(sees)
                .map(|(_, info)| info)
                .collect(),
            next: last.map(|(due_at, number)| format!("{due_at}-{number}")),
        })
    })
    .await
    .map(Json)
}

/// One scheduled message
///
/// Also after it was pushed, as long as the message is kept: `message` is its id then.
#[utoipa::path(
    get, path = "/api/scheduled/{id}", tag = "scheduled",
    params(("id" = values::ScheduleId, Path, description = "The id of the scheduled message")),
    responses((status = 200, description = "The message", body = ScheduledInfo), ShowRefusals),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    PathId(text): PathId,
) -> Result<Json<ScheduledInfo>, Error> {
    let (audience, info) = find(&state, &text).await?;
    match Visible::from(&caller).audience(&audience) {
        true => Ok(Json(info)),
        false => Err(unknown(&text)),
    }
}

/// Change the time of a scheduled message
#[utoipa::path(
    patch, path = "/api/scheduled/{id}", tag = "scheduled", request_body = ScheduledChange,
    params(("id" = values::ScheduleId, Path, description = "The id of the scheduled message")),
    responses((status = 200, description = "Changed, durably", body = ScheduledInfo), ChangeRefusals),
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(text): PathId,
    JsonBody(change): JsonBody<ScheduledChange>,
) -> Result<Json<ScheduledInfo>, Error> {
    doing.action("schedule.change");
    let limits = state.live.load_full();
    let now = state.broker.log().now();
    let when = when(change.at.as_deref(), change.delay, now, &limits.limits)?;
    let when = when.ok_or_else(|| {
        Error::new(
            Code::MissingField,
            "at or delay says when it is to be pushed",
        )
        .field("at")
    })?;
    let (id, mut info) = waiting(&state, &caller, &doing, &text).await?;
    let changed = state.broker.log().reschedule(id, when).await?;
    info.due_at = outcome(changed, &text)?.unwrap_or(info.due_at);
    Ok(Json(info))
}

/// Cancel a scheduled message
///
/// It is not pushed, and its idempotency key can be used again. A message that was pushed is recalled by
/// `DELETE /api/messages/{id}`.
#[utoipa::path(
    delete, path = "/api/scheduled/{id}", tag = "scheduled",
    params(("id" = values::ScheduleId, Path, description = "The id of the scheduled message")),
    responses((status = 204, description = "Cancelled, durably"), ChangeRefusals),
)]
pub async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(text): PathId,
) -> Result<StatusCode, Error> {
    doing.action("schedule.cancel");
    let (id, _) = waiting(&state, &caller, &doing, &text).await?;
    let cancelled = state.broker.log().cancel_schedule(id).await?;
    outcome(cancelled, &text)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A message that waits, if the caller may push to its audience.
async fn waiting(
    state: &AppState,
    caller: &Caller,
    doing: &Doing,
    text: &str,
) -> Result<(ScheduleId, ScheduledInfo), Error> {
    let (audience, info) = find(state, text).await?;
    doing.to(AuditTarget::Audience(audience.clone()));
    let target = (&audience).into();
    // Whoever may not know of it is told that it does not exist.
    if !Visible::from(caller).audience(&audience) && !caller.0.may(Action::Push, target) {
        return Err(unknown(text));
    }
    caller.check(state, Action::Push, target, Some("id"))?;
    if info.message.is_some() {
        return Err(sent(text));
    }
    let id = ScheduleId::parse(text).ok_or_else(|| unknown(text))?;
    Ok((id, info))
}

/// Looks for it, here and then at the newest state of the cluster.
async fn find(state: &AppState, text: &str) -> Result<(Audience, ScheduledInfo), Error> {
    let id = ScheduleId::parse(text).ok_or_else(|| unknown(text))?;
    let look = || {
        let broker = Arc::clone(&state.broker);
        off_thread(move || match broker.log().scheduled(id)? {
            Some(schedule) => info(&broker, &schedule),
            None => Ok(None),
        })
    };
    let found = state.broker.find(look).await?;
    found.ok_or_else(|| unknown(text))
}

/// The new time. Fails if it does not wait any more.
fn outcome(changed: Scheduled, text: &str) -> Result<Option<u64>, Error> {
    match changed {
        Scheduled::Stored(_, due_at) | Scheduled::Repeated(_, due_at) => Ok(Some(due_at)),
        Scheduled::NotWaiting => Err(sent(text)),
        _ => Ok(None),
    }
}

fn unknown(id: &str) -> Error {
    let detail = format!("there is no scheduled message {id}, or it was cancelled");
    Error::new(Code::ScheduleUnknown, detail).field("id")
}

fn sent(id: &str) -> Error {
    let detail = format!("the scheduled message {id} was pushed or cancelled");
    Error::new(Code::ScheduleSent, detail).field("id")
}

/// When a message is to be pushed. None: now. `now` is in milliseconds since 1970.
pub fn when(
    at: Option<&str>,
    delay: Option<u64>,
    now: u64,
    limits: &Limits,
) -> Result<Option<When>, Error> {
    let (field, when) = match (at, delay) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Error::invalid("delay", "can't be combined with at")),
        (None, Some(seconds)) => ("delay", When::In(Duration::from_secs(seconds))),
        (Some(text), None) => {
            let why =
                "must be a time with its offset, such as 2027-01-31T08:00:00+01:00 (RFC 3339)";
            let at = timestamp::parse(text).ok_or_else(|| Error::invalid("at", why))?;
            ("at", When::At(at))
        }
    };
    let days = limits.max_schedule_days;
    if when.due_at(now) > now.saturating_add(days * DAY * 1000) {
        let why = format!("must be at most {days} days ahead (max_schedule_days)");
        return Err(Error::invalid(field, why));
    }
    Ok(Some(when))
}

/// A place in the list, as text.
fn place(text: &str) -> Option<SchedulePlace> {
    let (due_at, number) = text.split_once('-')?;
    Some((due_at.parse().ok()?, number.parse().ok()?))
}

/// What the API says of it, and its audience. None if it was pushed, and its message was pruned since.
fn info(broker: &Broker, schedule: &Schedule) -> Result<Option<(Audience, ScheduledInfo)>, Error> {
    let id = schedule.id.to_string();
    let (due_at, made_at) = (schedule.due_at, schedule.made_at);
    Ok(match &schedule.state {
        ScheduleState::Waiting(draft) => {
            let Draft {
                audience,
                event,
                data,
                ttl,
                ..
            } = &**draft;
            let info = ScheduledInfo {
                id,
                due_at,
                made_at,
                to: describe::to(audience),
                clients: clients(audience),
                event: event.as_ref().map(|event| event.as_str().to_owned()),
                ttl: ttl.map(|ttl| ttl.as_secs()),
                data: describe::json(data),
                message: None,
            };
            Some((audience.clone(), info))
        }
        ScheduleState::Sent(seq) => broker.log().message(*seq)?.map(|record| {
            let message = &record.message;
            let info = ScheduledInfo {
                id,
                due_at,
                made_at,
                to: describe::to(&message.audience),
                clients: clients(&message.audience),
                event: message
                    .event
                    .as_ref()
                    .map(|event| event.as_str().to_owned()),
                ttl: message
                    .expires_at
                    .map(|end| end.saturating_sub(message.at) / 1000),
                data: match record.ended {
                    Some(Ended::Recalled) => RawValue::NULL.to_owned(),
                    _ => describe::json(&message.data),
                },
                message: Some(broker.cursor(*seq).to_string()),
            };
            (message.audience.clone(), info)
        }),
    })
}

/// The number of clients that it names. None for a topic and for everyone.
fn clients(audience: &Audience) -> Option<u64> {
    audience.is_direct().then(|| audience.named().len() as u64)
}
