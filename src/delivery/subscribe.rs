//! Admits a connection and decides where it starts.

use std::sync::Arc;

use super::connection::{Gap, GapReason, PendingConnection, Start};
use crate::broker::Broker;
use crate::{
    access_log::AccessEntry,
    log::Standing,
    message::{Cursor, Encoding},
    registry::{AdmissionError, Subscriber},
};

/// Where a subscriber wants to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// After a cursor.
    Cursor(Cursor),
    /// With the oldest message that is kept.
    Earliest,
    /// With new messages only.
    Latest,
    /// With the client's inbox, then new messages.
    Unread,
}

/// Admits a connection that wants to start at `since` and gets its messages in this encoding. Its request is logged in
/// `access`, if requests are. It does not block: the first read of the log looks up where the inbox starts.
pub fn subscribe(
    broker: &Broker,
    subscriber: Subscriber,
    since: &Since,
    encoding: Encoding,
    access: Option<Arc<AccessEntry>>,
) -> Result<PendingConnection, AdmissionError> {
    // Read the head before the connection is registered: a message that is committed in between is then in the log
    // and perhaps in the source too, and the connection drops the duplicate by its position.
    let head = broker.log().head();
    let inbox = match subscriber.lasting_client() {
        None => Start::After(head),
        Some(_) => Start::Unread { head },
    };
    let (start, gap) = match since {
        Since::Cursor(cursor) => match broker.log().check(cursor) {
            // The pages of the replay report what was pruned.
            Standing::Exact | Standing::Pruned { .. } => (Start::After(cursor.seq), None),
            Standing::RolledBack { from, to } => {
                let gap = Gap {
                    range: Some((from, to)),
                    other_epoch: Some(cursor.epoch.clone()),
                    reason: GapReason::RolledBack,
                };
                (Start::After(from - 1), Some(gap))
            }
            Standing::UnknownEpoch => (inbox, Some(Gap::without_range(GapReason::UnknownEpoch))),
        },
        Since::Earliest => (Start::After(0), None),
        Since::Latest => (Start::After(head), None),
        Since::Unread => (inbox, None),
    };
    if let Some(client_id) = subscriber.lasting_client() {
        broker.log().note_seen(client_id, None);
    }
    let admission = broker.registry().admit_logged(subscriber, access)?;
    let admission = admission.with_encoding(encoding);
    Ok(PendingConnection::new(admission, start, gap))
}
