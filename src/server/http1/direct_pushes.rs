//! The pushes with which a connection begins. Most back ends keep a connection and send nothing but pushes through it. Each
//! is read, answered and written here: hyper would add about a quarter to what a push costs. The first request that is not a push
//! of the simplest form is left to hyper, with all that come after it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Bytes, extract::Request, response::Response};
use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    sync::watch,
    time::{Instant, Sleep},
};

use super::whole_push::{Recognised, recognise};
use crate::server::{
    head_timer::IDLE, requests::Requests, response::append_response, scratch,
    setup_permits::SetupPermit, socket::ServerSocket,
};

/// How long a push may take to arrive after its first bytes. Many clients send its body in a segment of its own.
const ARRIVAL: Duration = Duration::from_millis(50);

/// What follows the pushes.
pub enum Then {
    /// A request that begins with these bytes.
    Other(Bytes),
    /// The end of the connection.
    End {
        /// Whether the peer has closed it.
        by_peer: bool,
    },
}

/// What pushes are answered with.
pub struct DirectPushes<'c> {
    /// Answers them.
    pub requests: &'c Requests,
    /// The maximum size of a head, in bytes.
    pub max_head: usize,
    /// Given back with the first answer, or when it takes too long.
    pub permit: &'c SetupPermit,
}

impl DirectPushes<'_> {
    /// Answers pushes until another request comes, the peer closes the connection, or the server stops.
    pub async fn answer_all(
        &self,
        stopped: &mut watch::Receiver<()>,
        mut max_setup: Pin<&mut Sleep>,
        socket: &mut ServerSocket,
    ) -> Then {
        let mut idle = std::pin::pin!(tokio::time::sleep(IDLE));
        loop {
            let bytes = tokio::select! {
                biased;
                read = read(socket) => match read {
                    Ok(bytes) => bytes,
                    Err(_) => return Then::End { by_peer: false },
                },
                _ = stopped.changed() => return Then::End { by_peer: false },
                () = &mut idle => return Then::End { by_peer: false },
                () = &mut max_setup, if !max_setup.is_elapsed() => {
                    self.give_permit_back();
                    continue;
                }
            };
            if bytes.is_empty() {
                return Then::End { by_peer: true };
            }
            let request = match self.rest_of_push(bytes, socket).await {
                Ok(request) => request,
                Err(bytes) => return Then::Other(bytes),
            };
            let response = self.answer(*request, max_setup.as_mut()).await;
            let is_last = stopped.has_changed().unwrap_or(true);
            let written = write(socket, response, is_last).await;
            if is_last || written.is_err() {
                return Then::End { by_peer: false };
            }
            idle.as_mut().reset(Instant::now() + IDLE);
        }
    }

    /// The push that begins with these bytes, when all of it has arrived. If it is something else, or takes too long, the bytes
    /// that have arrived.
    async fn rest_of_push(
        &self,
        mut bytes: Bytes,
        socket: &mut ServerSocket,
    ) -> Result<Box<Request>, Bytes> {
        let mut deadline = None;
        loop {
            match recognise(&bytes, self.max_head) {
                Recognised::Push(request) => return Ok(request),
                Recognised::Other => return Err(bytes),
                Recognised::Incomplete => {}
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + ARRIVAL);
            match tokio::time::timeout_at(deadline, read(socket)).await {
                Ok(Ok(more)) if !more.is_empty() => bytes = [bytes, more].concat().into(),
                _ => return Err(bytes),
            }
        }
    }

    /// The answer to a push. The permit is given back when it is known.
    async fn answer(&self, request: Request, mut max_setup: Pin<&mut Sleep>) -> Response {
        // Boxed, so that other connections do not take the memory for it.
        let mut answer = Box::pin(self.requests.answer(self.requests.prepare(request)));
        let response = loop {
            tokio::select! {
                biased;
                response = &mut answer => break response,
                () = &mut max_setup, if !max_setup.is_elapsed() => self.give_permit_back(),
            }
        };
        self.give_permit_back();
        response
    }

    fn give_permit_back(&self) {
        drop(self.permit.lock().take());
    }
}

/// What the peer sends next. Nothing: it has closed the connection.
fn read(socket: &mut ServerSocket) -> impl Future<Output = io::Result<Bytes>> {
    std::future::poll_fn(|cx| poll_read(socket, cx))
}

async fn write(socket: &mut ServerSocket, response: Response, is_last: bool) -> io::Result<()> {
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let body = body.map_err(io::Error::other)?;
    let mut memory = scratch::take_to_write();
    append_response(&mut memory, &head, &body, is_last);
    let written = socket.write_all(&memory).await;
    scratch::give_back_written(memory);
    written?;
    socket.flush().await
}

fn poll_read(socket: &mut ServerSocket, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    let mut memory = scratch::take_to_read();
    let mut buffer = ReadBuf::new(&mut memory);
    let polled = Pin::new(socket).poll_read(cx, &mut buffer);
    let bytes = Bytes::copy_from_slice(buffer.filled());
    scratch::give_back_read(memory);
    ready!(polled)?;
    Poll::Ready(Ok(bytes))
}
