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
}

/// Called when it is certain that the peer read everything before it closed.
pub type CloseCallback = Box<dyn FnOnce() + Send>;

impl WriteTracker {
    /// For a stream of HTTP/2, which shares its socket with others. It ends in order unless it, or its connection, fails.
    pub fn of_http2_stream() -> Self {
        Self {
            peer_closed: AtomicBool::new(true),
            ..Self::default()
        }
    }

    /// The newest message whose bytes were given to the connection, if it is not certain that they are in the kernel.
    pub fn unwritten(&self) -> Option<Seq> {
        let started = self.started.load(Ordering::Acquire);
        (started > self.written()).then_some(started)
    }

    /// The kernel has taken everything up to this message.
    pub fn on_written(&self, seq: Seq) {
        self.written.fetch_max(seq, Ordering::AcqRel);
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
        self.written.load(Ordering::Acquire)
    }

    /// Whether everything written before has been flushed, so that hyper holds no bytes back.
    pub fn is_flushed(&self) -> bool {
        !self.unflushed.load(Ordering::Acquire)
    }

    /// Whether the peer closed its side without an error. A peer that still has unread bytes resets the connection
    /// (RFC 1122, section 4.2.2.13). Bytes that arrive after it closed are answered by a reset a little later: see
    /// [`WriteTracker::on_orderly_close`].
    pub fn is_closed_by_peer(&self) -> bool {
        self.peer_closed.load(Ordering::Acquire) && !self.failed.load(Ordering::Acquire)
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
    fn a_message_over_http2_is_written_when_its_connection_says_so() {
        let stream = WriteTracker::of_http2_stream();
        assert_eq!(stream.unwritten(), None);
        stream.start_write(7);
        assert_eq!((stream.written(), stream.unwritten()), (0, Some(7)));
        stream.start_write(8);
        stream.on_written(7);
        assert_eq!((stream.written(), stream.unwritten()), (7, Some(8)));
        assert!(stream.is_closed_by_peer());
        stream.fail();
        assert!(!stream.is_closed_by_peer());
    }
}
