//! What a stream that hyper writes can know of its socket: which messages the kernel has taken, and whether the peer
//! closed the connection in order.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::message::Seq;

/// The state of a socket, shared by the [`TrackedSocket`] and the stream on it.
#[derive(Default)]
pub struct WriteTracker {
    started: AtomicU64,
    written: AtomicU64,
    peer_closed: AtomicBool,
    failed: AtomicBool,
    /// Bytes were written since the last flush.
    unflushed: AtomicBool,
    on_orderly_close: Mutex<Option<CloseCallback>>,
    /// How often everything was flushed.
    flushes: AtomicU64,
    /// Set for a stream of HTTP/2, which shares its socket with others.
    shared: Option<SharedSocket>,
}

/// What a stream of HTTP/2 knows of the socket that it shares.
struct SharedSocket {
    connection: Arc<WriteTracker>,
    sent: Mutex<Sent>,
    /// How often hyper has asked for a piece of the answer.
    asked: AtomicU64,
    /// hyper was given a piece and has not asked for another one since.
    waits: AtomicBool,
}

/// What the window of the peer had room for.
#[derive(Clone, Copy, Default)]
struct Sent {
    seq: Seq,
    /// The flushes of the connection at that time.
    flushes: u64,
}

/// The flushes after which bytes are certainly in the kernel: the first one may have begun before the bytes came.
const FLUSHES: u64 = 2;

/// Called when it is certain that the peer read everything before it closed.
pub type CloseCallback = Box<dyn FnOnce() + Send>;

impl WriteTracker {
    /// For a stream of HTTP/2 on this connection.
    pub fn of_http2_stream(connection: Arc<Self>) -> Self {
        Self {
            shared: Some(SharedSocket {
                connection,
                sent: Mutex::default(),
                asked: AtomicU64::new(0),
                waits: AtomicBool::new(false),
            }),
            ..Self::default()
        }
    }

    /// hyper asks for more bytes of the stream. With HTTP/2, the window of the peer had room for all bytes before.
    pub fn on_asked_for_more(&self) {
        let Some(shared) = &self.shared else { return };
        let started = self.started.load(Ordering::Acquire);
        let mut sent = shared.sent.lock();
        if started > sent.seq {
            self.written
                .fetch_max(shared.flushed(*sent), Ordering::AcqRel);
            *sent = Sent {
                seq: started,
                flushes: shared.connection.flushes.load(Ordering::Acquire),
            };
        }
    }

    /// hyper has asked for a piece of the answer, and was given one or has to wait for it. It asks again as soon as the
    /// window of the peer has room for the first byte of this piece.
    pub fn on_piece(&self, given: bool) {
        if let Some(shared) = &self.shared {
            shared.asked.fetch_add(1, Ordering::AcqRel);
            shared.waits.store(given, Ordering::Release);
        }
    }

    /// The number of the piece that waits for the window of the peer; none: no piece waits.
    pub fn waiting_piece(&self) -> Option<u64> {
        let shared = self.shared.as_ref()?;
        let waits = shared.waits.load(Ordering::Acquire);
        waits.then(|| shared.asked.load(Ordering::Acquire))
    }

    /// The connection, or this stream of it, has failed.
    pub fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    /// Discards the positions of an earlier stream on the same socket.
    pub fn reset(&self) {
        self.started.store(0, Ordering::Release);
        self.written.store(0, Ordering::Release);
    }

    /// The message at this position is about to be written to the socket.
    pub fn start_write(&self, seq: Seq) {
        self.started.store(seq, Ordering::Release);
    }

    /// The position of the newest message that the kernel has taken completely.
    pub fn written(&self) -> Seq {
        let written = self.written.load(Ordering::Acquire);
        match &self.shared {
            Some(shared) => written.max(shared.flushed(*shared.sent.lock())),
            None => written,
        }
    }

    /// Whether everything written before has been flushed, so that hyper holds no bytes back.
    pub fn is_flushed(&self) -> bool {
        !self.unflushed.load(Ordering::Acquire)
    }

    /// Whether the peer closed its side without an error. A peer that still has unread bytes resets the connection
    /// (RFC 1122, section 4.2.2.13). Bytes that arrive after it closed are answered by a reset a little later: see
    /// [`WriteTracker::on_orderly_close`].
    ///
    /// A stream of HTTP/2 ends in order while it and its connection work.
    pub fn is_closed_by_peer(&self) -> bool {
        let closed = match &self.shared {
            Some(shared) => !shared.connection.failed.load(Ordering::Acquire),
            None => self.peer_closed.load(Ordering::Acquire),
        };
        closed && !self.failed.load(Ordering::Acquire)
    }

    /// Sets what is called if no reset follows, which means that the peer read everything before it closed.
    pub fn on_orderly_close(&self, callback: CloseCallback) {
        *self.on_orderly_close.lock() = Some(callback);
    }

    /// The callback, if one was set and not taken before.
    pub fn take_callback(&self) -> Option<CloseCallback> {
        self.on_orderly_close.lock().take()
    }

    fn note_error<T>(&self, polled: &Poll<io::Result<T>>) {
        if matches!(polled, Poll::Ready(Err(_))) {
            self.failed.store(true, Ordering::Release);
        }
    }
}

impl SharedSocket {
    /// What is certainly in the kernel of what was sent.
    fn flushed(&self, sent: Sent) -> Seq {
        let flushes = self.connection.flushes.load(Ordering::Acquire);
        match flushes >= sent.flushes + FLUSHES {
            true => sent.seq,
            false => 0,
        }
    }
}

/// A socket that reports to a [`WriteTracker`].
pub struct TrackedSocket<S> {
    socket: S,
    tracker: Arc<WriteTracker>,
}

impl<S> TrackedSocket<S> {
    /// Reports reads and writes of this socket from now on.
    pub fn new(socket: S, tracker: Arc<WriteTracker>) -> Self {
        Self { socket, tracker }
    }

    /// The socket itself.
    pub fn into_inner(self) -> S {
        self.socket
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TrackedSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buf.filled().len(), buf.remaining());
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.tracker.note_error(&polled);
        if matches!(polled, Poll::Ready(Ok(()))) && room > 0 && buf.filled().len() == before {
            self.tracker.peer_closed.store(true, Ordering::Release);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TrackedSocket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.tracker.unflushed.store(true, Ordering::Release);
        let polled = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.tracker.note_error(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.tracker.unflushed.store(true, Ordering::Release);
        let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.tracker.note_error(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// hyper flushes only after it has written all its bytes, so every message that was started is written then.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.socket).poll_flush(cx);
        if matches!(polled, Poll::Ready(Ok(()))) {
            let started = self.tracker.started.load(Ordering::Acquire);
            self.tracker.written.store(started, Ordering::Release);
            self.tracker.unflushed.store(false, Ordering::Release);
            self.tracker.flushes.fetch_add(1, Ordering::AcqRel);
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_over_http2_is_written_when_the_window_had_room_and_the_socket_was_flushed() {
        let connection = Arc::new(WriteTracker::default());
        let flush = || {
            connection.flushes.fetch_add(1, Ordering::AcqRel);
        };
        let stream = WriteTracker::of_http2_stream(Arc::clone(&connection));
        stream.start_write(7);
        (0..3).for_each(|_| flush());
        assert_eq!(stream.written(), 0, "the window may be closed");
        stream.on_asked_for_more();
        flush();
        assert_eq!(stream.written(), 0, "this flush may have begun before");
        flush();
        assert_eq!(stream.written(), 7);
        stream.start_write(8);
        stream.on_asked_for_more();
        assert_eq!(stream.written(), 7, "what was certain stays so");
    }
}
