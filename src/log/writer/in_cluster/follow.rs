//! Applies the records of the stream.

use std::time::{Duration, Instant};

use super::batch::{Batch, Origin, read_batch};

use crate::log::{
    change::{Change, ChangeSet},
    error::{Fatal, StoreError},
    options::milliseconds,
    positions::ClientPosition,
    record::Base,
    replica_rows,
    replica_state::ReplicaEvent,
    replication::AppliedRecord,
    writer::Writer,
    writer::apply::{Applied, ChangeOutcome, SetEnd},
    writer::replica::Replica,
};
use crate::{job::JobCommand, message::ClientId};

/// How long to wait after records could not be applied.
const RETRY: Duration = Duration::from_secs(1);

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
                (Err(error), _) => error.reason(),
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
        let applied = self.apply(&sets, |store| {
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
        let connections = (self.tail)(&self.shared.openings, &applied.messages);
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
            if let Some(tail) = state.tail.get() {
                tail(ReplicaEvent::Applied(newest.record.place));
            }
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
