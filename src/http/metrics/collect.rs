//! Collects all metrics.

use std::time::UNIX_EPOCH;

use super::{catalog as metric, process::Process};
use crate::{
    cluster::ClusterStatus,
    http::{AppState, Error, nodes},
    job::State,
    log::{BATCH_CLASSES, ReadError, Stats},
    metrics::{Exposition, HistogramSnapshot},
};

/// The most keys whose quotas are told.
const MAX_QUOTAS: usize = 1_000;

/// All metrics as text. Blocks.
pub fn text(state: &AppState, ready: bool) -> Result<String, Error> {
    let mut out = Exposition::default();
    let stats = state.broker.log().stats()?;
    streams(state, &mut out);
    pushes(state, &mut out);
    log(state, &stats, &mut out);
    requests(state, &mut out);
    hooks(state, &mut out)?;
    jobs(state, &mut out)?;
    out.value(&metric::READY, flag(ready));
    if let Some(nodes) = state.broker.nodes() {
        cluster(&nodes.cluster().status(), &mut out);
    }
    process(state, &mut out);
    Ok(out.finish())
}

fn flag(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}

fn streams(state: &AppState, out: &mut Exposition) {
    let registry = state.broker.registry();
    let (size, outbox, counters) = (registry.size(), registry.outbox(), registry.counters());
    out.value(&metric::CONNECTIONS, size.connections as f64);
    out.value(&metric::CLIENTS, size.clients as f64);
    out.value(&metric::TOPICS, registry.topics() as f64);
    out.value(&metric::JOB_VIEWERS, state.jobs.viewers() as f64);
    out.value(&metric::STREAMS_OPENED, registry.opened() as f64);
    out.by_label(&metric::STREAMS_CLOSED, counters.ended.counts());
    out.value(&metric::STREAM_BYTES, counters.bytes() as f64);
    out.value(&metric::STREAMS_BEHIND, outbox.behind as f64);
    out.value(&metric::SLOW_READERS, counters.fell_behind.get() as f64);
    out.by_label(&metric::REPLAYS, counters.replays.counts());
    out.value(&metric::REPLAY_PAGES, counters.replay_pages.get() as f64);
    out.value(&metric::REPLAY_BYTES, counters.replay_bytes.get() as f64);
    out.by_label(&metric::GAPS, counters.gaps.counts());
    out.value(&metric::OUTBOX_MESSAGES, outbox.messages as f64);
    out.value(&metric::OUTBOX_BYTES, outbox.bytes as f64);
    out.histogram(&metric::DELIVERY_LAG, &counters.lag());
    out.value(&metric::DELIVERIES, registry.deliveries() as f64);
}

fn pushes(state: &AppState, out: &mut Exposition) {
    let counts: Vec<_> = state.broker.pushes().collect();
    let samples = counts
        .iter()
        .map(|(labels, count)| (&labels[..], *count as f64));
    out.family(&metric::PUSHES, samples);
    out.histogram(&metric::PUSH_DURATION, &state.broker.latencies());
}

fn log(state: &AppState, stats: &Stats, out: &mut Exposition) {
    let (log, work) = (state.broker.log(), stats.work);
    let limit = state.live.load().retention.max_log_mb << 20;
    out.value(&metric::LOG_MESSAGES, stats.messages as f64);
    out.value(&metric::LOG_BYTES, stats.bytes as f64);
    out.value(&metric::LOG_LIMIT, limit as f64);
    let oldest = stats.oldest_at.unwrap_or_default();
    out.value(&metric::LOG_OLDEST, oldest as f64 / 1e3);
    out.value(&metric::STATES, log.state_count() as f64);
    out.value(&metric::SCHEDULED, log.scheduled_count() as f64);
    out.value(&metric::LOG_QUEUE, stats.queued as f64);
    out.value(&metric::LOG_APPENDED, work.appended as f64);
    out.value(&metric::LOG_APPENDED_BYTES, work.appended_bytes as f64);
    out.histogram(&metric::COMMIT_DURATION, &log.commit_durations());
    let bounds = BATCH_CLASSES.map(|bound| bound as f64);
    let above = work.batches[BATCH_CLASSES.len()];
    let sizes = bounds.into_iter().zip(work.batches);
    let sizes = HistogramSnapshot::of(sizes, above, work.appended as f64);
    out.histogram(&metric::COMMIT_MESSAGES, &sizes);
    out.value(&metric::LOG_DAMAGED, flag(log.damage().is_some()));
    out.value(&metric::LOG_FULL, flag(log.is_disk_full()));
}

fn requests(state: &AppState, out: &mut Exposition) {
    let counters = &state.counters;
    out.by_label(&metric::REQUESTS, counters.requests());
    out.by_label(&metric::ERRORS, counters.errors());
    out.by_label(
        &metric::AUTH_FAILURES,
        state.auth.load().failures().counts(),
    );
    out.by_label(&metric::LIMITED, state.limits.stored());
    quotas(state, out);
    if let Some(jwks) = state.auth.load().jwks() {
        let read_at = jwks.read_at().unwrap_or(UNIX_EPOCH);
        let read_at = read_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        out.by_label(&metric::JWKS_READS, jwks.reads().counts());
        out.value(&metric::JWKS_KEYS, jwks.keys().len() as f64);
        out.value(&metric::JWKS_READ_AT, read_at.as_secs_f64());
    }
    let access = state.access_log.as_ref();
    let dropped = access.map_or(0, |log| log.dropped());
    out.value(&metric::ACCESS_LOG_DROPPED, dropped as f64);
    out.by_label(&metric::RELOADS, counters.reloads.counts());
    let good = !counters.has_reload_failed();
    out.value(&metric::RELOAD_GOOD, flag(good));
}

/// The keys with a quota of which most is used.
fn quotas(state: &AppState, out: &mut Exposition) {
    let mut quotas = state.auth.load().keys().quotas();
    let share = |(_, (per_day, today)): &(_, (u64, u64))| *today as f64 / (*per_day).max(1) as f64;
    quotas.sort_by(|a, b| share(b).total_cmp(&share(a)));
    quotas.truncate(MAX_QUOTAS);
    let pushes = quotas.iter().map(|(id, (_, today))| (&**id, *today));
    out.by_label(&metric::KEY_PUSHES, pushes);
    let quotas = quotas.iter().map(|(id, (per_day, _))| (&**id, *per_day));
    out.by_label(&metric::KEY_QUOTA, quotas);
}

/// How many waiting events of a webhook are counted.
const WAITING: usize = 10_000;

fn hooks(state: &AppState, out: &mut Exposition) -> Result<(), Error> {
    out.by_label(&metric::HOOK_ATTEMPTS, state.hooks.attempts());
    out.value(&metric::HOOK_DROPPED, state.hooks.dropped() as f64);
    let hooks = state.broker.log().hooks();
    let mut states = [("active", 0), ("failing", 0), ("paused", 0)];
    for hook in &hooks {
        let place = match (&hook.paused, &hook.failing) {
            (Some(_), _) => 2,
            (None, Some(_)) => 1,
            (None, None) => 0,
        };
        states[place].1 += 1;
    }
    out.by_label(&metric::HOOKS, states);
    let waiting = hooks.iter().map(|hook| {
        let waiting = state.hooks.waiting(hook, WAITING)?;
        Ok((&*hook.id, waiting))
    });
    let waiting = waiting.collect::<Result<Vec<_>, ReadError>>()?;
    out.by_label(&metric::HOOK_WAITING, waiting);
    let lost = hooks.iter().map(|hook| (&*hook.id, hook.lost));
    out.by_label(&metric::HOOK_LOST, lost);
    if let Some(hook) = &state.connect_hook {
        out.by_label(&metric::CONNECT_HOOK, hook.results());
    }
    Ok(())
}

fn jobs(state: &AppState, out: &mut Exposition) -> Result<(), Error> {
    let name = |state| match state {
        State::Running => "running",
        State::Done => "done",
        State::Failed => "failed",
        State::Cancelled => "cancelled",
    };
    let counts = state.broker.log().job_counts()?;
    let counts = counts
        .into_iter()
        .map(|(state, count)| (name(state), count));
    out.by_label(&metric::JOBS, counts);
    Ok(())
}

fn cluster(status: &ClusterStatus, out: &mut Exposition) {
    let last = status.stream.as_ref().map_or(0, |stream| stream.last);
    let lag = last.saturating_sub(status.received);
    out.value(&metric::CLUSTER_CONNECTED, flag(status.server.is_some()));
    out.value(&metric::CLUSTER_REACHABLE, flag(status.reachable));
    out.value(&metric::CLUSTER_LAG, lag as f64);
    out.value(&metric::CLUSTER_RECORD, status.received as f64);
    out.by_label(&metric::CLUSTER_NODES, nodes::count_by_state(status));
    out.value(&metric::CLUSTER_DROPPED, status.dropped as f64);
    let weaknesses = status.weaknesses.len();
    out.value(&metric::CLUSTER_WEAKNESSES, weaknesses as f64);
    out.value(&metric::CLUSTER_JANITOR, flag(status.janitor));
}

fn process(state: &AppState, out: &mut Exposition) {
    let labels = [env!("CARGO_PKG_VERSION"), &state.settings.node];
    out.family(&metric::BUILD, [(&labels[..], 1.0)]);
    let started = state.started_at as f64 / 1e3;
    out.value(&metric::START_TIME, started);
    let process = Process::read();
    out.value(&metric::PROCESS_CPU, process.cpu_seconds);
    // The server is all that the process does.
    out.value(&metric::PROCESS_START, started);
    let some = [
        (&metric::PROCESS_MEMORY, process.resident_bytes),
        (&metric::PROCESS_FDS, process.open_fds),
        (&metric::PROCESS_MAX_FDS, process.max_fds),
    ];
    for (metric, value) in some {
        if let Some(value) = value {
            out.value(metric, value as f64);
        }
    }
}
