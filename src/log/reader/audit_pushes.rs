//! Reads the accepted pushes of the audit trail, which are packed.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use rusqlite::{Connection, OptionalExtension};

use crate::log::{
    audit_entry::{AuditCaller, AuditEntry, AuditFilter, AuditRecord, AuditSource, OK, PUSH},
    audit_packs::{self, Pack, PackedPush},
    error::ReadError,
    reader::audit_record::target_of,
    reader::audit_span::Span,
};

/// What is looked for.
pub(super) struct Wanted<'f> {
    pub filter: &'f AuditFilter,
    /// Those that the filter names.
    pub callers: Option<&'f [i64]>,
    /// How many entries, at most.
    pub limit: usize,
}

impl Wanted<'_> {
    /// Whether packed entries can match at all.
    fn has_pushes(&self) -> bool {
        let is = |wanted: &Option<String>, what: &str| wanted.as_ref().is_none_or(|w| w == what);
        is(&self.filter.action, PUSH) && is(&self.filter.outcome, OK)
    }

    fn matches(&self, at: u64, push: &PackedPush<String>) -> bool {
        let AuditFilter { since, until, .. } = self.filter;
        let is_of = |callers: &[i64]| push.caller.is_some_and(|caller| callers.contains(&caller));
        since.is_none_or(|since| at >= since)
            && until.is_none_or(|until| at <= until)
            && self.callers.is_none_or(is_of)
    }
}

/// The newest of some entries that are wanted, newest first.
pub(super) fn find(
    conn: &Connection,
    wanted: &Wanted<'_>,
    span: &Span,
) -> Result<Vec<AuditRecord>, ReadError> {
    let mut found: Vec<(u64, u64, PackedPush<String>)> = Vec::new();
    if !wanted.has_pushes() {
        return Ok(Vec::new());
    }
    match span {
        Span::Range(low, high) => {
            audit_packs::look_through(conn, (*low, *high), |pack| {
                for (number, push) in pack.entries().rev() {
                    if (*low..=*high).contains(&number) && wanted.matches(pack.at, push) {
                        found.push((number, pack.at, push.clone()));
                    }
                }
                match found.len() < wanted.limit {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            })?;
        }
        Span::Numbers(numbers) => {
            let mut last: Option<Pack> = None;
            for number in numbers {
                if !last.as_ref().is_some_and(|pack| pack.has(*number)) {
                    last = Pack::with(conn, *number)?;
                }
                if let Some(pack) = &last
                    && let Some(push) = pack.entry(*number)
                    && wanted.matches(pack.at, push)
                {
                    found.push((*number, pack.at, push.clone()));
                }
                if found.len() >= wanted.limit {
                    break;
                }
            }
        }
    }
    found.truncate(wanted.limit);
    let mut names = HashMap::new();
    let record = |(number, at, push)| record(conn, &mut names, number, at, push);
    found.into_iter().map(record).collect()
}

/// The numbers of the entries about a client or a topic from `low` to `high`, newest first.
pub(super) fn about(
    conn: &Connection,
    (kind, name): (i64, &str),
    (low, high): (u64, u64),
) -> rusqlite::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    audit_packs::look_through(conn, (low, high), |pack| {
        let is_about =
            |push: &PackedPush<String>| push.kind == kind && push.target.as_deref() == Some(name);
        let found = pack.entries().rev();
        let found = found.filter(|(number, push)| (low..=high).contains(number) && is_about(push));
        numbers.extend(found.map(|(number, _)| number));
        ControlFlow::Continue(())
    })?;
    Ok(numbers)
}

fn record(
    conn: &Connection,
    names: &mut HashMap<i64, Option<Arc<AuditCaller>>>,
    number: u64,
    at: u64,
    push: PackedPush<String>,
) -> Result<AuditRecord, ReadError> {
    let caller = match push.caller {
        None => None,
        Some(id) => match names.get(&id) {
            Some(known) => known.clone(),
            None => names
                .entry(id)
                .insert_entry(caller(conn, id)?)
                .get()
                .clone(),
        },
    };
    let source = AuditSource {
        caller,
        address: push.address,
    };
    let mut entry = AuditEntry::new(source, PUSH);
    entry.target = Some(target_of(push.kind, push.target.as_deref())?);
    entry.message = Some(push.seq);
    Ok(AuditRecord {
        number,
        at,
        entry,
        clients: None,
        last_at: None,
    })
}

/// The caller with this id.
fn caller(conn: &Connection, id: i64) -> rusqlite::Result<Option<Arc<AuditCaller>>> {
    conn.prepare_cached("SELECT caller, name FROM audit_callers WHERE id = ?1")?
        .query_row([id], |row| {
            let (id, name): (String, String) = (row.get(0)?, row.get(1)?);
            let (id, name) = (id.into(), name.into());
            Ok(Arc::new(AuditCaller { id, name }))
        })
        .optional()
}
