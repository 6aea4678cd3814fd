//! What a peer does wrong, and how it is told (RFC 9113, sections 5.4 and 7).

use super::hpack::HpackError;

/// Why a stream is reset or a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ErrorCode {
    /// Nothing is wrong.
    NoError = 0x0,
    /// The peer does not follow the protocol.
    Protocol = 0x1,
    /// Something failed here.
    Internal = 0x2,
    /// The peer sent more than it may.
    FlowControl = 0x3,
    /// A frame came for a stream that has ended.
    StreamClosed = 0x5,
    /// A frame has a length that it can't have.
    FrameSize = 0x6,
    /// The request was not looked at, and may be sent again.
    RefusedStream = 0x7,
    /// The stream is not needed any more.
    Cancel = 0x8,
    /// A block of fields can't be decoded.
    Compression = 0x9,
    /// The peer causes much work for nothing.
    EnhanceYourCalm = 0xb,
}

/// The connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({code:?})")]
pub struct ConnectionError {
    /// What the peer is told.
    pub code: ErrorCode,
    /// What is logged.
    pub reason: &'static str,
}

impl ConnectionError {
    /// The peer does not follow the protocol.
    pub const fn protocol(reason: &'static str) -> Self {
        Self {
            code: ErrorCode::Protocol,
            reason,
        }
    }

    /// A frame has a length that it can't have.
    pub const fn frame_size(reason: &'static str) -> Self {
        Self {
            code: ErrorCode::FrameSize,
            reason,
        }
    }

    /// The peer sent more than it may, or lets the server send more than a window can count.
    pub const fn flow_control(reason: &'static str) -> Self {
        Self {
            code: ErrorCode::FlowControl,
            reason,
        }
    }

    /// The peer causes much work for nothing.
    pub const fn flood(reason: &'static str) -> Self {
        Self {
            code: ErrorCode::EnhanceYourCalm,
            reason,
        }
    }
}

impl From<HpackError> for ConnectionError {
    fn from(error: HpackError) -> Self {
        match error {
            HpackError::TooLarge => Self::flood("a head is far over the limit"),
            _ => Self {
                code: ErrorCode::Compression,
                reason: "a head can't be decoded",
            },
        }
    }
}
