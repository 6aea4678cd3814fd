//! Sessions of people who signed in. They are in the log, so that they survive a restart, and so that a session that was
//! opened or closed at one node of a cluster is open or closed at all of them.

use std::sync::Arc;

use tokio::sync::watch;

use crate::log::{
    Log,
    change::Change,
    error::AppendError,
    session::{Session, SessionChange, SessionDigest},
    writer::reply::channel,
    writer::task::{ChangeTask, Task},
};

impl Log {
    /// Opens a session, with the API key that it names, or with the admin token. It is durable when this returns.
    pub async fn open_session(&self, session: SessionChange) -> Result<(), AppendError> {
        self.change(Change::Session(session)).await
    }

    /// Closes a session, if it is open. It is durable when this returns.
    pub async fn close_session(&self, digest: SessionDigest) -> Result<(), AppendError> {
        self.change(Change::Session(SessionChange {
            digest,
            ..SessionChange::default()
        }))
        .await
    }

    /// A session. None if it is not open.
    pub fn session(&self, digest: &SessionDigest) -> Option<Arc<Session>> {
        self.shared.sessions.get(digest, self.now())
    }

    /// All open sessions, in no order.
    pub fn sessions(&self) -> Vec<(SessionDigest, Arc<Session>)> {
        self.shared.sessions.all(self.now())
    }

    /// Tells when sessions were opened or closed, at this node or at another one of its cluster. A session whose time is
    /// over ends without it.
    pub fn session_changes(&self) -> watch::Receiver<()> {
        self.shared.sessions.changes()
    }

    /// Makes a change whose only result is that it was made.
    pub(in crate::log) async fn change(&self, change: Change) -> Result<(), AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Change(ChangeTask::Other(change, answer)))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }
}
