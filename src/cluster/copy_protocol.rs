//! What nodes say to each other about copies of the log.

use minicbor::{Decode, Encode, bytes::ByteVec};

use crate::log::{AppliedRecord, CopyFacts};

/// The most bytes of a copy in one answer: half of what NATS servers take by default.
pub const CHUNK: usize = 512 << 10;

/// Asked of one node. `taker` identifies the process that asks.
#[derive(Encode, Decode)]
pub enum CopyQuestion {
    /// Make a copy, or say how far it is. It is asked again until the copy is there.
    #[n(0)]
    Make {
        /// Who asks.
        #[n(0)]
        taker: u64,
        /// The name of its node.
        #[n(1)]
        node: String,
    },
    /// The bytes of the copy from `offset` on.
    #[n(1)]
    Read {
        /// Who asks.
        #[n(0)]
        taker: u64,
        /// The first byte.
        #[n(1)]
        offset: u64,
    },
    /// The copy is not needed any more.
    #[n(2)]
    Done {
        /// Who asks.
        #[n(0)]
        taker: u64,
    },
}

/// The answer to a question.
#[derive(Encode, Decode)]
pub enum CopyAnswer {
    /// The copy is being made.
    #[n(0)]
    Preparing,
    /// The copy is there.
    #[n(1)]
    Ready(#[n(0)] FactsCbor),
    /// Bytes of it.
    #[n(2)]
    Bytes(#[n(0)] ByteVec),
    /// Another node gets a copy now.
    #[n(3)]
    Busy,
    /// There is none, and why.
    #[n(4)]
    Failed(#[n(0)] String),
    /// Done.
    #[n(5)]
    Dropped,
}

/// [`CopyFacts`] on the wire.
#[derive(Encode, Decode)]
pub struct FactsCbor {
    #[n(0)]
    size: u64,
    #[n(1)]
    sha256: ByteVec,
    #[n(2)]
    log_id: String,
    #[n(3)]
    place: u64,
    #[n(4)]
    at: u64,
}

impl FactsCbor {
    /// Facts as they are sent.
    pub fn of(facts: &CopyFacts) -> Self {
        Self {
            size: facts.size,
            sha256: facts.sha256.to_vec().into(),
            log_id: facts.log_id.clone(),
            place: facts.applied.place,
            at: facts.applied.at,
        }
    }

    /// The facts. None if the checksum is none.
    pub fn parse(self) -> Option<CopyFacts> {
        Some(CopyFacts {
            size: self.size,
            sha256: self.sha256.as_slice().try_into().ok()?,
            log_id: self.log_id,
            applied: AppliedRecord {
                place: self.place,
                at: self.at,
            },
        })
    }
}
