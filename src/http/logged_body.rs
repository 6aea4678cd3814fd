//! The body of an answer, whose bytes are counted for the access log.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use crate::access_log::AccessEntry;

/// See the module documentation. The line of the request is written when the last holder of the entry is gone.
pub struct LoggedBody {
    body: Body,
    entry: Arc<AccessEntry>,
}

impl LoggedBody {
    /// Counts the bytes of this body.
    pub fn new(body: Body, entry: Arc<AccessEntry>) -> Self {
        Self { body, entry }
    }
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.entry.add_bytes(data.len() as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
