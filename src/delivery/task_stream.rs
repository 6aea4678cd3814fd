//! A stream that is written by the task of its connection.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    task::JoinHandle,
    time::{Instant, Sleep},
};

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

/// The bytes of a stream. It drives a [`Connection`] as the body of a response. More is asked for only when the socket
/// has space, so a slow reader is served at its own pace.
///
/// It is written without `async`, whose state would take three times the memory while the stream is idle.
pub struct TaskStream {
    broker: Arc<Broker>,
    heartbeat: Duration,
    connection: Connection<Arc<ConnectionQueue>>,
    tracker: DeliveryTracker,
    /// The first events, the last one first.
    opening: Vec<Frame>,
    next_ping: Instant,
    expires: Option<Instant>,
    /// When the client is told that its token expires soon.
    notice: Option<Instant>,
    /// Ends when something is due.
    timer: Option<Pin<Box<Sleep>>>,
    /// The page that is needed now, or the next one, which is read while the last one is written.
    page: Option<Box<PageRead>>,
    /// Whether the page is needed now.
    needs_page: bool,
    /// Whether the first ping was sent, which tells the client that the replay is over.
    caught_up: bool,
    ended: bool,
}

impl TaskStream {
    /// Drives this connection on a socket with this write tracking, with a ping every `heartbeat`.
    pub fn new(
        broker: Arc<Broker>,
        heartbeat: Duration,
        opened: OpenedStream,
        writes: Arc<WriteTracker>,
    ) -> Self {
        let connection = opened.pending.written_by_task();
        let registration = connection.registration();
        let tracker = DeliveryTracker::new(Arc::clone(&broker), writes, registration);
        let expires = opened.expires_at.map(instant_of);
        let mut opening = opened.opening;
        opening.reverse();
        Self {
            next_ping: first_ping(heartbeat).into(),
            expires: expires.map(Instant::from),
            notice: expires.map(|end| notice_before(end).into()),
            broker,
            heartbeat,
            connection,
            tracker,
            opening,
            timer: None,
            page: None,
            needs_page: false,
            caught_up: false,
            ended: false,
        }
    }

    /// The next bytes.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        if let Some(frame) = self.opening.pop() {
            if self.opening.is_empty() {
                self.opening = Vec::new();
            }
            return Poll::Ready(frame.bytes());
        }
        loop {
            if self.needs_page
                && let Err(error) = ready!(self.poll_page(cx))
            {
                tracing::error!(%error, "a read of the log failed");
                return Poll::Ready(self.end(CloseReason::LogUnreadable).bytes());
            }
            if let Some(frame) = self.due() {
                return Poll::Ready(frame.bytes());
            }
            if !self.caught_up && self.connection.is_live() {
                // This ping separates replayed messages from live ones, and gives a new client its first cursor.
                self.caught_up = true;
                return Poll::Ready(self.ping().bytes());
            }
            let on_direct = |seq| self.tracker.on_direct_message(seq);
            match next_action(&mut self.connection, &self.broker, on_direct) {
                Action::Write(frame) => return Poll::Ready(frame.bytes()),
                Action::Read(read) => self.need(read),
                Action::Close(reason) => return Poll::Ready(self.end(reason).bytes()),
                Action::Retry => {}
                Action::Wait => ready!(self.poll_wait(cx)),
            }
        }
    }

    /// Begins to read this page, if it is not being read already.
    fn need(&mut self, read: LogRead) {
        if self.page.as_ref().is_none_or(|page| page.read != read) {
            self.page = Some(PageRead::begin(&self.broker, read));
        }
        self.needs_page = true;
    }

    /// Gives the connection the page, and reads the next one meanwhile.
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ReadError>> {
        let Some(page) = &mut self.page else {
            return Poll::Ready(Ok(()));
        };
        let outcome = match ready!(Pin::new(&mut page.task).poll(cx)) {
            Ok(outcome) => outcome,
            Err(error) => Err(ReadError::Interrupted(error.to_string())),
        };
        self.page = None;
        self.needs_page = false;
        self.connection.replayed(outcome?);
        let next = self.connection.next_read();
        self.page = next.map(|read| PageRead::begin(&self.broker, read));
        Poll::Ready(Ok(()))
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

    /// Ready when there are messages, or something is due.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.connection.source().poll_filled(cx).is_ready() {
            return Poll::Ready(());
        }
        let due = [self.notice, self.expires].into_iter().flatten();
        let until = due.fold(self.next_ping, Instant::min);
        let begin = || Box::pin(tokio::time::sleep_until(until));
        let timer = self.timer.get_or_insert_with(begin);
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}

impl futures_util::Stream for TaskStream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let bytes = ready!(self.poll_bytes(cx));
        let counters = self.broker.registry().counters();
        counters.tasks.bytes.add(bytes.len() as u64);
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// A page of the log that is being read on a blocking thread.
struct PageRead {
    read: LogRead,
    task: JoinHandle<Result<Backlog, ReadError>>,
}

impl PageRead {
    fn begin(broker: &Arc<Broker>, read: LogRead) -> Box<Self> {
        let (broker, asked) = (Arc::clone(broker), read.clone());
        Box::new(Self {
            read,
            task: tokio::task::spawn_blocking(move || asked.run(broker.log())),
        })
    }
}
