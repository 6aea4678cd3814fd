//! The driver of one stream that hyper writes: a task that asks its connection what to do next.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{task::JoinHandle, time::Instant};

use super::{
    Opened,
    arrivals::Arrivals,
    events, first_ping, instant_of,
    turn::{Turn, ping, turn},
};
use super::{
    connection::{Backlog, Connection, Read},
    write_tracking::Pulse,
};
use crate::{
    broker::Broker,
    log::ReadError,
    message::Frame,
    outbox::{CloseReason, ConnectionQueue},
};

/// The bytes of this stream, which gets a ping every `heartbeat`.
pub fn bytes(
    broker: Arc<Broker>,
    heartbeat: Duration,
    opened: Opened,
    pulse: Arc<Pulse>,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    let stream = Stream::new(broker, heartbeat, opened, pulse);
    futures_util::stream::unfold(stream, async |mut stream| {
        let bytes = stream.next().await?;
        Some((Ok(bytes), stream))
    })
}

/// Drives a [`Connection`] as the body of a response. It is only asked for more when the socket has
/// room, so a slow reader is replayed to at its own pace.
struct Stream {
    broker: Arc<Broker>,
    heartbeat: Duration,
    connection: Connection<Arc<ConnectionQueue>>,
    arrivals: Arrivals,
    opening: std::vec::IntoIter<Frame>,
    next_ping: Instant,
    expires: Option<Instant>,
    /// What is being read while what came last is written.
    ahead: Option<Ahead>,
    /// Whether the peer has been told that it has caught up.
    caught_up: bool,
    ended: bool,
}

impl Stream {
    /// Drives this connection, whose socket has this pulse.
    fn new(broker: Arc<Broker>, heartbeat: Duration, opened: Opened, pulse: Arc<Pulse>) -> Self {
        let connection = opened.admitted.written_by_task();
        let subscriber = connection.registration().subscriber();
        let arrivals = Arrivals::new(Arc::clone(&broker), pulse, subscriber);
        Self {
            next_ping: first_ping(heartbeat).into(),
            expires: opened.expires_at.map(|unix| instant_of(unix).into()),
            broker,
            heartbeat,
            connection,
            arrivals,
            opening: opened.opening.into_iter(),
            ahead: None,
            caught_up: false,
            ended: false,
        }
    }

    /// The next bytes; none: the response ends.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if let Some(frame) = self.opening.next() {
            return Some(frame.bytes());
        }
        Some(self.bytes().await)
    }

    async fn bytes(&mut self) -> Bytes {
        loop {
            if let Some(frame) = self.due() {
                return frame.bytes();
            }
            if !self.caught_up && self.connection.is_live() {
                // What came before this is from while it was away, what follows happens now. And whoever
                // has just come for the first time has a cursor at once.
                self.caught_up = true;
                return self.ping().bytes();
            }
            let give = |seq| self.arrivals.give(seq);
            match turn(&mut self.connection, &self.broker, give) {
                Turn::Write(frame) => return frame.bytes(),
                Turn::Read(read) => match self.read(read).await {
                    Ok(backlog) => self.take_in(backlog),
                    Err(error) => {
                        tracing::error!(%error, "a read of the log failed");
                        return self.end(CloseReason::LogUnreadable).bytes();
                    }
                },
                Turn::Close(reason) => return self.end(reason).bytes(),
                Turn::Again => {}
                Turn::Wait => self.wait().await,
            }
        }
    }

    async fn read(&mut self, read: Read) -> Result<Backlog, ReadError> {
        let ahead = self.ahead.take().filter(|ahead| ahead.read == read);
        let ahead = ahead.unwrap_or_else(|| Ahead::begin(&self.broker, read));
        match ahead.task.await {
            Ok(outcome) => outcome,
            Err(error) => Err(ReadError::Interrupted(error.to_string())),
        }
    }

    /// Gives the connection what was read, and has what follows read meanwhile.
    fn take_in(&mut self, backlog: Backlog) {
        self.connection.replayed(backlog);
        let next = self.connection.next_read();
        self.ahead = next.map(|read| Ahead::begin(&self.broker, read));
    }

    /// What the clock asks for.
    fn due(&mut self) -> Option<Frame> {
        let now = Instant::now();
        if self.expires.is_some_and(|expires| now >= expires) {
            return Some(self.end(CloseReason::TokenExpired));
        }
        if now < self.next_ping {
            return None;
        }
        self.next_ping = now + self.heartbeat;
        self.arrivals.beat();
        Some(self.ping())
    }

    fn ping(&self) -> Frame {
        ping(&self.connection, &self.broker)
    }

    fn end(&mut self, reason: CloseReason) -> Frame {
        self.ended = true;
        self.arrivals.closing(reason);
        events::reconnect(reason)
    }

    async fn wait(&self) {
        let until = self
            .expires
            .map_or(self.next_ping, |expires| expires.min(self.next_ping));
        let filled = self.connection.inlet().filled();
        let _ = tokio::time::timeout_at(until, filled).await;
    }
}

/// A page of the log that is being read, where it holds up nobody.
struct Ahead {
    read: Read,
    task: JoinHandle<Result<Backlog, ReadError>>,
}

impl Ahead {
    fn begin(broker: &Arc<Broker>, read: Read) -> Self {
        let (broker, asked) = (Arc::clone(broker), read.clone());
        Self {
            read,
            task: tokio::task::spawn_blocking(move || asked.run(broker.log())),
        }
    }
}
