//! Fuzz target: records of a cluster. See `src/fuzzing.rs`.

use super::record::cbor;

/// A record. One that can be read is the same after it was written and read again.
pub fn cluster_record(input: &[u8]) {
    let Ok(record) = cbor::decode(input) else {
        return;
    };
    let written = cbor::encode(record.boot, record.number, record.base, &record.changes);
    assert_eq!(cbor::decode(&written).expect("a record"), record);
}
