//! Whether the stream can be reached: whether what this node publishes comes back to it.

use std::{
    sync::{
        Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::stream_log::StreamLog;

/// Time without a sign that the stream works, after which it counts as not reachable.
const LIMIT: Duration = Duration::from_secs(3);

/// How often it is looked at.
const TICK: Duration = Duration::from_millis(200);

/// Signs that the stream can be reached.
#[derive(Debug, Default)]
pub struct Reach {
    signs: Mutex<Signs>,
    /// What [`Reach::watch`] found last.
    reachable: AtomicBool,
}

#[derive(Debug, Default)]
struct Signs {
    /// When the stream was last seen to store a record.
    stored: Option<Instant>,
    /// When the leader of the stream has last said something about the stream.
    led: Option<Instant>,
    /// When the follower has last heard from its consumer.
    followed: Option<Instant>,
    /// Since when a record of this node waits for its confirmation.
    waiting: Option<Instant>,
}

impl Reach {
    /// A record was confirmed, or came out of the stream.
    pub fn note_stored(&self) {
        self.signs.lock().stored = Some(Instant::now());
    }

    /// The leader of the stream has answered a question.
    pub fn note_led(&self) {
        self.signs.lock().led = Some(Instant::now());
    }

    /// The follower has heard from its consumer: a record, or that there is none.
    pub fn note_followed(&self) {
        self.signs.lock().followed = Some(Instant::now());
    }

    /// The follower is not able to follow.
    pub fn note_stopped(&self) {
        self.signs.lock().followed = None;
    }

    /// A record of this node begins to wait for its confirmation, or does not wait any more.
    pub fn set_waiting(&self, waiting: bool) {
        self.signs.lock().waiting = waiting.then(Instant::now);
    }

    /// Whether the stream can be reached.
    pub fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }

    /// Finds out again and again whether the stream can be reached. Ends when the log is dropped.
    pub async fn watch(&self, log: Weak<dyn StreamLog>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut known, mut was_reachable) = (None, false);
        while let Some(log) = log.upgrade() {
            let reachable = self.signs.lock().are_good(Instant::now());
            self.reachable.store(reachable, Ordering::Relaxed);
            if was_reachable && known != Some(reachable) {
                match reachable {
                    true => tracing::info!("the stream of the cluster can be reached again"),
                    false => tracing::warn!("the stream of the cluster cannot be reached"),
                }
            }
            known = Some(reachable);
            was_reachable |= reachable;
            drop(log);
            ticks.tick().await;
        }
    }
}

impl Signs {
    /// While a record waits, only a stored record is such a sign: a leader without a majority still answers
    /// questions for some seconds.
    fn are_good(&self, now: Instant) -> bool {
        let recent = |at: Option<Instant>| at.is_some_and(|at| now.duration_since(at) < LIMIT);
        let is_led = match self.waiting {
            Some(since) if now.duration_since(since) >= LIMIT => false,
            _ => recent(self.led),
        };
        recent(self.followed) && (recent(self.stored) || is_led)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_not_confirmed_makes_the_stream_unreachable() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut signs = Signs {
            led: Some(at(0)),
            followed: Some(at(0)),
            ..Signs::default()
        };
        assert!(signs.are_good(at(1000)));
        signs.waiting = Some(at(1000));
        signs.led = Some(at(4500));
        signs.followed = Some(at(4500));
        assert!(signs.are_good(at(3900)));
        assert!(!signs.are_good(at(4500)));
        signs.stored = Some(at(4400));
        assert!(signs.are_good(at(4500)));
    }

    #[test]
    fn a_node_that_does_not_follow_cannot_reach_the_stream() {
        let now = Instant::now();
        let signs = Signs {
            led: Some(now),
            ..Signs::default()
        };
        assert!(!signs.are_good(now));
    }
}
