//! Converts webhooks and their deliveries to the JSON of the API.

use app::wire::{self, HookFilter, HookInfo};

use crate::{
    hooks::{Attempt, HookConfig, HookSecrets, SecretKind},
    http::AppState,
    log::{DeliveryOutcome, HookDelivery, HookEvent, ReadError, StoredHook},
};

/// How many waiting events are counted.
const COUNTED: usize = 10_000;

/// A hook, without its secret. It reads the log.
pub fn hook(state: &AppState, hook: &StoredHook) -> Result<HookInfo, ReadError> {
    let texts = HookConfig::stored(&hook.config).map(|config| config.texts());
    let texts = texts.unwrap_or_default();
    let secrets = HookSecrets::stored(&hook.secrets.0).ok();
    let current = secrets.as_ref().map(|secrets| &secrets.current);
    let now = state.broker.log().now();
    let previous = secrets
        .as_ref()
        .and_then(|secrets| secrets.previous.as_ref());
    let (failing, paused) = (hook.failing.as_ref(), hook.paused.as_ref());
    let paused_why = paused.map(|(why, _)| why);
    Ok(HookInfo {
        id: hook.id.to_string(),
        url: texts.url,
        name: texts.name,
        events: texts.events,
        filter: HookFilter {
            clients: texts.clients,
            topics: texts.topics,
        },
        state: match (paused, failing) {
            (Some(_), _) => "paused",
            (None, Some(_)) => "failing",
            (None, None) => "active",
        }
        .to_owned(),
        created_at: hook.created_at,
        waiting: state.hooks.waiting(hook, COUNTED)?,
        lost: hook.lost,
        failing_since: failing.map(|failing| failing.since),
        retry_at: failing.map(|failing| failing.retry_at),
        reason: paused_why.or(failing.map(|failing| &failing.why)).cloned(),
        paused_at: paused.map(|(_, at)| *at),
        signing: match current.map(|secret| secret.kind()) {
            Some(SecretKind::Ed25519) => "ed25519",
            _ => "hmac",
        }
        .to_owned(),
        public_key: current.and_then(|secret| secret.public_key()),
        previous_until: previous
            .map(|(_, until)| *until)
            .filter(|until| *until > now),
    })
}

/// A delivery, with its event if that is kept.
pub fn delivery(
    state: &AppState,
    delivery: &HookDelivery,
    event: Option<&HookEvent>,
) -> wire::HookDelivery {
    wire::HookDelivery {
        id: event.map_or_else(String::new, |event| state.hooks.webhook_id(event)),
        event: event.map_or_else(String::new, |event| event.kind.name().to_owned()),
        client_id: event.and_then(|event| event.client.clone()),
        topic: event.and_then(|event| event.topic.clone()),
        happened_at: event.map_or(0, |event| event.at),
        at: delivery.at,
        attempts: delivery.attempts,
        outcome: delivery.outcome.name().to_owned(),
        status: delivery.status,
        latency_ms: delivery.latency,
        error: delivery.error.clone(),
    }
}

/// An attempt as it is stored.
pub fn attempted(event: u64, at: u64, attempts: u64, attempt: &Attempt) -> HookDelivery {
    let outcome = match attempt.result {
        Ok(_) => DeliveryOutcome::Delivered,
        Err(_) => DeliveryOutcome::Failed,
    };
    HookDelivery::of(event, at, attempts, attempt.facts(), outcome)
}
