//! The content of one commit, and its answers.

use std::sync::Arc;

use crate::job::JobCommand;
use crate::log::{
    entry::{Appended, Entry},
    error::AppendError,
    writer::queue::{JobOutcome, Outcome, Task},
    writer::store::{Committed, EntryOutcome},
};

/// A task in a commit, with its callback.
pub(in crate::log) enum Append {
    One(Entry, Box<dyn FnOnce(Outcome) + Send>),
    Many(Vec<Entry>, Box<dyn FnOnce(Vec<Outcome>) + Send>),
    JobCommand(JobCommand, Box<dyn FnOnce(JobOutcome) + Send>),
}

impl Append {
    /// Answers with an error.
    pub fn refuse(self, why: &AppendError) {
        match self {
            Self::One(entry, answer) => Task::Append(entry, answer).refuse(why),
            Self::Many(entries, answer) => Task::Batch(entries, answer).refuse(why),
            Self::JobCommand(command, answer) => Task::JobCommand(command, answer).refuse(why),
        }
    }

    /// The job command, if it is one.
    pub fn job_command(&self) -> Option<&JobCommand> {
        match self {
            Self::JobCommand(command, _) => Some(command),
            _ => None,
        }
    }
}

/// Answers all tasks of a commit.
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
    let mut outcome = committed.commands.iter();
    for append in group {
        match append {
            Append::JobCommand(_, answer) => answer(match outcome.next() {
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
