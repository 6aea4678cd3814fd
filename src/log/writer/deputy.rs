//! A publisher without company commits its message itself, while the writer's thread waits.
//!
//! Waking the thread for it, and being woken by its answer, would take longer than the work. The queue lends the writer to one
//! publisher at a time ([`Queue::borrow`](super::queue::Queue::borrow)), and only while nothing is queued, so the order
//! of messages is that of the queue.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parking_lot::Mutex;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{
    log::{
        entry::Entry,
        error::{AppendError, Fatal},
        shared::Shared,
        writer::Writer,
        writer::reply::channel,
        writer::task::{ChangeTask, Task},
        writer::waiting::Outcome,
    },
    panic_text,
};

/// Where the writer is. None before its thread has begun, and after it has ended.
#[derive(Default)]
pub(in crate::log) struct WriterPlace(Mutex<Option<Writer>>);

impl WriterPlace {
    pub fn put(&self, writer: Writer) {
        *self.0.lock() = Some(writer);
    }

    pub fn take(&self) -> Option<Writer> {
        self.0.lock().take()
    }

    /// Works with the writer. Only its thread does, and whoever has borrowed it from the queue, so nobody waits for the lock.
    pub fn with<T>(&self, work: impl FnOnce(&mut Writer) -> Result<T, Fatal>) -> Result<T, Fatal> {
        match self.0.lock().as_mut() {
            Some(writer) => work(writer),
            None => Err(Fatal("the log has no writer".to_owned())),
        }
    }
}

/// The result of some work of the writer. A panic is a failure of the log.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, Fatal>) -> Result<T, Fatal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let reason = panic_text::of(&*panic);
        Err(Fatal(format!("the log's writer panicked: {reason}")))
    })
}

/// Has the place of the writer's thread, until it is dropped.
pub(in crate::log) struct Deputy<'l> {
    place: &'l WriterPlace,
    shared: &'l Shared,
}

impl<'l> Deputy<'l> {
    /// None if the writer's thread is at work, or if this thread must not block.
    pub fn of(place: &'l WriterPlace, shared: &'l Shared) -> Option<Self> {
        let deputy = || Self { place, shared };
        (may_block() && shared.queue.borrow()).then(deputy)
    }

    /// Appends an entry on this thread.
    pub fn append(self, entry: Entry) -> Outcome {
        let (sender, receiver) = channel();
        let answer = Box::new(move |outcome| sender.send(outcome));
        let tasks = vec![Task::Change(ChangeTask::Append(entry, answer))];
        let work = |writer: &mut Writer| {
            if let Err(Fatal(reason)) = caught(|| writer.execute_checked(tasks)) {
                // The thread of the writer ends the log.
                writer.maintenance.failed = Some(reason);
            }
            Ok(())
        };
        // Other tasks of this worker go on at another thread meanwhile.
        match tokio::task::block_in_place(|| self.place.with(work)) {
            Ok(()) => receiver.sent().unwrap_or(Err(AppendError::Failed)),
            Err(_) => Err(AppendError::Closed),
        }
    }
}

impl Drop for Deputy<'_> {
    fn drop(&mut self) {
        self.shared.queue.give_back();
    }
}

/// Whether tokio can move the other tasks of this thread to another one.
fn may_block() -> bool {
    let handle = Handle::try_current();
    handle.is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}
