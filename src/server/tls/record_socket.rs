//! A TLS 1.3 connection after its handshake, without buffers: what a connection of HTTP/2 needs of it while it is open.
//!
//! A connection of rustls takes kilobytes while nothing happens. This one has the keys and the counters, and memory only
//! for what is not complete or was not taken. A peer that changes its keys loses its connection, and opens another one.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::delivery::reactor::record_layer::{
    ALERT, APPLICATION_DATA, CLOSE_NOTIFY, HEAD, MAX_CONTENT, MAX_ENCRYPTED, RecordError,
    RecordLayer, USER_CANCELED, record_length,
};

/// What is read at once, in bytes.
const READ: usize = HEAD + MAX_ENCRYPTED;

thread_local! {
    /// Where records are encrypted.
    static SENT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// Where encrypted records arrive. It always has the same length, so it is filled with zeros only once.
    static RECEIVED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// See the module documentation.
pub struct RecordSocket<S> {
    socket: S,
    layer: Box<RecordLayer>,
    /// The beginning of a record of the peer.
    encrypted: Vec<u8>,
    /// Bytes of the peer that were not read yet.
    unread: Vec<u8>,
    /// What the socket has not taken of a record.
    unsent: Vec<u8>,
    /// The peer sends nothing more.
    has_ended: bool,
    /// The peer was told that nothing more is sent.
    has_said_goodbye: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> RecordSocket<S> {
    /// Goes on with a connection of which `unread` was decrypted and not read.
    pub fn new(socket: S, layer: Box<RecordLayer>, unread: Vec<u8>) -> Self {
        Self {
            socket,
            layer,
            encrypted: Vec::new(),
            unread,
            unsent: Vec::new(),
            has_ended: false,
            has_said_goodbye: false,
        }
    }

    /// The socket below.
    pub fn inner(&self) -> &S {
        &self.socket
    }

    /// Gives what was decrypted. Returns whether there was something.
    fn give_unread(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let count = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread[..count]);
        self.unread.drain(..count);
        if self.unread.is_empty() {
            self.unread = Vec::new();
        }
        count > 0
    }

    /// Decrypts all complete records. What is not complete is kept.
    fn receive(&mut self, bytes: &mut [u8], buffer: &mut ReadBuf<'_>) -> Result<(), RecordError> {
        if self.encrypted.is_empty() {
            let left = self.open_all(bytes, buffer)?;
            self.encrypted = bytes[bytes.len() - left..].to_vec();
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.encrypted);
        all.extend_from_slice(bytes);
        let left = self.open_all(&mut all, buffer)?;
        all.drain(..all.len() - left);
        if left > 0 {
            self.encrypted = all;
        }
        Ok(())
    }

    /// Decrypts all complete records. Returns how many bytes are left.
    fn open_all(
        &mut self,
        mut rest: &mut [u8],
        buffer: &mut ReadBuf<'_>,
    ) -> Result<usize, RecordError> {
        while !self.has_ended
            && let Some(length) = record_length(rest)?
        {
            let (record, behind) = rest.split_at_mut(length);
            match self.layer.open(record)? {
                (APPLICATION_DATA, content) => {
                    let now = content.len().min(buffer.remaining());
                    buffer.put_slice(&content[..now]);
                    self.unread.extend_from_slice(&content[now..]);
                }
                (ALERT, [_, USER_CANCELED]) => {}
                (ALERT, [_, number]) if *number == CLOSE_NOTIFY[1] => self.has_ended = true,
                _ => return Err(RecordError::Invalid),
            }
            rest = behind;
        }
        Ok(rest.len())
    }

    /// Encrypts the first bytes of `content` and writes them. Returns how many they are.
    fn seal_and_write(
        &mut self,
        cx: &mut Context<'_>,
        content_type: u8,
        content: &[u8],
    ) -> io::Result<usize> {
        let count = content.len().min(MAX_CONTENT);
        let mut record = SENT.take();
        record.clear();
        record.extend_from_slice(&[0; HEAD]);
        record.extend_from_slice(&content[..count]);
        let sealed = self.layer.seal(content_type, &mut record);
        sealed.map_err(io::Error::other)?;
        let taken = match Pin::new(&mut self.socket).poll_write(cx, &record) {
            Poll::Ready(Ok(taken)) => taken,
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => 0,
        };
        self.unsent.extend_from_slice(&record[taken..]);
        SENT.set(record);
        Ok(count)
    }

    /// Writes what is left of a record.
    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_write(cx, &self.unsent))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                taken => drop(self.unsent.drain(..taken)),
            }
        }
        self.unsent = Vec::new();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for RecordSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        // Records may be empty, or say nothing.
        while !self.give_unread(buffer) && buffer.filled().len() == before && !self.has_ended {
            let mut memory = RECEIVED.take();
            memory.resize(READ, 0);
            let mut records = ReadBuf::new(&mut memory);
            let polled = Pin::new(&mut self.socket).poll_read(cx, &mut records);
            let count = records.filled().len();
            let outcome = polled.map(|read| match read {
                Ok(()) if count == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(()) => {
                    let received = self.receive(&mut memory[..count], buffer);
                    received.map_err(io::Error::other)
                }
                Err(error) => Err(error),
            });
            RECEIVED.set(memory);
            ready!(outcome)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for RecordSocket<S> {
    /// What was taken is encrypted, and the rest of its record is kept until it is written.
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_unsent(cx))?;
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        Poll::Ready(self.seal_and_write(cx, APPLICATION_DATA, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    /// Says that nothing more is sent.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        if !self.has_said_goodbye {
            self.has_said_goodbye = true;
            self.seal_and_write(cx, ALERT, &CLOSE_NOTIFY)?;
            ready!(self.poll_unsent(cx))?;
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    use super::*;

    fn ends(pipe: usize, unread: &[u8]) -> [RecordSocket<DuplexStream>; 2] {
        let (ours, theirs) = tokio::io::duplex(pipe);
        let [server, client] = RecordLayer::pair().map(Box::new);
        [
            RecordSocket::new(ours, server, unread.to_vec()),
            RecordSocket::new(theirs, client, Vec::new()),
        ]
    }

    #[tokio::test]
    async fn what_is_written_is_read_however_little_the_socket_takes() {
        for pipe in [1, 7, 100, 100_000] {
            let [mut server, mut client] = ends(pipe, b"");
            let text: Vec<u8> = (0..40_000_u32).flat_map(u32::to_le_bytes).collect();
            let expected = text.clone();
            let writing = tokio::spawn(async move {
                server.write_all(&text).await.expect("written");
                server.shutdown().await.expect("closed");
                server
            });
            let mut read = Vec::new();
            client.read_to_end(&mut read).await.expect("readable");
            assert!(read == expected, "{pipe}");
            let server = writing.await.expect("no panic");
            let kept = [&server.unsent, &client.encrypted, &client.unread];
            assert!(
                kept.iter().all(|kept| kept.capacity() == 0),
                "nothing is kept"
            );
        }
    }

    #[tokio::test]
    async fn what_was_decrypted_before_comes_first() {
        let [mut server, mut client] = ends(1_000, b"first, ");
        client.write_all(b"second").await.expect("written");
        let mut read = [0; 13];
        for piece in read.chunks_mut(3) {
            server.read_exact(piece).await.expect("readable");
        }
        assert_eq!(&read, b"first, second");
    }

    #[tokio::test]
    async fn an_end_without_a_goodbye_is_an_error() {
        let [mut server, client] = ends(1_000, b"");
        drop(client);
        let read = server.read(&mut [0; 10]).await;
        assert_eq!(
            read.expect_err("cut off").kind(),
            io::ErrorKind::UnexpectedEof
        );
    }

    #[tokio::test]
    async fn what_is_not_a_record_is_an_error() {
        let [mut server, mut client] = ends(1_000, b"");
        client
            .socket
            .write_all(b"GET / HTTP/1.1\r\n")
            .await
            .expect("written");
        server.read(&mut [0; 10]).await.expect_err("noise");
        let [mut server, mut client] = ends(1_000, b"");
        let [other, _] = RecordLayer::pair();
        *client.layer = other;
        client
            .write_all(b"with the wrong keys")
            .await
            .expect("written");
        server.read(&mut [0; 10]).await.expect_err("other keys");
    }
}
