//! Decodes rows of the audit trail.

use rusqlite::Row;

use crate::log::{
    audit_codes::kind,
    audit_entry::{AuditCaller, AuditEntry, AuditRecord, AuditSource, AuditTarget},
    audit_rows::address,
    error::ReadError,
    rows,
    saved_item::SavedKind,
};
use crate::{job::JobId, message::Audience};

/// The columns that [`record`] reads, in this order, of the entries and of their callers (`c`).
pub(in crate::log) const COLUMNS: &str =
    "number, at, c.caller, c.name, address, action, kind, target, clients, seq, job,
    outcome, count, last_at";

/// The entry in a row.
pub(in crate::log) fn record(row: &Row<'_>) -> Result<AuditRecord, ReadError> {
    let caller: Option<String> = row.get(2)?;
    let name: Option<String> = row.get(3)?;
    let octets: Option<Vec<u8>> = row.get(4)?;
    let job: Option<String> = row.get(10)?;
    let source = AuditSource {
        caller: caller.zip(name).map(|(id, name)| {
            let (id, name) = (id.into(), name.into());
            AuditCaller { id, name }.into()
        }),
        address: octets.as_deref().and_then(address),
    };
    Ok(AuditRecord {
        number: row.get(0)?,
        at: row.get(1)?,
        clients: row.get(8)?,
        last_at: row.get(13)?,
        entry: AuditEntry {
            source,
            action: row.get::<_, String>(5)?.into(),
            target: target(row)?,
            message: row.get(9)?,
            job: job.as_deref().and_then(JobId::parse),
            error: row.get::<_, Option<String>>(11)?.map(Into::into),
            count: row.get::<_, Option<u64>>(12)?.unwrap_or(1),
        },
    })
}

fn target(row: &Row<'_>) -> Result<Option<AuditTarget>, ReadError> {
    let Some(kind) = row.get::<_, Option<i64>>(6)? else {
        return Ok(None);
    };
    let name: Option<String> = row.get(7)?;
    target_of(kind, name.as_deref()).map(Some)
}

/// The target of this kind with this name.
pub(super) fn target_of(kind: i64, name: Option<&str>) -> Result<AuditTarget, ReadError> {
    let name = name.unwrap_or_default();
    let audience = match kind {
        kind::CLIENT => Audience::Client(rows::client_id(name)?),
        kind::CLIENTS => {
            let ids: Result<Vec<_>, _> = name.split(' ').map(rows::client_id).collect();
            Audience::clients(ids?)
        }
        kind::TOPIC => Audience::Topic(rows::topic(name)?),
        kind::EVERYONE => Audience::Everyone,
        kind::KEY => return Ok(AuditTarget::Key(name.into())),
        kind::TOKEN => return Ok(AuditTarget::Token(name.into())),
        kind::PERSON => return Ok(AuditTarget::Person(name.into())),
        kind::HOOK => return Ok(AuditTarget::Hook(name.into())),
        kind::LIST => return Ok(AuditTarget::Saved(SavedKind::List, name.into())),
        kind::TEMPLATE => return Ok(AuditTarget::Saved(SavedKind::Template, name.into())),
        other => return Err(rusqlite::Error::IntegralValueOutOfRange(6, other).into()),
    };
    Ok(AuditTarget::Audience(audience))
}
