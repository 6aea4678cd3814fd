//! Numbers in the tables of the audit trail: kinds of targets, hashes of their names, and blocks of entries.

use sha2::{Digest as _, Sha256};

/// A block has `1 << BLOCK_BITS` entries.
const BLOCK_BITS: u32 = 10;

/// Kinds of targets in the file.
pub(super) mod kind {
    pub const CLIENT: i64 = 1;
    pub const CLIENTS: i64 = 2;
    pub const TOPIC: i64 = 3;
    pub const EVERYONE: i64 = 4;
    pub const KEY: i64 = 5;
    pub const TOKEN: i64 = 6;
    pub const PERSON: i64 = 7;
    pub const HOOK: i64 = 8;
    pub const LIST: i64 = 9;
    pub const TEMPLATE: i64 = 10;
}

/// The block of an entry.
pub(super) fn block(number: u64) -> u64 {
    number >> BLOCK_BITS
}

/// The first entry of a block.
pub(super) fn start_of(block: u64) -> u64 {
    block << BLOCK_BITS
}

/// The number under which the entries about a client or a topic are found: 48 bits of a hash that nobody can make equal
/// for two names.
pub(super) fn hash(kind: i64, name: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update([kind as u8]);
    hash.update(name);
    let digest = hash.finalize();
    let byte = |number: i64, byte: &u8| number << 8 | i64::from(*byte);
    digest[..6].iter().fold(0, byte)
}
