//! Heads of requests, which arrive in one frame or in several.

use std::sync::Arc;

use axum::{body::Body, http::Method, response::Response};
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    super::{
        error::{ConnectionError, ErrorCode},
        flow::{ReceiveWindow, SendWindow},
        frame::Frame,
        head::{self, HeadError, HeadReader},
        open_streams::{Ended, Place},
        partial_head::PartialHead,
        ready::StreamWaker,
        request_body::{self, RequestBody},
        stream::{ReceivedBody, Stream, Work},
    },
    Answerer, Connection, Phase, STREAM_WINDOW,
};
use crate::delivery::write_tracking::WriteTracker;

/// A new stream, of which the head is known.
struct Opening {
    id: u32,
    method: Method,
    /// The request is complete.
    is_received: bool,
    content_length: Option<u64>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, A: Answerer> Connection<S, A> {
    /// Handles a frame with a part of a head.
    pub(super) fn on_part_of_head(&mut self, frame: Frame<'_>) -> Result<(), ConnectionError> {
        match (self.head.take(), frame) {
            (
                None,
                Frame::Headers {
                    stream,
                    block,
                    ends_head,
                    ends,
                    depends_on,
                },
            ) => {
                let mut head = PartialHead::new(stream, ends, depends_on);
                if ends_head {
                    return self.on_head(&head, block);
                }
                head.add(block, self.options.max_head)?;
                self.head = Some(Box::new(head));
                Ok(())
            }
            (
                Some(mut head),
                Frame::Continuation {
                    stream,
                    block,
                    ends_head,
                },
            ) if head.id == stream => {
                head.add(block, self.options.max_head)?;
                if ends_head {
                    return self.on_head(&head, head.block());
                }
                self.head = Some(head);
                Ok(())
            }
            _ => Err(ConnectionError::protocol(
                "a head continues that did not begin",
            )),
        }
    }

    /// A head is complete. Every one is decoded, whatever becomes of it: later ones depend on it.
    fn on_head(&mut self, part: &PartialHead, block: &[u8]) -> Result<(), ConnectionError> {
        let id = part.id;
        if id.is_multiple_of(2) {
            return Err(ConnectionError::protocol("a client uses an even number"));
        }
        match self.streams.place(id) {
            Place::Idle => self.on_request(part, block),
            Place::Open => self.on_trailers(part, block),
            Place::Past(ended) => {
                self.decoder.decode(block, |_, _| Ok(()))?;
                match ended {
                    // The peer did not know it yet.
                    Some(Ended::Here) if part.ends => self.flood.on_idle_frame(self.now),
                    Some(Ended::Here) => self.stream_error(id, ErrorCode::Protocol),
                    Some(Ended::Known) => Err(ConnectionError {
                        code: ErrorCode::StreamClosed,
                        reason: "a head comes for a stream that has ended",
                    }),
                    None => Err(ConnectionError::protocol("a number comes out of order")),
                }
            }
        }
    }

    fn on_request(&mut self, part: &PartialHead, block: &[u8]) -> Result<(), ConnectionError> {
        let mut reader = HeadReader::new(self.options.max_head);
        (self.decoder).decode(block, |name, value| reader.take(name, value))?;
        let id = part.id;
        self.streams.use_number(id);
        if self.phase == Phase::Last {
            return Ok(());
        }
        if part.depends_on == Some(id) {
            return self.stream_error(id, ErrorCode::Protocol);
        }
        if self.streams.len() >= self.options.max_streams as usize {
            return self.stream_error(id, ErrorCode::RefusedStream);
        }
        let method = reader.method();
        let head = match reader.finish() {
            Ok(head) if part.ends && head.content_length.is_some_and(|length| length > 0) => {
                return self.stream_error(id, ErrorCode::Protocol);
            }
            Ok(head) => Some(head),
            Err(HeadError::Malformed) => return self.stream_error(id, ErrorCode::Protocol),
            Err(HeadError::TooLarge) => None,
        };
        let opening = Opening {
            id,
            method,
            is_received: part.ends,
            content_length: head.as_ref().and_then(|head| head.content_length),
        };
        match head {
            Some(head) => self.open(opening, |answerer, body, tracker| {
                let body = body.map_or_else(Body::empty, Body::new);
                answerer.answer(head.request.map(|()| body), Arc::clone(tracker))
            }),
            None => self.open(opening, |answerer, _, _| {
                Box::pin(std::future::ready(answerer.head_too_large()))
            }),
        }
        Ok(())
    }

    fn open(
        &mut self,
        opening: Opening,
        answer: impl FnOnce(&A, Option<RequestBody>, &Arc<WriteTracker>) -> BoxFuture<'static, Response>,
    ) {
        let Opening {
            id,
            method,
            is_received,
            content_length,
        } = opening;
        let waker = StreamWaker::new(id, &self.ready);
        let tracker = Arc::new(WriteTracker::of_http2_stream());
        let (sender, body) = match is_received {
            true => (None, None),
            false => {
                let (sender, body) = request_body::channel(content_length, &waker);
                (Some(sender), Some(body))
            }
        };
        let work = Work::Answering(answer(&self.answerer, body, &tracker));
        let received = |sender| ReceivedBody {
            sender,
            window: ReceiveWindow::new(STREAM_WINDOW),
            counted: 0,
        };
        if self.streams.is_empty() {
            self.look_at(self.now + self.options.heartbeat);
        }
        self.streams.push(Box::new(Stream {
            id,
            method,
            waker,
            tracker,
            work,
            rest: axum::body::Bytes::new(),
            is_last: false,
            is_queued: false,
            window: SendWindow::new(self.peer_window),
            body: sender.map(received).map(Box::new),
            is_received,
            waits_since: None,
        }));
        self.again.push(id);
    }

    /// Fields that follow the body of a request. They are checked, and nothing is done with them.
    fn on_trailers(&mut self, part: &PartialHead, block: &[u8]) -> Result<(), ConnectionError> {
        let mut are_valid = true;
        self.decoder.decode(block, |name, value| {
            are_valid &= head::field(name, value).is_some();
            Ok(())
        })?;
        let id = part.id;
        let is_received = self
            .streams
            .get(id)
            .is_some_and(|stream| stream.is_received);
        if is_received {
            return self.stream_error(id, ErrorCode::StreamClosed);
        }
        match are_valid && part.ends && part.depends_on != Some(id) {
            true => self.on_end(id),
            false => self.stream_error(id, ErrorCode::Protocol),
        }
    }
}
