//! Follows the stream: gives its records to the log of this node, in order, each once, whatever happens to the
//! connection and to the servers.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    connection::{Connection, FIRST_ANSWERS},
    continuity::{self, Break},
    pull::{Pull, PullError},
    reach::Reach,
    server_needs::ServerNeeds,
    stream::{self, StreamError, StreamSpec},
    stream_log::StreamLog,
};
use crate::log::AppliedRecord;

/// The pause after a failure. It doubles up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_millis(300);

/// The pause after which a stream that does not continue what was applied is looked at again.
const BROKEN_PAUSE: Duration = Duration::from_secs(5);

/// Times that a record must be missing before the stream counts as damaged. Once may be a fault of a consumer.
const MAX_HOLES: u32 = 3;

/// Follows the stream with the log of this node.
pub struct Follower {
    /// The connection to the servers.
    pub connection: Connection,
    /// The stream.
    pub spec: StreamSpec,
    /// What the servers must be able to do.
    pub needs: ServerNeeds,
    /// Is told whenever the stream is seen to work.
    pub reach: Arc<Reach>,
    /// Gets the place, for people.
    pub progress: Arc<Progress>,
}

/// How far this node is, and what stops it.
#[derive(Debug, Default)]
pub struct Progress {
    state: Mutex<ProgressState>,
}

/// See [`Progress`].
#[derive(Clone, Debug, Default)]
pub struct ProgressState {
    /// The last record that was given to the log.
    pub followed: AppliedRecord,
    /// Why the stream is not followed.
    pub stopped: Option<Stop>,
}

/// Why the stream is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It cannot be reached now.
    Unreachable(String),
    /// It is not as it must be. Somebody has to change it.
    Wrong(String),
    /// It does not continue what this node has applied.
    Broken(Break),
}

impl Progress {
    /// The state now.
    pub fn state(&self) -> ProgressState {
        self.state.lock().clone()
    }

    fn set_followed(&self, followed: AppliedRecord) {
        self.state.lock().followed = followed;
    }

    /// Sets why the stream is not followed, and says it once.
    fn set_stopped(&self, stopped: Option<Stop>) {
        let mut state = self.state.lock();
        if state.stopped != stopped {
            match &stopped {
                None => tracing::info!(after = state.followed.place, "following the stream"),
                Some(Stop::Unreachable(why)) => tracing::warn!("the stream is not followed: {why}"),
                Some(
                    Stop::Wrong(why) | Stop::Broken(Break::Diverged(why) | Break::TooOld(why)),
                ) => tracing::error!("the stream is not followed: {why}"),
            }
            state.stopped = stopped;
        }
    }
}

impl Follower {
    /// Follows until the log is dropped.
    pub async fn run(self, log: Weak<dyn StreamLog>) {
        let Some(mut last) = log.upgrade().map(|log| log.applied()) else {
            return;
        };
        self.progress.set_followed(last);
        let mut changes = self.connection.changes();
        let (mut pause, mut holes, mut failures) = (FIRST_PAUSE, 0, 0);
        loop {
            let before = last.place;
            changes.mark_unchanged();
            let Err(end) = self.follow(&mut last, &log, &mut changes, failures).await else {
                return;
            };
            failures += 1;
            if last.place > before {
                (pause, holes, failures) = (FIRST_PAUSE, 0, 0);
            }
            if let End::Pull(PullError::Hole { .. }) = &end {
                holes += 1;
            }
            let stop = stop_of(end, holes);
            pause = match stop {
                None => FIRST_PAUSE,
                Some(Stop::Unreachable(_)) => (pause * 2).min(LONGEST_PAUSE),
                Some(Stop::Wrong(_) | Stop::Broken(_)) => BROKEN_PAUSE,
            };
            if let Some(Stop::Wrong(_) | Stop::Broken(_)) = stop {
                self.reach.note_stopped();
            }
            if let Some(stop) = stop {
                self.progress.set_stopped(Some(stop));
            }
            // A new connection may be the end of the trouble.
            let _ = tokio::time::timeout(pause, changes.changed()).await;
        }
    }

    /// Checks the stream and follows it until something fails, after `failures` failures in a row. Ok if the log was
    /// dropped.
    async fn follow(
        &self,
        last: &mut AppliedRecord,
        log: &Weak<dyn StreamLog>,
        changes: &mut watch::Receiver<u64>,
        failures: usize,
    ) -> Result<(), End> {
        if !self.connection.is_up() {
            let why = self.connection.last_error();
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            let text = format!("there is no connection to a NATS server{why}");
            return Err(End::Stream(StreamError::Unreachable(text)));
        }
        let Some(id) = log.upgrade().map(|log| log.id()) else {
            return Ok(());
        };
        self.needs.check(&self.connection)?;
        let quick = FIRST_ANSWERS
            .get(failures)
            .map(|limit| self.connection.with_limit(*limit));
        let asked = quick.as_ref().unwrap_or(&self.connection);
        let info = stream::read(asked, &self.spec).await?;
        let info = info.ok_or_else(|| {
            let name = self.spec.subjects.stream();
            End::Broken(Break::Diverged(format!("the stream {name} was deleted")))
        })?;
        self.spec.check(&info.config)?;
        if let Some(found) =
            continuity::check(&self.connection.jetstream, &info, &id, *last).await?
        {
            return Err(End::Broken(found));
        }
        self.reach.note_led();
        let mut pull = Pull::open(&self.connection, &info.config.name, last.place).await?;
        loop {
            let records = tokio::select! {
                records = pull.next() => records?,
                _ = changes.changed() => return Err(End::Changed),
            };
            self.reach.note_followed();
            self.progress.set_stopped(None);
            let Some(newest) = records.last() else {
                continue;
            };
            let newest = AppliedRecord {
                place: newest.place,
                at: newest.at,
            };
            let Some(log) = log.upgrade() else {
                return Ok(());
            };
            self.reach.note_stored();
            log.follow(records).await;
            *last = newest;
            self.progress.set_followed(newest);
        }
    }
}

/// Why following ended.
enum End {
    /// A connection was made or lost.
    Changed,
    Stream(StreamError),
    Pull(PullError),
    Broken(Break),
}

impl From<StreamError> for End {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

impl From<PullError> for End {
    fn from(error: PullError) -> Self {
        Self::Pull(error)
    }
}

/// What people are told about an end. None if following just begins again.
fn stop_of(end: End, holes: u32) -> Option<Stop> {
    match end {
        End::Changed => None,
        End::Pull(error @ PullError::Hole { .. }) if holes >= MAX_HOLES => {
            let text = format!("the stream is damaged: {error}");
            Some(Stop::Broken(Break::Diverged(text)))
        }
        End::Pull(error) => Some(Stop::Unreachable(error.to_string())),
        End::Stream(StreamError::Unreachable(why)) => Some(Stop::Unreachable(why)),
        End::Stream(StreamError::Wrong(why)) => Some(Stop::Wrong(why)),
        End::Broken(found) => Some(Stop::Broken(found)),
    }
}
