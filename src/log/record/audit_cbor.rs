//! Entries of the audit trail, as CBOR.

use std::{net::IpAddr, sync::Arc};

use minicbor::{Decode, Encode, decode::Error};

use crate::log::{
    audit_entry::{AuditCaller, AuditChange, AuditEntry, AuditSource, AuditTarget},
    record::job_cbor::{Id, bytes, id},
    saved_item::SavedKind,
};
use crate::message::{AudienceCbor, Seq};

/// Who did something, and from where.
#[derive(Encode, Decode)]
pub(super) struct WireSource<'b> {
    /// Id and name.
    #[b(0)]
    caller: Option<(&'b str, &'b str)>,
    #[n(1)]
    address: Option<WireAddress>,
}

#[derive(Encode, Decode)]
enum WireAddress {
    #[n(0)]
    V4(#[n(0)] u32),
    #[n(1)]
    V6(#[n(0)] u64, #[n(1)] u64),
}

#[derive(Encode, Decode)]
pub(super) struct WireAudit<'b> {
    #[b(0)]
    entries: Vec<WireAuditEntry<'b>>,
    #[n(1)]
    counts: Vec<(u64, u64)>,
}

#[derive(Encode, Decode)]
struct WireAuditEntry<'b> {
    #[b(0)]
    source: WireSource<'b>,
    #[b(1)]
    action: &'b str,
    #[b(2)]
    target: Option<WireTarget<'b>>,
    #[b(3)]
    error: Option<&'b str>,
    #[n(4)]
    message: Option<Seq>,
    #[n(5)]
    job: Option<Id>,
    #[n(6)]
    count: u64,
}

#[derive(Encode, Decode)]
enum WireTarget<'b> {
    #[n(0)]
    Audience(#[b(0)] AudienceCbor<'b>),
    #[n(1)]
    Key(#[b(0)] &'b str),
    #[n(2)]
    Token(#[b(0)] &'b str),
    #[n(3)]
    Person(#[b(0)] &'b str),
    #[n(4)]
    Hook(#[b(0)] &'b str),
    #[n(5)]
    List(#[b(0)] &'b str),
    #[n(6)]
    Template(#[b(0)] &'b str),
}

impl<'b> WireSource<'b> {
    pub fn of(source: &'b AuditSource) -> Self {
        let caller = source.caller.as_deref();
        Self {
            caller: caller.map(|caller| (&*caller.id, &*caller.name)),
            address: source.address.map(|address| match address.to_canonical() {
                IpAddr::V4(address) => WireAddress::V4(address.to_bits()),
                IpAddr::V6(address) => {
                    let bits = address.to_bits();
                    WireAddress::V6((bits >> 64) as u64, bits as u64)
                }
            }),
        }
    }

    pub fn parse(self) -> AuditSource {
        AuditSource {
            caller: self.caller.map(|(id, name)| {
                let (id, name) = (id.into(), name.into());
                Arc::new(AuditCaller { id, name })
            }),
            address: self.address.map(|address| match address {
                WireAddress::V4(bits) => IpAddr::V4(bits.into()),
                WireAddress::V6(high, low) => {
                    IpAddr::V6((u128::from(high) << 64 | u128::from(low)).into())
                }
            }),
        }
    }
}

impl<'b> WireAudit<'b> {
    pub fn of(change: &'b AuditChange) -> Self {
        Self {
            entries: change.entries.iter().map(WireAuditEntry::of).collect(),
            counts: change.counts.clone(),
        }
    }

    pub fn parse(self) -> Result<AuditChange, Error> {
        let entries = self.entries.into_iter().map(WireAuditEntry::parse);
        Ok(AuditChange {
            entries: entries.collect::<Result<_, _>>()?,
            counts: self.counts,
        })
    }
}

impl<'b> WireAuditEntry<'b> {
    fn of(entry: &'b AuditEntry) -> Self {
        Self {
            source: WireSource::of(&entry.source),
            action: &entry.action,
            target: entry.target.as_ref().map(|target| match target {
                AuditTarget::Audience(audience) => WireTarget::Audience(AudienceCbor::of(audience)),
                AuditTarget::Key(id) => WireTarget::Key(id),
                AuditTarget::Token(id) => WireTarget::Token(id),
                AuditTarget::Person(id) => WireTarget::Person(id),
                AuditTarget::Hook(id) => WireTarget::Hook(id),
                AuditTarget::Saved(SavedKind::List, id) => WireTarget::List(id),
                AuditTarget::Saved(SavedKind::Template, id) => WireTarget::Template(id),
            }),
            error: entry.error.as_deref(),
            message: entry.message,
            job: entry.job.map(bytes),
            count: entry.count,
        }
    }

    fn parse(self) -> Result<AuditEntry, Error> {
        let target = match self.target {
            None => None,
            Some(WireTarget::Audience(audience)) => Some(AuditTarget::Audience(audience.parse()?)),
            Some(WireTarget::Key(id)) => Some(AuditTarget::Key(id.into())),
            Some(WireTarget::Token(id)) => Some(AuditTarget::Token(id.into())),
            Some(WireTarget::Person(id)) => Some(AuditTarget::Person(id.into())),
            Some(WireTarget::Hook(id)) => Some(AuditTarget::Hook(id.into())),
            Some(WireTarget::List(id)) => Some(AuditTarget::Saved(SavedKind::List, id.into())),
            Some(WireTarget::Template(id)) => {
                Some(AuditTarget::Saved(SavedKind::Template, id.into()))
            }
        };
        Ok(AuditEntry {
            source: self.source.parse(),
            action: self.action.to_owned().into(),
            target,
            error: self.error.map(|error| error.to_owned().into()),
            message: self.message,
            job: self.job.map(id),
            count: self.count,
        })
    }
}
