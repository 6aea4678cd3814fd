//! Statistics over time: at `GET /api/stats/history`, and each new sample on `$sys/stats`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use app::wire::{EVENT_SAMPLE, SYS_STATS, Sample, StatsHistory, StatsMark};
use axum::{Json, extract::State};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{
    AppState, Error, access::Caller, body::Pairs, counts_now::counts_now, mark_watch::MarkWatch,
    metrics::process, off_thread, sample_buffer::Samples, sys,
};
use crate::{
    auth::{Action, Target},
    broker::Broker,
    log::{AppendError, MarkKind, NodeMark, NodeSample, Step},
    message::Topic,
    registry,
};

/// Time between two samples.
const EVERY: Duration = Duration::from_secs(Step::Fine.seconds());
/// After how many samples they are written to the file: once a minute, a dozen rows in a transaction without an fsync.
const WRITE_AFTER: u32 = 12;
/// After how many samples the lists of the busiest topics and clients begin a new page: five minutes.
const TURN_AFTER: u32 = 60;

/// The ranges that can be asked for: their names, their length in milliseconds, and which samples they have.
const RANGES: [(&str, u64, Step); 4] = [
    ("15m", 900_000, Step::Fine),
    ("1h", Step::Fine.kept(), Step::Fine),
    ("24h", Step::Minute.kept(), Step::Minute),
    ("7d", Step::Coarse.kept(), Step::Coarse),
];

/// Show statistics over time
///
/// The last hour, one sample every few seconds, or the range that is asked for, with marks: starts of the server, and what
/// went wrong. Older samples are coarser. They survive a restart, except those of the last minute before a crash. They are of
/// this node: other nodes of a cluster have their own. New samples are published on the topic `$sys/stats`. Needs the right to
/// read everything.
#[utoipa::path(
    get, path = "/api/stats/history", tag = "node",
    params(
        ("range" = Option<String>, Query, pattern = "^(15m|1h|24h|7d)$", description = "`15m` or `1h` (a sample every 5 seconds), `24h` (every minute), or `7d` (every ten minutes)"),
    ),
    responses((status = 200, description = "The samples", body = StatsHistory)),
)]
pub async fn history(
    State(state): State<AppState>,
    caller: Caller,
    pairs: Pairs,
) -> Result<Json<StatsHistory>, Error> {
    caller.check(&state, Action::Read, Target::Everything, None)?;
    let Some(name) = pairs.get("range") else {
        return Ok(Json(StatsHistory {
            every: EVERY.as_secs(),
            samples: state.samples.last_hour().iter().map(wire).collect(),
            marks: Vec::new(),
        }));
    };
    let found = RANGES.iter().find(|(known, ..)| *known == name);
    let (_, length, step) = *found
        .ok_or_else(|| Error::invalid("range", format!("{name:?} is not 15m, 1h, 24h or 7d")))?;
    let since = registry::now().saturating_sub(length);
    let read = move || {
        let log = state.broker.log();
        let samples = state.samples.since(log, step, since)?;
        let marks = state.samples.marks(log, since)?;
        Ok::<_, Error>((samples, marks))
    };
    let (samples, marks) = off_thread(read).await?;
    Ok(Json(StatsHistory {
        every: step.seconds(),
        samples: samples.iter().map(wire).collect(),
        marks: marks.into_iter().map(mark).collect(),
    }))
}

/// Takes samples, stores them, and publishes them. Never ends.
pub async fn take(state: AppState) -> Infallible {
    go_on(&state).await;
    let topic = Topic::own(SYS_STATS);
    let mut watch = MarkWatch::default();
    let mut before = Counters::read(&state.broker);
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut number = 0;
    loop {
        ticks.tick().await;
        number = number % TURN_AFTER + 1;
        let now = Counters::read(&state.broker);
        let sample = sample(&state.broker, &before, &now);
        before = now;
        state.samples.keep(sample);
        if state.broker.registry().is_observed() {
            sys::publish(&state.broker, &topic, EVENT_SAMPLE, &wire(&sample));
        }
        if number == TURN_AFTER {
            state.broker.busiest().turn();
        }
        if number % WRITE_AFTER == 0 {
            watch = end_minute(&state, watch).await;
        }
    }
}

/// Reads the samples of an earlier run, and marks the start.
async fn go_on(state: &AppState) {
    let (at, version) = (state.started_at, env!("CARGO_PKG_VERSION"));
    state
        .samples
        .mark(at, MarkKind::Started, version.to_owned());
    // At once: a crash within a minute must not hide the start.
    state.samples.write(state.broker.log());
    let (broker, since) = (
        Arc::clone(&state.broker),
        at.saturating_sub(Step::Fine.kept()),
    );
    match off_thread(move || broker.log().samples(Step::Fine, since)).await {
        Ok(mut earlier) => {
            earlier.retain(|sample| sample.at < at);
            state.samples.restore(earlier);
        }
        Err(_) => tracing::warn!("the statistics of the last hour can't be read"),
    }
}

/// What is done once a minute: looks for what deserves a mark, and writes what is new.
async fn end_minute(state: &AppState, mut watch: MarkWatch) -> MarkWatch {
    let minute = state.clone();
    let look = move || {
        let now = counts_now(&minute);
        watch.look(&minute, &now);
        minute.recent.note(now);
        minute.samples.write(minute.broker.log());
        Ok::<_, Error>(watch)
    };
    off_thread(look).await.unwrap_or_default()
}

/// Writes what was measured last, when the server ends.
pub async fn write_last_samples(samples: &Samples, broker: &Broker) -> Result<(), AppendError> {
    samples.write_last(broker.log());
    match broker.log().ping().await {
        true => Ok(()),
        false => Err(AppendError::Closed),
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

fn sample(broker: &Broker, before: &Counters, now: &Counters) -> NodeSample {
    let seconds = (now.at - before.at).as_secs_f64().max(0.001);
    // One decimal place is enough.
    let rate = |grown: u64| (grown as f64 / seconds * 10.0).round() / 10.0;
    let size = broker.registry().size();
    let latencies = broker.take_latencies();
    NodeSample {
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

fn wire(sample: &NodeSample) -> Sample {
    // Means have many digits, of which most mean nothing.
    let short = |value: f64| (value * 1e3).round() / 1e3;
    Sample {
        at: sample.at,
        clients: sample.clients,
        connections: sample.connections,
        pushes: short(sample.pushes),
        deliveries: short(sample.deliveries),
        lag_p50: sample.lag_p50.map(short),
        lag_p99: sample.lag_p99.map(short),
        memory: sample.memory,
    }
}

fn mark(NodeMark { at, kind, value }: NodeMark) -> StatsMark {
    let kind = match kind {
        MarkKind::Started => "started",
        MarkKind::LogDamaged => "log_damaged",
        MarkKind::DiskFull => "disk_full",
        MarkKind::SlowStorage => "slow_storage",
        MarkKind::Gaps => "gaps",
    };
    StatsMark {
        at,
        kind: kind.to_owned(),
        value,
    }
}
