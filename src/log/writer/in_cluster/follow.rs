//! Applies the records of the stream.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::log::{
    change::{Change, ChangeSet},
    error::{Fatal, StoreError},
    options::milliseconds,
    positions::ClientPosition,
    record::{Base, Record, cbor},
    replica_rows,
    replica_state::ReplicaEvent,
    replication::{AppliedRecord, StreamRecord},
    writer::Writer,
    writer::apply::{Applied, ChangeOutcome, SetEnd},
    writer::replica::Replica,
};
use crate::{job::JobCommand, message::ClientId};

/// Records and changes that are applied in one transaction, at most. A node that is behind is faster with large ones.
const TOGETHER: (usize, usize) = (256, 4096);

/// How long to wait after records could not be applied.
const RETRY: Duration = Duration::from_secs(1);

/// Records that are applied in one transaction.
#[derive(Default)]
struct Batch {
    origins: Vec<Origin>,
    /// What each changes.
    sets: Vec<ChangeSet>,
    changes: usize,
    /// The number of the newest record of each process in this batch.
    numbers: HashMap<u64, u64>,
}

/// Where a record comes from.
#[derive(Clone, Copy)]
struct Origin {
    /// The process that has published it.
    boot: u64,
    number: u64,
    /// Its position in the stream.
    record: AppliedRecord,
    /// The time of its changes.
    time: u64,
    /// Whether it was applied before.
    repeated: bool,
}

impl Writer {
    /// Applies the records that are there. If that is not possible now, they wait.
    pub(super) fn apply_records(&mut self, replica: &mut Replica) -> Result<(), Fatal> {
        if replica.retry.is_some_and(|retry| retry > Instant::now()) {
            return Ok(());
        }
        replica.retry = None;
        while !replica.records.is_empty() {
            let (batch, unreadable) = read_batch(replica);
            let result = match batch.sets.is_empty() {
                true => Ok(()),
                false => self.apply_batch(replica, batch),
            };
            let why = match (result, unreadable) {
                (Ok(()), None) => continue,
                (Ok(()), Some(why)) => why,
                (Err(StoreError::Fatal(reason)), _) => return Err(Fatal(reason)),
                (Err(error), _) => {
                    if let StoreError::Damaged(why) = &error {
                        self.shared.damage.note(why);
                    }
                    error.reason()
                }
            };
            replica.retry = Some(Instant::now() + RETRY);
            self.set_obstacle(Some(why));
            return Ok(());
        }
        self.set_obstacle(None);
        Ok(())
    }

    fn set_obstacle(&self, why: Option<String>) {
        if let Some(state) = &self.shared.replica {
            *state.obstacle.lock() = why;
        }
    }

    fn apply_batch(&mut self, replica: &mut Replica, batch: Batch) -> Result<(), StoreError> {
        let Some(newest) = batch.origins.last().copied() else {
            return Ok(());
        };
        let began = Instant::now();
        let sets: Vec<&ChangeSet> = batch.sets.iter().collect();
        let applied = self.store.apply_with(&sets, |store| {
            let Origin { record, time, .. } = newest;
            replica_rows::write(&store.conn, record, time)?;
            replica_rows::mark(&store.conn, record.place, time, store.head)?;
            for (boot, number) in &batch.numbers {
                replica_rows::note_published(&store.conn, *boot, *number, time)?;
            }
            Ok(())
        })?;
        replica.numbers.extend(&batch.numbers);
        (replica.applied, replica.time) = (newest.record, newest.time);
        drop(replica.records.drain(..batch.sets.len()));
        self.publish(&applied, began);
        let connections = (self.tail)(self.shared.openings.current(), &applied.messages);
        self.record_deliveries(&applied.messages, &connections);
        self.publish_jobs(&applied);
        let mut from = SetEnd::default();
        for (index, end) in applied.ends.iter().enumerate() {
            let Origin {
                boot,
                number,
                record,
                repeated,
                ..
            } = batch.origins[index];
            replica.remember(Base {
                place: record.place,
                head: end.head,
            });
            let own = boot == replica.replication.publisher.boot();
            let part = Part {
                from,
                end: *end,
                applied: &applied,
                connections: &connections,
            };
            self.tell(boot, own, &batch.sets[index], &part);
            if own && !repeated {
                self.answer_own(replica, number, record, &part);
            }
            from = *end;
        }
        if let Some(state) = &self.shared.replica {
            state.set_applied(newest.record);
        }
        Ok(())
    }

    /// Passes on what a record has changed.
    fn tell(&self, boot: u64, own: bool, set: &ChangeSet, part: &Part<'_>) {
        let state = self.shared.replica.as_ref();
        let Some(tail) = state.and_then(|state| state.tail.get()) else {
            return;
        };
        let messages = &part.applied.messages[part.from.messages..part.end.messages];
        if !messages.is_empty() {
            let counted = part.connections.get(part.from.messages..part.end.messages);
            tail(ReplicaEvent::Delivered {
                boot,
                head: part.end.head,
                messages,
                connections: counted.unwrap_or_default(),
            });
        }
        for (change, outcome) in set.changes.iter().zip(part.outcomes()) {
            match (change, outcome) {
                (Change::Recall(recall), ChangeOutcome::Recall(Some(recalled))) => {
                    tail(ReplicaEvent::Recalled(recall.seq, recalled));
                }
                (Change::Positions(updates), _) if !own && !updates.clients.is_empty() => {
                    let moved: Vec<(ClientId, ClientPosition)> = updates
                        .clients
                        .iter()
                        .map(|(client, update)| (client.clone(), update.position))
                        .collect();
                    tail(ReplicaEvent::Moved(&moved));
                }
                (Change::Job(JobCommand::Report(id, _)), _) if !own => {
                    tail(ReplicaEvent::Reported(*id));
                }
                _ => {}
            }
        }
    }

    /// Answers those who wait for a record of this process.
    fn answer_own(
        &self,
        replica: &mut Replica,
        number: u64,
        record: AppliedRecord,
        part: &Part<'_>,
    ) {
        let Some(in_flight) = replica.in_flight.take_if(|own| own.number == number) else {
            return;
        };
        if let Some(state) = &self.shared.replica {
            let took = milliseconds(in_flight.since.elapsed());
            state.own_record_at(record.at, self.store.options.clock.now(), took);
        }
        if let Some(decided) = in_flight.decided {
            decided.answer(part.outcomes(), part.applied, part.connections);
        }
    }
}

/// The results of one record among those of its transaction.
struct Part<'a> {
    from: SetEnd,
    end: SetEnd,
    applied: &'a Applied,
    connections: &'a [u64],
}

impl<'a> Part<'a> {
    fn outcomes(&self) -> &'a [ChangeOutcome] {
        &self.applied.outcomes[self.from.outcomes..self.end.outcomes]
    }
}

impl Batch {
    /// Adds a record. `numbers` are those of the newest records before this batch.
    fn add(
        &mut self,
        record: Record,
        applied: AppliedRecord,
        time: u64,
        numbers: &HashMap<u64, u64>,
    ) {
        let Record {
            boot,
            number,
            mut changes,
            ..
        } = record;
        let newest = self.numbers.get(&boot).or_else(|| numbers.get(&boot));
        let repeated = newest.is_some_and(|newest| number <= *newest);
        match repeated {
            true => changes.clear(),
            false => drop(self.numbers.insert(boot, number)),
        }
        self.changes += changes.len();
        self.origins.push(Origin {
            boot,
            number,
            record: applied,
            time,
            repeated,
        });
        self.sets.push(ChangeSet { at: time, changes });
    }
}

/// Decodes the next records. Records that were applied before are dropped. Says why the record after them cannot be
/// read, if so.
fn read_batch(replica: &mut Replica) -> (Batch, Option<String>) {
    let applied = replica.applied.place;
    replica.records.retain(|record| record.place > applied);
    let mut batch = Batch::default();
    let (mut last, mut time) = (replica.applied, replica.time);
    for record in replica.records.iter().take(TOGETHER.0) {
        if batch.changes >= TOGETHER.1 {
            break;
        }
        match read(replica, last, record) {
            Ok((record, applied)) => {
                time = time.max(applied.at);
                batch.add(record, applied, time, &replica.numbers);
                last = applied;
            }
            Err(why) => return (batch, Some(why)),
        }
    }
    (batch, None)
}

fn read(
    replica: &Replica,
    last: AppliedRecord,
    record: &StreamRecord,
) -> Result<(Record, AppliedRecord), String> {
    let place = record.place;
    if place != last.place + 1 && last.place > 0 {
        return Err(format!(
            "record {place} of the stream came after {}: records in between are missing",
            last.place
        ));
    }
    let decoded = cbor::decode(&record.payload)
        .map_err(|why| format!("record {place} of the stream can't be read: {why}"))?;
    if replica.differs_from(decoded.base) {
        tracing::error!(
            place,
            "the log of another node differs from this one: compare `tidings check` on all nodes"
        );
    }
    let applied = AppliedRecord {
        place,
        at: record.at,
    };
    Ok((decoded, applied))
}
