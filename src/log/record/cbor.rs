//! The fields of records, as CBOR. Values are checked by the types that they become.

use std::{sync::Arc, time::Duration};

use minicbor::{Decode, Encode, bytes::ByteArray, decode::Error};

use crate::job::{
    Conclusion, JobCommand, JobId, Lines, NewJob, Reason, Report, State, Title, TrackedPush,
};
use crate::log::{
    change::{Change, PositionUpdates, Recall, SessionChange},
    entry::{Entry, IdempotencyKey},
    job_rows::code,
    positions::{ClientPosition, DeliveryCounts, PendingUpdate},
    record::{Base, Record, UnreadableRecord, VERSION},
};
use crate::message::{ClientId, DraftCbor, Receipts, Seq};

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

/// The id of a job.
type Id = ByteArray<16>;

#[derive(Encode, Decode)]
enum WireChange<'b> {
    #[n(0)]
    Append(#[b(0)] WireEntry<'b>),
    #[n(1)]
    Begin(#[b(0)] WireNewJob<'b>),
    #[n(2)]
    Report(#[b(0)] WireReport<'b>),
    #[n(3)]
    Cancel(#[n(0)] Id),
    #[n(4)]
    TimeOut(#[n(0)] Id),
    #[n(5)]
    Finish(#[n(0)] WireConclusion),
    #[n(6)]
    Recall(#[b(0)] WireRecall<'b>),
    #[n(7)]
    Positions(#[b(0)] Vec<WireUpdate<'b>>, #[n(1)] Vec<WireCounts>),
    #[n(8)]
    Expire(#[n(0)] u64),
    #[n(9)]
    Prune(#[n(0)] Vec<Seq>, #[n(1)] Option<Seq>),
    #[n(10)]
    PruneJob(#[n(0)] Id),
    #[n(11)]
    Session(#[n(0)] ByteArray<32>, #[n(1)] Option<u64>),
}

#[derive(Encode, Decode)]
struct WireEntry<'b> {
    #[b(0)]
    draft: DraftCbor<'b>,
    #[b(1)]
    key: Option<&'b str>,
    #[n(2)]
    digest: Option<ByteArray<16>>,
    /// The id and title of the job that tracks the push.
    #[b(3)]
    tracked: Option<(Id, &'b str)>,
}

#[derive(Encode, Decode)]
struct WireNewJob<'b> {
    #[n(0)]
    id: Id,
    #[b(1)]
    title: &'b str,
    #[n(2)]
    total: Option<u64>,
    /// In milliseconds.
    #[n(3)]
    timeout: u64,
}

#[derive(Encode, Decode)]
struct WireReport<'b> {
    #[n(0)]
    id: Id,
    #[n(1)]
    step: Option<u64>,
    #[n(2)]
    total: Option<u64>,
    #[n(3)]
    state: Option<usize>,
    #[n(4)]
    line: Option<u64>,
    #[b(5)]
    lines: Vec<&'b str>,
}

#[derive(Encode, Decode)]
struct WireConclusion {
    #[n(0)]
    id: Id,
    #[n(1)]
    state: usize,
    #[n(2)]
    reason: Option<usize>,
    #[n(3)]
    updated_at: u64,
    /// Audience, sent, acknowledged, waiting, expired and recalled.
    #[n(4)]
    delivery: [u64; 6],
}

#[derive(Encode, Decode)]
struct WireRecall<'b> {
    #[n(0)]
    seq: Seq,
    #[b(1)]
    key: Option<&'b str>,
    /// Client, sent, acknowledged.
    #[b(2)]
    positions: Vec<(&'b str, Seq, Seq)>,
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
            version: VERSION,
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
            Change::Job(command) => Self::of_command(command),
            Change::Recall(recall) => Self::Recall(WireRecall {
                seq: recall.seq,
                key: recall.key.as_ref().map(IdempotencyKey::as_str),
                positions: recall
                    .positions
                    .iter()
                    .map(|(client, position)| (client.as_str(), position.sent, position.acked))
                    .collect(),
            }),
            Change::Positions(updates) => Self::Positions(
                updates.clients.iter().map(WireUpdate::of).collect(),
                updates.counts.iter().map(WireCounts::of).collect(),
            ),
            Change::Expire(until) => Self::Expire(*until),
            Change::Prune(positions, line) => Self::Prune(positions.clone(), *line),
            Change::PruneJob(id) => Self::PruneJob(bytes(*id)),
            Change::Session(change) => Self::Session(change.digest.into(), change.ends_at),
        }
    }

    fn of_command(command: &'b JobCommand) -> Self {
        match command {
            JobCommand::Begin(new) => Self::Begin(WireNewJob {
                id: bytes(new.id),
                title: new.title.text(),
                total: new.total,
                timeout: milliseconds(new.timeout),
            }),
            JobCommand::Report(id, report) => Self::Report(WireReport {
                id: bytes(*id),
                step: report.step,
                total: report.total,
                state: report.state.and_then(|state| code(&State::ALL, &state)),
                line: report.line,
                lines: report.lines.as_slice().iter().map(|line| &**line).collect(),
            }),
            JobCommand::Cancel(id) => Self::Cancel(bytes(*id)),
            JobCommand::TimeOut(id) => Self::TimeOut(bytes(*id)),
            JobCommand::Finish(id, conclusion) => Self::Finish(WireConclusion::of(*id, conclusion)),
        }
    }

    fn parse(self) -> Result<Change, Error> {
        Ok(match self {
            Self::Append(entry) => Change::Append(entry.parse()?),
            Self::Begin(new) => Change::Job(JobCommand::Begin(NewJob {
                id: id(new.id),
                title: Title::parse(new.title).map_err(Error::custom)?,
                total: new.total,
                timeout: Duration::from_millis(new.timeout),
            })),
            Self::Report(report) => Change::Job(report.parse()?),
            Self::Cancel(job) => Change::Job(JobCommand::Cancel(id(job))),
            Self::TimeOut(job) => Change::Job(JobCommand::TimeOut(id(job))),
            Self::Finish(conclusion) => Change::Job(conclusion.parse()?),
            Self::Recall(recall) => Change::Recall(Recall {
                seq: recall.seq,
                key: recall.key.map(key).transpose()?,
                positions: recall
                    .positions
                    .into_iter()
                    .map(|(name, sent, acked)| Ok((client(name)?, ClientPosition { sent, acked })))
                    .collect::<Result<_, Error>>()?,
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
            Self::Session(digest, ends_at) => Change::Session(SessionChange {
                digest: digest.into(),
                ends_at,
            }),
        })
    }
}

impl<'b> WireEntry<'b> {
    fn of(entry: &'b Entry) -> Self {
        Self {
            draft: DraftCbor::of(&entry.draft),
            key: entry.key.as_ref().map(|key| key.0.as_str()),
            digest: entry.key.as_ref().map(|key| key.1.into()),
            tracked: entry
                .tracked
                .as_ref()
                .map(|tracked| (bytes(tracked.id), &**tracked.title.text())),
        }
    }

    fn parse(self) -> Result<Entry, Error> {
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
        })
    }
}

impl WireReport<'_> {
    fn parse(self) -> Result<JobCommand, Error> {
        let lines = match self.lines.is_empty() {
            true => Ok(Lines::default()),
            // A line end after the last line is ignored, so that the last line may be empty.
            false => Lines::parse(&(self.lines.join("\n") + "\n")),
        };
        let report = Report {
            step: self.step,
            total: self.total,
            lines: lines.map_err(Error::custom)?,
            line: self.line,
            state: self
                .state
                .map(|code| coded(&State::ALL, code))
                .transpose()?,
        };
        Ok(JobCommand::Report(id(self.id), report))
    }
}

impl WireConclusion {
    fn of(job: JobId, conclusion: &Conclusion) -> Self {
        let Receipts {
            audience,
            sent,
            acknowledged,
            waiting,
            expired,
            recalled,
        } = conclusion.delivery;
        Self {
            id: bytes(job),
            state: code(&State::ALL, &conclusion.state).unwrap_or_default(),
            reason: conclusion
                .reason
                .and_then(|reason| code(&Reason::ALL, &reason)),
            updated_at: conclusion.updated_at,
            delivery: [audience, sent, acknowledged, waiting, expired, recalled],
        }
    }

    fn parse(self) -> Result<JobCommand, Error> {
        let [audience, sent, acknowledged, waiting, expired, recalled] = self.delivery;
        let reason = self.reason.map(|code| coded(&Reason::ALL, code));
        let conclusion = Conclusion {
            state: coded(&State::ALL, self.state)?,
            reason: reason.transpose()?,
            delivery: Receipts {
                audience,
                sent,
                acknowledged,
                waiting,
                expired,
                recalled,
            },
            updated_at: self.updated_at,
        };
        Ok(JobCommand::Finish(id(self.id), conclusion))
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

fn bytes(id: JobId) -> Id {
    id.to_bytes().into()
}

fn id(bytes: Id) -> JobId {
    JobId::from_bytes(bytes.into())
}

fn client(name: &str) -> Result<ClientId, Error> {
    ClientId::parse(name).map_err(Error::custom)
}

fn key(text: &str) -> Result<IdempotencyKey, Error> {
    IdempotencyKey::parse(text).map_err(Error::custom)
}

fn coded<T: Copy>(all: &[T], code: usize) -> Result<T, Error> {
    let found = all.get(code).copied();
    found.ok_or_else(|| Error::message("a state or a reason that is not known"))
}

fn milliseconds(span: Duration) -> u64 {
    crate::log::options::milliseconds(span)
}
