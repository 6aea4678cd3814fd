//! The cursor of a listener: the `id:` of its last complete event, and the last `retry:`, as an EventSource stores them
//! (WHATWG HTML, section 9.2.6).

use std::time::Duration;

/// How long an EventSource waits before it reconnects, if no stream has said so: a few seconds (section 9.2.2).
const RETRY: Duration = Duration::from_secs(3);

/// Finds the ids and retry times in the lines of a stream.
#[derive(Debug, Default)]
pub struct Cursor {
    /// The incomplete line at the end.
    line: Vec<u8>,
    /// The id of the incomplete event.
    coming: Option<String>,
    /// The id of the last complete event.
    last: Option<String>,
    /// The last retry time in milliseconds.
    retry: Option<u64>,
}

impl Cursor {
    /// Processes more bytes. Lines of the chunk encoding are not fields of an event, and an additional empty line has
    /// no effect.
    pub fn take(&mut self, mut bytes: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
            if line.is_empty() {
                self.last = self.coming.take().or_else(|| self.last.take());
            } else if let Some(id) = line.strip_prefix(b"id:") {
                self.coming = Some(String::from_utf8_lossy(id).trim().to_owned());
            } else if let Some(retry) = line.strip_prefix(b"retry:") {
                self.retry = String::from_utf8_lossy(retry).trim().parse().ok();
            }
            self.line.clear();
        }
        self.line.extend_from_slice(bytes);
    }

    /// Drops the incomplete event.
    pub fn discard_partial(&mut self) {
        self.line.clear();
        self.coming = None;
    }

    /// The id of the last complete event.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// How long to wait before the next connection.
    pub fn retry(&self) -> Duration {
        self.retry.map_or(RETRY, Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complete_event_counts() {
        let stream =
            b"1a\r\nid: e-4\ndata: x\n\n\r\n1b\r\nid: e-7\ndata: y\n\n\r\nid: e-9\ndata: z\n";
        for cut in 0..stream.len() {
            let mut cursor = Cursor::default();
            cursor.take(&stream[..cut]);
            cursor.take(&stream[cut..]);
            assert_eq!(cursor.last(), Some("e-7"));
        }
    }

    #[test]
    fn the_last_retry_time_counts() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.retry(), RETRY);
        cursor.take(b"retry: 2500\nevent: welcome\ndata: {}\n\n");
        cursor.take(b"retry: 1200\nevent: reconnect\ndata: {}\n\n");
        assert_eq!(cursor.retry(), Duration::from_millis(1_200));
    }
}
