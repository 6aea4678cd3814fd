//! Sessions of people who signed in. They are in the log, so that they survive a restart, and so that a session that was
//! opened or closed at one node of a cluster is open or closed at all of them.

use std::time::Duration;

use crate::log::{
    Log,
    api_key::KeyDigest,
    change::{Change, SessionChange},
    error::AppendError,
    options::milliseconds,
    session_rows::{OpenedBy, SessionDigest},
    writer::reply::channel,
    writer::task::{ChangeTask, Task},
};

impl Log {
    /// Opens a session, with the API key whose text has the hash `key`, or with the admin token. It is durable when this
    /// returns.
    pub async fn open_session(
        &self,
        digest: SessionDigest,
        lifetime: Duration,
        key: Option<KeyDigest>,
    ) -> Result<(), AppendError> {
        let ends_at = self.now().saturating_add(milliseconds(lifetime));
        self.change(Change::Session(SessionChange {
            digest,
            ends_at: Some(ends_at),
            key,
        }))
        .await
    }

    /// Closes a session, if it is open. It is durable when this returns.
    pub async fn close_session(&self, digest: SessionDigest) -> Result<(), AppendError> {
        self.change(Change::Session(SessionChange {
            digest,
            ends_at: None,
            key: None,
        }))
        .await
    }

    /// How a session was opened. None if it is not open.
    pub fn session(&self, digest: &SessionDigest) -> Option<OpenedBy> {
        self.shared.sessions.opened_by(digest, self.now())
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
