//! What waits to be written to the socket of a connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{io::AsyncWrite, time::Instant};

use super::{error::ErrorCode, frame_writer};
use crate::server::scratch;

/// Bytes of answers that are written at once. They are added to nothing that waits: so when everything was written, all of
/// them are in the kernel.
const BATCH: usize = 16 * 1024;

/// Answers to frames of the peer that may wait. Before they are written, nothing more is read.
const MAX_ANSWERS: u32 = 128;

/// See the module documentation.
#[derive(Default)]
pub struct Outgoing {
    buffer: Vec<u8>,
    /// What of it was written.
    written: usize,
    /// The socket has taken a part, and not everything yet.
    is_writing: bool,
    /// Answers to frames of the peer in the buffer.
    answers: u32,
    /// Since when the socket takes nothing.
    blocked_since: Option<Instant>,
}

impl Outgoing {
    /// To append a frame.
    pub fn frames(&mut self) -> &mut Vec<u8> {
        if self.buffer.capacity() == 0 {
            self.buffer = scratch::take_to_write();
        }
        &mut self.buffer
    }

    /// To append a frame that answers one of the peer.
    pub fn answer(&mut self) -> &mut Vec<u8> {
        self.answers += 1;
        self.frames()
    }

    /// Resets a stream.
    pub fn reset(&mut self, stream: u32, code: ErrorCode) {
        frame_writer::reset(stream, code, self.answer());
    }

    /// Whether bytes of answers may be added now.
    pub fn takes_data(&self) -> bool {
        !self.is_writing && self.buffer.len() < BATCH
    }

    /// Whether more frames of the peer may be answered.
    pub fn takes_answers(&self) -> bool {
        self.answers < MAX_ANSWERS
    }

    /// Whether the socket has not taken everything.
    pub fn waits(&self) -> bool {
        self.is_writing || !self.buffer.is_empty()
    }

    /// Since when the socket takes nothing of what waits.
    pub fn blocked_since(&self) -> Option<Instant> {
        self.blocked_since
    }

    /// Writes everything. Returns whether there was something.
    pub fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
        now: Instant,
    ) -> Poll<io::Result<bool>> {
        if !self.waits() {
            return Poll::Ready(Ok(false));
        }
        self.is_writing = true;
        let polled = self.poll_rest(cx, Pin::new(socket));
        if polled.is_pending() {
            self.blocked_since.get_or_insert(now);
        }
        ready!(polled)?;
        scratch::give_back_written(std::mem::take(&mut self.buffer));
        *self = Self::default();
        Poll::Ready(Ok(true))
    }

    fn poll_rest<S: AsyncWrite>(
        &mut self,
        cx: &mut Context<'_>,
        mut socket: Pin<&mut S>,
    ) -> Poll<io::Result<()>> {
        while self.written < self.buffer.len() {
            let rest = &self.buffer[self.written..];
            match ready!(socket.as_mut().poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    self.written += count;
                    self.blocked_since = None;
                }
            }
        }
        socket.poll_flush(cx)
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        scratch::give_back_written(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::task::noop_waker_ref;
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn bytes_are_added_to_nothing_that_waits() {
        let (mut ours, mut theirs) = tokio::io::duplex(10);
        let mut out = Outgoing::default();
        let mut cx = Context::from_waker(noop_waker_ref());
        let now = Instant::now();
        assert!(matches!(
            out.poll_flush(&mut cx, &mut ours, now),
            Poll::Ready(Ok(false))
        ));
        out.frames().extend_from_slice(b"fifteen bytes..");
        assert!(out.takes_data());
        assert!(out.poll_flush(&mut cx, &mut ours, now).is_pending());
        assert!(!out.takes_data() && out.waits());
        out.answer().extend_from_slice(b"!");
        let mut read = [0; 10];
        theirs.read_exact(&mut read).await.expect("readable");
        assert!(matches!(
            out.poll_flush(&mut cx, &mut ours, now),
            Poll::Ready(Ok(true))
        ));
        assert!(out.takes_data() && !out.waits());
        theirs.read_exact(&mut read[..6]).await.expect("readable");
        assert_eq!(&read[..6], b"tes..!");
    }

    #[test]
    fn what_is_added_at_once_is_bounded() {
        let mut out = Outgoing::default();
        out.frames().resize(BATCH, 0);
        assert!(!out.takes_data());
        for _ in 0..MAX_ANSWERS {
            assert!(out.takes_answers());
            out.reset(1, ErrorCode::Cancel);
        }
        assert!(!out.takes_answers());
    }
}
