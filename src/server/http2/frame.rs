//! Frames as they arrive (RFC 9113, sections 4.1 and 6).

use super::error::ConnectionError;

/// The length of the head of a frame.
pub const HEAD: usize = 9;

/// The largest content of a frame, in bytes: what is allowed if nothing else was agreed, and it never is.
pub const MAX_CONTENT: usize = 1 << 14;

/// The types of frames (RFC 9113, section 6).
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags of frames. Their meaning depends on the type.
pub mod flag {
    pub const ACK: u8 = 0x1;
    pub const END_STREAM: u8 = 0x1;
    pub const END_HEADERS: u8 = 0x4;
    pub const PADDED: u8 = 0x8;
    pub const PRIORITY: u8 = 0x20;
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// The length of the content.
    pub length: usize,
    kind: u8,
    flags: u8,
    /// 0: the connection.
    stream: u32,
}

impl FrameHead {
    /// Reads a head. None: it has not arrived completely.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head: [u8; HEAD] = *bytes.first_chunk()?;
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = head;
        Some(Self {
            length: u32::from_be_bytes([0, l0, l1, l2]) as usize,
            kind,
            flags,
            stream: number([s0, s1, s2, s3]),
        })
    }

    /// Whether this frame changes the settings.
    pub fn is_settings(self) -> bool {
        self.kind == kind::SETTINGS && !self.has(flag::ACK)
    }

    fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The content of a frame of fixed length.
    fn fixed<const N: usize>(self, content: &[u8]) -> Result<[u8; N], ConnectionError> {
        let wrong = ConnectionError::frame_size("a frame has the wrong length");
        content.try_into().map_err(|_| wrong)
    }

    /// Refuses a frame that must belong to a stream, or must not.
    fn on_stream(self, must: bool) -> Result<(), ConnectionError> {
        match (self.stream != 0) == must {
            true => Ok(()),
            false => Err(ConnectionError::protocol("a frame is on a wrong stream")),
        }
    }

    /// Removes padding (RFC 9113, section 6.1).
    fn unpadded(self, content: &[u8]) -> Result<&[u8], ConnectionError> {
        if !self.has(flag::PADDED) {
            return Ok(content);
        }
        let wrong = ConnectionError::protocol("the padding of a frame is longer than the frame");
        let Some((length, rest)) = content.split_first() else {
            return Err(ConnectionError::frame_size("a frame has the wrong length"));
        };
        let end = rest.len().checked_sub(usize::from(*length)).ok_or(wrong)?;
        Ok(&rest[..end])
    }
}

/// A number of 31 bits.
fn number(bytes: [u8; 4]) -> u32 {
    u32::from_be_bytes(bytes) & (u32::MAX >> 1)
}

/// A frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Bytes of a request.
    Data {
        stream: u32,
        data: &'a [u8],
        /// What it counts for the windows: the bytes and their padding.
        counted: usize,
        ends: bool,
    },
    /// The first part of the head of a request, or of what follows its body.
    Headers {
        stream: u32,
        block: &'a [u8],
        ends_head: bool,
        ends: bool,
        /// The stream that this one should come after.
        depends_on: Option<u32>,
    },
    /// Another part of a head.
    Continuation {
        stream: u32,
        block: &'a [u8],
        ends_head: bool,
    },
    /// Says something about priorities, which are not followed.
    Priority { stream: u32, depends_on: u32 },
    /// A frame about this stream has a length that it can't have. Only the stream ends.
    WrongLength { stream: u32 },
    /// The peer does not need this stream any more.
    Reset { stream: u32 },
    /// What the peer asks for.
    Settings(&'a [u8]),
    /// The peer knows the settings of the server.
    SettingsAck,
    /// To be answered with the same bytes.
    Ping([u8; 8]),
    /// The answer to a ping.
    Pong([u8; 8]),
    /// The peer opens no more streams.
    GoAway,
    /// The peer takes more bytes.
    WindowUpdate { stream: u32, increment: u32 },
    /// A frame of a type that is not known.
    Unknown,
}

impl<'a> Frame<'a> {
    /// Reads a frame with this content.
    pub fn read(head: FrameHead, content: &'a [u8]) -> Result<Self, ConnectionError> {
        let stream = head.stream;
        match head.kind {
            kind::DATA => {
                head.on_stream(true)?;
                Ok(Self::Data {
                    stream,
                    data: head.unpadded(content)?,
                    counted: content.len(),
                    ends: head.has(flag::END_STREAM),
                })
            }
            kind::HEADERS => headers(head, content),
            kind::CONTINUATION => {
                head.on_stream(true)?;
                Ok(Self::Continuation {
                    stream,
                    block: content,
                    ends_head: head.has(flag::END_HEADERS),
                })
            }
            kind::PRIORITY => {
                head.on_stream(true)?;
                Ok(match content.first_chunk() {
                    Some(depends_on) if content.len() == PRIORITY => Self::Priority {
                        stream,
                        depends_on: number(*depends_on),
                    },
                    _ => Self::WrongLength { stream },
                })
            }
            kind::RST_STREAM => {
                head.on_stream(true)?;
                head.fixed::<4>(content).map(|_| Self::Reset { stream })
            }
            kind::SETTINGS => settings(head, content),
            kind::PUSH_PROMISE => Err(ConnectionError::protocol("a client pushes")),
            kind::PING => {
                head.on_stream(false)?;
                let content = head.fixed(content)?;
                Ok(match head.has(flag::ACK) {
                    true => Self::Pong(content),
                    false => Self::Ping(content),
                })
            }
            kind::GOAWAY => {
                head.on_stream(false)?;
                match content.len() >= 8 {
                    true => Ok(Self::GoAway),
                    false => Err(ConnectionError::frame_size("a frame has the wrong length")),
                }
            }
            kind::WINDOW_UPDATE => Ok(Self::WindowUpdate {
                stream,
                increment: number(head.fixed(content)?),
            }),
            _ => Ok(Self::Unknown),
        }
    }
}

/// The length of what is said about a priority.
const PRIORITY: usize = 5;

fn headers(head: FrameHead, content: &[u8]) -> Result<Frame<'_>, ConnectionError> {
    head.on_stream(true)?;
    let mut block = head.unpadded(content)?;
    let mut depends_on = None;
    if head.has(flag::PRIORITY) {
        let wrong = ConnectionError::frame_size("a frame has the wrong length");
        let (priority, rest) = block.split_at_checked(PRIORITY).ok_or(wrong)?;
        depends_on = priority.first_chunk().map(|bytes| number(*bytes));
        block = rest;
    }
    Ok(Frame::Headers {
        stream: head.stream,
        block,
        ends_head: head.has(flag::END_HEADERS),
        ends: head.has(flag::END_STREAM),
        depends_on,
    })
}

fn settings(head: FrameHead, content: &[u8]) -> Result<Frame<'_>, ConnectionError> {
    head.on_stream(false)?;
    let wrong = ConnectionError::frame_size("settings have the wrong length");
    match (head.has(flag::ACK), content.len()) {
        (true, 0) => Ok(Frame::SettingsAck),
        (false, length) if length.is_multiple_of(6) => Ok(Frame::Settings(content)),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ErrorCode;
    use super::*;

    fn read(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Result<Frame<'_>, ErrorCode> {
        let head = FrameHead {
            length: content.len(),
            kind,
            flags,
            stream,
        };
        Frame::read(head, content).map_err(|error| error.code)
    }

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let bytes = [0, 1, 2, kind::DATA, flag::END_STREAM, 0x80, 0, 0, 5, 9];
        let head = FrameHead::read(&bytes).expect("complete");
        let expected = FrameHead {
            length: 258,
            kind: kind::DATA,
            flags: flag::END_STREAM,
            stream: 5,
        };
        assert_eq!(head, expected, "the reserved bit is ignored");
        assert_eq!(FrameHead::read(&bytes[..8]), None);
    }

    #[test]
    fn padding_is_removed_and_counted() {
        let content = [2, b'a', b'b', 0, 0];
        let frame = read(kind::DATA, flag::PADDED, 1, &content).expect("valid");
        let expected = Frame::Data {
            stream: 1,
            data: b"ab",
            counted: 5,
            ends: false,
        };
        assert_eq!(frame, expected);
        let too_long = read(kind::DATA, flag::PADDED, 1, &[5, 0, 0, 0, 0]);
        assert_eq!(too_long, Err(ErrorCode::Protocol));
        assert_eq!(
            read(kind::DATA, flag::PADDED, 1, &[]),
            Err(ErrorCode::FrameSize)
        );
        let all = flag::PADDED | flag::PRIORITY | flag::END_HEADERS;
        let frame = read(kind::HEADERS, all, 3, &[1, 0x80, 0, 0, 3, 16, b'x', 0]);
        let expected = Frame::Headers {
            stream: 3,
            block: b"x",
            ends_head: true,
            ends: false,
            depends_on: Some(3),
        };
        assert_eq!(frame, Ok(expected));
    }

    #[test]
    fn wrong_lengths_and_streams_are_refused() {
        for (kind, flags, stream, length, code) in [
            (kind::DATA, 0, 0, 1, ErrorCode::Protocol),
            (kind::HEADERS, 0, 0, 1, ErrorCode::Protocol),
            (kind::HEADERS, flag::PRIORITY, 1, 4, ErrorCode::FrameSize),
            (kind::PRIORITY, 0, 0, 5, ErrorCode::Protocol),
            (kind::RST_STREAM, 0, 1, 3, ErrorCode::FrameSize),
            (kind::RST_STREAM, 0, 0, 4, ErrorCode::Protocol),
            (kind::SETTINGS, 0, 1, 0, ErrorCode::Protocol),
            (kind::SETTINGS, 0, 0, 5, ErrorCode::FrameSize),
            (kind::SETTINGS, flag::ACK, 0, 6, ErrorCode::FrameSize),
            (kind::PUSH_PROMISE, 0, 1, 8, ErrorCode::Protocol),
            (kind::PING, 0, 1, 8, ErrorCode::Protocol),
            (kind::PING, 0, 0, 7, ErrorCode::FrameSize),
            (kind::GOAWAY, 0, 1, 8, ErrorCode::Protocol),
            (kind::GOAWAY, 0, 0, 7, ErrorCode::FrameSize),
            (kind::WINDOW_UPDATE, 0, 1, 3, ErrorCode::FrameSize),
            (kind::CONTINUATION, 0, 0, 1, ErrorCode::Protocol),
        ] {
            let content = vec![0; length];
            assert_eq!(
                read(kind, flags, stream, &content),
                Err(code),
                "{kind} {length}"
            );
        }
        let short = read(kind::PRIORITY, 0, 1, &[0; 4]);
        assert_eq!(short, Ok(Frame::WrongLength { stream: 1 }));
        assert_eq!(read(99, 0xff, 7, b"anything"), Ok(Frame::Unknown));
    }
}
