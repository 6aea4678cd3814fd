//! Who is told of each connection that comes and goes.

use super::{ConnectionRecord, Subscriber};
use crate::message::Seq;

/// Is told of connections, except those of observers. The calls are short and do not wait.
pub trait ConnectionWatch: Send + Sync {
    /// A connection was admitted.
    fn opened(&self, connection: &ConnectionRecord);

    /// A connection is gone.
    fn closed(&self, connection: &ConnectionRecord);

    /// A connection is told that messages are missing, and between which positions, if that is known.
    fn gap(&self, subscriber: &Subscriber, reason: &'static str, range: Option<(Seq, Seq)>);
}
