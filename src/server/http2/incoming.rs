//! The bytes that a peer sends, as frames (RFC 9113, sections 3.4 and 4.1).

use super::{
    error::ConnectionError,
    frame::{Frame, FrameHead, HEAD, MAX_CONTENT},
};

/// What a client sends first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// See the module documentation.
#[derive(Default)]
pub struct Incoming {
    /// The beginning of a frame whose end has not arrived.
    pub rest: Vec<u8>,
    began: Began,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Began {
    #[default]
    No,
    /// The preface was read. The first frame must have the settings of the peer.
    Preface,
    Settings,
}

impl Incoming {
    /// Takes the next frame from the beginning of `bytes`. None: it is not complete.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Frame<'a>>, ConnectionError> {
        if self.began == Began::No {
            let count = bytes.len().min(PREFACE.len());
            if bytes[..count] != PREFACE[..count] {
                return Err(ConnectionError::protocol("this is not HTTP/2"));
            }
            let Some(rest) = bytes.strip_prefix(PREFACE) else {
                return Ok(None);
            };
            *bytes = rest;
            self.began = Began::Preface;
        }
        let Some(head) = FrameHead::read(bytes) else {
            return Ok(None);
        };
        if head.length > MAX_CONTENT {
            return Err(ConnectionError::frame_size("a frame is too large"));
        }
        if self.began == Began::Preface && !head.is_settings() {
            return Err(ConnectionError::protocol("the settings do not come first"));
        }
        let all = *bytes;
        let Some((content, rest)) = all[HEAD..].split_at_checked(head.length) else {
            return Ok(None);
        };
        self.began = Began::Settings;
        *bytes = rest;
        Frame::read(head, content).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{error::ErrorCode, frame_writer};
    use super::*;

    /// The first bytes of a connection.
    fn beginning() -> Vec<u8> {
        let mut bytes = PREFACE.to_vec();
        frame_writer::settings(&[], &mut bytes);
        frame_writer::ping([5; 8], &mut bytes);
        bytes
    }

    fn frames(bytes: &[u8]) -> Result<usize, ErrorCode> {
        let (mut incoming, mut rest, mut count) = (Incoming::default(), bytes, 0);
        loop {
            match incoming.next(&mut rest) {
                Ok(Some(_)) => count += 1,
                Ok(None) => return Ok(count),
                Err(error) => return Err(error.code),
            }
        }
    }

    #[test]
    fn frames_come_after_the_preface() {
        let bytes = beginning();
        assert_eq!(frames(&bytes), Ok(2));
        for end in 0..PREFACE.len() + HEAD {
            assert_eq!(frames(&bytes[..end]), Ok(0), "{end}");
        }
        assert_eq!(frames(&bytes[..bytes.len() - 1]), Ok(1));
    }

    #[test]
    fn other_beginnings_are_refused() {
        assert_eq!(frames(b"PRI * HTTP/1"), Err(ErrorCode::Protocol));
        let mut bytes = PREFACE.to_vec();
        frame_writer::ping([5; 8], &mut bytes);
        assert_eq!(frames(&bytes), Err(ErrorCode::Protocol));
        let mut bytes = PREFACE.to_vec();
        frame_writer::settings_ack(&mut bytes);
        assert_eq!(frames(&bytes), Err(ErrorCode::Protocol));
    }

    #[test]
    fn a_frame_that_is_too_large_is_refused_before_it_has_arrived() {
        let mut bytes = beginning();
        bytes.extend_from_slice(&[0, 0x40, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(frames(&bytes), Err(ErrorCode::FrameSize));
    }
}
