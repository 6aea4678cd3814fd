//! Reads and writes of non-blocking sockets.

use std::io::{self, IoSlice};

use bytes::{Buf, Bytes};

/// What reading from a socket has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// Nothing.
    None,
    /// The peer closed its side.
    Closed,
    /// The socket is broken.
    Broken,
}

/// Writes buffers in order and removes what is written. False: the socket is full. `count` gets the number of bytes that
/// the socket took.
pub(super) fn write(
    socket: &mut impl io::Write,
    pieces: &mut Vec<Bytes>,
    mut count: impl FnMut(usize),
) -> io::Result<bool> {
    while let Some(first) = pieces.first() {
        let written = match pieces.len() {
            1 => socket.write(first),
            _ => {
                let slices: Vec<IoSlice<'_>> =
                    pieces.iter().map(|piece| IoSlice::new(piece)).collect();
                socket.write_vectored(&slices)
            }
        };
        match written {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(mut taken) => {
                count(taken);
                pieces.retain_mut(|piece| {
                    let of_this = taken.min(piece.len());
                    piece.advance(of_this);
                    taken -= of_this;
                    piece.has_remaining()
                });
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Reads all available bytes and discards them.
pub fn read_and_discard(socket: &mut impl io::Read) -> PeerEvent {
    let mut buffer = [0; 512];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => return PeerEvent::Closed,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return PeerEvent::None,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return PeerEvent::Broken,
        }
    }
}
