//! Revoked stream tokens. They are in the log, so that they stay revoked after a restart, and at all nodes of a cluster.

use tokio::sync::watch;

use crate::{
    log::{
        Log,
        change::{Change, RevokedTokens, TokenChange},
        error::AppendError,
        writer::{
            reply::channel,
            task::{ChangeTask, Task},
        },
    },
    message::ClientId,
};

impl Log {
    /// Revokes tokens until a time in milliseconds since 1970, when none of them is valid any more. It is durable when this
    /// returns.
    pub async fn revoke(&self, tokens: RevokedTokens, ends_at: u64) -> Result<(), AppendError> {
        let (sender, receiver) = channel();
        self.shared.queue.push(0, 0, || {
            let answer = Box::new(move |outcome| sender.send(outcome));
            let change = Change::Token(TokenChange { tokens, ends_at });
            Some(Task::Change(ChangeTask::Other(change, answer)))
        });
        receiver.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Whether a token of a client is revoked. `issued_at` is in seconds since 1970.
    pub fn is_revoked(&self, client: &ClientId, id: Option<&str>, issued_at: Option<u64>) -> bool {
        self.shared
            .revocations
            .has(client, id, issued_at, self.now())
    }

    /// Tells when tokens have been revoked, at this node or at another one of its cluster.
    pub fn revocations(&self) -> watch::Receiver<()> {
        self.shared.revocations.changes()
    }
}
