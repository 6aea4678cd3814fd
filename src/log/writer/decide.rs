//! Decides what the queued tasks change, and keeps who waits for the results.

use crate::log::{
    change::{Change, ChangeSet, Recall},
    entry::IdempotencyKey,
    error::{AppendError, StoreError},
    positions::ClientPosition,
    reader::history::{self, Record},
    rows::Decoder,
    writer::apply::Applied,
    writer::queue::ChangeTask,
    writer::store::Store,
    writer::waiting::Waiting,
};
use crate::message::Seq;

/// A change set, and who waits for its results, in the same order. The commit sets the time of the change set.
#[derive(Default)]
pub(in crate::log) struct Decided {
    pub set: ChangeSet,
    waiting: Vec<Waiting>,
}

impl Decided {
    /// Adds the changes of a task. A recall that can't be decided is refused at once.
    pub fn add(&mut self, task: ChangeTask, store: &Store) {
        match task {
            ChangeTask::Append(entry, answer) => {
                self.push(Change::Append(entry), Waiting::Append(answer));
            }
            ChangeTask::Batch(entries, answer) => {
                self.waiting.push(Waiting::Batch(entries.len(), answer));
                let changes = entries.into_iter().map(Change::Append);
                self.set.changes.extend(changes);
            }
            ChangeTask::Job(command, answer) => {
                self.push(Change::Job(command), Waiting::Job(answer));
            }
            ChangeTask::Recall(seq, key, answer) => match store.decide_recall(seq, key) {
                Ok(recall) => self.push(Change::Recall(recall), Waiting::Recall(answer)),
                Err(error) => answer(Err((&error).into())),
            },
        }
    }

    fn push(&mut self, change: Change, waiting: Waiting) {
        self.set.changes.push(change);
        self.waiting.push(waiting);
    }

    /// Answers everybody with an error.
    pub fn refuse(self, why: &AppendError) {
        for waiting in self.waiting {
            waiting.refuse(why);
        }
    }

    /// Answers with the results, and the number of connections of each new message.
    pub fn answer(self, applied: &Applied, connections: &[u64]) {
        let mut outcomes = applied.outcomes.iter();
        for waiting in self.waiting {
            waiting.answer(&mut outcomes, applied, connections);
        }
    }

    /// The same changes, each in a set of its own.
    pub fn apart(self) -> impl Iterator<Item = Self> {
        let waiting = self.waiting.into_iter().flat_map(Waiting::apart);
        let pairs = self.set.changes.into_iter().zip(waiting);
        pairs.map(|(change, waiting)| Self {
            set: ChangeSet {
                changes: vec![change],
                ..ChangeSet::default()
            },
            waiting: vec![waiting],
        })
    }
}

impl Store {
    /// The recall of a message, with the positions that decide about its receipts.
    fn decide_recall(&self, seq: Seq, key: Option<IdempotencyKey>) -> Result<Recall, StoreError> {
        let mut recall = Recall {
            seq,
            key,
            positions: Vec::new(),
        };
        if self.positions.is_empty() {
            return Ok(recall);
        }
        let record = history::record(&self.conn, &mut Decoder::default(), seq, usize::MAX, 0)?;
        let Some(Record { message, .. }) = record else {
            return Ok(recall);
        };
        let now = self.options.clock.now();
        let expired = message.expires_at.filter(|at| *at <= now);
        for client in message.audience.named() {
            let position = match expired {
                // It may not be marked as expired yet. What was sent later does not count.
                Some(expiry) => self.positions.pending_position_before(client, expiry),
                None => self.positions.pending_position(client),
            };
            if position != ClientPosition::default() {
                recall.positions.push((client.clone(), position));
            }
        }
        Ok(recall)
    }
}
