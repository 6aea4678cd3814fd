//! Messages that are to be pushed later, as CBOR.

use std::time::Duration;

use minicbor::{Decode, Encode, bytes::ByteArray, decode::Error};

use super::entry_cbor::WireEntry;
use crate::log::{
    kept_size::KeptSize,
    options::milliseconds,
    schedule::{NewSchedule, ScheduleChange, ScheduleId, When},
};

type Id = ByteArray<16>;

/// A [`ScheduleChange`].
#[derive(Encode, Decode)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, while a record is encoded or decoded"
)]
pub(super) enum WireSchedule<'b> {
    #[n(0)]
    Add(#[b(0)] WireNew<'b>),
    #[n(1)]
    Move(#[n(0)] Id, #[n(1)] WireWhen),
    #[n(2)]
    Cancel(#[n(0)] Id),
    #[n(3)]
    Send(#[n(0)] u64),
}

#[derive(Encode, Decode)]
pub(super) struct WireNew<'b> {
    #[n(0)]
    id: Id,
    #[n(1)]
    when: WireWhen,
    #[b(2)]
    entry: WireEntry<'b>,
    #[n(3)]
    most: u64,
    #[n(4)]
    most_bytes: u64,
}

/// A [`When`], in milliseconds.
#[derive(Encode, Decode)]
pub(super) enum WireWhen {
    #[n(0)]
    At(#[n(0)] u64),
    #[n(1)]
    In(#[n(0)] u64),
}

impl<'b> WireSchedule<'b> {
    pub fn of(change: &'b ScheduleChange) -> Self {
        match change {
            ScheduleChange::Add(new) => Self::Add(WireNew {
                id: new.id.to_bytes().into(),
                when: WireWhen::of(new.when),
                entry: WireEntry::of(&new.entry),
                most: new.most.messages,
                most_bytes: new.most.bytes,
            }),
            ScheduleChange::Move(id, when) => Self::Move(id.to_bytes().into(), WireWhen::of(*when)),
            ScheduleChange::Cancel(id) => Self::Cancel(id.to_bytes().into()),
            ScheduleChange::Send(until) => Self::Send(*until),
        }
    }

    pub fn parse(self) -> Result<ScheduleChange, Error> {
        let id = |id: Id| ScheduleId::from_bytes(id.into());
        Ok(match self {
            Self::Add(new) => ScheduleChange::Add(Box::new(NewSchedule {
                id: id(new.id),
                when: new.when.parse(),
                entry: new.entry.parse()?,
                most: KeptSize {
                    messages: new.most,
                    bytes: new.most_bytes,
                },
            })),
            Self::Move(one, when) => ScheduleChange::Move(id(one), when.parse()),
            Self::Cancel(one) => ScheduleChange::Cancel(id(one)),
            Self::Send(until) => ScheduleChange::Send(until),
        })
    }
}

impl WireWhen {
    fn of(when: When) -> Self {
        match when {
            When::At(at) => Self::At(at),
            When::In(delay) => Self::In(milliseconds(delay)),
        }
    }

    fn parse(self) -> When {
        match self {
            Self::At(at) => When::At(at),
            Self::In(delay) => When::In(Duration::from_millis(delay)),
        }
    }
}
