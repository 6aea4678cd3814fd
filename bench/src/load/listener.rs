//! One listener: a socket, how far its opening has come, and what it has had.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Instant,
};

use mio::net::TcpStream;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{
    orders::Target,
    tally::{Had, Tally},
};
use crate::payload;

/// Bytes that a head (and a greeting) may have.
const HEAD: usize = 16 * 1024;

/// Listeners that share a source address: there are 28,000 ports for each.
const TO_AN_ADDRESS: usize = 2_000;

/// Bytes of a segment, as on Ethernet. With the 64 KiB of loopback the kernel would let a server write
/// megabytes to one that reads nothing.
const SEGMENT: u32 = 1_460;

/// Room to receive of one that stands still, and of one that did, in bytes.
const LITTLE: usize = 4 * 1024;
const USUAL: usize = 128 * 1024;

/// One listener.
pub struct Listener {
    number: usize,
    socket: Option<TcpStream>,
    state: State,
    pub had: Had,
    /// It does not read.
    stalled: bool,
    /// When it began to connect.
    pub began: Instant,
    /// Why it was ended from there.
    pub why: String,
}

/// How far the stream is.
enum State {
    Closed,
    Connecting(Vec<u8>),
    /// What has come of the head and the greeting.
    Head(Vec<u8>),
    Open,
}

/// What became of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Nothing that matters to others.
    Same,
    /// It is there now.
    Opened,
    /// It never was there.
    Failed,
    /// It was there, and its stream has ended.
    Ended,
}

impl Listener {
    /// One that is not connected, and will have what all get after this number.
    pub fn new(number: usize, after: u64, cursors: bool) -> Self {
        Self {
            number,
            socket: None,
            state: State::Closed,
            had: Had::after(after, cursors),
            stalled: false,
            began: Instant::now(),
            why: String::new(),
        }
    }

    /// Begins to connect, from a source address of its own range: `visit` tells the ranges apart, because
    /// ports that were used a moment ago can't be used again.
    pub fn connect(&mut self, target: &Target, visit: usize) -> io::Result<&mut TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_mss(SEGMENT)?;
        let range = (self.number / TO_AN_ADDRESS) as u8 + 1;
        let source = Ipv4Addr::new(127, 1, (visit % 250) as u8 + 1, range);
        socket.bind(&SocketAddr::V4(SocketAddrV4::new(source, 0)).into())?;
        match socket.connect(&target.address.into()) {
            Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {}
            result => result?,
        }
        self.began = Instant::now();
        self.state = State::Connecting(self.request(target));
        Ok(self
            .socket
            .insert(TcpStream::from_std(std::net::TcpStream::from(socket))))
    }

    fn request(&self, target: &Target) -> Vec<u8> {
        let client = payload::client(self.number);
        let path = target.path.replace("{client}", &client);
        let path = path.replace("{number}", &self.number.to_string());
        let cursor = self.had.cursor.as_ref().and_then(|cursor| cursor.last());
        let cursor = cursor.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n{cursor}\r\n",
            target.address
        )
        .into_bytes()
    }

    /// Whether there is a stream.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether it gets what comes.
    pub fn is_reading(&self) -> bool {
        self.is_open() && !self.stalled
    }

    /// Whether nothing is under way.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Closes the stream from here.
    pub fn close(&mut self) {
        self.socket = None;
        self.state = State::Closed;
        self.had.broke_off();
    }

    /// Reads no longer, and leaves little room for what comes; or reads again, with room as before.
    pub fn stall(&mut self, stalled: bool) -> io::Result<()> {
        self.stalled = stalled;
        let room = if stalled { LITTLE } else { USUAL };
        match &self.socket {
            Some(socket) => SockRef::from(socket).set_recv_buffer_size(room),
            None => Ok(()),
        }
    }

    /// Does what its socket is ready for.
    pub fn ready(
        &mut self,
        writable: bool,
        target: &Target,
        buffer: &mut [u8],
        tally: &mut Tally,
    ) -> Fate {
        if self.stalled {
            return Fate::Same;
        }
        if let State::Connecting(_) = self.state {
            if !writable {
                return Fate::Same;
            }
            if let Err(error) = self.send() {
                return self.end(&error);
            }
        }
        let mut fate = Fate::Same;
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
                // A buffer that was not filled has emptied the socket, and the next byte is an event.
                Ok(read) if read < buffer.len() => return fate,
                Ok(_) => {}
                // It had just come: nobody has counted it yet.
                Err(error) if fate == Fate::Opened => return self.end(&error).min(Fate::Failed),
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
        // A new socket has room for a request.
        let written = socket.write(request)?;
        if written < request.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.state = State::Head(Vec::new());
        Ok(())
    }

    /// Takes in bytes of the answer, and says whether with them it is there.
    fn take(&mut self, bytes: &[u8], target: &Target, tally: &mut Tally) -> io::Result<Fate> {
        let State::Head(come) = &mut self.state else {
            self.had.take(bytes, payload::now(), tally);
            return Ok(Fate::Same);
        };
        come.extend_from_slice(bytes);
        let Some(body) = body_of(come, target.greeting.as_deref())? else {
            return match come.len() {
                0..HEAD => Ok(Fate::Same),
                _ => Err(io::ErrorKind::InvalidData.into()),
            };
        };
        let body = come.split_off(body);
        self.state = State::Open;
        self.had.take(&body, payload::now(), tally);
        Ok(Fate::Opened)
    }

    fn end(&mut self, error: &io::Error) -> Fate {
        let fate = match self.state {
            State::Closed => Fate::Same,
            State::Open => Fate::Ended,
            State::Connecting(_) | State::Head(_) => Fate::Failed,
        };
        self.why = error.to_string();
        self.close();
        fate
    }
}

/// `EINPROGRESS`, which has no name in the standard library.
const IN_PROGRESS: i32 = 115;

/// Where the body begins, once the head and the greeting are there.
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
