//! Messages that are to be pushed later. They are in the log, so that they survive a restart, and so that one node of a cluster
//! sends each of them, whichever has taken it.
//!
//! The writer sends those that are due, in the same transaction in which they become messages.

use crate::log::{
    Log,
    error::{AppendError, ReadError},
    schedule::{NewSchedule, Schedule, ScheduleChange, ScheduleId, SchedulePlace, Scheduled, When},
    schedule_rows,
    writer::reply::channel,
    writer::task::{ChangeTask, Task},
};
use crate::message::Seq;

impl Log {
    /// Stores a message for later. It is durable when this returns.
    pub async fn schedule(&self, new: NewSchedule) -> Result<Scheduled, AppendError> {
        self.change_schedule(ScheduleChange::Add(Box::new(new)))
            .await
    }

    /// Changes the time of a message that was not sent.
    pub async fn reschedule(&self, id: ScheduleId, when: When) -> Result<Scheduled, AppendError> {
        self.change_schedule(ScheduleChange::Move(id, when)).await
    }

    /// Removes a message that was not sent.
    pub async fn cancel_schedule(&self, id: ScheduleId) -> Result<Scheduled, AppendError> {
        self.change_schedule(ScheduleChange::Cancel(id)).await
    }

    async fn change_schedule(&self, change: ScheduleChange) -> Result<Scheduled, AppendError> {
        let (sender, receiver) = channel();
        let mut waiting = Some((change, sender));
        loop {
            let weight = waiting.as_ref().map_or(0, |(change, _)| change.weight());
            self.shared.queue.push(1, weight, || {
                let (change, sender) = waiting.take()?;
                let answer = Box::new(move |outcome| sender.send(outcome));
                Some(Task::Change(ChangeTask::Schedule(change, answer)))
            });
            if waiting.is_none() {
                break;
            }
            self.wait_for_space().await;
        }
        receiver.await.unwrap_or(Err(AppendError::Failed))
    }

    /// A message that is to be pushed later, or that was. None if there is none with this id, or if it was pruned.
    pub fn scheduled(&self, id: ScheduleId) -> Result<Option<Schedule>, ReadError> {
        self.query(|conn| schedule_rows::find(conn, id))
    }

    /// Up to `limit` messages that are to be pushed later, after a place, in the order in which they are sent.
    pub fn schedules(
        &self,
        after: SchedulePlace,
        limit: usize,
    ) -> Result<Vec<Schedule>, ReadError> {
        self.query(|conn| schedule_rows::page(conn, after, limit))
    }

    /// The schedule that has become this message. None if it was pushed at once.
    pub fn schedule_of(&self, seq: Seq) -> Result<Option<ScheduleId>, ReadError> {
        self.query(|conn| Ok(schedule_rows::of_message(conn, seq)?))
    }

    /// How many messages are to be pushed later.
    pub fn scheduled_count(&self) -> u64 {
        self.shared.schedules.count()
    }
}
