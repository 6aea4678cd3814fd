//! Where a listener would go on after its stream broke off: the `id:` of its last whole event, as an
//! EventSource remembers it (WHATWG HTML, section 9.2.6).

/// Reads the lines of a stream for their ids.
#[derive(Debug, Default)]
pub struct Cursor {
    /// The part of a line that has come.
    line: Vec<u8>,
    /// The id of the event that is coming.
    coming: Option<String>,
    /// The id of the last whole event.
    last: Option<String>,
}

impl Cursor {
    /// Takes in more bytes. The lines that frame chunks are none of an event, and an empty one more than
    /// there is does no harm.
    pub fn take(&mut self, mut bytes: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
            if line.is_empty() {
                self.last = self.coming.take().or_else(|| self.last.take());
            } else if let Some(id) = line.strip_prefix(b"id:") {
                self.coming = Some(String::from_utf8_lossy(id).trim().to_owned());
            }
            self.line.clear();
        }
        self.line.extend_from_slice(bytes);
    }

    /// Forgets the event that did not come whole.
    pub fn broke_off(&mut self) {
        self.line.clear();
        self.coming = None;
    }

    /// The id of the last whole event.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_event_counts() {
        let stream =
            b"1a\r\nid: e-4\ndata: x\n\n\r\n1b\r\nid: e-7\ndata: y\n\n\r\nid: e-9\ndata: z\n";
        for cut in 0..stream.len() {
            let mut cursor = Cursor::default();
            cursor.take(&stream[..cut]);
            cursor.take(&stream[cut..]);
            assert_eq!(cursor.last(), Some("e-7"));
        }
    }
}
