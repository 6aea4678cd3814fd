//! A socket with TLS of a stream in a delivery thread.
//!
//! It encrypts into a buffer of the thread. Only what the socket does not take is kept with the stream: the rest of one
//! record at most.

use std::{
    cell::RefCell,
    io::{self, IoSlice, Read, Write},
    net::Shutdown,
};

use mio::net::TcpStream;

use super::record_layer::{
    ALERT, APPLICATION_DATA, CLOSE_NOTIFY, HEAD, MAX_CONTENT, RecordError, RecordLayer,
    USER_CANCELED, record_length,
};

thread_local! {
    /// Where records are encrypted. A publisher can write in place of a delivery thread, so it does not belong to one.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// See the module documentation.
///
/// After a write of which the socket did not take everything, the same bytes must be written again, as with OpenSSL:
/// they are encrypted already.
pub struct TlsSocket<S> {
    socket: S,
    layer: Box<RecordLayer>,
    /// What the socket has not taken of the last record.
    unsent: Vec<u8>,
    /// The number of bytes that were written in this record.
    in_unsent: usize,
    /// The beginning of a record of the peer.
    received: Vec<u8>,
    /// Whether the peer has closed its side.
    peer_closed: bool,
}

impl<S: Read + Write> TlsSocket<S> {
    /// Goes on with a connection whose handshake is over.
    pub fn new(socket: S, layer: Box<RecordLayer>) -> Self {
        Self {
            socket,
            layer,
            unsent: Vec::new(),
            in_unsent: 0,
            received: Vec::new(),
            peer_closed: false,
        }
    }

    /// The socket below.
    pub fn inner(&self) -> &S {
        &self.socket
    }

    /// The socket below.
    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Tells the peer that nothing more is sent. A peer that has closed would answer with a reset, as if it had not read
    /// everything.
    fn say_goodbye(&mut self) {
        if self.peer_closed || !self.unsent.is_empty() {
            return;
        }
        let mut record = [&[0; HEAD], &CLOSE_NOTIFY[..]].concat();
        if self.layer.seal(ALERT, &mut record).is_ok() {
            let _ = self.socket.write(&record);
        }
    }

    /// Writes the rest of the last record. Returns the number of bytes in it.
    fn write_unsent(&mut self) -> io::Result<usize> {
        while !self.unsent.is_empty() {
            match self.socket.write(&self.unsent) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => drop(self.unsent.drain(..taken)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.unsent = Vec::new();
        Ok(std::mem::take(&mut self.in_unsent))
    }

    fn write_pieces<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>) -> io::Result<usize> {
        if !self.unsent.is_empty() {
            return self.write_unsent();
        }
        RECORD.with_borrow_mut(|record| {
            record.clear();
            record.extend_from_slice(&[0; HEAD]);
            for piece in pieces {
                let room = HEAD + MAX_CONTENT - record.len();
                record.extend_from_slice(&piece[..room.min(piece.len())]);
            }
            let written = record.len() - HEAD;
            if written == 0 {
                return Ok(0);
            }
            let sealed = self.layer.seal(APPLICATION_DATA, record);
            sealed.map_err(io::Error::other)?;
            let taken = loop {
                match self.socket.write(record) {
                    Ok(taken) => break taken,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break 0,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            };
            if taken == record.len() {
                return Ok(written);
            }
            self.unsent = record[taken..].to_vec();
            self.in_unsent = written;
            Err(io::ErrorKind::WouldBlock.into())
        })
    }

    /// Looks at the records of the peer. Returns whether it said that it sends nothing more.
    fn receive(&mut self, bytes: &[u8]) -> Result<bool, RecordError> {
        self.received.extend_from_slice(bytes);
        let mut rest = self.received.as_mut_slice();
        let mut closed = false;
        while let Some(length) = record_length(rest)? {
            let (record, behind) = rest.split_at_mut(length);
            closed |= is_goodbye(self.layer.open(record)?)?;
            rest = behind;
        }
        let left = rest.len();
        let done = self.received.len() - left;
        match left {
            // Nearly always: nothing is kept.
            0 => self.received = Vec::new(),
            _ => drop(self.received.drain(..done)),
        }
        Ok(closed)
    }
}

/// Whether a record says that the peer sends nothing more. Application data is ignored. A peer that changes its keys
/// would need an answer under new keys: its stream ends, and it opens it again.
fn is_goodbye((content_type, content): (u8, &[u8])) -> Result<bool, RecordError> {
    match (content_type, content) {
        (APPLICATION_DATA, _) | (ALERT, [_, USER_CANCELED]) => Ok(false),
        (ALERT, [_, number]) if *number == CLOSE_NOTIFY[1] => Ok(true),
        _ => Err(RecordError::Invalid),
    }
}

impl TlsSocket<TcpStream> {
    /// Closes one direction or both.
    pub fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.say_goodbye();
        self.socket.shutdown(how)
    }
}

/// Reads bytes that are still encrypted, which says that the peer is there. 0: it has closed.
impl<S: Read + Write> Read for TlsSocket<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.socket.read(buffer)?;
        let said_goodbye = self.receive(&buffer[..read]).map_err(io::Error::other)?;
        self.peer_closed |= said_goodbye || read == 0;
        Ok(if said_goodbye { 0 } else { read })
    }
}

impl<S: Read + Write> Write for TlsSocket<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_pieces(std::iter::once(bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_pieces(pieces.iter().map(|piece| &**piece))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A socket that takes a limited number of bytes.
    #[derive(Default)]
    struct Socket {
        room: usize,
        written: Vec<u8>,
        to_read: VecDeque<u8>,
    }

    impl Read for Socket {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.to_read.is_empty() {
                true => Err(io::ErrorKind::WouldBlock.into()),
                false => self.to_read.read(buffer),
            }
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            self.written.extend_from_slice(&bytes[..taken]);
            match taken {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => Ok(taken),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn ends() -> (TlsSocket<Socket>, RecordLayer) {
        let [server, client] = RecordLayer::pair();
        let socket = TlsSocket::new(Socket::default(), Box::new(server));
        (socket, client)
    }

    /// What the client has received.
    fn received(socket: &TlsSocket<Socket>, client: &mut RecordLayer) -> Vec<u8> {
        let mut bytes = socket.socket.written.clone();
        let (mut all, mut rest) = (Vec::new(), bytes.as_mut_slice());
        while let Some(length) = record_length(rest).expect("records") {
            let (record, behind) = rest.split_at_mut(length);
            all.extend_from_slice(client.open(record).expect("opened").1);
            rest = behind;
        }
        assert!(rest.is_empty());
        all
    }

    #[test]
    fn what_a_full_socket_does_not_take_is_sent_when_the_write_is_repeated() {
        let (mut socket, mut client) = ends();
        let pieces: [&[u8]; 2] = [b"hello ", b"world"];
        let slices = pieces.map(IoSlice::new);
        for room in [0, 7, 0, 1] {
            socket.socket.room = room;
            let blocked = socket.write_vectored(&slices).expect_err("full");
            assert_eq!(blocked.kind(), io::ErrorKind::WouldBlock);
        }
        socket.socket.room = 1_000;
        assert_eq!(socket.write_vectored(&slices).expect("room"), 11);
        assert_eq!(socket.write(b"!").expect("room"), 1);
        assert_eq!(received(&socket, &mut client), b"hello world!");
        assert_eq!(socket.unsent.capacity(), 0, "nothing is kept");
    }

    #[test]
    fn a_long_write_is_several_records() {
        let (mut socket, mut client) = ends();
        socket.socket.room = usize::MAX;
        let text = vec![b'x'; 40_000];
        let mut rest = &text[..];
        while !rest.is_empty() {
            let taken = socket.write(rest).expect("room");
            assert!(taken <= MAX_CONTENT);
            rest = &rest[taken..];
        }
        assert_eq!(received(&socket, &mut client), text);
    }

    #[test]
    fn a_goodbye_is_the_end_and_data_is_ignored_however_it_arrives() {
        let (mut socket, mut client) = ends();
        let mut sent = Vec::new();
        for (content_type, content) in [(APPLICATION_DATA, &b"noise"[..]), (ALERT, &CLOSE_NOTIFY)] {
            let mut record = [&[0; HEAD], content].concat();
            client.seal(content_type, &mut record).expect("sealed");
            sent.extend(record);
        }
        let last = sent.len() - 1;
        let mut buffer = [0; 512];
        for (index, byte) in sent.into_iter().enumerate() {
            socket.socket.to_read.push_back(byte);
            let read = socket.read(&mut buffer).expect("read");
            assert_eq!(read, usize::from(index != last));
        }
        assert_eq!(socket.received.capacity(), 0, "nothing is kept");
        socket.socket.room = 1_000;
        socket.say_goodbye();
        assert!(
            socket.socket.written.is_empty(),
            "it would be answered by a reset"
        );
    }

    #[test]
    fn a_peer_that_does_not_speak_tls_is_an_error() {
        for noise in [
            &b"GET / HTTP/1.1\r\n"[..],
            &[23, 3, 3, 0, 0],
            &[23, 3, 3, 0, 1, 0],
        ] {
            let (mut socket, _) = ends();
            socket.socket.to_read.extend(noise);
            assert!(socket.read(&mut [0; 512]).is_err());
        }
    }
}
