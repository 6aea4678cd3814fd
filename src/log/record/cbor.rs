//! The fields of records, as CBOR. Values are checked by the types that they become.

use std::sync::Arc;

use minicbor::{Decode, Encode, bytes::ByteArray, decode::Error};

use crate::log::{
    change::{Change, ClearedInbox, PositionUpdates, Recall, RevokedTokens, TokenChange},
    entry::IdempotencyKey,
    positions::{ClientPosition, DeliveryCounts, PendingUpdate},
    record::audit_cbor::WireAudit,
    record::entry_cbor::{Position, WireEntry, client, key, positions, positions_of},
    record::job_cbor::{Id, WireCommand, bytes, id},
    record::key_cbor::WireKeyChange,
    record::person_cbor::{WirePersonChange, WireSession},
    record::schedule_cbor::WireSchedule,
    record::{Base, Record, UnreadableRecord, VERSION, version_of},
};
use crate::message::{ClientId, Seq};

#[derive(Encode, Decode)]
struct WireRecord<'b> {
    #[n(0)]
    version: u8,
    #[n(1)]
    boot: u64,
    #[n(2)]
    number: u64,
    #[n(3)]
    place: u64,
    #[n(4)]
    head: Seq,
    #[b(5)]
    changes: Vec<WireChange<'b>>,
}

#[derive(Encode, Decode)]
enum WireChange<'b> {
    #[n(0)]
    Append(#[b(0)] WireEntry<'b>),
    #[n(1)]
    Job(#[b(0)] WireCommand<'b>),
    #[n(2)]
    Recall(#[b(0)] WireRecall<'b>),
    #[n(3)]
    Positions(#[b(0)] Vec<WireUpdate<'b>>, #[n(1)] Vec<WireCounts>),
    #[n(4)]
    Expire(#[n(0)] u64),
    #[n(5)]
    Prune(#[n(0)] Vec<Seq>, #[n(1)] Option<Seq>),
    #[n(6)]
    PruneJob(#[n(0)] Id),
    #[n(7)]
    Session(
        #[n(0)] ByteArray<32>,
        #[n(1)] Option<u64>,
        #[n(2)] Option<ByteArray<32>>,
        /// Added later, like the next one. Nodes that do not know them skip them.
        #[b(3)]
        Option<&'b str>,
        #[b(4)] Option<&'b str>,
    ),
    #[n(8)]
    Key(#[b(0)] WireKeyChange<'b>),
    #[n(9)]
    Token(#[b(0)] WireRevoked<'b>, #[n(1)] u64),
    #[n(10)]
    Audit(#[b(0)] WireAudit<'b>),
    #[n(11)]
    PruneAudit(#[n(0)] u64),
    #[n(12)]
    Person(#[b(0)] WirePersonChange<'b>),
    #[n(13)]
    Schedule(#[b(0)] WireSchedule<'b>),
    /// As JSON, whose fields have names: what hooks are told of grows.
    #[n(14)]
    Hook(#[n(0)] String),
    /// As JSON too.
    #[n(15)]
    Saved(#[n(0)] String),
    /// Client, until.
    #[n(16)]
    ClearInbox(#[b(0)] &'b str, #[n(1)] Seq),
}

#[derive(Encode, Decode)]
enum WireRevoked<'b> {
    #[n(0)]
    WithId(#[b(0)] &'b str),
    #[n(1)]
    OfClient(#[b(0)] &'b str),
}

#[derive(Encode, Decode)]
struct WireRecall<'b> {
    #[n(0)]
    seq: Seq,
    #[b(1)]
    key: Option<&'b str>,
    /// Client, sent, acknowledged.
    #[b(2)]
    positions: Vec<Position<'b>>,
}

#[derive(Encode, Decode)]
struct WireUpdate<'b> {
    #[b(0)]
    client: &'b str,
    #[n(1)]
    sent: Seq,
    #[n(2)]
    acked: Seq,
    #[n(3)]
    first_seen: Option<u64>,
    #[n(4)]
    last_seen: Option<u64>,
    #[b(5)]
    reason: Option<&'b str>,
}

#[derive(Encode, Decode)]
struct WireCounts {
    #[n(0)]
    seq: Seq,
    #[n(1)]
    connections: u64,
    #[n(2)]
    delivered: u64,
}

impl<'b> WireRecord<'b> {
    fn of(boot: u64, number: u64, base: Base, changes: &'b [Change]) -> Self {
        Self {
            version: version_of(changes),
            boot,
            number,
            place: base.place,
            head: base.head,
            changes: changes.iter().map(WireChange::of).collect(),
        }
    }
}

/// Encodes a record.
pub(in crate::log) fn encode(boot: u64, number: u64, base: Base, changes: &[Change]) -> Vec<u8> {
    match minicbor::to_vec(WireRecord::of(boot, number, base, changes)) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("memory takes every value: {error}"),
    }
}

/// Decodes a record.
pub(in crate::log) fn decode(bytes: &[u8]) -> Result<Record, UnreadableRecord> {
    // The version comes first, because the rest may have changed.
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.array()?;
    let version = decoder.u8()?;
    if version > VERSION {
        return Err(UnreadableRecord::Newer(version));
    }
    let record: WireRecord<'_> = minicbor::decode(bytes)?;
    let changes = record.changes.into_iter().map(WireChange::parse);
    Ok(Record {
        boot: record.boot,
        number: record.number,
        base: Base {
            place: record.place,
            head: record.head,
        },
        changes: changes.collect::<Result<_, _>>()?,
    })
}

impl<'b> WireChange<'b> {
    fn of(change: &'b Change) -> Self {
        match change {
            Change::Append(entry) => Self::Append(WireEntry::of(entry)),
            Change::Job(command) => Self::Job(WireCommand::of(command)),
            Change::Recall(recall) => Self::Recall(WireRecall {
                seq: recall.seq,
                key: recall.key.as_ref().map(IdempotencyKey::as_str),
                positions: positions_of(&recall.positions),
            }),
            Change::Positions(updates) => Self::Positions(
                updates.clients.iter().map(WireUpdate::of).collect(),
                updates.counts.iter().map(WireCounts::of).collect(),
            ),
            Change::Expire(until) => Self::Expire(*until),
            Change::Prune(positions, line) => Self::Prune(positions.clone(), *line),
            Change::PruneJob(id) => Self::PruneJob(bytes(*id)),
            Change::Session(change) => {
                let WireSession {
                    digest,
                    ends_at,
                    key,
                    from,
                    program,
                } = WireSession::of(change);
                Self::Session(digest, ends_at, key, from, program)
            }
            Change::Key(change) => Self::Key(WireKeyChange::of(change)),
            Change::Token(change) => {
                let tokens = match &change.tokens {
                    RevokedTokens::WithId(id) => WireRevoked::WithId(id),
                    RevokedTokens::OfClient(client) => WireRevoked::OfClient(client.as_str()),
                };
                Self::Token(tokens, change.ends_at)
            }
            Change::Audit(change) => Self::Audit(WireAudit::of(change)),
            Change::PruneAudit(line) => Self::PruneAudit(*line),
            Change::Person(change) => Self::Person(WirePersonChange::of(change)),
            Change::Schedule(change) => Self::Schedule(WireSchedule::of(change)),
            // Can't fail: it has texts and numbers.
            Change::Hook(change) => Self::Hook(serde_json::to_string(change).unwrap_or_default()),
            Change::ClearInbox(inbox) => Self::ClearInbox(inbox.client.as_str(), inbox.until),
            Change::Saved(change) => Self::Saved(serde_json::to_string(change).unwrap_or_default()),
        }
    }

    fn parse(self) -> Result<Change, Error> {
        Ok(match self {
            Self::Append(entry) => Change::Append(entry.parse()?),
            Self::Job(command) => Change::Job(command.parse()?),
            Self::Recall(recall) => Change::Recall(Recall {
                seq: recall.seq,
                key: recall.key.map(key).transpose()?,
                positions: positions(recall.positions)?,
            }),
            Self::Positions(clients, counts) => Change::Positions(PositionUpdates {
                clients: clients
                    .into_iter()
                    .map(WireUpdate::parse)
                    .collect::<Result<_, _>>()?,
                counts: counts.into_iter().map(WireCounts::parse).collect(),
            }),
            Self::Expire(until) => Change::Expire(until),
            Self::Prune(positions, line) => Change::Prune(positions, line),
            Self::PruneJob(job) => Change::PruneJob(id(job)),
            Self::Session(digest, ends_at, key, from, program) => {
                let session = WireSession {
                    digest,
                    ends_at,
                    key,
                    from,
                    program,
                };
                Change::Session(session.parse())
            }
            Self::Person(change) => Change::Person(change.parse()),
            Self::Schedule(change) => Change::Schedule(change.parse()?),
            Self::Hook(change) => {
                Change::Hook(serde_json::from_str(&change).map_err(Error::custom)?)
            }
            Self::ClearInbox(name, until) => Change::ClearInbox(ClearedInbox {
                client: client(name)?,
                until,
            }),
            Self::Saved(change) => {
                Change::Saved(serde_json::from_str(&change).map_err(Error::custom)?)
            }
            Self::Key(change) => Change::Key(change.parse()),
            Self::Token(tokens, ends_at) => Change::Token(TokenChange {
                tokens: match tokens {
                    WireRevoked::WithId(id) => RevokedTokens::WithId(id.to_owned()),
                    WireRevoked::OfClient(name) => RevokedTokens::OfClient(client(name)?),
                },
                ends_at,
            }),
            Self::Audit(change) => Change::Audit(change.parse()?),
            Self::PruneAudit(line) => Change::PruneAudit(line),
        })
    }
}

impl<'b> WireUpdate<'b> {
    fn of((client, update): &'b (ClientId, PendingUpdate)) -> Self {
        Self {
            client: client.as_str(),
            sent: update.position.sent,
            acked: update.position.acked,
            first_seen: update.first_seen,
            last_seen: update.last_seen,
            reason: update.reason.as_deref(),
        }
    }

    fn parse(self) -> Result<(ClientId, PendingUpdate), Error> {
        let update = PendingUpdate {
            position: ClientPosition {
                sent: self.sent,
                acked: self.acked,
            },
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            reason: self.reason.map(Arc::from),
        };
        Ok((client(self.client)?, update))
    }
}

impl WireCounts {
    fn of((seq, counts): &(Seq, DeliveryCounts)) -> Self {
        Self {
            seq: *seq,
            connections: counts.connections,
            delivered: counts.delivered,
        }
    }

    fn parse(self) -> (Seq, DeliveryCounts) {
        let counts = DeliveryCounts {
            connections: self.connections,
            delivered: self.delivered,
        };
        (self.seq, counts)
    }
}
