//! Putting something into the log, and taking something back.

use std::{future::poll_fn, task::Poll};

use crate::log::{
    Log,
    entry::{Appended, Entry, IdempotencyKey},
    error::AppendError,
    outcome::{Recalled, Tidied},
    writer::queue::Task,
    writer::reply::{block_on, channel},
};
use crate::message::Seq;

/// No room in the queue: the disk is slower than the publishers. Gives back what did not fit.
#[derive(Debug)]
pub struct Busy<E, A> {
    /// What was to be kept.
    pub entry: E,
    /// Whom to answer.
    pub answer: A,
}

impl Log {
    /// Keeps an entry, without waiting. `answer` is called on the writer's thread once the message is
    /// durable and was handed on, or when it can not be kept; it must be quick. With no room in the
    /// queue, both come back.
    pub fn try_append<A>(&self, entry: Entry, answer: A) -> Result<(), Busy<Entry, A>>
    where
        A: FnOnce(Result<Appended, AppendError>) + Send + 'static,
    {
        let mut given = Some((entry, answer));
        let weight = given.as_ref().map_or(0, |(entry, _)| entry.weight());
        self.shared.queue.push(1, weight, || {
            let (entry, answer) = given.take()?;
            Some(Task::Append(entry, Box::new(answer)))
        });
        match given {
            None => Ok(()),
            Some((entry, answer)) => Err(Busy { entry, answer }),
        }
    }

    /// The same for several, in their order and in one commit; each gets an answer of its own.
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
            Some(Task::Batch(entries, Box::new(answer)))
        });
        match given {
            None => Ok(()),
            Some((entry, answer)) => Err(Busy { entry, answer }),
        }
    }

    /// Keeps an entry: waits for room, and for the answer. Any runtime can drive it. Dropping it before
    /// it is done gives up the answer; the message may be kept all the same.
    pub async fn append(&self, entry: Entry) -> Result<Appended, AppendError> {
        let (sender, receiver) = channel();
        let (mut entry, mut answer) = (entry, move |outcome| sender.send(outcome));
        while let Err(busy) = self.try_append(entry, answer) {
            (entry, answer) = (busy.entry, busy.answer);
            self.room().await;
        }
        receiver.await.unwrap_or(Err(AppendError::Failed))
    }

    /// Keeps several entries, in their order and in one commit: waits for room, and for the answers.
    pub async fn append_batch(&self, entries: Vec<Entry>) -> Vec<Result<Appended, AppendError>> {
        let (sender, receiver) = channel();
        let (count, mut entries) = (entries.len(), entries);
        let mut answer = move |outcomes| sender.send(outcomes);
        while let Err(busy) = self.try_append_batch(entries, answer) {
            (entries, answer) = (busy.entry, busy.answer);
            self.room().await;
        }
        let failed = || vec![Err(AppendError::Failed); count];
        receiver.await.unwrap_or_else(failed)
    }

    /// Keeps an entry, and waits for it on this thread. Not for async tasks.
    pub fn append_blocking(&self, entry: Entry) -> Result<Appended, AppendError> {
        block_on(self.append(entry))
    }

    /// Keeps several entries, and waits for them on this thread. Not for async tasks.
    pub fn append_batch_blocking(&self, entries: Vec<Entry>) -> Vec<Result<Appended, AppendError>> {
        block_on(self.append_batch(entries))
    }

    /// Waits until the queue may have room. Somebody else may take it first: then wait again.
    pub async fn room(&self) {
        poll_fn(
            |context| match self.shared.queue.poll_room(context.waker()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            },
        )
        .await;
    }

    /// Takes a message back: it is not delivered any more, and its data is wiped. Durable when this
    /// returns. None: there is no such message, or it was taken back before. Its receipts stay, as they
    /// were at that moment, as long as retention keeps the row.
    pub async fn recall(&self, seq: Seq) -> Result<Option<Recalled>, AppendError> {
        self.withdraw(seq, None).await
    }

    /// Recalls a message, and releases its idempotency key: the next push with the key is a new message.
    pub async fn withdraw(
        &self,
        seq: Seq,
        key: Option<IdempotencyKey>,
    ) -> Result<Option<Recalled>, AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Recall(seq, key, answer))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }

    /// [`Log::recall`] on this thread. Not for async tasks.
    pub fn recall_blocking(&self, seq: Seq) -> Result<Option<Recalled>, AppendError> {
        block_on(self.recall(seq))
    }

    /// Writes everything that is known of clients and only in memory, so that [`Log::clients`] and
    /// [`Log::client_window`] list every client that was noted before this call.
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

    /// Does at once what the writer does in its own time: expires, writes positions, prunes, gives back
    /// space. Waits on this thread.
    pub fn tidy(&self) -> Result<Tidied, AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Tidy(answer))
        });
        block_on(receiver).unwrap_or(Err(AppendError::Closed))
    }
}
