//! One connection: a task that reads its frames, answers its requests and writes their answers.
//!
//! All its streams are driven by this one task. An open stream costs what it has to send, and a few hundred bytes; a
//! connection that is idle has no buffers.

mod answers;
mod deadlines;
mod heads;
mod reading;
mod received;

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{extract::Request, response::Response};
use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::coop::has_budget_remaining,
    time::{Instant, Sleep},
};

use super::{
    error::{ConnectionError, ErrorCode},
    flood::Flood,
    flow::{DEFAULT_WINDOW, MAX_WINDOW, ReceiveWindow, SendWindow},
    frame_writer,
    hpack::{Decoder, Encoder},
    incoming::Incoming,
    open_streams::OpenStreams,
    outgoing::Outgoing,
    partial_head::PartialHead,
    ready::Ready,
    settings::OwnSettings,
};
use crate::{delivery::write_tracking::WriteTracker, message::Seq};

/// Bytes of one request that the peer may send before they are read.
const STREAM_WINDOW: u32 = 64 * 1024;

/// Bytes of all requests of a connection that the peer may send before they are read.
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// How often a connection goes on before other tasks get their turn.
const ROUNDS: usize = 32;

/// The content of the ping whose answer says that the peer knows of the end of the connection.
const LAST_PING: [u8; 8] = *b"the end.";

/// The content of other pings.
const PING: [u8; 8] = *b"alive?..";

/// Finds answers.
pub trait Answerer {
    /// The answer to a request. What is known of its bytes is noted in the tracker.
    fn answer(&self, request: Request, tracker: Arc<WriteTracker>) -> BoxFuture<'static, Response>;

    /// The answer to a request whose head is over the limit.
    fn head_too_large(&self) -> Response;
}

/// Limits of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Streams at the same time.
    pub max_streams: u32,
    /// Bytes of the fields of a head.
    pub max_head: usize,
    /// The time between two pings.
    pub heartbeat: Duration,
    /// How long the first request may take, and the answer to a ping.
    pub request_timeout: Duration,
    /// How long the peer may take nothing of a stream.
    pub stall_timeout: Duration,
    /// How long a connection may be without streams.
    pub idle: Duration,
}

/// How a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Here. The peer was told, and the socket has to be closed.
    Here,
    /// The peer has closed it.
    Peer,
    /// The socket has failed, or nothing is taken.
    Failed,
}

/// How far the end of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The peer was told to open no more streams. Those that it has opened meanwhile are answered.
    Announced(Instant),
    /// New streams are ignored.
    Last,
    /// The peer has made an error and was told. Nothing is read any more.
    Refused,
}

/// See the module documentation.
pub struct Connection<S, A> {
    socket: S,
    answerer: A,
    options: Options,
    phase: Phase,
    incoming: Incoming,
    out: Outgoing,
    decoder: Decoder,
    encoder: Encoder,
    /// A head of which more frames have to come.
    head: Option<Box<PartialHead>>,
    streams: OpenStreams,
    /// Streams that can go on.
    ready: Arc<Ready>,
    /// Streams whose bytes were all framed.
    again: Vec<u32>,
    /// Streams with bytes that the peer takes, the next one first.
    sendable: VecDeque<u32>,
    /// Messages that are in the kernel when everything was written.
    unwritten: Vec<(u32, Seq)>,
    send_window: SendWindow,
    /// The window of a new stream.
    peer_window: u32,
    receive_window: ReceiveWindow,
    flood: Flood,
    /// The time of this round.
    now: Instant,
    /// When something was read.
    last_read: Instant,
    /// When the ping was sent that was not answered yet.
    pinged: Option<Instant>,
    /// Without streams, the connection ends then.
    idle_until: Instant,
    /// When the times are looked at.
    timer: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// A connection of which nothing was read.
    pub fn new(socket: S, answerer: A, options: Options) -> Self {
        let now = Instant::now();
        let receive_window = ReceiveWindow::new(CONNECTION_WINDOW);
        let mut out = Outgoing::default();
        let settings = OwnSettings {
            max_streams: options.max_streams,
            stream_window: STREAM_WINDOW,
            max_head: u32::try_from(options.max_head).unwrap_or(u32::MAX),
        };
        frame_writer::settings(&settings.pairs(), out.frames());
        frame_writer::window_update(0, CONNECTION_WINDOW - DEFAULT_WINDOW, out.frames());
        let first = now + options.request_timeout;
        Self {
            socket,
            answerer,
            options,
            phase: Phase::Open,
            incoming: Incoming::default(),
            out,
            decoder: Decoder::default(),
            encoder: Encoder::default(),
            head: None,
            streams: OpenStreams::default(),
            ready: Arc::default(),
            again: Vec::new(),
            sendable: VecDeque::new(),
            unwritten: Vec::new(),
            send_window: SendWindow::new(DEFAULT_WINDOW),
            peer_window: DEFAULT_WINDOW,
            receive_window,
            flood: Flood::new(now),
            now,
            last_read: now,
            pinged: None,
            idle_until: first,
            timer: Box::pin(tokio::time::sleep_until(first)),
        }
    }

    /// The socket, when the connection has ended.
    pub fn into_socket(self) -> S {
        self.socket
    }

    /// Ends the connection when all its streams have ended. The peer is told not to open more.
    pub fn shut_down(&mut self) {
        if self.phase == Phase::Open {
            self.now = Instant::now();
            self.phase = Phase::Announced(self.now);
            frame_writer::go_away(MAX_WINDOW, ErrorCode::NoError, self.out.frames());
            frame_writer::ping(LAST_PING, self.out.frames());
            self.look_at(self.now + self.options.request_timeout);
        }
    }

    /// The peer opens no more streams, or they are ignored.
    fn announce_last(&mut self) {
        if let Phase::Announced(_) = self.phase {
            self.phase = Phase::Last;
            let last = self.streams.last();
            frame_writer::go_away(last, ErrorCode::NoError, self.out.frames());
        }
    }

    /// Goes on until there is nothing to do, or the connection has ended.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.ready.register(cx.waker());
        self.now = Instant::now();
        for _ in 0..ROUNDS {
            match self.round(cx) {
                // Without a budget, everything of tokio only says that it wants to be asked later.
                Ok(true) if !has_budget_remaining() => break,
                Ok(true) => {}
                Ok(false) => match self.timer.as_mut().poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => {
                        self.now = Instant::now();
                        if let Err(end) = self.on_time() {
                            return Poll::Ready(self.end(end));
                        }
                    }
                },
                Err(end) => return Poll::Ready(self.end(end)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads, answers and writes what is possible. Returns whether something was.
    fn round(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        let mut went_on = false;
        if self.phase != Phase::Refused {
            went_on |= self.read(cx)?;
            went_on |= self.go_on();
            while self.out.takes_data() && (self.fill() | self.go_on()) {
                went_on = true;
            }
        }
        match self.out.poll_flush(cx, &mut self.socket, self.now) {
            Poll::Ready(Ok(false)) => {}
            Poll::Ready(Ok(true)) => {
                self.on_written();
                went_on = true;
            }
            Poll::Ready(Err(error)) => return Err(failed(&error)),
            Poll::Pending => self.look_at(self.now + self.options.stall_timeout),
        }
        let is_over = match self.phase {
            Phase::Refused => true,
            Phase::Last => self.streams.is_empty(),
            Phase::Open | Phase::Announced(_) => false,
        };
        match is_over && !self.out.waits() {
            true => Err(End::Here),
            false => Ok(went_on),
        }
    }

    /// Everything is in the kernel.
    fn on_written(&mut self) {
        for (id, seq) in std::mem::take(&mut self.unwritten) {
            if let Some(stream) = self.streams.get(id) {
                stream.tracker.on_written(seq);
            }
        }
    }

    /// Ends the connection because of an error of the peer, which is told.
    fn refuse(&mut self, error: ConnectionError) {
        tracing::debug!(%error, "an HTTP/2 connection is refused");
        self.fail_streams();
        self.phase = Phase::Refused;
        let last = self.streams.last();
        frame_writer::go_away(last, error.code, self.out.frames());
        self.look_at(self.now + self.options.stall_timeout);
    }

    fn end(&mut self, end: End) -> End {
        if end == End::Failed {
            self.fail_streams();
        }
        self.streams.clear();
        end
    }

    /// Before the streams end, so that they know.
    fn fail_streams(&mut self) {
        self.streams.iter().for_each(|stream| stream.tracker.fail());
        self.streams.clear();
    }
}

fn failed(error: &io::Error) -> End {
    tracing::debug!(%error, "an HTTP/2 connection failed");
    End::Failed
}

#[cfg(test)]
mod tests;
