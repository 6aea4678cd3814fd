//! The body of a request: what the connection has received of it and the service has not read. The window of the stream
//! bounds it.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use parking_lot::Mutex;

use super::ready::StreamWaker;

/// The peer has reset the stream or closed the connection before the end of the body.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body of the request has not arrived completely")]
pub struct Incomplete;

/// The end of a body that the connection writes to.
pub struct BodySender {
    shared: Arc<Shared>,
    /// What the head says of the length.
    expected: Option<u64>,
    received: u64,
}

/// The end that the service reads.
pub struct RequestBody {
    shared: Arc<Shared>,
    /// How much is left, if it is known.
    left: Option<u64>,
}

/// What was read after the end of a body has come, before the connection is told: until then, it counts for the window of
/// the connection.
const SMALL: u32 = 1_024;

struct Shared {
    state: Mutex<State>,
    /// Tells the connection that something was read.
    stream: Arc<StreamWaker>,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Bytes>,
    end: Option<Result<(), Incomplete>>,
    /// What was read since the connection has asked.
    read: u32,
    /// Nobody reads it any more.
    is_dropped: bool,
    reader: Option<Waker>,
}

/// More or less bytes have come than the head of the request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength;

/// A body of this length, if it is known.
pub fn channel(length: Option<u64>, stream: &Arc<StreamWaker>) -> (BodySender, RequestBody) {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        stream: Arc::clone(stream),
    });
    let sender = BodySender {
        shared: Arc::clone(&shared),
        expected: length,
        received: 0,
    };
    let left = length;
    (sender, RequestBody { shared, left })
}

impl BodySender {
    /// Passes on what has come. Returns how many bytes of it nobody will read.
    pub fn send(&mut self, data: &[u8]) -> Result<u32, WrongLength> {
        self.received += data.len() as u64;
        if self.expected.is_some_and(|most| self.received > most) {
            return Err(WrongLength);
        }
        let mut state = self.shared.state.lock();
        if state.is_dropped {
            return Ok(data.len() as u32);
        }
        if !data.is_empty() {
            state.chunks.push_back(Bytes::copy_from_slice(data));
            state.wake();
        }
        Ok(0)
    }

    /// The body is complete.
    pub fn finish(&self) -> Result<(), WrongLength> {
        if self
            .expected
            .is_some_and(|expected| self.received != expected)
        {
            return Err(WrongLength);
        }
        self.end(Ok(()));
        Ok(())
    }

    /// How many bytes were read since the last call.
    pub fn take_read(&self) -> u32 {
        std::mem::take(&mut self.shared.state.lock().read)
    }

    fn end(&self, end: Result<(), Incomplete>) {
        let mut state = self.shared.state.lock();
        state.end.get_or_insert(end);
        state.wake();
    }
}

impl Drop for BodySender {
    /// Has no effect on a complete body.
    fn drop(&mut self) {
        self.end(Err(Incomplete));
    }
}

impl State {
    /// Whether the connection is told now that something was read.
    fn is_told(&self) -> bool {
        self.end.is_none() || self.read >= SMALL
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Incomplete;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Incomplete>>> {
        let mut state = self.shared.state.lock();
        if let Some(chunk) = state.chunks.pop_front() {
            state.read += chunk.len() as u32;
            let is_told = state.is_told();
            drop(state);
            if is_told {
                self.shared.stream.wake_by_ref();
            }
            self.left = self
                .left
                .map(|left| left.saturating_sub(chunk.len() as u64));
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        match state.end {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let state = self.shared.state.lock();
        state.chunks.is_empty() && matches!(state.end, Some(Ok(())))
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        let left: usize = state.chunks.drain(..).map(|chunk| chunk.len()).sum();
        state.read += left as u32;
        state.is_dropped = true;
        let is_told = state.is_told();
        drop(state);
        if is_told {
            self.shared.stream.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body_util::BodyExt;

    use super::super::ready::Ready;
    use super::*;

    fn body(length: Option<u64>) -> (BodySender, RequestBody, Arc<Ready>) {
        let ready = Arc::new(Ready::default());
        let (sender, body) = channel(length, &StreamWaker::new(1, &ready));
        (sender, body, ready)
    }

    #[test]
    fn what_was_sent_is_read_and_the_connection_is_told() {
        let (mut sender, mut body, ready) = body(Some(5));
        assert!(body.frame().now_or_never().is_none(), "nothing has come");
        sender.send(b"hel").expect("not too long");
        let frame = body.frame().now_or_never().flatten();
        let data = frame.expect("a frame").expect("no error").into_data();
        assert_eq!(data.expect("data"), "hel");
        let mut told = Vec::new();
        ready.append_to(&mut told);
        assert_eq!(
            (told, sender.take_read(), sender.take_read()),
            (vec![1], 3, 0)
        );
        sender.send(b"lo").expect("not too long");
        sender.finish().expect("complete");
        let rest = body.collect().now_or_never().expect("complete");
        assert_eq!(rest.expect("no error").to_bytes(), "lo");
    }

    #[test]
    fn a_wrong_length_is_noticed() {
        let (mut sender, _body, _ready) = body(Some(3));
        assert_eq!(sender.send(b"four"), Err(WrongLength));
        let (mut sender, reader, _ready) = body(Some(3));
        sender.send(b"tw").expect("not too long");
        assert_eq!(sender.finish(), Err(WrongLength));
        drop(sender);
        reader
            .collect()
            .now_or_never()
            .expect("ended")
            .expect_err("incomplete");
    }

    #[test]
    fn a_body_that_is_not_read_takes_no_memory() {
        let (mut sender, reader, ready) = body(None);
        sender.send(b"abc").expect("no length");
        drop(reader);
        let mut told = Vec::new();
        ready.append_to(&mut told);
        assert_eq!((told, sender.take_read()), (vec![1], 3));
        assert_eq!(sender.send(b"de"), Ok(2));
    }

    #[test]
    fn a_body_without_an_end_is_an_error() {
        let (sender, reader, _ready) = body(None);
        drop(sender);
        reader
            .collect()
            .now_or_never()
            .expect("ended")
            .expect_err("incomplete");
    }
}
