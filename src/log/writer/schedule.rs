//! Sends messages that were to be pushed later, when they are due.

use std::time::{Duration, Instant};

use crate::log::{
    change::Change,
    error::{Fatal, StoreError},
    options::milliseconds,
    schedule::{ScheduleChange, Scheduled},
    schedule_rows,
    writer::Writer,
    writer::append_statements::Appended,
    writer::apply::Applied,
    writer::decide::Decided,
    writer::store::Store,
    writer::waiting::Waiting,
};

/// How long to wait after messages that are due could not be sent.
const RETRY: Duration = Duration::from_secs(1);

impl Writer {
    /// Sends some of the messages that are due. Returns the time until the next one is; none if none waits.
    pub(super) fn send_due(&mut self) -> Result<Option<Duration>, Fatal> {
        if self.shared.schedules.next_due() == u64::MAX {
            return Ok(None);
        }
        if let Some(retry) = self.maintenance.send_again {
            let wait = retry.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                return Ok(Some(wait));
            }
        }
        self.maintenance.send_again = None;
        let now = self.store.options.clock.now();
        if self.shared.schedules.next_due() <= now {
            let before = self.shared.schedules.count();
            let mut decided = Decided::default();
            let send = ScheduleChange::Send(now);
            decided.push(Change::Schedule(send), Waiting::Nobody);
            self.commit(decided)?;
            if self.shared.schedules.count() == before {
                // The disk is full, or a part of the file is damaged.
                self.maintenance.send_again = Some(Instant::now() + RETRY);
                return Ok(Some(RETRY));
            }
        }
        let next = self.shared.schedules.next_due();
        Ok((next < u64::MAX).then(|| Duration::from_millis(next.saturating_sub(now))))
    }

    /// Sends all messages that are due.
    pub(super) fn send_all_due(&mut self) -> Result<(), Fatal> {
        while self.send_due()?.is_some_and(|wait| wait.is_zero()) {}
        Ok(())
    }
}

impl Store {
    /// Changes what is to be pushed later, in the current transaction.
    pub(super) fn apply_schedule(
        &mut self,
        change: &ScheduleChange,
        at: u64,
        applied: &mut Applied,
    ) -> Result<Scheduled, StoreError> {
        applied.has_schedules = true;
        Ok(match change {
            ScheduleChange::Add(new) => {
                if let Some(most) = self.has_no_room_for_state(&new.entry)? {
                    return Ok(Scheduled::StatesFull(most));
                }
                let key_age = milliseconds(self.options.key_age);
                schedule_rows::add(&self.conn, new, at, key_age, &mut self.scheduled)?
            }
            ScheduleChange::Move(id, when) => schedule_rows::shift(&self.conn, *id, *when, at)?,
            ScheduleChange::Cancel(id) => {
                schedule_rows::cancel(&self.conn, *id, &mut self.scheduled)?
            }
            ScheduleChange::Send(until) => {
                let due = schedule_rows::due(&self.conn, *until)?;
                let (due, entries): (Vec<_>, Vec<_>) = due.into_iter().unzip();
                let outcomes = self.append_all(&entries, at, applied)?;
                for (due, outcome) in due.iter().zip(outcomes) {
                    let seq = match outcome {
                        Appended::New(message, _) => message.seq,
                        Appended::Duplicate(seq, _) | Appended::KeyReused(seq) => seq,
                        Appended::StatesFull(_) => unreachable!("it has no limit when it is due"),
                    };
                    schedule_rows::sent(&self.conn, due.number, seq)?;
                    self.scheduled.remove(due.bytes);
                }
                Scheduled::Sent
            }
        })
    }
}
