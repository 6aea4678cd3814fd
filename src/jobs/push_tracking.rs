//! Jobs that track a push: progress is counted as receipts change, and published a few times per second.
//!
//! The broker counts messages to clients by name per client, so an update does not depend on the size of the
//! audience. For a topic and for everyone the log has two numbers. The log decides when tracking ends.

use std::{convert::Infallible, sync::Arc, time::Duration};

use super::Jobs;
use crate::{
    broker::ReceiptTracker,
    job::{Conclusion, Job, JobCommand, Reason, State},
    log::{Clock, Ended, ReadError},
    message::{Receipts, Seq},
};

/// Changes within this time are published together: at most five times per second.
const UPDATE_INTERVAL: Duration = Duration::from_millis(200);

/// How often expiry is checked when nothing changes.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// After this time, other nodes of a cluster have published to how many connections they sent a message.
const COUNTED_AFTER: Duration = Duration::from_secs(3);

/// After this time, a node that has not published its deliveries is not waited for.
const COUNTED_AT_LAST: Duration = Duration::from_secs(120);

/// A tracked push.
struct PushTracker {
    job: Arc<Job>,
    seq: Seq,
    expires_at: Option<u64>,
    /// None for a push to a topic or to everyone.
    receipts: Option<Arc<ReceiptTracker>>,
    /// It may have been recalled before tracking began.
    is_new: bool,
}

/// What an update of a tracked push has found.
enum Progress {
    Unchanged,
    Changed(Receipts),
    Ended(State, Option<Reason>, Receipts),
}

impl Jobs {
    /// Publishes the progress of tracked pushes, for as long as the task lives.
    pub async fn track_pushes(self: Arc<Self>) -> Infallible {
        let mut trackers = Vec::new();
        loop {
            if trackers.is_empty() {
                self.running.untracked_added().await;
            } else {
                tokio::select! {
                    () = self.running.untracked_added() => {}
                    () = self.broker.receipts_changed() => {}
                    () = tokio::time::sleep(update_interval(&trackers)) => {}
                }
            }
            tokio::time::sleep(UPDATE_INTERVAL).await;
            let (jobs, taken) = (Arc::clone(&self), std::mem::take(&mut trackers));
            let update = tokio::task::spawn_blocking(move || jobs.update_all(taken)).await;
            let Ok((open, ended)) = update else { continue };
            trackers = open;
            for (tracker, conclusion) in ended {
                // One node of a cluster ends it for all.
                if !self.broker.is_janitor() {
                    trackers.push(tracker);
                    continue;
                }
                let command = JobCommand::Finish(tracker.job.id, conclusion);
                if !self.execute(command).await {
                    trackers.push(tracker);
                }
            }
        }
    }

    /// Updates every tracked push, and separates those that are finished.
    fn update_all(
        &self,
        mut trackers: Vec<PushTracker>,
    ) -> (Vec<PushTracker>, Vec<(PushTracker, Conclusion)>) {
        let new = self.running.take_untracked().into_iter();
        trackers.extend(new.filter_map(|job| self.start_or_retry(job)));
        let (mut open, mut ended) = (Vec::new(), Vec::new());
        for mut tracker in trackers {
            // It was cancelled.
            if self.running.job(tracker.job.id).is_none() {
                continue;
            }
            match self.progress(&tracker) {
                Ok(Progress::Unchanged) => {
                    tracker.is_new = false;
                    open.push(tracker);
                }
                Ok(Progress::Changed(receipts)) => {
                    tracker.is_new = false;
                    self.publish(&mut tracker, receipts);
                    open.push(tracker);
                }
                Ok(Progress::Ended(state, reason, delivery)) => {
                    let updated_at = tracker.job.updated_at;
                    let conclusion = Conclusion {
                        state,
                        reason,
                        delivery,
                        updated_at,
                    };
                    ended.push((tracker, conclusion));
                }
                Err(error) => {
                    tracing::warn!(%error, "a push cannot be tracked now");
                    open.push(tracker);
                }
            }
        }
        (open, ended)
    }

    fn start_or_retry(&self, job: Arc<Job>) -> Option<PushTracker> {
        match self.start(&job) {
            Ok(tracker) => Some(tracker),
            Err(error) => {
                tracing::warn!(%error, "a push cannot be tracked now");
                self.running.track(job);
                None
            }
        }
    }

    /// Starts to count, then adds what the log already knows: a receipt in between is in at least one of them.
    fn start(&self, job: &Arc<Job>) -> Result<PushTracker, ReadError> {
        let (log, seq) = (self.broker.log(), job.push.unwrap_or_default());
        let mut tracker = PushTracker {
            job: Arc::clone(job),
            seq,
            expires_at: None,
            receipts: None,
            is_new: true,
        };
        let Some(record) = log.message(seq)? else {
            return Ok(tracker);
        };
        tracker.expires_at = record.message.expires_at;
        if record.message.audience.is_direct() {
            let tracked_receipts = self
                .broker
                .track_receipts(seq, record.message.audience.named());
            let recipients = log.recipients(seq, 0, usize::MAX)?;
            for (client, receipt) in recipients.into_iter().flatten() {
                tracked_receipts.note(&client, receipt);
            }
            tracker.receipts = Some(tracked_receipts);
        }
        Ok(tracker)
    }

    fn progress(&self, tracker: &PushTracker) -> Result<Progress, ReadError> {
        let changed = |receipts| match tracker.job.delivery == Some(receipts) {
            true => Progress::Unchanged,
            false => Progress::Changed(receipts),
        };
        let Some(tracked_receipts) = &tracker.receipts else {
            // Check this first: when it is false, all deliveries have been written to the log.
            let in_flight = self.broker.is_in_flight(tracker.seq);
            let receipts = self.broker.log().receipts(tracker.seq)?;
            let in_flight = in_flight || self.is_counted_elsewhere(tracker, receipts);
            return Ok(match (in_flight, receipts) {
                (true, Some(receipts)) => changed(receipts),
                (_, Some(receipts)) => Progress::Ended(State::Done, None, receipts),
                (_, None) => {
                    Progress::Ended(State::Done, Some(Reason::Pruned), self.last_known(tracker))
                }
            });
        };
        let tracked = tracked_receipts.state();
        let expired = tracker
            .expires_at
            .is_some_and(|at| at <= self.broker.log().now());
        let pruned = tracker.seq < self.broker.log().tail_start();
        let may_be_over = tracker.is_new || tracked.recalled || expired || pruned;
        if may_be_over && let Some(ended) = self.final_progress(tracker)? {
            return Ok(ended);
        }
        if tracked.receipts.waiting == 0 {
            return Ok(Progress::Ended(State::Done, None, tracked.receipts));
        }
        Ok(changed(tracked.receipts))
    }

    /// Whether other nodes of a cluster may still count deliveries of a message to a topic or to everyone.
    fn is_counted_elsewhere(&self, tracker: &PushTracker, receipts: Option<Receipts>) -> bool {
        if self.broker.nodes().is_none() {
            return false;
        }
        let age = self
            .broker
            .log()
            .now()
            .saturating_sub(tracker.job.created_at);
        let age = Duration::from_millis(age);
        let waiting = receipts.is_some_and(|receipts| receipts.waiting > 0);
        age < COUNTED_AFTER || (waiting && age < COUNTED_AT_LAST)
    }

    /// How it ended, according to the log; none if it has not.
    fn final_progress(&self, tracker: &PushTracker) -> Result<Option<Progress>, ReadError> {
        let log = self.broker.log();
        let Some(record) = log.message(tracker.seq)? else {
            let known = self.last_known(tracker);
            return Ok(Some(Progress::Ended(
                State::Done,
                Some(Reason::Pruned),
                known,
            )));
        };
        let receipts = log.receipts(tracker.seq)?;
        let receipts = receipts.unwrap_or_else(|| self.last_known(tracker));
        Ok(record.ended.map(|ended| match ended {
            Ended::Expired => {
                let reason = (receipts.expired > 0).then_some(Reason::Expired);
                Progress::Ended(State::Done, reason, receipts)
            }
            // A job counts both alike.
            Ended::Recalled | Ended::Replaced => {
                Progress::Ended(State::Cancelled, Some(Reason::Recalled), receipts)
            }
        }))
    }

    fn last_known(&self, tracker: &PushTracker) -> Receipts {
        tracker.job.delivery.unwrap_or_default()
    }

    fn publish(&self, tracker: &mut PushTracker, receipts: Receipts) {
        let job = Job::clone(&tracker.job).with_delivery(receipts);
        tracker.job = Arc::new(job.updated(Clock::default().now()));
        self.running.publish(&tracker.job);
    }
}

/// The time until the next update. There is no notification for messages to topics and to everyone.
fn update_interval(trackers: &[PushTracker]) -> Duration {
    match trackers.iter().all(|tracker| tracker.receipts.is_some()) {
        true => EXPIRY_INTERVAL,
        false => UPDATE_INTERVAL,
    }
}
