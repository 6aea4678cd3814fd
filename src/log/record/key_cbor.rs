//! Changes of API keys, as CBOR.

use std::sync::Arc;

use minicbor::{Decode, Encode, bytes::ByteArray};

use crate::log::api_key::{KeyChange, KeyUse, NewApiKey, NodePushes};

#[derive(Encode, Decode)]
pub(super) enum WireKeyChange<'b> {
    #[n(0)]
    Create(#[b(0)] WireKey<'b>),
    /// Id, name, access, end, quota.
    #[n(1)]
    Update(
        #[b(0)] &'b str,
        #[b(1)] &'b str,
        #[b(2)] &'b str,
        #[n(3)] Option<u64>,
        #[n(4)] Option<u64>,
    ),
    /// Id, hash of the new text, end of the old one.
    #[n(2)]
    Rotate(#[b(0)] &'b str, #[n(1)] ByteArray<32>, #[n(2)] u64),
    #[n(3)]
    Revoke(#[b(0)] &'b str),
    /// Id, time, address.
    #[n(4)]
    Used(#[b(0)] Vec<(&'b str, u64, Option<&'b str>)>),
    /// Id, node, day, count.
    #[n(5)]
    Pushed(#[b(0)] Vec<(&'b str, &'b str, u64, u64)>),
}

#[derive(Encode, Decode)]
pub(super) struct WireKey<'b> {
    #[b(0)]
    id: &'b str,
    #[b(1)]
    name: &'b str,
    #[n(2)]
    digest: ByteArray<32>,
    #[b(3)]
    access: &'b str,
    #[n(4)]
    expires_at: Option<u64>,
    #[n(5)]
    pushes_per_day: Option<u64>,
}

impl<'b> WireKeyChange<'b> {
    pub fn of(change: &'b KeyChange) -> Self {
        match change {
            KeyChange::Create(key) => Self::Create(WireKey {
                id: &key.id,
                name: &key.name,
                digest: key.digest.into(),
                access: &key.access,
                expires_at: key.expires_at,
                pushes_per_day: key.pushes_per_day,
            }),
            KeyChange::Update {
                id,
                name,
                access,
                expires_at,
                pushes_per_day,
            } => Self::Update(id, name, access, *expires_at, *pushes_per_day),
            KeyChange::Rotate {
                id,
                digest,
                previous_until,
            } => Self::Rotate(id, (*digest).into(), *previous_until),
            KeyChange::Revoke(id) => Self::Revoke(id),
            KeyChange::Used(uses) => {
                let of =
                    |(id, last): &'b (Arc<str>, KeyUse)| (&**id, last.at, last.from.as_deref());
                Self::Used(uses.iter().map(of).collect())
            }
            KeyChange::Pushed(pushes) => {
                let of = |(id, here): &'b (Arc<str>, NodePushes)| {
                    (&**id, &*here.node, here.day, here.count)
                };
                Self::Pushed(pushes.iter().map(of).collect())
            }
        }
    }

    pub fn parse(self) -> KeyChange {
        match self {
            Self::Create(key) => KeyChange::Create(NewApiKey {
                id: key.id.to_owned(),
                name: key.name.to_owned(),
                digest: key.digest.into(),
                access: key.access.to_owned(),
                expires_at: key.expires_at,
                pushes_per_day: key.pushes_per_day,
            }),
            Self::Update(id, name, access, expires_at, pushes_per_day) => KeyChange::Update {
                id: id.to_owned(),
                name: name.to_owned(),
                access: access.to_owned(),
                expires_at,
                pushes_per_day,
            },
            Self::Rotate(id, digest, previous_until) => KeyChange::Rotate {
                id: id.to_owned(),
                digest: digest.into(),
                previous_until,
            },
            Self::Revoke(id) => KeyChange::Revoke(id.to_owned()),
            Self::Used(uses) => {
                let parse = |(id, at, from): (&str, u64, Option<&str>)| {
                    let from = from.map(str::to_owned);
                    (Arc::from(id), KeyUse { at, from })
                };
                KeyChange::Used(uses.into_iter().map(parse).collect())
            }
            Self::Pushed(pushes) => {
                let parse = |(id, node, day, count): (&str, &str, u64, u64)| {
                    let node = Arc::from(node);
                    (Arc::from(id), NodePushes { node, day, count })
                };
                KeyChange::Pushed(pushes.into_iter().map(parse).collect())
            }
        }
    }
}
