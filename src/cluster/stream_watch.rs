//! Asks JetStream every second how the stream is, and sometimes how safe its servers are.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::stream::Info;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    connection::Connection,
    reach::Reach,
    stream::{self, StreamSpec},
    sync_check::{self, SyncReport},
};
use crate::config::MonitorUrl;

/// How often the leader of the stream is asked.
const TICK: Duration = Duration::from_secs(1);

/// How often the monitoring of the servers is asked.
const SYNC_TICK: Duration = Duration::from_secs(30);

/// Looks at the stream, a second apart, after which a node must have what was in the stream at the first of them.
const LOOKS: usize = 3;

/// What was learned about the stream last.
#[derive(Debug, Default)]
pub struct LatestInfo {
    latest: Mutex<Latest>,
}

#[derive(Clone, Debug, Default)]
struct Latest {
    info: Option<(Info, Instant)>,
    /// The last place of the stream at the last looks at it, the oldest first.
    lasts: [u64; LOOKS],
    sync: SyncReport,
}

impl LatestInfo {
    /// What JetStream has said about the stream last, and when.
    pub fn info(&self) -> Option<(Info, Instant)> {
        self.latest.lock().info.clone()
    }

    /// The records that a node at this place does not have, although they were in the stream 2 seconds ago.
    pub fn behind(&self, place: u64) -> u64 {
        self.latest.lock().lasts[0].saturating_sub(place)
    }

    /// Weaknesses of the servers of the stream, in words for people.
    pub fn weaknesses(&self) -> Vec<String> {
        let latest = self.latest.lock();
        let info = latest.info.as_ref().map(|(info, _)| info);
        let few = info.and_then(stream::few_copies);
        few.into_iter().chain(latest.sync.weaknesses()).collect()
    }

    /// Keeps what JetStream has said.
    pub fn set_info(&self, info: Info) {
        let mut latest = self.latest.lock();
        let last = info.state.last_sequence;
        match latest.info {
            Some(_) => {
                latest.lasts.rotate_left(1);
                latest.lasts[LOOKS - 1] = last;
            }
            // A node that begins must catch up first.
            None => latest.lasts = [last; LOOKS],
        }
        latest.info = Some((info, Instant::now()));
    }

    /// Keeps what the monitoring has said. Words about what became worse go to the diagnostics.
    pub fn set_sync(&self, report: SyncReport) {
        let mut latest = self.latest.lock();
        let known = latest.sync.weaknesses();
        for weakness in report.weaknesses() {
            if !known.contains(&weakness) {
                tracing::warn!("{weakness}");
            }
        }
        latest.sync = report;
    }
}

/// Watches the stream until the task is ended.
pub async fn watch(
    connection: Connection,
    spec: StreamSpec,
    monitors: Vec<MonitorUrl>,
    reach: Arc<Reach>,
    latest: Arc<LatestInfo>,
) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sync_at = Instant::now();
    loop {
        ticks.tick().await;
        if !connection.is_up() {
            continue;
        }
        let Ok(Some(info)) = stream::read(&connection, &spec).await else {
            continue;
        };
        // A server that runs alone leads without a name.
        let is_led = |info: &Info| {
            info.cluster
                .as_ref()
                .is_none_or(|cluster| cluster.leader.is_some())
        };
        if is_led(&info) {
            reach.note_led();
        }
        if sync_at <= Instant::now() {
            latest.set_sync(sync_check::ask(&monitors, &info).await);
            sync_at = Instant::now() + SYNC_TICK;
        }
        latest.set_info(info);
    }
}
