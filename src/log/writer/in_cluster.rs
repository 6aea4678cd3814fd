//! The writer of a log in a cluster. It publishes what is decided at this node as records, one at a time, and applies
//! all records that come out of the stream.

mod follow;
mod upkeep;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::log::{
    change::{Change, PositionUpdates},
    error::{AppendError, Fatal, StoreError},
    record::{Base, Record},
    replication::{AppliedRecord, Replication, StreamRecord},
    writer::Writer,
    writer::decide::Decided,
    writer::queue::{Bound, Task},
    writer::waiting::{PositionsAnswer, TakenPositions, Waiting},
};
use crate::message::Seq;

/// Changes and bytes of data in a record, at most. A single change may be larger.
const RECORD: Bound = Bound {
    messages: 1024,
    bytes: 384 << 10,
};

/// The longest wait of the writer.
const TICK: Duration = Duration::from_millis(100);

/// How often positions of clients are published, at most.
const POSITIONS_INTERVAL: Duration = Duration::from_millis(200);

/// After how long without a record of its own a node publishes an empty one. It shows the time of the stream, and that
/// the way through the stream is open.
const SILENCE: Duration = Duration::from_secs(20);

/// The newest records of which the head after them is known, to notice logs that differ.
const BASES: usize = 4096;

/// The state of the writer that only a log in a cluster has.
pub(in crate::log) struct Replica {
    replication: Replication,
    applied: AppliedRecord,
    /// After the newest records, oldest first.
    bases: VecDeque<Base>,
    /// Records of this process so far.
    published: u64,
    in_flight: Option<InFlight>,
    /// Decided, and too large for the record that is in flight.
    backlog: VecDeque<Decided>,
    /// Records that are not applied yet.
    records: VecDeque<StreamRecord>,
    /// When to try again to apply them.
    retry: Option<Instant>,
    /// Callbacks of those who wait for positions to be written.
    position_answers: Vec<PositionsAnswer>,
    positions_at: Instant,
    published_at: Option<Instant>,
    upkeep_at: Option<Instant>,
}

/// The record that was published last, until it comes out of the stream.
struct InFlight {
    number: u64,
    since: Instant,
    /// None when it was answered because it took too long.
    decided: Option<Decided>,
}

impl Replica {
    pub fn new(replication: Replication, applied: AppliedRecord, head: Seq) -> Self {
        let base = Base {
            place: applied.place,
            head,
        };
        Self {
            replication,
            applied,
            bases: [base].into(),
            published: 0,
            in_flight: None,
            backlog: VecDeque::new(),
            records: VecDeque::new(),
            retry: None,
            position_answers: Vec::new(),
            positions_at: Instant::now(),
            published_at: None,
            upkeep_at: None,
        }
    }

    /// Whether the stream has not answered for too long.
    fn is_cut_off(&self) -> bool {
        let late = |in_flight: &InFlight| in_flight.decided.is_none();
        self.in_flight.as_ref().is_some_and(late)
    }

    /// Publishes a change set, in parts if it is too large for one record.
    fn publish(&mut self, decided: Decided) {
        let bound = RECORD.bytes.min(self.replication.max_record);
        self.backlog.extend(decided.in_parts(bound));
        self.publish_next();
    }

    /// Publishes the next part of the backlog, if no record is in flight.
    fn publish_next(&mut self) {
        while self.in_flight.is_none()
            && let Some(decided) = self.backlog.pop_front()
        {
            let (boot, number) = (self.replication.publisher.boot(), self.published + 1);
            let base = self.bases.back().copied().unwrap_or_default();
            let payload = Record::encode(boot, number, base, &decided.set.changes);
            let max = self.replication.max_record;
            if payload.len() > max {
                match decided.set.changes.len() {
                    0 | 1 => decided.refuse(&AppendError::TooLarge { max }),
                    _ => decided
                        .apart()
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev()
                        .for_each(|one| self.backlog.push_front(one)),
                }
                continue;
            }
            let since = Instant::now();
            self.published = number;
            self.published_at = Some(since);
            self.in_flight = Some(InFlight {
                number,
                since,
                decided: Some(decided),
            });
            self.replication
                .publisher
                .publish(number, Bytes::from(payload));
        }
    }

    /// Answers changes that have waited too long. Their record may still come out of the stream.
    fn answer_late(&mut self) {
        if let Some(in_flight) = &mut self.in_flight
            && in_flight.since.elapsed() >= self.replication.patience
            && let Some(decided) = in_flight.decided.take()
        {
            decided.refuse(&AppendError::Unavailable);
        }
        if self.is_cut_off() {
            for decided in self.backlog.drain(..) {
                decided.refuse(&AppendError::Unavailable);
            }
            // The file has what this node knew before.
            for answer in self.position_answers.drain(..) {
                answer(Ok(()));
            }
        }
    }
}

impl Writer {
    /// Runs until the log is closed or has failed.
    pub fn work_in_cluster(&mut self, mut replica: Replica) -> Result<(), Fatal> {
        loop {
            replica.answer_late();
            self.publish_due(&mut replica)?;
            let changes =
                replica.is_cut_off() || (replica.in_flight.is_none() && replica.backlog.is_empty());
            let wait = self.files.limit_wait(Some(TICK)).unwrap_or(TICK);
            let taken = self.shared.queue.take_with_records(RECORD, wait, changes);
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
                Task::Maintain(answer) => answer(Ok(Default::default())),
                Task::WritePositions(answer) => replica.position_answers.push(answer),
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

impl Replica {
    /// Goes on after a record that may never come out of the stream.
    fn give_up(&mut self, number: u64) {
        if let Some(in_flight) = self
            .in_flight
            .take_if(|in_flight| in_flight.number == number)
            && let Some(decided) = in_flight.decided
        {
            decided.refuse(&AppendError::Unavailable);
        }
    }
}

/// The error text of a step that can't be done now.
fn obstacle(error: &StoreError) -> String {
    match error {
        StoreError::Full => "the disk is full".to_owned(),
        StoreError::Locked => "the log's file is locked by another program".to_owned(),
        StoreError::Damaged(why) => format!("the log is damaged: {why}"),
        StoreError::Fatal(why) => why.clone(),
    }
}
