//! Reads the audit trail, newest first. Filters choose which entries are looked at, as few as possible.

use std::cmp::Reverse;

use rusqlite::{Connection, params, types::Value};

use crate::log::{
    audit_codes::{block, hash, kind, start_of},
    audit_entry::{AuditFilter, AuditPage, AuditRecord, OK, PUSH},
    audit_packs,
    codes::sql,
    error::ReadError,
    reader::audit_pushes::{self, Wanted},
    reader::audit_record::{COLUMNS, record},
    reader::audit_span::Span,
    rows,
};

/// Maximum number of entries that one page looks at. If few of them match, the next page continues.
const MAX_ROWS: u64 = 50_000;

/// Entries looked at by one query, if a filter has chosen them.
const FETCH: usize = 512;

/// The conditions of a filter. A parameter that is NULL is no condition.
const MATCHES: &str = "(?3 IS NULL OR action = ?3)
    AND (?4 IS NULL OR coalesce(outcome, 'ok') = ?4)
    AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR at <= ?6)
    AND (?7 IS NULL OR audit.caller IN (SELECT value FROM json_each(?7)))";

/// The newest entries before a number that match a filter.
pub(in crate::log) fn page(
    conn: &Connection,
    filter: &AuditFilter,
    before: u64,
    limit: usize,
) -> Result<AuditPage, ReadError> {
    let mut page = AuditPage::default();
    let (oldest, newest) = audit_packs::bounds(conn)?.unwrap_or((1, 0));
    let first = match filter.since {
        Some(since) => first_at(conn, since, (oldest, newest))?,
        None => oldest,
    };
    let end = match filter.until {
        Some(until) => first_at(conn, until.saturating_add(1), (oldest, newest))?,
        None => newest + 1,
    };
    let Some(choice) = Choice::of(conn, filter, newest)? else {
        return Ok(page);
    };
    let (mut before, mut looked_at) = (before.min(end), 0);
    while let Some(span) = choice.next(conn, (first, before))? {
        let wanted = Wanted {
            filter,
            callers: choice.callers.as_deref(),
            limit: limit - page.records.len(),
        };
        page.records.extend(read(conn, &wanted, &span)?);
        if page.records.len() >= limit {
            page.next = page.records.last().map(|record| record.number);
            return Ok(page);
        }
        before = span.low();
        looked_at += span.len();
        if looked_at >= MAX_ROWS && before > first {
            page.next = Some(before);
            return Ok(page);
        }
    }
    Ok(page)
}

/// The number of the first entry at this time or later, by binary search.
fn first_at(conn: &Connection, time: u64, (oldest, newest): (u64, u64)) -> rusqlite::Result<u64> {
    let (mut low, mut high) = (oldest, newest + 1);
    let mut find = conn.prepare_cached(
        "SELECT * FROM (SELECT number, at FROM audit WHERE number >= ?1 ORDER BY number LIMIT 1)
         UNION ALL
         SELECT ?1, at FROM (SELECT last, at FROM audit_packs WHERE first <= ?1 ORDER BY first DESC LIMIT 1)
         WHERE last >= ?1
         UNION ALL
         SELECT * FROM (SELECT first, at FROM audit_packs WHERE first > ?1 ORDER BY first LIMIT 1)
         ORDER BY 1 LIMIT 1",
    )?;
    while low < high {
        let middle = low + (high - low) / 2;
        let (number, at): (u64, u64) =
            find.query_row([sql(middle)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        match at >= time {
            true => high = middle,
            false => low = number + 1,
        }
    }
    Ok(low)
}

/// A client or a topic.
struct Target {
    kind: i64,
    name: String,
    /// See [`hash`].
    hash: i64,
    /// The first entry of the block that is not complete. From there on, only lists of clients are in the table of targets.
    incomplete: u64,
}

/// How the entries are chosen that have to be looked at.
struct Choice {
    by: Column,
    callers: Option<Vec<i64>>,
}

enum Column {
    Target(Target),
    Outcome(String),
    Action(String),
    Caller,
    All,
}

impl Choice {
    /// None if no entry can match. `newest` is the newest entry.
    fn of(conn: &Connection, filter: &AuditFilter, newest: u64) -> Result<Option<Self>, ReadError> {
        let callers = match &filter.caller {
            None => None,
            Some(caller) => {
                let mut find = conn.prepare_cached(
                    "SELECT id FROM audit_callers WHERE caller = ?1 OR name = ?1",
                )?;
                let found: Result<Vec<i64>, _> =
                    find.query_map([caller], |row| row.get(0))?.collect();
                Some(found?)
            }
        };
        if callers.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let by = match filter {
            // No entry is about both.
            AuditFilter {
                client: Some(_),
                topic: Some(_),
                ..
            } => return Ok(None),
            AuditFilter {
                client: Some(id), ..
            } => Column::Target(Target::new(kind::CLIENT, id.as_str(), newest)),
            AuditFilter {
                topic: Some(topic), ..
            } => Column::Target(Target::new(kind::TOPIC, topic.as_str(), newest)),
            AuditFilter {
                outcome: Some(outcome),
                ..
            } if outcome != OK => Column::Outcome(outcome.clone()),
            AuditFilter {
                action: Some(action),
                ..
            } if action != PUSH => Column::Action(action.clone()),
            _ if callers.is_some() => Column::Caller,
            _ => Column::All,
        };
        Ok(Some(Self { by, callers }))
    }

    /// The next entries to look at, from `first` on and before `before`. None if there are none.
    fn next(
        &self,
        conn: &Connection,
        (first, before): (u64, u64),
    ) -> Result<Option<Span>, ReadError> {
        if before <= first {
            return Ok(None);
        }
        let find = match &self.by {
            Column::All => {
                let low = before.saturating_sub(MAX_ROWS).max(first);
                return Ok(Some(Span::Range(low, before - 1)));
            }
            Column::Caller => return Ok(self.block_of_caller(conn, (first, before))?),
            Column::Target(target) => return Ok(target.entries(conn, (first, before))?),
            Column::Outcome(_) => {
                "SELECT number FROM audit WHERE outcome = ?1 AND outcome IS NOT NULL
                 AND number >= ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4"
            }
            Column::Action(_) => {
                "SELECT number FROM audit WHERE action = ?1 AND action != 'push'
                 AND number >= ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4"
            }
        };
        let (Column::Outcome(value) | Column::Action(value)) = &self.by else {
            return Ok(None);
        };
        let mut find = conn.prepare_cached(find)?;
        let params = params![value, sql(first), sql(before), FETCH];
        let numbers: Result<Vec<u64>, _> = find.query_map(params, |row| row.get(0))?.collect();
        Ok(Some(numbers?)
            .filter(|found| !found.is_empty())
            .map(Span::Numbers))
    }

    /// The newest block that has an entry of one of the callers.
    fn block_of_caller(
        &self,
        conn: &Connection,
        (first, before): (u64, u64),
    ) -> rusqlite::Result<Option<Span>> {
        let mut find = conn.prepare_cached(
            "SELECT max(block) FROM audit_blocks WHERE caller = ?1 AND block >= ?2 AND block <= ?3",
        )?;
        let mut newest: Option<u64> = None;
        for caller in self.callers.iter().flatten() {
            let range = (*caller, sql(block(first)), sql(block(before - 1)));
            newest = newest.max(find.query_row(range, |row| row.get(0))?);
        }
        Ok(newest.map(|block| {
            let high = (start_of(block + 1) - 1).min(before - 1);
            Span::Range(start_of(block).max(first), high)
        }))
    }
}

impl Target {
    fn new(kind: i64, name: &str, newest: u64) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            hash: hash(kind, name),
            incomplete: start_of(block(newest)),
        }
    }

    /// The newest entries about it, from `first` on and before `before`. None if there are none.
    fn entries(
        &self,
        conn: &Connection,
        (first, before): (u64, u64),
    ) -> rusqlite::Result<Option<Span>> {
        let mut find = conn.prepare_cached(
            "SELECT number FROM audit_targets WHERE block = ?1 AND target = ?2 AND number >= ?3 AND number < ?4
             UNION
             SELECT number FROM audit WHERE number >= max(?3, ?5) AND number < ?4 AND kind = ?6 AND target = ?7
             ORDER BY number DESC LIMIT ?8",
        )?;
        let mut numbers: Vec<u64> = Vec::new();
        for at in (block(first)..=block(before - 1)).rev() {
            let (from, to) = (first.max(start_of(at)), before.min(start_of(at + 1)));
            let rest = FETCH - numbers.len();
            let found = find.query_map(
                params![
                    sql(at),
                    self.hash,
                    sql(from),
                    sql(to),
                    sql(self.incomplete),
                    self.kind,
                    self.name,
                    rest
                ],
                |row| row.get(0),
            )?;
            let before = numbers.len();
            for number in found {
                numbers.push(number?);
            }
            if start_of(at) == self.incomplete {
                let packed = audit_pushes::about(conn, (self.kind, &self.name), (from, to - 1))?;
                numbers.extend(packed);
                numbers[before..].sort_unstable_by(|one, other| other.cmp(one));
                numbers.truncate(FETCH);
            }
            if numbers.len() >= FETCH {
                break;
            }
        }
        Ok((!numbers.is_empty()).then_some(Span::Numbers(numbers)))
    }
}

/// The newest of some entries that are wanted, newest first.
fn read(
    conn: &Connection,
    wanted: &Wanted<'_>,
    span: &Span,
) -> Result<Vec<AuditRecord>, ReadError> {
    let mut records = audit_pushes::find(conn, wanted, span)?;
    records.append(&mut rows_of(conn, wanted, span)?);
    records.sort_unstable_by_key(|record| Reverse(record.number));
    records.truncate(wanted.limit);
    Ok(records)
}

/// The newest of some entries that are wanted and not packed.
fn rows_of(
    conn: &Connection,
    wanted: &Wanted<'_>,
    span: &Span,
) -> Result<Vec<AuditRecord>, ReadError> {
    let (which, first, second) = match span {
        Span::Range(low, high) => (
            "number BETWEEN ?1 AND ?2",
            Value::from(sql(*low)),
            Some(sql(*high)),
        ),
        Span::Numbers(numbers) => {
            let numbers: Vec<i64> = numbers.iter().map(|number| sql(*number)).collect();
            let which = "number IN (SELECT value FROM json_each(?1)) AND ?2 IS NULL";
            (which, rows::list(&numbers).into(), None)
        }
    };
    let select = format!(
        "SELECT {COLUMNS} FROM audit LEFT JOIN audit_callers c ON c.id = audit.caller
         WHERE {which} AND {MATCHES} ORDER BY number DESC LIMIT ?8"
    );
    let mut find = conn.prepare_cached(&select)?;
    let filter = wanted.filter;
    let mut found = find.query(params![
        first,
        second,
        filter.action,
        filter.outcome,
        filter.since.map(sql),
        filter.until.map(sql),
        wanted.callers.map(rows::list),
        wanted.limit
    ])?;
    let mut records = Vec::new();
    while let Some(row) = found.next()? {
        records.push(record(row)?);
    }
    Ok(records)
}
