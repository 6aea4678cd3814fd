//! What goes into one commit, and how it is answered.

use std::sync::Arc;

use crate::job::JobCommand;
use crate::log::{
    entry::{Appended, Entry},
    error::AppendError,
    writer::queue::{JobOutcome, Outcome, Task},
    writer::store::{Committed, EntryOutcome},
};

/// A part of a commit, and its answer.
pub(in crate::log) enum Append {
    One(Entry, Box<dyn FnOnce(Outcome) + Send>),
    Many(Vec<Entry>, Box<dyn FnOnce(Vec<Outcome>) + Send>),
    JobCommand(JobCommand, Box<dyn FnOnce(JobOutcome) + Send>),
}

impl Append {
    /// Answers that nothing was kept.
    pub fn refuse(self, why: &AppendError) {
        match self {
            Self::One(entry, answer) => Task::Append(entry, answer).refuse(why),
            Self::Many(entries, answer) => Task::Batch(entries, answer).refuse(why),
            Self::JobCommand(order, answer) => Task::JobCommand(order, answer).refuse(why),
        }
    }

    /// The command to a job, if it is one.
    pub fn order(&self) -> Option<&JobCommand> {
        match self {
            Self::JobCommand(order, _) => Some(order),
            _ => None,
        }
    }
}

/// Answers each part of a commit.
pub(in crate::log) fn answer(group: Vec<Append>, committed: &Committed, connections: &[u64]) {
    let mut new = committed.messages.iter().enumerate();
    let mut outcomes = committed.outcomes.iter().map(|outcome| match outcome {
        EntryOutcome::New(job) => {
            let (i, message) = new.next().ok_or(AppendError::Failed)?;
            Ok(Appended {
                seq: message.seq,
                connections: connections.get(i).copied().unwrap_or_default(),
                duplicate: false,
                job: *job,
            })
        }
        EntryOutcome::Duplicate(seq, job) => Ok(Appended {
            seq: *seq,
            connections: 0,
            duplicate: true,
            job: *job,
        }),
        EntryOutcome::KeyReused(seq) => Err(AppendError::KeyReused { seq: *seq }),
    });
    let mut carried = committed.commands.iter();
    for append in group {
        match append {
            Append::JobCommand(_, answer) => answer(match carried.next() {
                Some(Ok((job, _))) => Ok(Arc::clone(job)),
                Some(Err(refused)) => Err(refused.clone().into()),
                None => Err(AppendError::Failed.into()),
            }),
            Append::One(_, answer) => answer(outcomes.next().unwrap_or(Err(AppendError::Failed))),
            Append::Many(entries, answer) => {
                answer(outcomes.by_ref().take(entries.len()).collect());
            }
        }
    }
}
