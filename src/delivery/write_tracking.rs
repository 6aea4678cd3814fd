//! What is known of a socket from outside the request that it carries: whether what was given to it has
//! left, and whether the peer took its leave.

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

/// Shared by a socket and the stream on it.
#[derive(Default)]
pub struct Pulse {
    given: AtomicU64,
    written: AtomicU64,
    parted: AtomicBool,
    broken: AtomicBool,
    /// Something may not have been written yet.
    busy: AtomicBool,
    farewell: Mutex<Option<Farewell>>,
}

/// What is to be done once a leave has turned out to be one.
pub type Farewell = Box<dyn FnOnce() + Send>;

impl Pulse {
    /// Begins anew, for another stream on the same socket.
    pub fn begin(&self) {
        self.given.store(0, Ordering::Release);
        self.written.store(0, Ordering::Release);
    }

    /// Notes that the message at this place is about to be given to the socket.
    pub fn give(&self, seq: Seq) {
        self.given.store(seq, Ordering::Release);
    }

    /// The newest place that the system has taken for the peer, whole.
    pub fn written(&self) -> Seq {
        self.written.load(Ordering::Acquire)
    }

    /// Whether everything that was to be written before has been: whoever writes holds nothing back.
    pub fn is_at_rest(&self) -> bool {
        !self.busy.load(Ordering::Acquire)
    }

    /// Whether the peer closed its side. It does so without an error only when it has read what it got:
    /// a system that throws unread bytes away resets the connection (RFC 1122, section 4.2.2.13). What
    /// was still on its way to it then was not read, and is answered by a reset that comes a little
    /// later: see [`Pulse::when_settled`].
    pub fn has_parted(&self) -> bool {
        self.parted.load(Ordering::Acquire) && !self.broken.load(Ordering::Acquire)
    }

    /// Has something done when it has turned out that the peer had everything before it closed.
    pub fn when_settled(&self, farewell: Farewell) {
        *self.farewell.lock() = Some(farewell);
    }

    /// What is to be done then, if anything.
    pub fn farewell(&self) -> Option<Farewell> {
        self.farewell.lock().take()
    }

    fn note<T>(&self, polled: &Poll<io::Result<T>>) {
        if matches!(polled, Poll::Ready(Err(_))) {
            self.broken.store(true, Ordering::Release);
        }
    }
}

/// A socket whose pulse is taken.
pub struct Pulsed<S> {
    socket: S,
    pulse: Arc<Pulse>,
}

impl<S> Pulsed<S> {
    /// Takes the pulse of this socket from now on.
    pub fn new(socket: S, pulse: Arc<Pulse>) -> Self {
        Self { socket, pulse }
    }

    /// The socket itself.
    pub fn into_inner(self) -> S {
        self.socket
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Pulsed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buf.filled().len(), buf.remaining());
        let polled = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.pulse.note(&polled);
        if matches!(polled, Poll::Ready(Ok(()))) && room > 0 && buf.filled().len() == before {
            self.pulse.parted.store(true, Ordering::Release);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Pulsed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pulse.busy.store(true, Ordering::Release);
        let polled = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.pulse.note(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pulse.busy.store(true, Ordering::Release);
        let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.pulse.note(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// Whoever writes flushes only when it holds nothing back: everything that was given is written then.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.socket).poll_flush(cx);
        if matches!(polled, Poll::Ready(Ok(()))) {
            let given = self.pulse.given.load(Ordering::Acquire);
            self.pulse.written.store(given, Ordering::Release);
            self.pulse.busy.store(false, Ordering::Release);
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
