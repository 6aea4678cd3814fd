//! Messages to other nodes that are not stored and not answered. What one node says arrives in order. A node that is not
//! there, or too slow, does not get it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_nats::Subscriber;
use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use super::connection::Connection;

/// Bytes of the number of the run before each message.
const BOOT: usize = size_of::<u64>();

/// Messages that may wait to be sent. More are dropped and counted.
const QUEUE: usize = 8192;

/// A subject and a message.
type Outgoing = (String, Bytes);

/// Takes messages without waiting. They are sent by a task, which runs [`Sending::run`].
pub struct Teller {
    boot: u64,
    queue: mpsc::Sender<Outgoing>,
    dropped: Arc<AtomicU64>,
}

/// What is needed to send the messages.
pub struct Sending {
    connection: Connection,
    queue: mpsc::Receiver<Outgoing>,
    dropped: Arc<AtomicU64>,
}

impl Teller {
    /// A teller, and what its task needs. Messages begin with `boot`, the number of the run of this node.
    pub fn new(connection: Connection, boot: u64) -> (Self, Sending) {
        let (sender, queue) = mpsc::channel(QUEUE);
        let dropped = Arc::default();
        let teller = Self {
            boot,
            queue: sender,
            dropped: Arc::clone(&dropped),
        };
        let sending = Sending {
            connection,
            queue,
            dropped,
        };
        (teller, sending)
    }

    /// Sends a message.
    pub fn tell(&self, subject: String, message: &[u8]) {
        let framed = [&self.boot.to_be_bytes(), message].concat();
        if self.queue.try_send((subject, framed.into())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Messages that were not sent, because there is no connection or too many were waiting.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Sending {
    /// Sends messages until the task is ended.
    pub async fn run(mut self) {
        while let Some((subject, message)) = self.queue.recv().await {
            // Without a connection, the client would keep messages and send them late.
            let fits = message.len() <= self.connection.client.max_payload();
            let sent = self.connection.is_up()
                && fits
                && self
                    .connection
                    .client
                    .publish(subject, message)
                    .await
                    .is_ok();
            if !sent {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Gives the messages of other nodes to `handler`, with the number of the run that has sent each, until the task is
/// ended. While it runs, further messages wait: 65,536 at most, then they are dropped and counted.
pub async fn receive(
    to_all: Subscriber,
    to_this: Subscriber,
    boot: u64,
    handler: impl Fn(u64, Bytes),
) {
    let mut messages = merged(to_all, to_this);
    while let Some(payload) = messages.next().await {
        if let Some((from, message)) = unframe(payload, boot) {
            handler(from, message);
        }
    }
}

fn merged(to_all: Subscriber, to_this: Subscriber) -> impl Stream<Item = Bytes> + Unpin {
    stream::select(to_all, to_this).map(|message| message.payload)
}

/// The number of the run, and the message without it. None for a message of this run.
fn unframe(mut framed: Bytes, boot: u64) -> Option<(u64, Bytes)> {
    if framed.len() < BOOT {
        return None;
    }
    let from = framed.get_u64();
    (from != boot).then_some((from, framed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_messages_are_ignored() {
        let framed = || Bytes::from([&7u64.to_be_bytes()[..], b"hi"].concat());
        assert_eq!(unframe(framed(), 7), None);
        assert_eq!(unframe(framed(), 8), Some((7, Bytes::from("hi"))));
        assert_eq!(unframe(Bytes::from("hi"), 8), None);
    }
}
