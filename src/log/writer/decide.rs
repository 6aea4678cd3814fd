//! Decides what the queued tasks change, and keeps who waits for the results.

use crate::log::{
    change::{Change, ChangeSet, Recall},
    entry::{Entry, IdempotencyKey},
    error::{AppendError, StoreError},
    handling_rows::{self, Scope},
    positions::ClientPosition,
    reader::history::{self, Record},
    rows::Decoder,
    writer::apply::{Applied, ChangeOutcome},
    writer::store::Store,
    writer::task::ChangeTask,
    writer::waiting::Waiting,
};
use crate::message::Seq;

/// A change set, and who waits for its results, in the same order. The commit sets the time of the change set.
#[derive(Default)]
pub(in crate::log) struct Decided {
    pub set: ChangeSet,
    /// The approximate size of the changes in bytes.
    weight: usize,
    waiting: Vec<Waiting>,
}

impl Decided {
    /// Adds the changes of a task. A recall that can't be decided is refused at once.
    pub fn add(&mut self, task: ChangeTask, store: &Store) {
        match task {
            ChangeTask::Append(mut entry, answer) => {
                store.note_replaced(&mut entry);
                self.push(Change::Append(entry), Waiting::Append(answer));
            }
            ChangeTask::Batch(entries, answer) => {
                self.waiting.push(Waiting::Batch(entries.len(), answer));
                for mut entry in entries {
                    store.note_replaced(&mut entry);
                    self.weight += entry.weight();
                    self.set.changes.push(Change::Append(entry));
                }
            }
            ChangeTask::Job(command, answer) => {
                self.push(Change::Job(command), Waiting::Job(answer));
            }
            ChangeTask::Audit(change, answer) => {
                self.push(Change::Audit(change), Waiting::Audit(answer));
            }
            ChangeTask::Schedule(change, answer) => {
                self.push(Change::Schedule(change), Waiting::Schedule(answer));
            }
            ChangeTask::Other(change, answer) => self.push(change, Waiting::Other(answer)),
            ChangeTask::Recall(seq, key, answer) => match store.decide_recall(seq, key) {
                Ok(recall) => self.push(Change::Recall(recall), Waiting::Recall(answer)),
                Err(error) => answer(Err((&error).into())),
            },
        }
    }

    /// Adds a change, and who waits for it.
    pub fn push(&mut self, change: Change, waiting: Waiting) {
        self.weight += change.weight();
        self.set.changes.push(change);
        self.waiting.push(waiting);
    }

    /// Answers everybody with an error.
    pub fn refuse(self, why: &AppendError) {
        for waiting in self.waiting {
            waiting.refuse(why);
        }
    }

    /// Answers with these results, and the number of connections of each new message. `outcomes` are those of the
    /// changes of this set, a part of all that were applied together.
    pub fn answer(self, outcomes: &[ChangeOutcome], applied: &Applied, connections: &[u64]) {
        let mut outcomes = outcomes.iter();
        for waiting in self.waiting {
            waiting.answer(&mut outcomes, applied, connections);
        }
    }

    /// The same changes, each in a set of its own.
    pub fn apart(self) -> impl Iterator<Item = Self> {
        let waiting = self.waiting.into_iter().flat_map(Waiting::apart);
        let pairs = self.set.changes.into_iter().zip(waiting);
        pairs.map(|(change, waiting)| {
            let mut one = Self::default();
            one.push(change, waiting);
            one
        })
    }

    /// The same changes in sets of up to this weight in bytes. A single change may be heavier.
    pub fn in_parts(self, weight: usize) -> Vec<Self> {
        if self.weight <= weight {
            return vec![self];
        }
        let mut parts: Vec<Self> = Vec::new();
        for one in self.apart() {
            match parts.last_mut() {
                Some(part) if part.weight + one.weight <= weight => part.append(one),
                _ => parts.push(one),
            }
        }
        parts
    }

    fn append(&mut self, mut other: Self) {
        self.weight += other.weight;
        self.set.changes.append(&mut other.set.changes);
        self.waiting.append(&mut other.waiting);
    }
}

impl Store {
    /// Adds to an entry that takes the place of a message which of its clients have that message, as far as that is not in the
    /// file. If it can't be found out, they count as those who do not have it.
    fn note_replaced(&self, entry: &mut Entry) {
        let handling = entry.draft.handling.as_deref();
        let Some(key) = handling.and_then(|handling| handling.replace.as_ref()) else {
            return;
        };
        let find = || {
            let Some(scope) = Scope::find(&self.conn, &entry.draft.audience)? else {
                return Ok(Vec::new());
            };
            let newest = handling_rows::newest(&self.conn, &scope, key)?;
            match newest {
                Some((seq, _)) => Ok(self.decide_recall(seq, None)?.positions),
                None => Ok::<_, StoreError>(Vec::new()),
            }
        };
        entry.replacing = find().unwrap_or_default();
    }

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
