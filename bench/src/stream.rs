//! Reads an event stream, and checks that each message arrives once and in order.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::io::AsyncWriteExt;

use crate::http::{self, Connection, Length};

/// The messages of a stream.
#[derive(Debug)]
pub struct Seen {
    /// The number of messages.
    pub messages: u64,
    /// The position of the last one.
    pub last: u64,
    /// Whether one was duplicated or out of order.
    disordered: bool,
    /// The incomplete line at the end.
    line: Vec<u8>,
}

impl Seen {
    /// Without messages, after this position.
    fn after(place: u64) -> Self {
        Self {
            messages: 0,
            last: place,
            disordered: false,
            line: Vec::new(),
        }
    }

    /// Processes bytes of the stream (WHATWG HTML, section 9.2.6). Without pings, only messages have an `id:`.
    fn take(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            if let Some(id) = self.line.strip_prefix(b"id:") {
                let id = std::str::from_utf8(id).unwrap_or_default();
                let seq = id.rsplit('-').next().and_then(|seq| seq.parse().ok());
                let seq: u64 = seq.unwrap_or_default();
                self.disordered |= seq <= self.last;
                self.last = seq;
                self.messages += 1;
            }
            self.line.clear();
        }
        self.line.extend_from_slice(bytes);
    }
}

/// Opens the stream at `path`, which starts after position `after`, and reads until the message at position `until`.
pub async fn read_until(address: SocketAddr, path: &str, after: u64, until: u64) -> Result<Seen> {
    let mut connection = Connection::open(address).await?;
    let request = http::get(path, address);
    connection.writer.write_all(request.as_bytes()).await?;
    let length = connection.reader.head().await?;
    ensure!(matches!(length, Length::Chunked), "a stream has no length");
    let mut seen = Seen::after(after);
    while seen.last < until {
        let more = connection
            .reader
            .chunk(&mut |piece: &[u8]| seen.take(piece))
            .await?;
        ensure!(more, "the stream ended at {} of {until}", seen.last);
    }
    ensure!(!seen.disordered, "a message came twice or out of order");
    Ok(seen)
}

/// A cursor for this position and the epoch of the log in this folder.
pub fn cursor(folder: &std::path::Path, seq: u64) -> Result<String> {
    let path = folder.join("tidings.sqlite3");
    let conn = rusqlite::Connection::open(path)?;
    let epoch = conn.query_row("SELECT epoch FROM log", [], |row| row.get::<_, String>(0));
    Ok(format!("{}-{seq}", epoch.context("the epoch of the log")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_however_the_bytes_are_split() {
        let stream =
            b"retry: 1\nevent: welcome\ndata: {}\n\nid: e-4\ndata: x\n\nid:e-7\ndata: y\n\n";
        for cut in 0..stream.len() {
            let mut seen = Seen::after(3);
            seen.take(&stream[..cut]);
            seen.take(&stream[cut..]);
            assert_eq!((seen.messages, seen.last, seen.disordered), (2, 7, false));
        }
    }

    #[test]
    fn a_duplicate_message_is_detected() {
        let mut seen = Seen::after(0);
        seen.take(b"id: e-4\ndata: x\n\nid: e-4\ndata: x\n\n");
        assert!(seen.disordered);
    }
}
