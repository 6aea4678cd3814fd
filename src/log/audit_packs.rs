//! Accepted pushes in the audit trail. Nearly all entries are such, and a commit writes many of them. A row for each would cost
//! nearly as much as the message itself. So those that follow each other are one row, a *pack*. Entries of ephemeral pushes are
//! not in packs: the next pushes to the same target are counted in them.

use std::{net::IpAddr, ops::ControlFlow, sync::OnceLock};

use rusqlite::{Connection, OptionalExtension, Row, types::Type};

use crate::{
    log::{
        audit_codes::{block, kind, start_of},
        bulk_insert::BulkInsert,
        codes::sql,
    },
    message::Seq,
};

/// Entries of a pack, at most. Whoever needs one of them reads all.
const MOST: u64 = 128;

/// An entry as it is in the file, see `audit_packs.sql`.
type Packed<T> = (i64, Option<T>, Seq, Option<i64>, Option<IpAddr>);

/// An accepted push that is in the log.
#[derive(Clone)]
pub(super) struct PackedPush<T> {
    /// The kind of its target: a client, a topic, or everyone.
    pub kind: i64,
    /// The client or the topic.
    pub target: Option<T>,
    /// The message.
    pub seq: Seq,
    pub caller: Option<i64>,
    pub address: Option<IpAddr>,
}

impl<T> PackedPush<T> {
    /// Whether targets of this kind may be in a pack.
    pub fn may_be_about(kind: i64) -> bool {
        matches!(kind, kind::CLIENT | kind::TOPIC | kind::EVERYONE)
    }
}

impl PackedPush<String> {
    fn as_ref(&self) -> PackedPush<&str> {
        PackedPush {
            kind: self.kind,
            target: self.target.as_deref(),
            seq: self.seq,
            caller: self.caller,
            address: self.address,
        }
    }
}

/// Packs that are to be written.
#[derive(Default)]
pub(super) struct NewPacks(Vec<NewPack>);

struct NewPack {
    first: u64,
    last: u64,
    at: u64,
    /// Without the bracket at the end.
    entries: String,
}

impl NewPacks {
    /// Adds an entry.
    pub fn add(&mut self, number: u64, at: u64, push: &PackedPush<&str>) -> rusqlite::Result<()> {
        let fits = |pack: &&mut NewPack| {
            pack.last + 1 == number
                && pack.at == at
                && number - pack.first < MOST
                && block(pack.first) == block(number)
        };
        let text = encode(push)?;
        match self.0.last_mut().filter(fits) {
            Some(pack) => {
                pack.last = number;
                pack.entries.push(',');
                pack.entries.push_str(&text);
            }
            None => self.0.push(NewPack {
                first: number,
                last: number,
                at,
                entries: format!("[{text}"),
            }),
        }
        Ok(())
    }

    /// Writes what was added.
    pub fn write(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        static INSERT: OnceLock<BulkInsert> = OnceLock::new();
        let columns = ["first", "last", "at", "entries"];
        let insert = INSERT.get_or_init(|| BulkInsert::into("audit_packs", &columns));
        for pack in &mut self.0 {
            pack.entries.push(']');
        }
        insert.write(conn, &self.0, |insert, at, pack| {
            insert.raw_bind_parameter(at, sql(pack.first))?;
            insert.raw_bind_parameter(at + 1, sql(pack.last))?;
            insert.raw_bind_parameter(at + 2, sql(pack.at))?;
            insert.raw_bind_parameter(at + 3, &*pack.entries)
        })?;
        self.0.clear();
        Ok(())
    }
}

/// A pack of the file.
pub(super) struct Pack {
    pub first: u64,
    pub last: u64,
    pub at: u64,
    entries: Vec<PackedPush<String>>,
}

impl Pack {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let text = row.get_ref(3)?.as_str()?;
        let entries: Vec<Packed<String>> = serde_json::from_str(text)
            .map_err(|why| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, why.into()))?;
        let entry = |(kind, target, seq, caller, address)| PackedPush {
            kind,
            target,
            seq,
            caller,
            address,
        };
        Ok(Self {
            first: row.get(0)?,
            last: row.get(1)?,
            at: row.get(2)?,
            entries: entries.into_iter().map(entry).collect(),
        })
    }

    /// Its entries with their numbers, in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (u64, &PackedPush<String>)> {
        let at = |(index, push)| (self.first + index as u64, push);
        self.entries.iter().enumerate().map(at)
    }

    /// Whether it has this number.
    pub fn has(&self, number: u64) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// The entry with this number.
    pub fn entry(&self, number: u64) -> Option<&PackedPush<String>> {
        let index = number.checked_sub(self.first)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    /// The pack that has this number. None if no pack has it.
    pub fn with(conn: &Connection, number: u64) -> rusqlite::Result<Option<Self>> {
        let pack = conn
            .prepare_cached(
                "SELECT first, last, at, entries FROM audit_packs WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
            )?
            .query_row([sql(number)], Self::read)
            .optional()?;
        Ok(pack.filter(|pack| pack.has(number)))
    }
}

/// Calls `look` with the packs that have numbers from `low` to `high`, newest first, until it breaks.
pub(super) fn look_through(
    conn: &Connection,
    (low, high): (u64, u64),
    mut look: impl FnMut(Pack) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    // A pack is in one block.
    let mut find = conn.prepare_cached(
        "SELECT first, last, at, entries FROM audit_packs
         WHERE first >= ?1 AND first <= ?3 AND last >= ?2 ORDER BY first DESC",
    )?;
    let mut found = find.query((sql(start_of(block(low))), sql(low), sql(high)))?;
    while let Some(row) = found.next()? {
        if look(Pack::read(row)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// Removes the entries up to this number in the current transaction.
pub(super) fn remove(conn: &Connection, line: u64) -> rusqlite::Result<()> {
    let mut rest = NewPacks::default();
    if let Some(pack) = Pack::with(conn, line)? {
        for (number, push) in pack.entries().filter(|(number, _)| *number > line) {
            rest.add(number, pack.at, &push.as_ref())?;
        }
    }
    conn.prepare_cached("DELETE FROM audit_packs WHERE first <= ?1")?
        .execute([sql(line)])?;
    rest.write(conn)
}

fn encode(push: &PackedPush<&str>) -> rusqlite::Result<String> {
    let PackedPush {
        kind,
        target,
        seq,
        caller,
        address,
    } = *push;
    let packed: Packed<&str> = (kind, target, seq, caller, address);
    serde_json::to_string(&packed)
        .map_err(|why| rusqlite::Error::ToSqlConversionFailure(why.into()))
}

/// The numbers of the oldest and the newest entry of the audit trail.
pub(super) fn bounds(conn: &Connection) -> rusqlite::Result<Option<(u64, u64)>> {
    let bounds: (Option<u64>, Option<u64>) = conn
        .prepare_cached(
            "SELECT min(oldest), max(newest) FROM (
                SELECT (SELECT min(number) FROM audit) AS oldest, (SELECT max(number) FROM audit) AS newest
                UNION ALL
                SELECT (SELECT min(first) FROM audit_packs),
                       (SELECT last FROM audit_packs ORDER BY first DESC LIMIT 1))",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(bounds.0.zip(bounds.1))
}
