//! From hyper to the reactor: a request whose answer is a stream gives up its socket.

use std::sync::Arc;

use parking_lot::Mutex;

use super::OpenedStream;

/// An extension of a request whose socket can be taken from hyper: the handler puts the stream into it.
#[derive(Clone, Default)]
pub struct Handover(Arc<Mutex<Option<OpenedStream>>>);

impl Handover {
    /// Answers with this stream. The head of the response is that of the handler's answer.
    pub fn offer(&self, opened: OpenedStream) {
        *self.0.lock() = Some(opened);
    }

    /// The stream, if the handler answered with one.
    pub fn take(&self) -> Option<OpenedStream> {
        self.0.lock().take()
    }
}
