//! Where the registry puts what is for a connection.

use std::sync::Arc;

use crate::{
    message::Seq,
    outbox::{CloseReason, Outbox, Slot, Trunk},
};

/// The number of a trunk, as the registry gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrunkId(pub(super) u16);

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub enum Outlet {
    /// Nowhere yet: the connection has been admitted, and nobody writes it so far.
    #[default]
    Nowhere,
    /// Nowhere, and it is to end as soon as somebody writes it.
    Closing(CloseReason),
    /// An outbox of its own, which a task empties.
    Outbox(Arc<Outbox>),
    /// The trunk of the thread that writes it, for the connection at this place.
    Trunk(TrunkId, Slot),
}

/// The trunks, and how many of the audience each leads to.
#[derive(Default)]
pub(super) struct Trunks(Vec<Line>);

pub(super) struct Line {
    pub(super) trunk: Arc<Trunk>,
    pub(super) audience: u64,
}

impl Trunks {
    pub(super) fn add(&mut self, trunk: Arc<Trunk>) -> TrunkId {
        self.0.push(Line { trunk, audience: 0 });
        TrunkId((self.0.len() - 1) as u16)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    /// One more, or one less, of the audience is led to by a trunk.
    pub(super) fn count(&mut self, id: TrunkId, change: i64) {
        if let Some(line) = self.0.get_mut(usize::from(id.0)) {
            line.audience = line.audience.saturating_add_signed(change);
        }
    }

    pub(super) fn trunk(&self, id: TrunkId) -> Option<&Trunk> {
        self.0.get(usize::from(id.0)).map(|line| &*line.trunk)
    }
}

impl Outlet {
    /// Has the connection ended, once its writer next looks.
    pub(super) fn close(&mut self, trunks: &Trunks, reason: CloseReason) {
        match self {
            Self::Nowhere => *self = Self::Closing(reason),
            Self::Closing(_) => {}
            Self::Outbox(outbox) => outbox.close(reason),
            Self::Trunk(id, slot) => {
                if let Some(trunk) = trunks.trunk(*id) {
                    trunk.close(*slot, reason);
                }
            }
        }
    }

    /// How many places the connection is behind `head`.
    pub(super) fn behind(&self, trunks: &Trunks, head: Seq) -> u64 {
        let place = match self {
            Self::Nowhere | Self::Closing(_) => None,
            Self::Outbox(outbox) => outbox.place(),
            Self::Trunk(id, slot) => trunks.trunk(*id).and_then(|trunk| trunk.place(*slot)),
        };
        place.map_or(0, |place| head.saturating_sub(place))
    }
}
