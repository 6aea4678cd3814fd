//! `GET /api/stats/health`: what is not as it should be at this node, in words, for the panel.

use app::wire::{Condition, StatsHealth};
use axum::{Json, extract::State};
use rustix::process::{Resource, getrlimit};

use super::{
    AppState, Code, Error,
    access::Caller,
    counts_now::counts_now,
    metrics::process::open_descriptors,
    nodes, off_thread,
    recent::Counts,
    stats::{lost, not_ready},
};
use crate::{
    auth::{Action, Target},
    log::{Log, WHAT_TO_DO},
};

/// From this share of the file descriptors on, in percent, they are near their limit.
const DESCRIPTORS: u64 = 90;

/// With less free space than this share of the disk, in percent, and less than [`ENOUGH`], it is nearly full.
const FREE: u64 = 5;

/// So many free bytes are enough on a disk of any size.
const ENOUGH: u64 = 2 << 30;

/// Show what is wrong
///
/// What is not as it should be at this node, the worst first: what `/health/ready` refuses or warns of, what the process runs
/// out of, and what was refused or slow in the last ten minutes. Needs the right to read everything.
#[utoipa::path(
    get, path = "/api/stats/health", tag = "node",
    responses((status = 200, description = "What is wrong", body = StatsHealth)),
)]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<StatsHealth>, Error> {
    caller.check(&state, Action::Read, Target::Everything, None)?;
    let mut found = Found::default();
    if let Some(why) = not_ready(&state).await {
        let code = match why.code() {
            Code::StorageFull => "disk_full",
            Code::LogDamaged => "log_damaged",
            _ => "not_ready",
        };
        found.bad(code, 0, why.problem().detail);
    }
    let found = off_thread(move || {
        found.log(state.broker.log());
        found.process();
        found.cluster(&state);
        found.secrets(&state);
        let now = counts_now(&state);
        found.lately(&state.recent.growth(&now));
        found.hooks(state.broker.log());
        if state.counters.has_reload_failed() {
            let why = "the settings that were read last are wrong, and the old ones still hold";
            found.weak("settings_refused", 0, why.to_owned());
        }
        Ok::<_, Error>(found)
    });
    let mut conditions = found.await?.0;
    conditions.sort_by_key(|condition| !condition.bad);
    Ok(Json(StatsHealth { conditions }))
}

/// What was found so far.
#[derive(Default)]
struct Found(Vec<Condition>);

impl Found {
    fn bad(&mut self, code: &str, count: u64, detail: String) {
        self.add(code, true, count, detail);
    }

    fn weak(&mut self, code: &str, count: u64, detail: String) {
        self.add(code, false, count, detail);
    }

    /// Adds a condition, unless it is known already.
    fn add(&mut self, code: &str, bad: bool, count: u64, detail: String) {
        if self.0.iter().all(|condition| condition.code != code) {
            let code = code.to_owned();
            self.0.push(Condition {
                code,
                bad,
                detail,
                count,
            });
        }
    }

    fn log(&mut self, log: &Log) {
        if let Some(damage) = log.damage() {
            let lost = lost(&damage);
            self.bad(
                "log_damaged",
                0,
                format!("the log is damaged: {lost}; {WHAT_TO_DO}"),
            );
        }
        if let Some((free, size)) = log.disk_space()
            && is_low(free, size)
        {
            let percent = free.saturating_mul(100) / size.max(1);
            let detail = format!("{} MB of the disk are free ({percent}%)", free >> 20);
            self.weak("disk_low", free, detail);
        }
    }

    fn process(&mut self) {
        let (open, limit) = (open_descriptors(), getrlimit(Resource::Nofile).current);
        if let (Some(open), Some(limit)) = (open, limit) {
            let percent = open.saturating_mul(100) / limit.max(1);
            if percent >= DESCRIPTORS {
                let detail = format!("{open} of {limit} file descriptors are open");
                self.bad("descriptors_low", percent, detail);
            }
        }
    }

    fn cluster(&mut self, state: &AppState) {
        let Some(nodes) = state.broker.nodes() else {
            return;
        };
        let missing = nodes::missing(&nodes.cluster().status());
        if !missing.is_empty() {
            let detail = format!("gone, or not ready: {}", missing.join(", "));
            self.bad("nodes_missing", missing.len() as u64, detail);
        }
        let warnings = nodes.cluster().warnings();
        if !warnings.is_empty() {
            self.weak("cluster_weak", warnings.len() as u64, warnings.join("; "));
        }
    }

    fn secrets(&mut self, state: &AppState) {
        if let Some(warning) = state.certificate_warning() {
            self.bad("certificate", 0, warning);
        }
        let jwks = state.auth.load();
        if let Some(warning) = jwks.jwks().and_then(|jwks| jwks.warning()) {
            self.weak("issuer", 0, warning);
        }
    }

    /// What has happened in the last ten minutes.
    fn lately(&mut self, grown: &Counts) {
        if let Some(mean) = grown.slow_commit() {
            let detail = format!("a commit of the log takes {mean} ms");
            self.weak("slow_storage", mean, detail);
        }
        let counted = [
            (
                "pushes_limited",
                grown.pushes_limited,
                "pushes were refused by limits",
            ),
            (
                "streams_limited",
                grown.streams_limited,
                "streams were refused by limits",
            ),
            (
                "slow_readers",
                grown.slow_readers,
                "times a stream was too slow, and went on from the log",
            ),
        ];
        for (code, count, what) in counted {
            if count > 0 {
                let detail = format!("{count} {what} in the last ten minutes");
                self.weak(code, count, detail);
            }
        }
    }

    fn hooks(&mut self, log: &Log) {
        let hooks = log.hooks();
        let paused = hooks.iter().filter(|hook| hook.paused.is_some()).count();
        let failing = |hook: &&std::sync::Arc<_>| is_failing(hook);
        let failing = hooks.iter().filter(failing).count();
        if failing > 0 {
            let detail = format!("{failing} webhooks do not take what is delivered");
            self.weak("hooks_failing", failing as u64, detail);
        }
        if paused > 0 {
            let detail = format!("{paused} webhooks are paused");
            self.weak("hooks_paused", paused as u64, detail);
        }
    }
}

fn is_failing(hook: &crate::log::StoredHook) -> bool {
    hook.paused.is_none() && hook.failing.is_some()
}

fn is_low(free: u64, size: u64) -> bool {
    free < ENOUGH && free.saturating_mul(100) < size.saturating_mul(FREE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    #[test]
    fn a_disk_is_nearly_full_by_its_share_and_its_size() {
        assert!(is_low(GB, 100 * GB));
        assert!(!is_low(3 * GB, 100 * GB), "enough, though it is 3%");
        assert!(!is_low(GB, 10 * GB), "10% of a small disk");
        assert!(!is_low(0, 0), "its size is not known");
    }

    #[test]
    fn what_was_found_twice_is_told_once() {
        let mut found = Found::default();
        found.bad("log_damaged", 0, "pushes are refused".to_owned());
        found.bad("log_damaged", 0, "the log is damaged".to_owned());
        found.lately(&Counts {
            slow_readers: 2,
            ..Counts::default()
        });
        let codes = found.0.iter().map(|condition| condition.code.as_str());
        assert_eq!(codes.collect::<Vec<_>>(), ["log_damaged", "slow_readers"]);
        assert_eq!(found.0[1].count, 2);
    }
}
