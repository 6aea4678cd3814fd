//! A connection that was admitted, before anybody writes it.

use std::sync::Arc;

use super::{Connection, Gap, Spill, Start};
use crate::{
    outbox::{Outbox, Slot},
    registry::{Admission, Newcomer, Outlet, TrunkId},
};

/// See the module's description. It becomes a [`Connection`] by saying where what is for it comes in.
pub struct Admitted {
    admission: Admission,
    start: Start,
    gap: Option<Gap>,
}

impl Admitted {
    /// A connection that is to begin at `start`. What is already known to be missing goes into `gap`.
    pub fn new(admission: Admission, start: Start, gap: Option<Gap>) -> Self {
        Self {
            admission,
            start,
            gap,
        }
    }

    /// What the connection told of itself.
    pub fn newcomer(&self) -> &Newcomer {
        self.admission.newcomer()
    }

    /// One that a task writes.
    pub fn with_outbox(self) -> Connection<Arc<Outbox>> {
        let outbox = Outbox::new(self.admission.bounds());
        let outlet = Outlet::Outbox(Arc::clone(&outbox));
        let registration = self.admission.listen(outlet);
        Connection::new(registration, outbox, self.start, self.gap)
    }

    /// One that a thread writes, which takes it from this trunk.
    pub fn on_trunk(self, trunk: TrunkId, slot: Slot) -> Connection<Spill> {
        let registration = self.admission.listen(Outlet::Trunk(trunk, slot));
        Connection::new(registration, Spill::default(), self.start, self.gap)
    }
}
