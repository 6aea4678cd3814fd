//! A minimal HTTP client. It shares the machine with the server, so its own cost must be small.

use std::{io, net::SocketAddr};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// A connection that is kept alive.
pub struct Connection {
    pub writer: OwnedWriteHalf,
    pub reader: Reader,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (read, writer) = socket.into_split();
        let reader = Reader {
            socket: read,
            buffer: Vec::with_capacity(64 * 1024),
            start: 0,
            is_last: false,
        };
        Ok(Self { writer, reader })
    }

    /// Whether another request can't be sent, because the server has closed the connection or is about to.
    pub fn is_over(&self) -> bool {
        let read = self.reader.socket.try_read(&mut [0]);
        self.reader.is_last || !read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends a complete request and passes the body of the response to `body` in parts. A status other than 200 is an
    /// error.
    pub async fn ask(&mut self, request: &[u8], body: impl FnMut(&[u8])) -> Result<()> {
        self.ask_for(request, 200, body).await
    }

    /// The same for a response with this status.
    pub async fn ask_for(
        &mut self,
        request: &[u8],
        status: u16,
        body: impl FnMut(&[u8]),
    ) -> Result<()> {
        self.writer.write_all(request).await?;
        let length = self.reader.head_with(status).await?;
        self.reader.body(length, body).await
    }
}

/// The head of a POST with a body of this length.
pub fn post(path: &str, address: SocketAddr, content_type: &str, length: usize) -> String {
    post_with("", path, address, content_type, length)
}

/// The same with more headers, each with its line end.
pub fn post_with(
    headers: &str,
    path: &str,
    address: SocketAddr,
    content_type: &str,
    length: usize,
) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-type: {content_type}\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// A GET request.
pub fn get(path: &str, address: SocketAddr) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n")
}

/// How the end of a body is found (RFC 9112, section 6).
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// After this many bytes.
    Known(usize),
    /// After the last chunk.
    Chunked,
}

/// Reads responses.
pub struct Reader {
    socket: OwnedReadHalf,
    buffer: Vec<u8>,
    /// The bytes of the buffer before this index have been processed.
    start: usize,
    /// Whether the last response said that the connection is closed after it.
    is_last: bool,
}

impl Reader {
    /// Reads the head of a response with status 200. Returns the length of its body.
    pub async fn head(&mut self) -> Result<Length> {
        self.head_with(200).await
    }

    async fn head_with(&mut self, status: u16) -> Result<Length> {
        let end = loop {
            match find(self.rest(), b"\r\n\r\n") {
                Some(end) => break end,
                None => self.more().await?,
            }
        };
        let head = String::from_utf8_lossy(&self.rest()[..end]).to_ascii_lowercase();
        self.start += end + 4;
        self.is_last = head.contains("\r\nconnection: close");
        if !head.starts_with(&format!("http/1.1 {status}")) {
            bail!("{head}\n{}", String::from_utf8_lossy(self.rest()));
        }
        // It has no body (RFC 9110, section 15.3.5).
        if status == 204 {
            return Ok(Length::Known(0));
        }
        if head.contains("\r\ntransfer-encoding: chunked") {
            return Ok(Length::Chunked);
        }
        let length = head.split("\r\ncontent-length: ").nth(1);
        let digits = length.and_then(|rest| rest.split("\r\n").next());
        let length = digits.context("an answer without a length")?.parse()?;
        Ok(Length::Known(length))
    }

    /// Reads a body to its end.
    pub async fn body(&mut self, length: Length, mut body: impl FnMut(&[u8])) -> Result<()> {
        match length {
            Length::Known(length) => self.exactly(length, &mut body).await,
            Length::Chunked => {
                while self.chunk(&mut body).await? {}
                Ok(())
            }
        }
    }

    /// Reads one chunk. False if it was the last, empty one.
    pub async fn chunk(&mut self, body: &mut impl FnMut(&[u8])) -> Result<bool> {
        let end = loop {
            match find(self.rest(), b"\r\n") {
                Some(end) => break end,
                None => self.more().await?,
            }
        };
        let size = std::str::from_utf8(&self.rest()[..end])?;
        let size = usize::from_str_radix(size, 16)?;
        self.start += end + 2;
        self.exactly(size, body).await?;
        self.exactly(2, &mut |_: &[u8]| {}).await?;
        Ok(size > 0)
    }

    async fn exactly(&mut self, mut left: usize, body: &mut impl FnMut(&[u8])) -> Result<()> {
        while left > 0 {
            let piece = self.rest();
            let piece = &piece[..piece.len().min(left)];
            if !piece.is_empty() {
                body(piece);
                left -= piece.len();
                self.start += piece.len();
            } else {
                self.more().await?;
            }
        }
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    async fn more(&mut self) -> Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.reserve(64 * 1024);
        let read = self.socket.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, io::Error::from(io::ErrorKind::UnexpectedEof));
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
