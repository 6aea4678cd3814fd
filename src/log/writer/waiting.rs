//! Who waits for the result of a change.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::job::Job;
use crate::log::{
    entry::Appended,
    error::{AppendError, JobCommandError},
    outcome::Recalled,
    positions::{DeliveryCounts, Positions},
    schedule::Scheduled,
    writer::apply::{Applied, ChangeOutcome},
};
use crate::message::Seq;

/// The result of one entry.
pub(in crate::log) type Outcome = Result<Appended, AppendError>;

/// The result of a job command.
pub(in crate::log) type JobOutcome = Result<Arc<Job>, JobCommandError>;

/// The result of a recall.
pub(in crate::log) type RecallOutcome = Result<Option<Recalled>, AppendError>;

/// The number of the first entry of the audit trail that was written.
pub(in crate::log) type AuditOutcome = Result<Option<u64>, AppendError>;

/// What became of a change of what is to be pushed later.
pub(in crate::log) type ScheduleOutcome = Result<Scheduled, AppendError>;

/// The callback of a task.
pub(in crate::log) enum Waiting {
    Append(Box<dyn FnOnce(Outcome) + Send>),
    /// With the number of its entries.
    Batch(usize, Box<dyn FnOnce(Vec<Outcome>) + Send>),
    Job(Box<dyn FnOnce(JobOutcome) + Send>),
    Recall(Box<dyn FnOnce(RecallOutcome) + Send>),
    /// The updates that were taken from the pending positions, and the callbacks of those who wait for them.
    Positions(TakenPositions),
    Audit(Box<dyn FnOnce(AuditOutcome) + Send>),
    Schedule(Box<dyn FnOnce(ScheduleOutcome) + Send>),
    /// The callback of a change without a result.
    Other(Box<dyn FnOnce(Result<(), AppendError>) + Send>),
    /// Nobody waits for the change.
    Nobody,
}

/// The callback of somebody who waits until pending positions are written.
pub(in crate::log) type PositionsAnswer = Box<dyn FnOnce(Result<(), AppendError>) + Send>;

/// Pending positions on their way to the file.
pub(in crate::log) struct TakenPositions {
    pub positions: Arc<Positions>,
    pub counts: Vec<(Seq, DeliveryCounts)>,
    pub answers: Vec<PositionsAnswer>,
}

impl TakenPositions {
    fn end(self, result: Result<(), AppendError>) {
        match result {
            Ok(()) => self.positions.written(),
            Err(_) => self.positions.restore(&self.counts),
        }
        for answer in self.answers {
            answer(result.clone());
        }
    }
}

impl Waiting {
    /// Answers with an error.
    pub fn refuse(self, why: &AppendError) {
        match self {
            Self::Append(answer) => answer(Err(why.clone())),
            Self::Batch(count, answer) => answer(vec![Err(why.clone()); count]),
            Self::Job(answer) => answer(Err(why.clone().into())),
            Self::Recall(answer) => answer(Err(why.clone())),
            Self::Positions(taken) => taken.end(Err(why.clone())),
            Self::Audit(answer) => answer(Err(why.clone())),
            Self::Schedule(answer) => answer(Err(why.clone())),
            Self::Other(answer) => answer(Err(why.clone())),
            Self::Nobody => {}
        }
    }

    /// Takes the next results, and answers with them.
    pub fn answer<'a>(
        self,
        outcomes: &mut impl Iterator<Item = &'a ChangeOutcome>,
        applied: &Applied,
        connections: &[u64],
    ) {
        let appended = |outcome| appended(outcome, applied, connections);
        match self {
            Self::Append(answer) => answer(appended(outcomes.next())),
            Self::Batch(count, answer) => {
                answer((0..count).map(|_| appended(outcomes.next())).collect());
            }
            Self::Job(answer) => answer(match outcomes.next() {
                Some(ChangeOutcome::Job(Ok((job, _)))) => Ok(Arc::clone(job)),
                Some(ChangeOutcome::Job(Err(refused))) => Err(refused.clone().into()),
                _ => Err(AppendError::Failed.into()),
            }),
            Self::Recall(answer) => answer(match outcomes.next() {
                Some(ChangeOutcome::Recall(recalled)) => Ok(recalled.clone()),
                _ => Err(AppendError::Failed),
            }),
            Self::Audit(answer) => answer(match outcomes.next() {
                Some(ChangeOutcome::Audited(first)) => Ok(*first),
                _ => Err(AppendError::Failed),
            }),
            Self::Schedule(answer) => answer(match outcomes.next() {
                Some(ChangeOutcome::Scheduled(scheduled)) => Ok(scheduled.clone()),
                _ => Err(AppendError::Failed),
            }),
            Self::Positions(taken) => {
                outcomes.next();
                taken.end(Ok(()));
            }
            Self::Other(answer) => {
                outcomes.next();
                answer(Ok(()));
            }
            Self::Nobody => {
                outcomes.next();
            }
        }
    }

    /// A callback for each change. The callback of a batch is called after the last of them.
    pub fn apart(self) -> Vec<Self> {
        let Self::Batch(count, answer) = self else {
            return vec![self];
        };
        let batch = Arc::new(Mutex::new((Vec::with_capacity(count), Some(answer))));
        let one = |_| {
            let batch = Arc::clone(&batch);
            Self::Append(Box::new(move |outcome| {
                let mut batch = batch.lock();
                batch.0.push(outcome);
                if batch.0.len() == count
                    && let (outcomes, Some(answer)) = std::mem::take(&mut *batch)
                {
                    answer(outcomes);
                }
            }))
        };
        (0..count).map(one).collect()
    }
}

fn appended(outcome: Option<&ChangeOutcome>, applied: &Applied, connections: &[u64]) -> Outcome {
    match outcome {
        Some(ChangeOutcome::New(index, job)) => Ok(Appended {
            seq: applied.messages[*index].seq,
            connections: connections.get(*index).copied().unwrap_or_default(),
            duplicate: false,
            job: job.as_ref().map(|job| job.id),
        }),
        Some(ChangeOutcome::Duplicate(seq, job)) => Ok(Appended {
            seq: *seq,
            connections: 0,
            duplicate: true,
            job: *job,
        }),
        Some(ChangeOutcome::KeyReused(seq)) => Err(AppendError::KeyReused { seq: *seq }),
        Some(ChangeOutcome::StatesFull(most)) => Err(AppendError::TooManyStates(*most)),
        _ => Err(AppendError::Failed),
    }
}
