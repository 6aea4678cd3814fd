//! The floor: a server that does only what the kernel requires of every server. One thread, one epoll set, and for each
//! event one `write` of a frame that was encoded once.
//!
//! `GET /sse/7` is answered with a head, and the socket becomes number seven. `POST /push` writes its body to all of
//! them as the data of an event, and `POST /push/7` to number seven. `GET /grip/ID` answers Pushpin, as the server
//! behind it, that the stream has the channel of all and the channel ID.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use slab::Slab;
use socket2::{Domain, Socket, Type};

/// The argument that selects this subcommand.
pub const SUBCOMMAND: &str = "floor";

const LISTENER: Token = Token(usize::MAX);
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const GRIP: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nGrip-Hold: stream\r\n";
const DONE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// The server.
struct Floor {
    poll: Poll,
    listener: TcpListener,
    peers: Slab<Peer>,
    /// The index in `peers` of each listener, by number.
    listening: Vec<Option<u32>>,
    buffer: Vec<u8>,
}

/// A socket.
struct Peer {
    socket: TcpStream,
    state: State,
}

enum State {
    /// The part of its request that was received.
    Asking(Vec<u8>),
    /// Streaming, with this number.
    Listening(usize),
}

/// Runs the floor until its input ends.
pub fn run() -> Result<()> {
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    // The maximum backlog that the kernel allows.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(65_535)?;
    socket.set_nonblocking(true)?;
    let mut floor = Floor {
        poll: Poll::new()?,
        listener: TcpListener::from_std(std::net::TcpListener::from(socket)),
        peers: Slab::new(),
        listening: Vec::new(),
        buffer: vec![0; 64 * 1024],
    };
    println!("{}", floor.listener.local_addr()?);
    let registry = floor.poll.registry();
    registry.register(&mut floor.listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(4_096);
    loop {
        match floor.poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            match event.token() {
                LISTENER => floor.accept()?,
                Token(place) => floor.read(place)?,
            }
        }
    }
}

impl Floor {
    fn accept(&mut self) -> Result<()> {
        loop {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("accept"),
            };
            socket.set_nodelay(true)?;
            let entry = self.peers.vacant_entry();
            let registry = self.poll.registry();
            registry.register(&mut socket, Token(entry.key()), Interest::READABLE)?;
            let state = State::Asking(Vec::new());
            entry.insert(Peer { socket, state });
        }
    }

    fn read(&mut self, place: usize) -> Result<()> {
        while let Some(peer) = self.peers.get_mut(place) {
            match peer.socket.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) | Ok(0) => {
                    self.leave(place);
                    return Ok(());
                }
                Ok(read) => {
                    if let State::Asking(request) = &mut peer.state {
                        request.extend_from_slice(&self.buffer[..read]);
                        self.answer(place)?;
                    }
                    if read < self.buffer.len() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn leave(&mut self, place: usize) {
        if let State::Listening(number) = self.peers.remove(place).state {
            self.listening[number] = None;
        }
    }

    fn answer(&mut self, place: usize) -> Result<()> {
        let peer = &mut self.peers[place];
        let State::Asking(request) = &mut peer.state else {
            return Ok(());
        };
        let Some(head) = memchr::memmem::find(request, b"\r\n\r\n") else {
            return Ok(());
        };
        let text = std::str::from_utf8(&request[..head])?;
        let path = text.split(' ').nth(1).unwrap_or_default();
        if let Some(number) = path.strip_prefix("/sse/") {
            let number: usize = number.parse()?;
            peer.state = State::Listening(number);
            // A new socket has space for a head.
            let _ = peer.socket.write(HEAD);
            self.listening
                .resize(self.listening.len().max(number + 1), None);
            self.listening[number] = Some(place as u32);
            return Ok(());
        }
        if let Some(own) = path.strip_prefix("/grip/") {
            let answer = format!("{GRIP}Grip-Channel: all, {own}\r\nContent-Length: 0\r\n\r\n");
            request.clear();
            let _ = peer.socket.write(answer.as_bytes());
            return Ok(());
        }
        let length = text.split("content-length: ").nth(1);
        let length: usize = length
            .and_then(|rest| rest.split("\r\n").next()?.parse().ok())
            .context("a push without a length")?;
        if request.len() < head + 4 + length {
            return Ok(());
        }
        let whom = path.strip_prefix("/push/").map(str::parse).transpose()?;
        let frame = [b"data: ", &request[head + 4..][..length], b"\n\n"].concat();
        request.clear();
        self.push(whom, &frame);
        if let Some(pusher) = self.peers.get_mut(place) {
            let _ = pusher.socket.write(DONE);
        }
        Ok(())
    }

    /// Writes a frame to one listener or to all. A listener without buffer space is dropped, because the floor queues
    /// nothing.
    fn push(&mut self, whom: Option<usize>, frame: &[u8]) {
        let places = match whom {
            Some(number) => self.listening.get(number..=number).unwrap_or_default(),
            None => &self.listening,
        };
        let mut full = Vec::new();
        for place in places.iter().flatten() {
            let place = *place as usize;
            let socket = &mut self.peers[place].socket;
            if !matches!(socket.write(frame), Ok(written) if written == frame.len()) {
                full.push(place);
            }
        }
        full.into_iter().for_each(|place| self.leave(place));
    }
}
