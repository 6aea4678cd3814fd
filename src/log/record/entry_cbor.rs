//! Entries as CBOR, in records, and as they are stored until they are appended.

use minicbor::{Decode, Encode, bytes::ByteArray, decode::Error};

use crate::job::{Title, TrackedPush};
use crate::log::{
    entry::{Entry, IdempotencyKey},
    kept_size::KeptSize,
    positions::ClientPosition,
    record::audit_cbor::WireSource,
    record::job_cbor::{Id, bytes, id},
};
use crate::message::{ClientId, DraftCbor, Seq, TraceParent};

/// Client, sent, acknowledged.
pub(super) type Position<'b> = (&'b str, Seq, Seq);

#[derive(Encode, Decode)]
pub(super) struct WireEntry<'b> {
    #[b(0)]
    draft: DraftCbor<'b>,
    #[b(1)]
    key: Option<&'b str>,
    #[n(2)]
    digest: Option<ByteArray<16>>,
    /// The id and title of the job that tracks the push.
    #[b(3)]
    tracked: Option<(Id, &'b str)>,
    /// Added later. Nodes that do not know it skip it.
    #[b(4)]
    trace: Option<&'b str>,
    /// Who pushes, if it is audited.
    #[b(5)]
    source: Option<WireSource<'b>>,
    /// Of the clients of a message whose place it takes: client, sent, acknowledged.
    #[b(6)]
    replacing: Option<Vec<Position<'b>>>,
    /// How many topics may have a state: the number, and the bytes.
    #[n(7)]
    most_states: Option<(u64, u64)>,
}

/// Encodes an entry, as it is stored until it is appended.
pub(in crate::log) fn encode(entry: &Entry) -> Vec<u8> {
    match minicbor::to_vec(WireEntry::of(entry)) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("memory takes every value: {error}"),
    }
}

/// Decodes such an entry.
pub(in crate::log) fn decode(bytes: &[u8]) -> Result<Entry, Error> {
    minicbor::decode::<WireEntry<'_>>(bytes)?.parse()
}

impl<'b> WireEntry<'b> {
    pub fn of(entry: &'b Entry) -> Self {
        Self {
            draft: DraftCbor::of(&entry.draft),
            key: entry.key.as_ref().map(|key| key.0.as_str()),
            digest: entry.key.as_ref().map(|key| key.1.into()),
            tracked: entry
                .tracked
                .as_ref()
                .map(|tracked| (bytes(tracked.id), &**tracked.title.text())),
            trace: entry.trace.as_ref().map(TraceParent::as_str),
            source: entry.source.as_ref().map(WireSource::of),
            replacing: (!entry.replacing.is_empty()).then(|| positions_of(&entry.replacing)),
            most_states: entry.most_states.map(|most| (most.messages, most.bytes)),
        }
    }

    pub fn parse(self) -> Result<Entry, Error> {
        let tracked = self.tracked.map(|(job, title)| {
            let title = Title::parse(title).map_err(Error::custom)?;
            Ok(TrackedPush { id: id(job), title })
        });
        let key = self.key.map(key).transpose()?;
        Ok(Entry {
            draft: self.draft.parse()?,
            key: key
                .zip(self.digest)
                .map(|(key, digest)| Box::new((key, digest.into()))),
            assigned: None,
            tracked: tracked.transpose()?.map(Box::new),
            trace: self.trace.and_then(TraceParent::parse),
            source: self.source.map(WireSource::parse),
            replacing: positions(self.replacing.unwrap_or_default())?,
            most_states: self
                .most_states
                .map(|(messages, bytes)| KeptSize { messages, bytes }),
        })
    }
}

pub(super) fn positions_of(positions: &[(ClientId, ClientPosition)]) -> Vec<Position<'_>> {
    positions
        .iter()
        .map(|(client, position)| (client.as_str(), position.sent, position.acked))
        .collect()
}

pub(super) fn positions(all: Vec<Position<'_>>) -> Result<Vec<(ClientId, ClientPosition)>, Error> {
    let one = |(name, sent, acked)| Ok((client(name)?, ClientPosition { sent, acked }));
    all.into_iter().map(one).collect()
}

pub(super) fn client(name: &str) -> Result<ClientId, Error> {
    ClientId::parse(name).map_err(Error::custom)
}

pub(super) fn key(text: &str) -> Result<IdempotencyKey, Error> {
    IdempotencyKey::parse(text).map_err(Error::custom)
}
