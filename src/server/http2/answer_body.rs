//! The body of an answer, in pieces.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::activity::Exchange;
use crate::delivery::write_tracking::WriteTracker;

/// The most bytes that the connection is given at once. When it asks for more, the peer has taken something.
const PIECE: usize = 16 * 1024;

/// See the module documentation.
pub struct AnswerBody {
    body: Body,
    /// What was not given of the last bytes of the body.
    rest: Bytes,
    tracker: Arc<WriteTracker>,
    _exchange: Exchange,
}

impl AnswerBody {
    /// This body, which ends an exchange.
    pub fn new(body: Body, tracker: Arc<WriteTracker>, exchange: Exchange) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            tracker,
            _exchange: exchange,
        }
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            let piece = self.rest.split_to(self.rest.len().min(PIECE));
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        polled.map_ok(|frame| {
            frame.map_data(|mut data| {
                self.rest = data.split_off(data.len().min(PIECE));
                data
            })
        })
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let next = self.next(cx);
        self.tracker.on_piece(next.is_ready());
        next
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    /// Asked for before the first piece.
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::server::http2::activity::Activity;

    #[tokio::test]
    async fn large_bytes_are_given_in_pieces_and_whole() {
        let all: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let connection = Arc::new(WriteTracker::default());
        let tracker = Arc::new(WriteTracker::of_http2_stream(connection));
        let exchange = Arc::new(Activity::default()).begin();
        let mut body = AnswerBody::new(Body::from(all.clone()), Arc::clone(&tracker), exchange);
        assert_eq!(body.size_hint().exact(), Some(all.len() as u64));
        let (mut given, mut last) = (Vec::new(), None);
        while !body.is_end_stream() {
            let frame = body.frame().await.expect("more").expect("no error");
            let data = frame.into_data().expect("data");
            assert!((1..=PIECE).contains(&data.len()));
            given.extend_from_slice(&data);
            let waiting = tracker.waiting_piece();
            assert!(waiting > last, "each piece is noticed");
            last = waiting;
        }
        assert!(given == all);
    }
}
