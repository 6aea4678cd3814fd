//! Publishers: a minimal HTTP client, because it shares the processors with the server.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use mio::{Events, Interest, Poll, Token};

/// The timeout for a response.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A connection that is kept alive if the server allows it. It waits for each response.
pub struct Publisher {
    address: SocketAddr,
    /// None if the server has closed it after its last response.
    socket: Option<std::net::TcpStream>,
    answer: Vec<u8>,
}

/// The number of answered pushes, and the time they took.
#[derive(Clone, Copy, Debug)]
pub struct Pushed {
    pub pushes: u64,
    pub seconds: f64,
}

impl Publisher {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self {
            address,
            socket: Some(connect(address)?),
            answer: Vec::new(),
        })
    }

    /// Sends a complete request, and reads its response. A status other than 2xx is an error.
    pub fn ask(&mut self, request: &[u8]) -> Result<()> {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => connect(self.address)?,
        };
        socket.write_all(request)?;
        self.answer.clear();
        let mut buffer = [0; 4_096];
        let end = loop {
            if let Some(end) = end_of(&self.answer)? {
                break end;
            }
            let read = socket.read(&mut buffer).context("no answer")?;
            ensure!(read > 0, "the connection was closed before the answer");
            self.answer.extend_from_slice(&buffer[..read]);
        };
        self.socket = (end == End::KeptAlive).then_some(socket);
        Ok(())
    }
}

fn connect(address: SocketAddr) -> Result<std::net::TcpStream> {
    let socket = std::net::TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    Ok(socket)
}

/// Runs several publishers in closed loops on this thread. `next` writes the next request of a publisher, or none if it
/// is finished.
pub fn closed_loop(
    address: SocketAddr,
    publishers: usize,
    mut next: impl FnMut(usize, &mut Vec<u8>),
) -> Result<Pushed> {
    let mut poll = Poll::new()?;
    let registry = poll.registry().try_clone()?;
    let line = |publisher: usize| -> Result<mio::net::TcpStream> {
        let socket = connect(address)?;
        socket.set_nonblocking(true)?;
        let mut socket = mio::net::TcpStream::from_std(socket);
        registry.register(&mut socket, Token(publisher), Interest::READABLE)?;
        Ok(socket)
    };
    let mut lines = Vec::new();
    for publisher in 0..publishers {
        lines.push((line(publisher)?, Vec::new()));
    }
    let mut request = Vec::new();
    // Returns the number of sent requests: one or none.
    let mut send = |publisher: usize, socket: &mut mio::net::TcpStream| -> Result<u64> {
        request.clear();
        next(publisher, &mut request);
        if request.is_empty() {
            return Ok(0);
        }
        // A socket whose last request was answered has space for another one.
        let written = socket.write(&request)?;
        ensure!(written == request.len(), "a push did not go out whole");
        Ok(1)
    };
    let began = Instant::now();
    let (mut pushes, mut waiting) = (0, 0);
    for (publisher, (socket, _)) in lines.iter_mut().enumerate() {
        waiting += send(publisher, socket)?;
    }
    let mut events = Events::with_capacity(1_024);
    let mut buffer = [0; 4_096];
    while waiting > 0 {
        poll.poll(&mut events, Some(TIMEOUT))?;
        ensure!(!events.is_empty(), "no answer");
        for event in &events {
            let publisher = event.token().0;
            let (socket, answer) = &mut lines[publisher];
            match socket.read(&mut buffer) {
                Ok(0) => bail!("the connection was closed before the answer"),
                Ok(read) => answer.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            let Some(end) = end_of(answer)? else {
                continue;
            };
            if end == End::Closed {
                *socket = line(publisher)?;
            }
            answer.clear();
            pushes += 1;
            waiting = waiting - 1 + send(publisher, socket)?;
        }
    }
    Ok(Pushed {
        pushes,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// What happens to a connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    KeptAlive,
    Closed,
}

/// How a response ends, if it is complete. A status other than 2xx is an error.
fn end_of(answer: &[u8]) -> Result<Option<End>> {
    let Some(head) = memchr::memmem::find(answer, b"\r\n\r\n") else {
        return Ok(None);
    };
    let body = &answer[head + 4..];
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let status = text.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        bail!(
            "a push was answered {status}: {}",
            String::from_utf8_lossy(body)
        );
    }
    let is_whole = if text.contains("\r\ntransfer-encoding: chunked") {
        body.ends_with(b"0\r\n\r\n")
    } else {
        let length = text.split("\r\ncontent-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let length: usize = length.context("an answer without a length")?;
        body.len() >= length
    };
    let end = match text.contains("\r\nconnection: close") {
        true => End::Closed,
        false => End::KeptAlive,
    };
    Ok(is_whole.then_some(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_with_its_body() -> Result<()> {
        let kept = Some(End::KeptAlive);
        assert_eq!(
            end_of(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")?,
            None
        );
        assert_eq!(
            end_of(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?,
            kept
        );
        let chunked = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n";
        assert_eq!(end_of(chunked)?, None);
        assert_eq!(end_of(&[&chunked[..], b"0\r\n\r\n"].concat())?, kept);
        let closed = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(end_of(closed)?, Some(End::Closed));
        assert!(end_of(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").is_err());
        Ok(())
    }
}
