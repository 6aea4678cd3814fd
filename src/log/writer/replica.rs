//! The state of the writer of a log in a cluster: what it has published, and what it has not applied yet.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use bytes::Bytes;

use crate::log::{
    error::AppendError,
    record::{Base, cbor},
    replication::{AppliedRecord, Replication, StreamRecord},
    writer::decide::Decided,
    writer::queue::Bound,
    writer::waiting::PositionsAnswer,
};

/// Changes and bytes of data in a record, at most. A single change may be larger.
pub(in crate::log) const RECORD: Bound = Bound {
    messages: 1024,
    bytes: 384 << 10,
};

/// The newest records of which the head after them is known, to notice logs that differ.
const BASES: usize = 4096;

/// The state of the writer that only a log in a cluster has.
pub(in crate::log) struct Replica {
    pub replication: Replication,
    pub applied: AppliedRecord,
    /// The time of the newest changes. That of the stream is the clock of its leader, and may go back when the leader
    /// changes; this one does not.
    pub time: u64,
    /// After the newest records, oldest first.
    pub bases: VecDeque<Base>,
    /// The number of the newest record that was applied, by the process that has published it. A server that was stopped
    /// for longer than the stream knows the ids of records may bring one a second time.
    pub numbers: HashMap<u64, u64>,
    /// Records of this process so far.
    pub published: u64,
    pub in_flight: Option<InFlight>,
    /// Decided, and too large for the record that is in flight.
    pub backlog: VecDeque<Decided>,
    /// Records that are not applied yet.
    pub records: VecDeque<StreamRecord>,
    /// When to try again to apply them.
    pub retry: Option<Instant>,
    /// Callbacks of those who wait for positions to be written.
    pub position_answers: Vec<PositionsAnswer>,
    pub positions_at: Instant,
    pub published_at: Option<Instant>,
    pub upkeep_at: Option<Instant>,
}

/// The record that was published last, until it comes out of the stream.
pub(in crate::log) struct InFlight {
    pub number: u64,
    pub since: Instant,
    /// None when it was answered because it took too long.
    pub decided: Option<Decided>,
}

impl Replica {
    pub fn new(
        replication: Replication,
        (applied, time): (AppliedRecord, u64),
        base: Base,
        numbers: HashMap<u64, u64>,
    ) -> Self {
        Self {
            replication,
            applied,
            time,
            bases: [base].into(),
            numbers,
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
    pub fn is_cut_off(&self) -> bool {
        let late = |in_flight: &InFlight| in_flight.decided.is_none();
        self.in_flight.as_ref().is_some_and(late)
    }

    /// Whether the next record can be published.
    pub fn is_free(&self) -> bool {
        self.in_flight.is_none() && self.backlog.is_empty()
    }

    /// Publishes a change set, in parts if it is too large for one record.
    pub fn publish(&mut self, decided: Decided) {
        let bound = RECORD.bytes.min(self.replication.max_record);
        self.backlog.extend(decided.in_parts(bound));
        self.publish_next();
    }

    /// Publishes the next part of the backlog, if no record is in flight.
    pub fn publish_next(&mut self) {
        while self.in_flight.is_none()
            && let Some(decided) = self.backlog.pop_front()
        {
            let (boot, number) = (self.replication.publisher.boot(), self.published + 1);
            let base = self.bases.back().copied().unwrap_or_default();
            let payload = cbor::encode(boot, number, base, &decided.set.changes);
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
    pub fn answer_late(&mut self) {
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

    /// Goes on after a record that may never come out of the stream.
    pub fn give_up(&mut self, number: u64) {
        if let Some(in_flight) = self
            .in_flight
            .take_if(|in_flight| in_flight.number == number)
            && let Some(decided) = in_flight.decided
        {
            decided.refuse(&AppendError::Unavailable);
        }
    }

    /// Remembers the head of the log after a record.
    pub fn remember(&mut self, base: Base) {
        if self.bases.len() >= BASES {
            self.bases.pop_front();
        }
        self.bases.push_back(base);
    }

    /// Whether a node has another head than this one had after the same record. Then their logs differ.
    pub fn differs_from(&self, base: Base) -> bool {
        let found = self
            .bases
            .binary_search_by_key(&base.place, |own| own.place);
        found.is_ok_and(|index| self.bases[index].head != base.head)
    }
}
