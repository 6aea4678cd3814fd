//! The states of topics, for those who subscribe.

use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use crate::log::{
    Log,
    error::ReadError,
    state_rows::{self, StatesPage, TopicState},
};
use crate::message::{Seq, Topic, TopicFilter};

/// How long to wait for the head of the log to reach what the file has.
const PUBLISHED: Duration = Duration::from_secs(1);

impl Log {
    /// Whether a topic may have a state. It does not read the file.
    pub fn has_states(&self) -> bool {
        self.shared.has_states.load(Ordering::Acquire)
    }

    /// How many topics have a state.
    pub fn state_count(&self) -> u64 {
        self.shared.states.load(Ordering::Relaxed)
    }

    /// The state of a topic. None if it has none.
    pub fn topic_state(&self, topic: &Topic) -> Result<Option<TopicState>, ReadError> {
        self.query(|conn| state_rows::find(conn, topic))
    }

    /// The states of the topics that match one of these filters, after a name, and a position. They have what all messages up
    /// to that position have set, and nothing of a message after it. It is not after the head.
    pub fn states(
        &self,
        filters: &[TopicFilter],
        after: &str,
    ) -> Result<(StatesPage, Seq), ReadError> {
        let head = self.head();
        let page = self.query(|conn| state_rows::page(conn, filters, after))?;
        let newest = page.states.iter().map(|state| state.seq).max();
        let until = newest.map_or(head, |newest| newest.max(head));
        // A commit can be read a moment before the head moves.
        let began = Instant::now();
        while self.head() < until && began.elapsed() < PUBLISHED {
            thread::yield_now();
        }
        Ok((page, until))
    }
}
