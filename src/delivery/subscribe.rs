//! Admitting a connection, and where it starts.

use super::connection::{Gap, GapReason, PendingConnection, Start};
use crate::broker::Broker;
use crate::{
    log::Standing,
    message::Cursor,
    registry::{AdmissionError, Subscriber},
};

/// Where a subscriber wants to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// After what it has had.
    Cursor(Cursor),
    /// With the oldest message that is kept.
    Earliest,
    /// With what comes from now on.
    Latest,
    /// With the direct messages that the client has not had, then what comes from now on.
    Unread,
}

/// Admits a connection that wants to start at `since`. Where its inbox begins, its first read of the log
/// finds out, so this waits for nothing.
pub fn subscribe(
    broker: &Broker,
    subscriber: Subscriber,
    since: &Since,
) -> Result<PendingConnection, AdmissionError> {
    // Before anything can come in: what is committed in between is then both in the log and, perhaps,
    // in the source, and the connection drops the double by its place.
    let head = broker.log().head();
    let inbox = match subscriber.is_observer() {
        true => Start::After(head),
        false => Start::Unread { head },
    };
    let (start, gap) = match since {
        Since::Cursor(cursor) => match broker.log().check(cursor) {
            // What is missing of what was pruned, the pages of the replay say.
            Standing::Exact | Standing::Pruned { .. } => (Start::After(cursor.seq), None),
            Standing::UnknownEpoch => (inbox, Some(GapReason::UnknownEpoch)),
            Standing::Ahead => (inbox, Some(GapReason::Ahead)),
        },
        Since::Earliest => (Start::After(0), None),
        Since::Latest => (Start::After(head), None),
        Since::Unread => (inbox, None),
    };
    if !subscriber.is_observer() {
        broker.log().note_seen(&subscriber.client_id, None);
    }
    let admission = broker.registry().admit(subscriber)?;
    let gap = gap.map(|reason| Gap {
        range: None,
        reason,
    });
    Ok(PendingConnection::new(admission, start, gap))
}
