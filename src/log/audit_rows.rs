//! Writes the rows of the audit trail. Accepted pushes are packed, see [`audit_packs`].
//!
//! An entry about a client or a topic is also in the table of targets, under a hash of the name. Like postings, these rows
//! are grouped into blocks. Those of entries about one target are written when their block is complete, all together and in
//! order, which costs a fraction of what they cost one by one. Until then the few entries of the block are looked through
//! instead. Which callers have entries in a block is noted once for each block: that costs next to nothing, and whoever looks
//! for a caller reads only blocks that have one of its entries.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    ops::ControlFlow,
    sync::{Arc, OnceLock},
};

use rusqlite::{Connection, OptionalExtension, types::ToSqlOutput};

use crate::log::{
    audit_codes::{block, hash, kind, start_of},
    audit_entry::{AuditCaller, AuditChange, AuditSource, AuditTarget, PUSH},
    audit_packs::{self, NewPacks, Pack, PackedPush},
    bulk_insert::BulkInsert,
    codes::sql,
    saved_item::SavedKind,
};
use crate::{
    job::JobId,
    message::{Audience, ClientId, Seq},
};

/// The clients of a list that an entry names.
const NAMED: usize = 10;

/// Callers in the cache of the writer.
const CACHED: usize = 1024;

/// What the writer remembers of the audit trail in the file, so that it does not look it up for each entry.
#[derive(Default)]
pub(super) struct CallerCache {
    numbers: HashMap<Arc<AuditCaller>, i64>,
    /// The callers that are noted for the newest block.
    noted: (u64, HashSet<i64>),
    /// The number of the next entry.
    next: Option<u64>,
    /// Entries are written without their targets, because a page of these is damaged.
    pub leaves_targets_out: bool,
}

impl CallerCache {
    /// Empties the cache. What comes from a transaction that was rolled back is not in the file.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn number(&mut self, conn: &Connection, caller: &Arc<AuditCaller>) -> rusqlite::Result<i64> {
        if let Some(number) = self.numbers.get(caller) {
            return Ok(*number);
        }
        let names = (&*caller.id, &*caller.name);
        let found = conn
            .prepare_cached("SELECT id FROM audit_callers WHERE caller = ?1 AND name = ?2")?
            .query_row(names, |row| row.get(0))
            .optional()?;
        let number = match found {
            Some(number) => number,
            None => conn
                .prepare_cached("INSERT INTO audit_callers (caller, name) VALUES (?1, ?2)")?
                .insert(names)?,
        };
        if self.numbers.len() >= CACHED {
            self.numbers.clear();
        }
        self.numbers.insert(Arc::clone(caller), number);
        Ok(number)
    }

    /// The number of a new entry: the one after the newest.
    fn next_number(&mut self, conn: &Connection) -> rusqlite::Result<u64> {
        let number = match self.next {
            Some(number) => number,
            None => audit_packs::bounds(conn)?.map_or(1, |(_, newest)| newest + 1),
        };
        self.next = Some(number + 1);
        Ok(number)
    }

    /// Notes that a block has an entry of a caller.
    fn note(&mut self, conn: &Connection, block: u64, caller: i64) -> rusqlite::Result<()> {
        if self.noted.0 != block {
            self.noted = (block, HashSet::new());
        }
        if self.noted.1.insert(caller) {
            conn.prepare_cached(
                "INSERT OR IGNORE INTO audit_blocks (caller, block) VALUES (?1, ?2)",
            )?
            .execute((caller, sql(block)))?;
        }
        Ok(())
    }
}

/// An entry to be written.
pub(super) struct NewRow<'e> {
    pub at: u64,
    pub source: &'e AuditSource,
    pub action: &'e str,
    pub target: Option<TargetRef<'e>>,
    pub error: Option<&'e str>,
    pub message: Option<Seq>,
    pub job: Option<JobId>,
    pub count: u64,
}

/// An [`AuditTarget`].
pub(super) enum TargetRef<'e> {
    Audience(&'e Audience),
    Key(&'e str),
    Token(&'e str),
    Person(&'e str),
    Hook(&'e str),
    Saved(SavedKind, &'e str),
}

impl<'e> From<&'e AuditTarget> for TargetRef<'e> {
    fn from(target: &'e AuditTarget) -> Self {
        match target {
            AuditTarget::Audience(audience) => Self::Audience(audience),
            AuditTarget::Key(id) => Self::Key(id),
            AuditTarget::Token(id) => Self::Token(id),
            AuditTarget::Person(id) => Self::Person(id),
            AuditTarget::Hook(id) => Self::Hook(id),
            AuditTarget::Saved(kind, id) => Self::Saved(*kind, id),
        }
    }
}

/// The place of an entry in the table of targets. Its order is that of the primary key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TargetRow {
    block: u64,
    target: i64,
    number: u64,
}

/// Writes entries in the current transaction.
pub(super) struct AuditRows<'c> {
    conn: &'c Connection,
    /// Written at the end, like their targets: many rows of one statement cost little more than one.
    rows: Vec<PendingRow>,
    packs: NewPacks,
    targets: Vec<TargetRow>,
    /// The blocks that these entries complete.
    complete: Vec<u64>,
}

/// A row of the table of entries.
struct PendingRow {
    number: u64,
    at: u64,
    caller: Option<i64>,
    address: Option<Octets>,
    action: Box<str>,
    kind: Option<i64>,
    target: Option<Box<str>>,
    clients: Option<usize>,
    seq: Option<Seq>,
    job: Option<JobId>,
    error: Option<Box<str>>,
    count: Option<u64>,
}

impl<'c> AuditRows<'c> {
    pub fn new(conn: &'c Connection) -> Self {
        Self {
            conn,
            rows: Vec::new(),
            packs: NewPacks::default(),
            targets: Vec::new(),
            complete: Vec::new(),
        }
    }

    /// Adds an entry. Returns its number.
    pub fn add(&mut self, callers: &mut CallerCache, new: &NewRow<'_>) -> rusqlite::Result<u64> {
        let caller = new.source.caller.as_ref();
        let caller = caller
            .map(|caller| callers.number(self.conn, caller))
            .transpose()?;
        let named;
        let (kind, target, clients) = match &new.target {
            None => (None, None, None),
            Some(TargetRef::Key(id)) => (Some(kind::KEY), Some(*id), None),
            Some(TargetRef::Token(id)) => (Some(kind::TOKEN), Some(*id), None),
            Some(TargetRef::Person(id)) => (Some(kind::PERSON), Some(*id), None),
            Some(TargetRef::Hook(id)) => (Some(kind::HOOK), Some(*id), None),
            Some(TargetRef::Saved(saved, id)) => {
                let kind = match saved {
                    SavedKind::List => kind::LIST,
                    SavedKind::Template => kind::TEMPLATE,
                };
                (Some(kind), Some(*id), None)
            }
            Some(TargetRef::Audience(audience)) => match audience {
                Audience::Client(id) => (Some(kind::CLIENT), Some(id.as_str()), None),
                Audience::Topic(topic) => (Some(kind::TOPIC), Some(topic.as_str()), None),
                Audience::Everyone => (Some(kind::EVERYONE), None, None),
                Audience::Clients(ids) => {
                    // Ids have no spaces.
                    let first = ids.iter().take(NAMED).map(ClientId::as_str);
                    named = first.collect::<Vec<_>>().join(" ");
                    (Some(kind::CLIENTS), Some(named.as_str()), Some(ids.len()))
                }
            },
        };
        let number = callers.next_number(self.conn)?;
        match packed(new, kind) {
            Some((kind, seq)) => {
                let push = PackedPush {
                    kind,
                    target,
                    seq,
                    caller,
                    address: new.source.address.map(|address| address.to_canonical()),
                };
                self.packs.add(number, new.at, &push)?;
            }
            None => self.rows.push(PendingRow {
                number,
                at: new.at,
                caller,
                address: new.source.address.as_ref().map(Octets::of),
                action: new.action.into(),
                kind,
                target: target.map(Box::from),
                clients,
                seq: new.message,
                job: new.job,
                error: new.error.map(Box::from),
                count: (new.count > 1).then_some(new.count),
            }),
        }
        if let Some(caller) = caller {
            callers.note(self.conn, block(number), caller)?;
        }
        if callers.leaves_targets_out {
            return Ok(number);
        }
        // The first entry of a block: the one before is complete.
        if number == start_of(block(number)) {
            self.complete.push(block(number) - 1);
        }
        if let Some(TargetRef::Audience(Audience::Clients(ids))) = &new.target {
            // The entry names only the first of them.
            let hashes = ids.iter().map(|id| hash(kind::CLIENT, id.as_str()));
            let row = |target| TargetRow {
                block: block(number),
                target,
                number,
            };
            self.targets.extend(hashes.map(row));
        }
        Ok(number)
    }

    /// Writes what was added.
    pub fn finish(mut self) -> rusqlite::Result<()> {
        self.write_rows()?;
        self.packs.write(self.conn)?;
        write_targets(self.conn, &mut self.targets)?;
        let complete = self.complete.iter();
        complete
            .copied()
            .try_for_each(|block| self.write_targets_of(block))
    }

    /// Writes the targets of the entries of a block that are about one client or topic.
    fn write_targets_of(&self, block: u64) -> rusqlite::Result<()> {
        let mut find = self.conn.prepare_cached(
            "SELECT number, kind, target FROM audit WHERE number >= ?1 AND number < ?2 AND kind IN (?3, ?4)",
        )?;
        let (from, to) = (sql(start_of(block)), sql(start_of(block + 1)));
        let row = |number, kind, name: &str| TargetRow {
            block,
            target: hash(kind, name),
            number,
        };
        let rows = find.query_map((from, to, kind::CLIENT, kind::TOPIC), |found| {
            Ok(row(
                found.get(0)?,
                found.get(1)?,
                found.get_ref(2)?.as_str()?,
            ))
        })?;
        let mut rows: Vec<TargetRow> = rows.collect::<Result<_, _>>()?;
        let range = (start_of(block), start_of(block + 1) - 1);
        audit_packs::look_through(self.conn, range, |pack: Pack| {
            let targets = pack
                .entries()
                .filter_map(|(number, push)| Some(row(number, push.kind, push.target.as_ref()?)));
            rows.extend(targets);
            ControlFlow::Continue(())
        })?;
        write_targets(self.conn, &mut rows)
    }

    fn write_rows(&self) -> rusqlite::Result<usize> {
        static INSERT: OnceLock<BulkInsert> = OnceLock::new();
        let columns = [
            "number", "at", "caller", "address", "action", "kind", "target", "clients", "seq",
            "job", "outcome", "count",
        ];
        let insert = INSERT.get_or_init(|| BulkInsert::into("audit", &columns));
        insert.write(self.conn, &self.rows, |insert, at, row| {
            insert.raw_bind_parameter(at, sql(row.number))?;
            insert.raw_bind_parameter(at + 1, sql(row.at))?;
            insert.raw_bind_parameter(at + 2, row.caller)?;
            insert.raw_bind_parameter(at + 3, row.address.as_ref())?;
            insert.raw_bind_parameter(at + 4, &*row.action)?;
            insert.raw_bind_parameter(at + 5, row.kind)?;
            insert.raw_bind_parameter(at + 6, row.target.as_deref())?;
            insert.raw_bind_parameter(at + 7, row.clients)?;
            insert.raw_bind_parameter(at + 8, row.seq.map(sql))?;
            insert.raw_bind_parameter(at + 9, row.job.map(|job| job.to_string()))?;
            insert.raw_bind_parameter(at + 10, row.error.as_deref())?;
            insert.raw_bind_parameter(at + 11, row.count.map(sql))
        })
    }
}

/// The kind of the target and the message, if an entry is packed with others: a push to the log that was accepted.
fn packed(new: &NewRow<'_>, kind: Option<i64>) -> Option<(i64, Seq)> {
    let is_plain = new.action == PUSH && new.error.is_none() && new.job.is_none() && new.count == 1;
    let kind = kind.filter(|kind| is_plain && PackedPush::<&str>::may_be_about(*kind));
    kind.zip(new.message)
}

/// Writes to the table of targets. The rows are sorted first, so that this goes through the pages of the file once, in order.
fn write_targets(conn: &Connection, rows: &mut Vec<TargetRow>) -> rusqlite::Result<()> {
    static INSERT: OnceLock<BulkInsert> = OnceLock::new();
    // Earlier programs wrote them with their entries, also in a block that was not complete.
    let insert = INSERT.get_or_init(|| {
        BulkInsert::into("audit_targets", &["block", "target", "number"]).unless_there()
    });
    rows.sort_unstable();
    rows.dedup();
    for block in rows.chunk_by(|one, next| one.block == next.block) {
        let added = insert.write(conn, block, |insert, at, row| {
            insert.raw_bind_parameter(at, sql(row.block))?;
            insert.raw_bind_parameter(at + 1, row.target)?;
            insert.raw_bind_parameter(at + 2, sql(row.number))
        })?;
        conn.prepare_cached(
            "INSERT INTO audit_sizes (block, targets) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET targets = targets + ?2",
        )?
        .execute((sql(block[0].block), added))?;
    }
    Ok(())
}

/// Applies a change in the current transaction. Returns the number of its first entry.
pub(super) fn apply(
    conn: &Connection,
    callers: &mut CallerCache,
    change: &AuditChange,
    at: u64,
) -> rusqlite::Result<Option<u64>> {
    let mut rows = AuditRows::new(conn);
    let mut first = None;
    for entry in &change.entries {
        let number = rows.add(
            callers,
            &NewRow {
                at,
                source: &entry.source,
                action: &entry.action,
                target: entry.target.as_ref().map(TargetRef::from),
                error: entry.error.as_deref(),
                message: entry.message,
                job: entry.job,
                count: entry.count,
            },
        )?;
        first = first.or(Some(number));
    }
    rows.finish()?;
    for (number, more) in &change.counts {
        conn.prepare_cached(
            "UPDATE audit SET count = coalesce(count, 1) + ?2, last_at = ?3 WHERE number = ?1",
        )?
        .execute((sql(*number), sql(*more), sql(at)))?;
    }
    Ok(first)
}

/// The bytes of an address, without an allocation.
enum Octets {
    V4([u8; 4]),
    V6([u8; 16]),
}

impl Octets {
    fn of(address: &IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => Self::V6(address.octets()),
        }
    }
}

impl rusqlite::ToSql for Octets {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let octets: &[u8] = match self {
            Self::V4(octets) => octets,
            Self::V6(octets) => octets,
        };
        octets.to_sql()
    }
}

/// The address in these bytes. None if they are none.
pub(super) fn address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}
