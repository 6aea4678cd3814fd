//! The writer of a log in a cluster. It publishes what is decided at this node as records, one at a time, and applies
//! all records that come out of the stream.

mod batch;
mod follow;
mod upkeep;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::log::{
    change::{Change, PositionUpdates},
    error::{AppendError, Fatal},
    outcome::MaintenanceCounts,
    writer::Writer,
    writer::decide::Decided,
    writer::queue::records::Wanted,
    writer::replica::{RECORD, Replica},
    writer::task::Task,
    writer::waiting::{TakenPositions, Waiting},
};

/// The longest wait of the writer.
const TICK: Duration = Duration::from_millis(100);

/// How often positions of clients are published, at most.
const POSITIONS_INTERVAL: Duration = Duration::from_millis(200);

/// After how long without a record of its own a node publishes an empty one. It shows the time of the stream, and that
/// the way through the stream is open.
const SILENCE: Duration = Duration::from_secs(20);

impl Writer {
    /// Runs until the log is closed or has failed.
    pub fn work_in_cluster(&mut self, mut replica: Replica) -> Result<(), Fatal> {
        loop {
            replica.answer_late();
            self.publish_due(&mut replica)?;
            let wanted = Wanted {
                changes: replica.is_cut_off() || replica.is_free(),
                records: replica.records.is_empty(),
            };
            let wait = self.files.limit_wait(Some(TICK)).unwrap_or(TICK);
            let taken = self.shared.queue.take_with_records(RECORD, wait, wanted);
            self.check_files()?;
            if taken.tasks.is_empty() && taken.records.is_empty() {
                self.idle_release
                    .release_if_idle(&mut self.store, &self.shared.readers);
            } else {
                self.idle_release.note_activity();
            }
            replica.records.extend(taken.records);
            self.apply_records(&mut replica)?;
            self.take_tasks(&mut replica, taken.tasks);
            self.check()?;
            if taken.closed {
                self.refuse_rest(replica);
                return Ok(());
            }
        }
    }

    /// Publishes the changes of tasks, and executes the others.
    fn take_tasks(&mut self, replica: &mut Replica, tasks: Vec<Task>) {
        let mut decided = Decided::default();
        for task in tasks {
            match task {
                Task::Change(task) if replica.is_cut_off() => {
                    Waiting::from(task).refuse(&AppendError::Unavailable);
                }
                Task::Change(task) => decided.add(task, &self.store),
                Task::Maintain(answer) => answer(Ok(MaintenanceCounts::default())),
                Task::WritePositions(answer) => replica.position_answers.push(answer),
                Task::WriteSamples(new) => self.write_samples(&new),
                Task::Ping(answer) => answer(),
                Task::Retain(retention) => self.retain(retention),
                Task::GiveUp(number) => replica.give_up(number),
            }
        }
        if !decided.set.changes.is_empty() {
            self.add_positions(replica, &mut decided);
            replica.publish(decided);
        }
    }

    /// Publishes what is due besides the changes of tasks: positions, upkeep, and a record after a silence.
    fn publish_due(&mut self, replica: &mut Replica) -> Result<(), Fatal> {
        if replica.in_flight.is_some() {
            return Ok(());
        }
        replica.publish_next();
        if replica.in_flight.is_some() {
            return Ok(());
        }
        let mut decided = Decided::default();
        self.add_positions(replica, &mut decided);
        self.add_upkeep(replica, &mut decided)?;
        let silent = replica
            .published_at
            .is_none_or(|at| at.elapsed() >= SILENCE);
        if !decided.set.changes.is_empty() || silent {
            replica.publish(decided);
        }
        Ok(())
    }

    /// Adds the pending positions of clients if they are due, or if somebody waits for them.
    fn add_positions(&self, replica: &mut Replica, decided: &mut Decided) {
        let positions = &self.shared.positions;
        let asked = !replica.position_answers.is_empty();
        let due = replica.positions_at.elapsed() >= POSITIONS_INTERVAL
            && positions.due_in().is_some_and(|due| due.is_zero());
        if !asked && !due {
            return;
        }
        replica.positions_at = Instant::now();
        let (clients, counts) = positions.take();
        let answers = std::mem::take(&mut replica.position_answers);
        if clients.is_empty() && counts.is_empty() {
            positions.written();
            answers.into_iter().for_each(|answer| answer(Ok(())));
            return;
        }
        let updates = PositionUpdates {
            clients: clients.into_iter().collect(),
            counts: counts.clone(),
        };
        let taken = TakenPositions {
            positions: Arc::clone(positions),
            counts,
            answers,
        };
        decided.push(Change::Positions(updates), Waiting::Positions(taken));
    }

    /// Ends: what was not published is refused, and so is what is in flight, because its end will not be known.
    fn refuse_rest(&self, mut replica: Replica) {
        let in_flight = replica.in_flight.take();
        if let Some(decided) = in_flight.and_then(|in_flight| in_flight.decided) {
            decided.refuse(&AppendError::Unavailable);
        }
        for decided in replica.backlog.drain(..) {
            decided.refuse(&AppendError::Closed);
        }
        for answer in replica.position_answers.drain(..) {
            answer(Err(AppendError::Closed));
        }
    }
}
