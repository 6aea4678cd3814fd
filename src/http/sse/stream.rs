//! The driver of one stream that hyper writes: a task that asks its connection what to do next.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};

use app::wire::Refused;
use axum::body::Bytes;
use tokio::{task::JoinHandle, time::Instant};

use super::{arrivals::Arrivals, events, first_ping};
use crate::{
    broker::Broker,
    connection::{Backlog, Connection, Read, Step},
    http::{AppState, Code, Error, pulse::Pulse},
    log::ReadError,
    message::Frame,
    outbox::{CloseReason, Logged},
};

/// Drives a [`Connection`] as the body of a response. It is only asked for more when the socket has
/// room, so a slow reader is replayed to at its own pace.
pub struct Stream {
    state: AppState,
    connection: Connection,
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
    pub fn new(
        state: AppState,
        connection: Connection,
        pulse: Arc<Pulse>,
        refused: Vec<Refused>,
        expires_at: Option<u64>,
    ) -> Self {
        let newcomer = connection.registration().newcomer();
        let mut opening = vec![events::welcome(&state.settings, newcomer)];
        opening.extend(refused.iter().map(events::refused));
        let arrivals = Arrivals::new(Arc::clone(&state.broker), pulse, newcomer);
        Self {
            next_ping: first_ping(&state),
            expires: expires_at.map(instant_of),
            state,
            connection,
            arrivals,
            opening: opening.into_iter(),
            ahead: None,
            caught_up: false,
            ended: false,
        }
    }

    /// The next bytes; none: the response ends.
    pub async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if let Some(frame) = self.opening.next() {
            return Some(frame.bytes().clone());
        }
        Some(self.bytes().await)
    }

    async fn bytes(&mut self) -> Bytes {
        loop {
            if let Some(frame) = self.due() {
                return frame.into_bytes();
            }
            if !self.caught_up && self.connection.is_live() {
                // What came before this is from while it was away, what follows happens now. And whoever
                // has just come for the first time has a cursor at once.
                self.caught_up = true;
                return self.ping().into_bytes();
            }
            match self.connection.step() {
                Step::Write(logged) => return self.give(&logged),
                Step::WriteEphemeral(frame) => return frame.into_bytes(),
                Step::Replay(batch) => {
                    if let Some(seq) = batch.direct {
                        self.arrivals.give(seq);
                    }
                    return batch.frames;
                }
                Step::Gap(gap) => {
                    let epoch = self.state.broker.log().epoch();
                    return events::gap(&gap, epoch).into_bytes();
                }
                Step::Read(read) => match self.read(read).await {
                    Ok(backlog) => self.take_in(backlog),
                    // It was said where it happened.
                    Err(_) => return self.end(CloseReason::LogUnreadable).into_bytes(),
                },
                Step::Close(reason) => return self.end(reason).into_bytes(),
                Step::Wait => self.wait().await,
            }
        }
    }

    fn give(&self, logged: &Logged) -> Bytes {
        logged.written.fetch_add(1, Ordering::AcqRel);
        if logged.direct {
            self.arrivals.give(logged.seq);
        }
        logged.frame.bytes().clone()
    }

    async fn read(&mut self, read: Read) -> Result<Backlog, Error> {
        let ahead = self.ahead.take().filter(|ahead| ahead.read == read);
        match ahead
            .unwrap_or_else(|| Ahead::begin(&self.state.broker, read))
            .task
            .await
        {
            Ok(outcome) => outcome.map_err(Error::from),
            Err(_) => Err(Error::new(Code::Internal, "something broke on our side")),
        }
    }

    /// Gives the connection what was read, and has what follows read meanwhile.
    fn take_in(&mut self, backlog: Backlog) {
        self.connection.replayed(backlog);
        let next = self.connection.next_read();
        self.ahead = next.map(|read| Ahead::begin(&self.state.broker, read));
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
        self.next_ping = now + self.state.settings.heartbeat();
        self.arrivals.beat();
        Some(self.ping())
    }

    fn ping(&self) -> Frame {
        let place = self.connection.place();
        let cursor = place.map(|seq| self.state.broker.cursor(seq));
        events::ping(cursor.as_ref())
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
        let filled = self.connection.registration().outbox().filled();
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
            task: tokio::task::spawn_blocking(move || broker.read(&asked)),
        }
    }
}

/// The moment of a Unix time in seconds, on the clock that never jumps.
fn instant_of(unix: u64) -> Instant {
    let left =
        (SystemTime::UNIX_EPOCH + Duration::from_secs(unix)).duration_since(SystemTime::now());
    Instant::now() + left.unwrap_or_default()
}
