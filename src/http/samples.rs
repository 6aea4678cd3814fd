//! Statistics over time: the last hour at `GET /api/stats/history`, and each new sample on `$sys/stats`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use app::wire::{EVENT_SAMPLE, SYS_STATS, Sample, StatsHistory};
use axum::{Json, extract::State};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{AppState, Error, access::Caller, metrics::process, sys};
use crate::{
    auth::{Action, Target},
    broker::Broker,
    message::Topic,
    registry,
};

/// Time between two samples.
const EVERY: Duration = Duration::from_secs(5);
/// Show statistics of the last hour
///
/// The last hour, one sample every few seconds. New samples are published on the topic `$sys/stats`. Needs the right to
/// read everything.
#[utoipa::path(
    get, path = "/api/stats/history", tag = "node",
    responses((status = 200, description = "The samples", body = StatsHistory)),
)]
pub async fn history(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<StatsHistory>, Error> {
    caller.check(&state, Action::Read, Target::Everything, None)?;
    let samples = state.samples.all();
    Ok(Json(StatsHistory {
        every: EVERY.as_secs(),
        samples,
    }))
}

/// Takes samples, stores them, and publishes them. Never ends.
pub async fn take(state: AppState) -> Infallible {
    let topic = Topic::own(SYS_STATS);
    let mut before = Counters::read(&state.broker);
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = Counters::read(&state.broker);
        let sample = sample(&state.broker, &before, &now);
        before = now;
        state.samples.keep(sample);
        if state.broker.registry().is_observed() {
            sys::publish(&state.broker, &topic, EVENT_SAMPLE, &sample);
        }
    }
}

/// Counters at one point in time.
struct Counters {
    at: Instant,
    messages: u64,
    deliveries: u64,
}

impl Counters {
    fn read(broker: &Arc<Broker>) -> Self {
        Self {
            at: Instant::now(),
            messages: broker.messages(),
            deliveries: broker.registry().deliveries(),
        }
    }
}

fn sample(broker: &Broker, before: &Counters, now: &Counters) -> Sample {
    let seconds = (now.at - before.at).as_secs_f64().max(0.001);
    // One decimal place is enough.
    let rate = |grown: u64| (grown as f64 / seconds * 10.0).round() / 10.0;
    let size = broker.registry().size();
    let latencies = broker.take_latencies();
    Sample {
        at: registry::now(),
        clients: size.clients,
        connections: size.connections,
        pushes: rate(now.messages - before.messages),
        deliveries: rate(now.deliveries - before.deliveries),
        lag_p50: latencies.quantile(0.5),
        lag_p99: latencies.quantile(0.99),
        memory: process::memory("RssAnon:").unwrap_or_default(),
    }
}
