//! Sessions of people who signed in. They are in the log, so that they survive a restart, and so that a session that was
//! opened or closed at one node of a cluster is open or closed at all of them.

use std::time::Duration;

use crate::log::{
    Log,
    change::{Change, SessionChange},
    error::AppendError,
    options::milliseconds,
    session_rows::SessionDigest,
    writer::reply::channel,
    writer::task::{ChangeTask, Task},
};

impl Log {
    /// Opens a session. It is durable when this returns.
    pub async fn open_session(
        &self,
        digest: SessionDigest,
        lifetime: Duration,
    ) -> Result<(), AppendError> {
        let ends_at = self.now().saturating_add(milliseconds(lifetime));
        self.change_session(SessionChange {
            digest,
            ends_at: Some(ends_at),
        })
        .await
    }

    /// Closes a session, if it is open. It is durable when this returns.
    pub async fn close_session(&self, digest: SessionDigest) -> Result<(), AppendError> {
        let ends_at = None;
        self.change_session(SessionChange { digest, ends_at }).await
    }

    /// Whether a session is open.
    pub fn has_session(&self, digest: &SessionDigest) -> bool {
        self.shared.sessions.is_open(digest, self.now())
    }

    async fn change_session(&self, change: SessionChange) -> Result<(), AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            Some(Task::Change(ChangeTask::Other(
                Change::Session(change),
                answer,
            )))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }
}
