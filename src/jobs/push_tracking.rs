//! Jobs that follow a push: how it fares, counted as it happens and told a few times a second.
//!
//! A message to clients by name is counted by the broker, one client at a time, so a look costs nothing that grows
//! with the audience. For a topic and for everyone the log has two numbers. The end is what the log says.

use std::{convert::Infallible, sync::Arc, time::Duration};

use super::Jobs;
use crate::{
    broker::ReceiptTracker,
    job::{Conclusion, Job, JobCommand, Reason, State},
    log::{Clock, Ended, ReadError},
    message::{Receipts, Seq},
};

/// What happens closer together than this is told together: five times a second at most.
const GATHER: Duration = Duration::from_millis(200);

/// Between two looks at the clock, for those that wait for nothing else.
const TICK: Duration = Duration::from_secs(1);

/// A push that is followed.
struct PushTracker {
    job: Arc<Job>,
    seq: Seq,
    expires_at: Option<u64>,
    /// None: it is to a topic or to everyone.
    followed: Option<Arc<ReceiptTracker>>,
    /// It may have been taken back before anybody followed it.
    fresh: bool,
}

/// What a look at a push has brought.
enum Progress {
    Nothing,
    Moved(Receipts),
    Over(State, Option<Reason>, Receipts),
}

impl Jobs {
    /// Tells how the pushes fare that jobs follow, for as long as the task lives.
    pub async fn track_pushes(self: Arc<Self>) -> Infallible {
        let mut trackers = Vec::new();
        loop {
            if trackers.is_empty() {
                self.running.untracked_added().await;
            } else {
                tokio::select! {
                    () = self.running.untracked_added() => {}
                    () = self.broker.receipts_changed() => {}
                    () = tokio::time::sleep(pace(&trackers)) => {}
                }
            }
            tokio::time::sleep(GATHER).await;
            let (jobs, taken) = (Arc::clone(&self), std::mem::take(&mut trackers));
            let round = tokio::task::spawn_blocking(move || jobs.look_at_all(taken)).await;
            let Ok((rest, over)) = round else { continue };
            trackers = rest;
            for (tracker, conclusion) in over {
                let order = JobCommand::Finish(tracker.job.id, conclusion);
                if !self.carried_out(order).await {
                    trackers.push(tracker);
                }
            }
        }
    }

    /// Looks at every push, and parts those that go on from those that are over.
    fn look_at_all(
        &self,
        mut trackers: Vec<PushTracker>,
    ) -> (Vec<PushTracker>, Vec<(PushTracker, Conclusion)>) {
        let new = self.running.take_untracked().into_iter();
        trackers.extend(new.filter_map(|job| self.take_up_or_later(job)));
        let (mut rest, mut over) = (Vec::new(), Vec::new());
        for mut tracker in trackers {
            // It was cancelled.
            if self.running.job(tracker.job.id).is_none() {
                continue;
            }
            match self.look(&tracker) {
                Ok(Progress::Nothing) => {
                    tracker.fresh = false;
                    rest.push(tracker);
                }
                Ok(Progress::Moved(receipts)) => {
                    tracker.fresh = false;
                    self.tell(&mut tracker, receipts);
                    rest.push(tracker);
                }
                Ok(Progress::Over(state, reason, delivery)) => {
                    let updated_at = tracker.job.updated_at;
                    let conclusion = Conclusion {
                        state,
                        reason,
                        delivery,
                        updated_at,
                    };
                    over.push((tracker, conclusion));
                }
                Err(error) => {
                    tracing::warn!(%error, "a push can't be followed at this moment");
                    rest.push(tracker);
                }
            }
        }
        (rest, over)
    }

    fn take_up_or_later(&self, job: Arc<Job>) -> Option<PushTracker> {
        match self.take_up(&job) {
            Ok(tracker) => Some(tracker),
            Err(error) => {
                tracing::warn!(%error, "a push can't be followed at this moment");
                self.running.track(job);
                None
            }
        }
    }

    /// Counts from now on, and then takes what the log knows already: what happens in between is in one of both.
    fn take_up(&self, job: &Arc<Job>) -> Result<PushTracker, ReadError> {
        let (log, seq) = (self.broker.log(), job.push.unwrap_or_default());
        let mut tracker = PushTracker {
            job: Arc::clone(job),
            seq,
            expires_at: None,
            followed: None,
            fresh: true,
        };
        let Some(record) = log.message(seq)? else {
            return Ok(tracker);
        };
        tracker.expires_at = record.message.expires_at;
        if record.message.audience.is_direct() {
            let followed = self
                .broker
                .track_receipts(seq, record.message.audience.named());
            let recipients = log.recipients(seq, 0, usize::MAX)?;
            for (client, receipt) in recipients.into_iter().flatten() {
                followed.note(&client, receipt);
            }
            tracker.followed = Some(followed);
        }
        Ok(tracker)
    }

    fn look(&self, tracker: &PushTracker) -> Result<Progress, ReadError> {
        let moved = |receipts| match tracker.job.delivery == Some(receipts) {
            true => Progress::Nothing,
            false => Progress::Moved(receipts),
        };
        let Some(followed) = &tracker.followed else {
            // This first: what was written before it said no, the log knows.
            let in_flight = self.broker.is_in_flight(tracker.seq);
            let receipts = self.broker.log().receipts(tracker.seq)?;
            return Ok(match (in_flight, receipts) {
                (true, Some(receipts)) => moved(receipts),
                (_, Some(receipts)) => Progress::Over(State::Done, None, receipts),
                (_, None) => {
                    Progress::Over(State::Done, Some(Reason::Pruned), self.last_known(tracker))
                }
            });
        };
        let tracked = followed.state();
        let expired = tracker
            .expires_at
            .is_some_and(|at| at <= Clock::default().now());
        let pruned = tracker.seq < self.broker.log().tail_start();
        let may_be_over = tracker.fresh || tracked.recalled || expired || pruned;
        if may_be_over && let Some(over) = self.fate(tracker)? {
            return Ok(over);
        }
        if tracked.receipts.waiting == 0 {
            return Ok(Progress::Over(State::Done, None, tracked.receipts));
        }
        Ok(moved(tracked.receipts))
    }

    /// How it ended, as the log says; none: it has not.
    fn fate(&self, tracker: &PushTracker) -> Result<Option<Progress>, ReadError> {
        let log = self.broker.log();
        let Some(record) = log.message(tracker.seq)? else {
            let known = self.last_known(tracker);
            return Ok(Some(Progress::Over(
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
                Progress::Over(State::Done, reason, receipts)
            }
            Ended::Recalled => Progress::Over(State::Cancelled, Some(Reason::Recalled), receipts),
        }))
    }

    fn last_known(&self, tracker: &PushTracker) -> Receipts {
        tracker.job.delivery.unwrap_or_default()
    }

    fn tell(&self, tracker: &mut PushTracker, receipts: Receipts) {
        let job = Job::clone(&tracker.job).faring(receipts);
        tracker.job = Arc::new(job.touched(Clock::default().now()));
        self.running.update(&tracker.job);
    }
}

/// Messages to topics and to everyone are not told about: one has to look.
fn pace(trackers: &[PushTracker]) -> Duration {
    match trackers.iter().all(|tracker| tracker.followed.is_some()) {
        true => TICK,
        false => GATHER,
    }
}
