//! Deletes the records of the stream that no node needs any more. One node does it for all: the janitor.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_nats::jetstream::response::Response;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior};

use super::{
    connection::Connection,
    members::{Member, Members},
    publisher::Publisher,
    stream_log::StreamLog,
    stream_watch::LatestInfo,
};
use crate::log::RecordPublisher;

/// How often records are deleted.
const TICK: Duration = Duration::from_secs(60);

/// What is needed to delete records.
pub struct Trimmer {
    /// The connection to the servers.
    pub connection: Connection,
    /// The name of the stream.
    pub stream: String,
    /// Knows which records the log of this node has released, and whether this node is the janitor.
    pub publisher: Arc<Publisher>,
    /// The nodes, with what they have applied.
    pub members: Arc<Members>,
    /// Knows the first record of the stream.
    pub latest: Arc<LatestInfo>,
}

#[derive(Deserialize)]
struct Purged {
    purged: u64,
}

impl Trimmer {
    /// Deletes records every minute, until the log is dropped.
    pub async fn run(self, log: Weak<dyn StreamLog>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(applied) = log.upgrade().map(|log| log.applied().place) else {
                return;
            };
            let Some((info, _)) = self.latest.info() else {
                continue;
            };
            let first = info.state.first_sequence;
            let members = self.members.all(Instant::now());
            let kept = first_kept(self.publisher.released(), applied, &members, first);
            if self.publisher.is_janitor() && kept > first {
                self.delete_before(kept).await;
            }
        }
    }

    async fn delete_before(&self, place: u64) {
        let subject = format!("STREAM.PURGE.{}", self.stream);
        let purge = json!({ "seq": place });
        let answer = self.connection.jetstream.request(subject, &purge).await;
        match answer {
            Ok(Response::Ok(Purged { purged })) => {
                tracing::info!(
                    before = place,
                    records = purged,
                    "deleted old records of the stream"
                );
            }
            Ok(Response::Err { error }) => {
                tracing::warn!(before = place, %error, "old records of the stream were not deleted");
            }
            // It is tried again in a minute.
            Err(error) => {
                tracing::debug!(before = place, %error, "old records of the stream were not deleted");
            }
        }
    }
}

/// The first record that is kept. The log needs no record up to `released`, but each live node must find the record that
/// it has applied last, to see that the stream continues it. `first` is the first record of the stream.
fn first_kept(released: u64, applied: u64, members: &[Member], first: u64) -> u64 {
    let others = members.iter().filter(|member| member.live && !member.this);
    let places = others.map(|member| member.beat.applied);
    // A node whose next record is gone can't go on, whatever is kept.
    let places = places.filter(|place| *place + 1 >= first);
    places.fold(released.min(applied), u64::min)
}

#[cfg(test)]
mod tests {
    use super::{super::heartbeat::Heartbeat, *};

    fn member(node: &str, applied: u64, live: bool) -> Member {
        let mut beat = Heartbeat::new(node, 1, 1, None);
        beat.applied = applied;
        Member {
            beat,
            live,
            silent_for: Duration::ZERO,
            this: false,
        }
    }

    #[test]
    fn the_last_record_of_each_live_node_is_kept() {
        let kept =
            |released, applied, members: &[Member]| first_kept(released, applied, members, 5);
        assert_eq!(kept(20, 30, &[]), 20);
        assert_eq!(kept(40, 30, &[]), 30);
        let members = [member("a", 12, true), member("b", 9, false)];
        assert_eq!(kept(20, 30, &members), 12);
    }

    #[test]
    fn a_node_that_is_too_old_keeps_nothing() {
        assert_eq!(first_kept(20, 30, &[member("a", 3, true)], 5), 20);
        assert_eq!(first_kept(20, 30, &[member("a", 4, true)], 5), 4);
    }

    #[test]
    fn nothing_is_deleted_while_a_node_has_applied_nothing() {
        assert_eq!(first_kept(20, 30, &[member("a", 0, true)], 1), 0);
        assert_eq!(first_kept(0, 30, &[], 1), 0);
    }
}
