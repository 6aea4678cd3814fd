//! Jobs that follow a push: how it fares, counted as it happens and told a few times a second.
//!
//! A message to clients by name is counted by the broker, one client at a time, so a look costs nothing that grows
//! with the audience. For a topic and for everyone the log has two numbers. The end is what the log says.

use std::{convert::Infallible, sync::Arc, time::Duration};

use super::Jobs;
use crate::{
    broker::ReceiptTracker,
    job::{Conclusion, Job, Order, Reason, State},
    log::{Clock, Ended, ReadError},
    message::{Receipts, Seq},
};

/// What happens closer together than this is told together: five times a second at most.
const GATHER: Duration = Duration::from_millis(200);

/// Between two looks at the clock, for those that wait for nothing else.
const TICK: Duration = Duration::from_secs(1);

/// A push that is followed.
struct Followup {
    job: Arc<Job>,
    seq: Seq,
    expires_at: Option<u64>,
    /// None: it is to a topic or to everyone.
    followed: Option<Arc<ReceiptTracker>>,
    /// It may have been taken back before anybody followed it.
    fresh: bool,
}

/// What a look at a push has brought.
enum Look {
    Nothing,
    Moved(Receipts),
    Over(State, Option<Reason>, Receipts),
}

impl Jobs {
    /// Tells how the pushes fare that jobs follow, for as long as the task lives.
    pub async fn follow_pushes(self: Arc<Self>) -> Infallible {
        let mut followups = Vec::new();
        loop {
            if followups.is_empty() {
                self.live.has_to_follow().await;
            } else {
                tokio::select! {
                    () = self.live.has_to_follow() => {}
                    () = self.broker.receipts_changed() => {}
                    () = tokio::time::sleep(pace(&followups)) => {}
                }
            }
            tokio::time::sleep(GATHER).await;
            let (jobs, taken) = (Arc::clone(&self), std::mem::take(&mut followups));
            let round = tokio::task::spawn_blocking(move || jobs.look_at_all(taken)).await;
            let Ok((rest, over)) = round else { continue };
            followups = rest;
            for (followup, conclusion) in over {
                let order = Order::Conclude(followup.job.id, conclusion);
                if !self.carried_out(order).await {
                    followups.push(followup);
                }
            }
        }
    }

    /// Looks at every push, and parts those that go on from those that are over.
    fn look_at_all(
        &self,
        mut followups: Vec<Followup>,
    ) -> (Vec<Followup>, Vec<(Followup, Conclusion)>) {
        let new = self.live.to_follow().into_iter();
        followups.extend(new.filter_map(|job| self.take_up_or_later(job)));
        let (mut rest, mut over) = (Vec::new(), Vec::new());
        for mut followup in followups {
            // It was cancelled.
            if self.live.job(followup.job.id).is_none() {
                continue;
            }
            match self.look(&followup) {
                Ok(Look::Nothing) => {
                    followup.fresh = false;
                    rest.push(followup);
                }
                Ok(Look::Moved(receipts)) => {
                    followup.fresh = false;
                    self.tell(&mut followup, receipts);
                    rest.push(followup);
                }
                Ok(Look::Over(state, reason, delivery)) => {
                    let updated_at = followup.job.updated_at;
                    let conclusion = Conclusion {
                        state,
                        reason,
                        delivery,
                        updated_at,
                    };
                    over.push((followup, conclusion));
                }
                Err(error) => {
                    tracing::warn!(%error, "a push can't be followed at this moment");
                    rest.push(followup);
                }
            }
        }
        (rest, over)
    }

    fn take_up_or_later(&self, job: Arc<Job>) -> Option<Followup> {
        match self.take_up(&job) {
            Ok(followup) => Some(followup),
            Err(error) => {
                tracing::warn!(%error, "a push can't be followed at this moment");
                self.live.follow(job);
                None
            }
        }
    }

    /// Counts from now on, and then takes what the log knows already: what happens in between is in one of both.
    fn take_up(&self, job: &Arc<Job>) -> Result<Followup, ReadError> {
        let (log, seq) = (self.broker.log(), job.push.unwrap_or_default());
        let mut followup = Followup {
            job: Arc::clone(job),
            seq,
            expires_at: None,
            followed: None,
            fresh: true,
        };
        let Some(record) = log.message(seq)? else {
            return Ok(followup);
        };
        followup.expires_at = record.message.expires_at;
        if record.message.audience.is_direct() {
            let followed = self
                .broker
                .track_receipts(seq, record.message.audience.named());
            let recipients = log.recipients(seq, 0, usize::MAX)?;
            for (client, receipt) in recipients.into_iter().flatten() {
                followed.note(&client, receipt);
            }
            followup.followed = Some(followed);
        }
        Ok(followup)
    }

    fn look(&self, followup: &Followup) -> Result<Look, ReadError> {
        let moved = |receipts| match followup.job.delivery == Some(receipts) {
            true => Look::Nothing,
            false => Look::Moved(receipts),
        };
        let Some(followed) = &followup.followed else {
            // This first: what was written before it said no, the log knows.
            let in_flight = self.broker.is_in_flight(followup.seq);
            let receipts = self.broker.log().receipts(followup.seq)?;
            return Ok(match (in_flight, receipts) {
                (true, Some(receipts)) => moved(receipts),
                (_, Some(receipts)) => Look::Over(State::Done, None, receipts),
                (_, None) => {
                    Look::Over(State::Done, Some(Reason::Pruned), self.last_known(followup))
                }
            });
        };
        let tracked = followed.state();
        let expired = followup
            .expires_at
            .is_some_and(|at| at <= Clock::default().now());
        let pruned = followup.seq < self.broker.log().tail_start();
        let may_be_over = followup.fresh || tracked.recalled || expired || pruned;
        if may_be_over && let Some(over) = self.fate(followup)? {
            return Ok(over);
        }
        if tracked.receipts.waiting == 0 {
            return Ok(Look::Over(State::Done, None, tracked.receipts));
        }
        Ok(moved(tracked.receipts))
    }

    /// How it ended, as the log says; none: it has not.
    fn fate(&self, followup: &Followup) -> Result<Option<Look>, ReadError> {
        let log = self.broker.log();
        let Some(record) = log.message(followup.seq)? else {
            let known = self.last_known(followup);
            return Ok(Some(Look::Over(State::Done, Some(Reason::Pruned), known)));
        };
        let receipts = log.receipts(followup.seq)?;
        let receipts = receipts.unwrap_or_else(|| self.last_known(followup));
        Ok(record.ended.map(|ended| match ended {
            Ended::Expired => {
                let reason = (receipts.expired > 0).then_some(Reason::Expired);
                Look::Over(State::Done, reason, receipts)
            }
            Ended::Recalled => Look::Over(State::Cancelled, Some(Reason::Recalled), receipts),
        }))
    }

    fn last_known(&self, followup: &Followup) -> Receipts {
        followup.job.delivery.unwrap_or_default()
    }

    fn tell(&self, followup: &mut Followup, receipts: Receipts) {
        let job = Job::clone(&followup.job).faring(receipts);
        followup.job = Arc::new(job.touched(Clock::default().now()));
        self.live.update(&followup.job);
    }
}

/// Messages to topics and to everyone are not told about: one has to look.
fn pace(followups: &[Followup]) -> Duration {
    match followups.iter().all(|followup| followup.followed.is_some()) {
        true => TICK,
        false => GATHER,
    }
}
