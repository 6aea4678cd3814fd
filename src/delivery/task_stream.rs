//! A stream that hyper writes, driven by a task.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{task::JoinHandle, time::Instant};

use super::{
    OpenedStream,
    delivery_tracker::DeliveryTracker,
    events, first_ping, instant_of,
    next_action::{Action, next_action, ping},
    notice_before,
};
use super::{
    connection::{Backlog, Connection, LogRead},
    write_tracking::WriteTracker,
};
use crate::{
    broker::Broker,
    log::ReadError,
    message::Frame,
    outbox::{CloseReason, ConnectionQueue},
};

/// The bytes of a stream, which gets a ping every `heartbeat`.
pub fn bytes(
    broker: Arc<Broker>,
    heartbeat: Duration,
    opened: OpenedStream,
    writes: Arc<WriteTracker>,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    let stream = Stream::new(broker, heartbeat, opened, writes);
    futures_util::stream::unfold(stream, async |mut stream| {
        stream.tracker.on_asked_for_more();
        let bytes = stream.next().await?;
        Some((Ok(bytes), stream))
    })
}

/// Drives a [`Connection`] as the body of a response. hyper asks for more only when the socket has space, so a slow
/// reader is served at its own pace.
struct Stream {
    broker: Arc<Broker>,
    heartbeat: Duration,
    connection: Connection<Arc<ConnectionQueue>>,
    tracker: DeliveryTracker,
    opening: std::vec::IntoIter<Frame>,
    next_ping: Instant,
    expires: Option<Instant>,
    /// When the client is told that its token expires soon.
    notice: Option<Instant>,
    /// The next page, which is read while the last one is written.
    prefetch: Option<Prefetch>,
    /// Whether the first ping was sent, which tells the client that the replay is over.
    caught_up: bool,
    ended: bool,
}

impl Stream {
    /// Drives this connection on a socket with this write tracking.
    fn new(
        broker: Arc<Broker>,
        heartbeat: Duration,
        opened: OpenedStream,
        writes: Arc<WriteTracker>,
    ) -> Self {
        let connection = opened.pending.written_by_task();
        let registration = connection.registration();
        let tracker = DeliveryTracker::new(Arc::clone(&broker), writes, registration);
        let expires = opened.expires_at.map(instant_of);
        Self {
            next_ping: first_ping(heartbeat).into(),
            expires: expires.map(Instant::from),
            notice: expires.map(|end| notice_before(end).into()),
            broker,
            heartbeat,
            connection,
            tracker,
            opening: opened.opening.into_iter(),
            prefetch: None,
            caught_up: false,
            ended: false,
        }
    }

    /// The next bytes; none at the end of the response.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let bytes = match self.opening.next() {
            Some(frame) => frame.bytes(),
            None => self.bytes().await,
        };
        let counters = self.broker.registry().counters();
        counters.tasks.bytes.add(bytes.len() as u64);
        Some(bytes)
    }

    async fn bytes(&mut self) -> Bytes {
        loop {
            if let Some(frame) = self.due() {
                return frame.bytes();
            }
            if !self.caught_up && self.connection.is_live() {
                // This ping separates replayed messages from live ones, and gives a new client its first cursor.
                self.caught_up = true;
                return self.ping().bytes();
            }
            let on_direct = |seq| self.tracker.on_direct_message(seq);
            match next_action(&mut self.connection, &self.broker, on_direct) {
                Action::Write(frame) => return frame.bytes(),
                Action::Read(read) => match self.read(read).await {
                    Ok(backlog) => self.take_in(backlog),
                    Err(error) => {
                        tracing::error!(%error, "a read of the log failed");
                        return self.end(CloseReason::LogUnreadable).bytes();
                    }
                },
                Action::Close(reason) => return self.end(reason).bytes(),
                Action::Retry => {}
                Action::Wait => self.wait().await,
            }
        }
    }

    async fn read(&mut self, read: LogRead) -> Result<Backlog, ReadError> {
        let prefetch = self
            .prefetch
            .take()
            .filter(|prefetch| prefetch.read == read);
        let prefetch = prefetch.unwrap_or_else(|| Prefetch::begin(&self.broker, read));
        match prefetch.task.await {
            Ok(outcome) => outcome,
            Err(error) => Err(ReadError::Interrupted(error.to_string())),
        }
    }

    /// Gives the connection a page, and reads the next one meanwhile.
    fn take_in(&mut self, backlog: Backlog) {
        self.connection.replayed(backlog);
        let next = self.connection.next_read();
        self.prefetch = next.map(|read| Prefetch::begin(&self.broker, read));
    }

    /// The frame that is due now, if any.
    fn due(&mut self) -> Option<Frame> {
        let now = Instant::now();
        if self.expires.is_some_and(|expires| now >= expires) {
            return Some(self.end(CloseReason::TokenExpired));
        }
        if let (Some(notice), Some(end)) = (self.notice, self.expires)
            && now >= notice
        {
            self.notice = None;
            return Some(events::token_ends(end - now, self.connection.encoding()));
        }
        if now < self.next_ping {
            return None;
        }
        self.next_ping = now + self.heartbeat;
        self.tracker.on_heartbeat();
        Some(self.ping())
    }

    fn ping(&self) -> Frame {
        ping(&self.connection, &self.broker)
    }

    fn end(&mut self, reason: CloseReason) -> Frame {
        self.ended = true;
        self.tracker.closing(reason);
        events::closing(reason, self.connection.encoding())
    }

    async fn wait(&self) {
        let due = [self.notice, self.expires].into_iter().flatten();
        let until = due.fold(self.next_ping, Instant::min);
        let filled = self.connection.source().filled();
        let _ = tokio::time::timeout_at(until, filled).await;
    }
}

/// A page of the log that is being read on a blocking thread.
struct Prefetch {
    read: LogRead,
    task: JoinHandle<Result<Backlog, ReadError>>,
}

impl Prefetch {
    fn begin(broker: &Arc<Broker>, read: LogRead) -> Self {
        let (broker, asked) = (Arc::clone(broker), read.clone());
        Self {
            read,
            task: tokio::task::spawn_blocking(move || asked.run(broker.log())),
        }
    }
}
