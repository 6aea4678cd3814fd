//! A listener: a socket, the state of its stream, and what it has received.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::{Duration, Instant},
};

use mio::net::TcpStream;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{
    protocol::Target,
    tally::{Received, Tally},
};
use crate::payload;

/// The maximum size of a head and a greeting in bytes.
const HEAD: usize = 16 * 1024;

/// Listeners that share a source address. Each address has 28,000 ports.
const LISTENERS_PER_ADDRESS: usize = 2_000;

/// The segment size in bytes, as on Ethernet. With the 64 KiB of loopback, the kernel would buffer megabytes for a
/// listener that does not read.
const SEGMENT: u32 = 1_460;

/// The receive buffers of a stalled listener, and of one that reads again, in bytes.
const SMALL_BUFFER: usize = 4 * 1024;
const NORMAL_BUFFER: usize = 128 * 1024;

/// A listener.
pub struct Listener {
    /// Its number, from 0.
    pub number: usize,
    socket: Option<TcpStream>,
    state: State,
    pub received: Received,
    /// Whether it does not read.
    stalled: bool,
    /// When it started to connect.
    pub began: Instant,
    /// Why its connection failed.
    pub why: String,
    /// Whether it was answered with something else than a stream. An EventSource does not come back then.
    pub is_refused: bool,
    /// How often it has come back by itself.
    pub returns: usize,
}

/// The state of the stream.
enum State {
    Closed,
    Connecting(Vec<u8>),
    /// The received part of the head and the greeting.
    Head(Vec<u8>),
    Open,
}

/// What a socket is ready for, besides reading.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ready {
    pub writable: bool,
    /// The server has closed its side.
    pub closed: bool,
}

/// The result of handling a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing changed for the others.
    Same,
    /// Its stream is open now.
    Opened,
    /// It failed before its stream was open.
    Failed,
    /// Its stream was open, and has ended.
    Ended,
}

impl Listener {
    /// A listener that is not connected, and expects messages to all after this number.
    pub fn new(number: usize, after: u64, cursors: bool) -> Self {
        Self {
            number,
            socket: None,
            state: State::Closed,
            received: Received::after(after, cursors),
            stalled: false,
            began: Instant::now(),
            why: String::new(),
            is_refused: false,
            returns: 0,
        }
    }

    /// Starts to connect, from a range of source addresses chosen by `visit`, because ports that were used a moment ago
    /// can't be used again.
    pub fn connect(&mut self, target: &Target, visit: usize) -> io::Result<&mut TcpStream> {
        let server = self.server(target)?;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_mss(SEGMENT)?;
        let range = (self.number / LISTENERS_PER_ADDRESS) as u8 + 1;
        let source = Ipv4Addr::new(127, 1, (visit % 250) as u8 + 1, range);
        socket.bind(&SocketAddr::V4(SocketAddrV4::new(source, 0)).into())?;
        match socket.connect(&server.into()) {
            Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {}
            result => result?,
        }
        self.began = Instant::now();
        self.state = State::Connecting(self.request(target, server));
        Ok(self
            .socket
            .insert(TcpStream::from_std(std::net::TcpStream::from(socket))))
    }

    /// The address of its server.
    fn server(&self, target: &Target) -> io::Result<SocketAddr> {
        let count = target.addresses.len().max(1);
        let address = target.addresses.get(self.number % count).copied();
        address.ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }

    fn request(&self, target: &Target, server: SocketAddr) -> Vec<u8> {
        let client = payload::client(self.number);
        let path = target.path.replace("{client}", &client);
        let path = path.replace("{number}", &self.number.to_string());
        let topic = self.number % target.topics.max(1);
        let path = path.replace("{topic}", &topic.to_string());
        let cursor = self
            .received
            .cursor
            .as_ref()
            .and_then(|cursor| cursor.last());
        let cursor = cursor.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        format!(
            "GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept: text/event-stream\r\n{cursor}\r\n"
        )
        .into_bytes()
    }

    /// Whether its stream is open.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// How long an EventSource would wait before it comes back. None if it would not.
    pub fn comes_back_after(&self) -> Option<Duration> {
        let cursor = self.received.cursor.as_ref();
        (!self.is_refused).then(|| cursor.map_or(Duration::ZERO, |cursor| cursor.retry()))
    }

    /// Whether it receives messages.
    pub fn is_reading(&self) -> bool {
        self.is_open() && !self.stalled
    }

    /// Whether it is neither connecting nor connected.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Closes the stream.
    pub fn close(&mut self) {
        self.socket = None;
        self.state = State::Closed;
        self.received.discard_partial();
    }

    /// Stops reading and shrinks the receive buffer, or reads again with the normal buffer.
    pub fn stall(&mut self, stalled: bool) -> io::Result<()> {
        self.stalled = stalled;
        let room = if stalled { SMALL_BUFFER } else { NORMAL_BUFFER };
        match &self.socket {
            Some(socket) => SockRef::from(socket).set_recv_buffer_size(room),
            None => Ok(()),
        }
    }

    /// Handles a socket that is ready.
    pub fn ready(
        &mut self,
        ready: Ready,
        target: &Target,
        buffer: &mut [u8],
        tally: &mut Tally,
    ) -> Outcome {
        if self.stalled {
            return Outcome::Same;
        }
        if let State::Connecting(_) = self.state {
            if !ready.writable {
                return Outcome::Same;
            }
            if let Err(error) = self.send() {
                return self.end(&error);
            }
        }
        let mut fate = Outcome::Same;
        loop {
            let Some(socket) = &mut self.socket else {
                return fate;
            };
            let read = match socket.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return fate,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                read => read,
            };
            let taken = read.and_then(|read| {
                fate = self.take(&buffer[..read], target, tally)?.max(fate);
                Ok(read)
            });
            match taken {
                // If the buffer was not filled, the socket is empty, and an event will announce the next byte. The end
                // was announced together with the last bytes.
                Ok(read) if read < buffer.len() && !ready.closed => return fate,
                Ok(_) => {}
                // It was opened just before, and is not counted yet.
                Err(error) if fate == Outcome::Opened => {
                    return self.end(&error).min(Outcome::Failed);
                }
                Err(error) => return self.end(&error),
            }
        }
    }

    fn send(&mut self) -> io::Result<()> {
        let (State::Connecting(request), Some(socket)) = (&self.state, &mut self.socket) else {
            return Ok(());
        };
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        // A new socket has space for a request.
        let written = socket.write(request)?;
        if written < request.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.state = State::Head(Vec::new());
        Ok(())
    }

    /// Processes bytes of the response, and returns whether the stream is open with them.
    fn take(&mut self, bytes: &[u8], target: &Target, tally: &mut Tally) -> io::Result<Outcome> {
        let State::Head(come) = &mut self.state else {
            self.received.take(bytes, payload::now(), tally);
            return Ok(Outcome::Same);
        };
        come.extend_from_slice(bytes);
        let body = body_of(come, target.greeting.as_deref());
        let Some(body) = body.inspect_err(|_| self.is_refused = true)? else {
            return match come.len() {
                0..HEAD => Ok(Outcome::Same),
                _ => Err(io::ErrorKind::InvalidData.into()),
            };
        };
        let body = come.split_off(body);
        self.state = State::Open;
        self.received.take(&body, payload::now(), tally);
        Ok(Outcome::Opened)
    }

    fn end(&mut self, error: &io::Error) -> Outcome {
        let fate = match self.state {
            State::Closed => Outcome::Same,
            State::Open => Outcome::Ended,
            State::Connecting(_) | State::Head(_) => Outcome::Failed,
        };
        self.why = error.to_string();
        self.close();
        fate
    }
}

/// `EINPROGRESS`, which the standard library does not name.
const IN_PROGRESS: i32 = 115;

/// Where the body starts, if head and greeting are complete.
fn body_of(come: &[u8], greeting: Option<&str>) -> io::Result<Option<usize>> {
    let Some(end) = memchr::memmem::find(come, b"\r\n\r\n") else {
        return Ok(None);
    };
    if !come.starts_with(b"HTTP/1.1 200") {
        let line = come.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        return Err(io::Error::other(format!("answered {line}")));
    }
    let body = end + 4;
    let greeted = greeting
        .is_none_or(|greeting| memchr::memmem::find(&come[body..], greeting.as_bytes()).is_some());
    Ok(greeted.then_some(body))
}
