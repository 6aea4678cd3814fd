//! What the link needs from the log of this node.

use futures_util::future::BoxFuture;

use crate::log::{AppliedRecord, CopySource, Log, StreamRecord};

/// The log that applies the records of the stream. The functions have the meaning of those of [`Log`] with the same
/// names.
pub trait StreamLog: Send + Sync + 'static {
    /// The permanent id of the log.
    fn id(&self) -> String;

    /// The newest record that was applied.
    fn applied(&self) -> AppliedRecord;

    /// Applies records in their order. The future waits while the log has no room.
    fn follow(&self, records: Vec<StreamRecord>) -> BoxFuture<'_, ()>;

    /// Reports that a record of this node will not be published again.
    fn give_up(&self, number: u64);

    /// Where a copy of the log can be made of.
    fn copy_source(&self) -> CopySource;
}

impl StreamLog for Log {
    fn id(&self) -> String {
        Self::id(self).to_owned()
    }

    fn applied(&self) -> AppliedRecord {
        Self::applied(self)
    }

    fn follow(&self, records: Vec<StreamRecord>) -> BoxFuture<'_, ()> {
        Box::pin(Self::follow(self, records))
    }

    fn give_up(&self, number: u64) {
        Self::give_up(self, number);
    }

    fn copy_source(&self) -> CopySource {
        Self::copy_source(self)
    }
}
