//! What became of the events of a webhook; sending one of them again, and sending one to try it.

use std::{collections::HashMap, sync::Arc};

use app::wire::{HookDeliveries, HookDelivery};
use axum::{
    Json,
    extract::{Path, State},
};

use super::{changeable, check_access, describe, find};
use crate::{
    hooks::{Hooks, InvalidHook},
    http::{
        AppState, Code, Error,
        access::Caller,
        audited::Doing,
        body::{Pairs, PathId},
        off_thread,
        openapi::{refuses, values},
    },
    log::{DeliveryOutcome, HookChange, HookEvent, HookProgress},
};

/// The default number of deliveries on a page.
const PAGE: u64 = 100;
/// The maximum number of deliveries on a page.
const MAX_PAGE: u64 = 1_000;

refuses!(DeliveriesRefusals: NotFound, HookUnknown; READ);
refuses!(TestRefusals: NotFound, HookUnknown);
refuses!(SendRefusals: NotFound, HookUnknown, HookEventUnknown; WRITE);

/// List the deliveries of a webhook
///
/// One page, the newest events first; `next` of one page is `before` of the following. The last 1000 events are listed, of
/// those that were taken at least the newest 200 of each second.
#[utoipa::path(
    get, path = "/api/hooks/{id}/deliveries", tag = "hooks",
    params(
        ("id" = values::HookId, Path, description = "The id of the webhook"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "Deliveries on one page; 100 by default"),
        ("before" = Option<values::HookEventId>, Query, description = "Only of events before this one: `next` of the previous page"),
    ),
    responses((status = 200, description = "One page", body = HookDeliveries), DeliveriesRefusals),
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    pairs: Pairs,
) -> Result<Json<HookDeliveries>, Error> {
    check_access(&state, &caller)?;
    let hook = find(&state, &id)?;
    let limit = pairs.page_limit(PAGE, MAX_PAGE, "deliveries")?;
    let before = pairs.get("before").map(|id| {
        let number = Hooks::event_number(id);
        number.ok_or_else(|| Error::invalid("before", "must be the id of an event"))
    });
    let before = before.transpose()?.unwrap_or(u64::MAX);
    let page = off_thread(move || -> Result<_, Error> {
        let log = state.broker.log();
        let found = log.hook_deliveries(&hook.id, before, limit)?;
        let numbers: Vec<u64> = found.iter().map(|one| one.event).collect();
        let events = log.hook_events_at(&numbers)?;
        let events: HashMap<u64, HookEvent> =
            events.into_iter().map(|event| (event.seq, event)).collect();
        let describe = |one| describe::delivery(&state, one, events.get(&one.event));
        let deliveries: Vec<_> = found.iter().map(describe).collect();
        let last = deliveries.last().filter(|_| deliveries.len() == limit);
        let next = last.map(|last| last.id.clone()).filter(|id| !id.is_empty());
        Ok(HookDeliveries { deliveries, next })
    });
    Ok(Json(page.await?))
}

/// Try a webhook
///
/// Sends an event of the type `hook.test` at once, also if the webhook is paused, and answers what became of it.
#[utoipa::path(
    post, path = "/api/hooks/{id}/test", tag = "hooks",
    params(("id" = values::HookId, Path, description = "The id of the webhook")),
    responses((status = 200, description = "What the endpoint made of it", body = HookDelivery), TestRefusals),
)]
pub async fn test(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    PathId(id): PathId,
) -> Result<Json<HookDelivery>, Error> {
    doing.action("hook.test");
    let hook = changeable(&state, &caller, &doing, &id)?;
    let (id, attempt) = state.hooks.send_test(&hook).await.map_err(unreadable)?;
    let now = state.broker.log().now();
    let delivery = describe::attempted(0, now, 1, &attempt);
    let described = describe::delivery(&state, &delivery, None);
    Ok(Json(HookDelivery {
        id,
        event: "hook.test".to_owned(),
        happened_at: now,
        ..described
    }))
}

/// Send an event again
///
/// At once, also if it was delivered before or the webhook is paused, and answers what became of it. It has the same
/// `webhook-id` as before.
#[utoipa::path(
    post, path = "/api/hooks/{id}/deliveries/{event}/send", tag = "hooks",
    params(
        ("id" = values::HookId, Path, description = "The id of the webhook"),
        ("event" = values::HookEventId, Path, description = "The id of the event (`webhook-id`)"),
    ),
    responses((status = 200, description = "What the endpoint made of it", body = HookDelivery), SendRefusals),
)]
pub async fn send_again(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    Path((id, event)): Path<(String, String)>,
) -> Result<Json<HookDelivery>, Error> {
    doing.action("hook.send");
    let hook = changeable(&state, &caller, &doing, &id)?;
    let unknown = || {
        let detail = "there is no such event: it never was there, or it is not kept any more";
        Error::new(Code::HookEventUnknown, detail).field("event")
    };
    let number = Hooks::event_number(&event).ok_or_else(unknown)?;
    let (reading, of) = (state.clone(), Arc::clone(&hook.id));
    let (found, before) = off_thread(move || -> Result<_, Error> {
        let log = reading.broker.log();
        let before = log.hook_deliveries(&of, number.saturating_add(1), 1)?;
        Ok((log.hook_events_at(&[number])?, before))
    })
    .await?;
    let found = found.into_iter().next();
    let found = found.filter(|found| state.hooks.webhook_id(found) == event);
    let found = found.ok_or_else(unknown)?;
    let attempt = state
        .hooks
        .send_now(&hook, &found)
        .await
        .map_err(unreadable)?;
    let before = before.into_iter().find(|one| one.event == number);
    let attempts = before.as_ref().map_or(0, |one| one.attempts) + 1;
    let log = state.broker.log();
    let mut delivery = describe::attempted(number, log.now(), attempts, &attempt);
    if attempt.result.is_err() && before.is_some_and(|one| one.outcome == DeliveryOutcome::Retrying)
    {
        delivery.outcome = DeliveryOutcome::Retrying;
    }
    // Of no run: only the delivery is noted.
    let progress = HookProgress {
        id,
        run: u64::MAX,
        deliveries: vec![delivery.clone()],
        ..HookProgress::default()
    };
    log.change_hook(HookChange::Progress(progress)).await?;
    Ok(Json(describe::delivery(&state, &delivery, Some(&found))))
}

/// What is stored of a hook was written by a newer version.
fn unreadable(why: InvalidHook) -> Error {
    tracing::error!(%why, "a webhook can't be read");
    Error::internal()
}
