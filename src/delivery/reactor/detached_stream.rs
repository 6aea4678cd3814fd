//! A stream whose socket was taken from hyper.

use std::net::TcpStream;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::record_layer::RecordLayer;
use crate::delivery::OpenedStream;

/// A stream on its way to a delivery thread.
pub struct DetachedStream {
    /// The stream.
    pub opened: OpenedStream,
    /// The socket that it is written to.
    pub socket: TcpStream,
    /// What encrypts, if the socket has TLS.
    pub layer: Option<Box<RecordLayer>>,
    /// The head of the HTTP response, which is written first.
    pub head: Bytes,
    /// A permit for connections in setup, released when a thread has the stream.
    pub permit: Option<OwnedSemaphorePermit>,
}
