//! Decodes records of the stream that are applied in one transaction.

use std::collections::HashMap;

use crate::log::{
    change::ChangeSet,
    record::{Record, cbor},
    replication::{AppliedRecord, StreamRecord},
    writer::replica::Replica,
};

/// Records and changes that are applied in one transaction, at most. A node that is behind is faster with large ones.
const TOGETHER: (usize, usize) = (256, 4096);

/// Records that are applied in one transaction.
#[derive(Default)]
pub(super) struct Batch {
    pub origins: Vec<Origin>,
    /// What each changes.
    pub sets: Vec<ChangeSet>,
    changes: usize,
    /// The number of the newest record of each process in this batch.
    pub numbers: HashMap<u64, u64>,
}

/// Where a record comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// The process that has published it.
    pub boot: u64,
    pub number: u64,
    /// Its position in the stream.
    pub record: AppliedRecord,
    /// The time of its changes.
    pub time: u64,
    /// Whether it was applied before.
    pub repeated: bool,
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
pub(super) fn read_batch(replica: &mut Replica) -> (Batch, Option<String>) {
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
