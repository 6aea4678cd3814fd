//! Appends and recalls.

use std::{future::poll_fn, task::Poll};

use crate::log::{
    Log,
    entry::{Appended, Entry, IdempotencyKey},
    error::AppendError,
    outcome::{MaintenanceCounts, Recalled},
    writer::reply::{block_on, channel},
    writer::task::{ChangeTask, Task},
};
use crate::message::Seq;

/// The queue is full: the disk is slower than the publishers. Returns the arguments of the call.
#[derive(Debug)]
pub struct Busy<E, A> {
    /// The entry or entries.
    pub entry: E,
    /// The callback.
    pub answer: A,
}

impl Log {
    /// Appends an entry without waiting. `answer` is called on the writer's thread when the message is durable and was
    /// passed to the tail, or when it can't be stored. It must be quick. If the queue is full, entry and callback are
    /// returned.
    pub fn try_append<A>(&self, entry: Entry, answer: A) -> Result<(), Busy<Box<Entry>, A>>
    where
        A: FnOnce(Result<Appended, AppendError>) + Send + 'static,
    {
        let mut given = Some((entry, answer));
        let weight = given.as_ref().map_or(0, |(entry, _)| entry.weight());
        self.shared.queue.push(1, weight, || {
            let (entry, answer) = given.take()?;
            Some(Task::Change(ChangeTask::Append(entry, Box::new(answer))))
        });
        match given {
            None => Ok(()),
            Some((entry, answer)) => Err(Busy {
                entry: Box::new(entry),
                answer,
            }),
        }
    }

    /// Appends several entries, in their order and in one commit. Each has its own result.
    pub fn try_append_batch<A>(
        &self,
        entries: Vec<Entry>,
        answer: A,
    ) -> Result<(), Busy<Vec<Entry>, A>>
    where
        A: FnOnce(Vec<Result<Appended, AppendError>>) + Send + 'static,
    {
        let (count, weight) = (entries.len(), entries.iter().map(Entry::weight).sum());
        if count == 0 {
            answer(Vec::new());
            return Ok(());
        }
        let mut given = Some((entries, answer));
        self.shared.queue.push(count, weight, || {
            let (entries, answer) = given.take()?;
            Some(Task::Change(ChangeTask::Batch(entries, Box::new(answer))))
        });
        match given {
            None => Ok(()),
            Some((entry, answer)) => Err(Busy { entry, answer }),
        }
    }

    /// Appends an entry. Waits for space in the queue and for the result. Any async runtime can drive the future. If it
    /// is dropped earlier, the message may still be stored.
    pub async fn append(&self, entry: Entry) -> Result<Appended, AppendError> {
        let (sender, receiver) = channel();
        let (mut entry, mut answer) = (entry, move |outcome| sender.send(outcome));
        while let Err(busy) = self.try_append(entry, answer) {
            (entry, answer) = (*busy.entry, busy.answer);
            self.wait_for_space().await;
        }
        receiver.await.unwrap_or(Err(AppendError::Failed))
    }

    /// Appends several entries, in their order and in one commit. Waits for space in the queue and for the results.
    pub async fn append_batch(&self, entries: Vec<Entry>) -> Vec<Result<Appended, AppendError>> {
        let (sender, receiver) = channel();
        let (count, mut entries) = (entries.len(), entries);
        let mut answer = move |outcomes| sender.send(outcomes);
        while let Err(busy) = self.try_append_batch(entries, answer) {
            (entries, answer) = (busy.entry, busy.answer);
            self.wait_for_space().await;
        }
        let failed = || vec![Err(AppendError::Failed); count];
        receiver.await.unwrap_or_else(failed)
    }

    /// Appends an entry, and blocks this thread until it is stored. Not for async tasks.
    pub fn append_blocking(&self, entry: Entry) -> Result<Appended, AppendError> {
        block_on(self.append(entry))
    }

    /// Appends several entries, and blocks this thread until they are stored. Not for async tasks.
    pub fn append_batch_blocking(&self, entries: Vec<Entry>) -> Vec<Result<Appended, AppendError>> {
        block_on(self.append_batch(entries))
    }

    /// Waits until the queue may have space. Another publisher may take the space first: call this again then.
    pub async fn wait_for_space(&self) {
        poll_fn(
            |context| match self.shared.queue.poll_space(context.waker()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            },
        )
        .await;
    }

    /// Recalls a message: it is no longer delivered, and its data is deleted. Durable when this returns. None if the
    /// message does not exist or was recalled before. Its receipts are kept as long as retention keeps the row.
    pub async fn recall(&self, seq: Seq) -> Result<Option<Recalled>, AppendError> {
        self.recall_and_release_key(seq, None).await
    }

    /// Recalls a message, and releases its idempotency key: the next push with this key is a new message.
    pub async fn recall_and_release_key(
        &self,
        seq: Seq,
        key: Option<IdempotencyKey>,
    ) -> Result<Option<Recalled>, AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Change(ChangeTask::Recall(seq, key, answer)))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }

    /// [`Log::recall`], blocking this thread. Not for async tasks.
    pub fn recall_blocking(&self, seq: Seq) -> Result<Option<Recalled>, AppendError> {
        block_on(self.recall(seq))
    }

    /// Writes all pending updates of clients to the file, so that [`Log::clients`] and [`Log::client_window`] include
    /// every client that was recorded before this call.
    pub async fn write_positions(&self) -> Result<(), AppendError> {
        if self.shared.positions.all_written() {
            return Ok(());
        }
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::WritePositions(answer))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Runs all maintenance now: expires messages, writes positions, prunes, frees pages. Blocks this thread.
    pub fn run_maintenance(&self) -> Result<MaintenanceCounts, AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Maintain(answer))
        });
        block_on(receiver).unwrap_or(Err(AppendError::Closed))
    }
}
