//! Messages to all other nodes that are not stored. A node that is not there, or too slow, does not get them.

use async_nats::Subscriber;
use bytes::{Buf, Bytes};
use futures_util::StreamExt;

use super::connection::Connection;

/// Bytes of the number of the run before each message.
const BOOT: usize = size_of::<u64>();

/// Sends a message to all other nodes.
pub async fn send(
    connection: &Connection,
    subject: String,
    boot: u64,
    message: &[u8],
) -> Result<(), BroadcastError> {
    if !connection.is_up() {
        return Err(BroadcastError::NoConnection);
    }
    let max = connection.client.max_payload().saturating_sub(BOOT);
    if message.len() > max {
        return Err(BroadcastError::TooLarge(message.len(), max));
    }
    let framed = [&boot.to_be_bytes(), message].concat();
    let sent = connection.client.publish(subject, framed.into()).await;
    sent.map_err(|_| BroadcastError::NoConnection)
}

/// Gives the messages of the other nodes to `handler`, until the task is ended. While it runs, further messages wait:
/// 65,536 at most, then they are dropped and counted.
pub async fn receive(mut messages: Subscriber, boot: u64, handler: impl Fn(Bytes)) {
    while let Some(message) = messages.next().await {
        if let Some(message) = unframe(message.payload, boot) {
            handler(message);
        }
    }
}

/// The message without the number of the run. None for a message of this run.
fn unframe(mut framed: Bytes, boot: u64) -> Option<Bytes> {
    let from = framed.try_get_u64().ok()?;
    (from != boot).then_some(framed)
}

/// Why a message was not sent to the other nodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BroadcastError {
    /// There is no connection to NATS.
    #[error("there is no connection to a NATS server, so the other nodes did not get the message")]
    NoConnection,
    /// The message is too large for NATS.
    #[error("the message has {0} bytes, but the NATS servers take {1}")]
    TooLarge(usize, usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_messages_are_ignored() {
        let framed = || Bytes::from([&7u64.to_be_bytes()[..], b"hi"].concat());
        assert_eq!(unframe(framed(), 7), None);
        assert_eq!(unframe(framed(), 8), Some(Bytes::from("hi")));
        assert_eq!(unframe(Bytes::from("hi"), 8), None);
    }
}
