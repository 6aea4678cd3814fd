//! What both sides ask of each other (RFC 9113, section 6.5).

use super::error::ConnectionError;
use super::flow::MAX_WINDOW;
use super::frame::MAX_CONTENT;

const ENABLE_PUSH: u16 = 2;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_FRAME_SIZE: u16 = 5;
const MAX_HEADER_LIST_SIZE: u16 = 6;

/// What the server asks of its peer.
pub struct OwnSettings {
    /// Streams at the same time.
    pub max_streams: u32,
    /// Bytes of one request that may be sent before they are read.
    pub stream_window: u32,
    /// Bytes of the fields of a head.
    pub max_head: u32,
}

impl OwnSettings {
    /// As names and values.
    pub fn pairs(&self) -> [(u16, u32); 3] {
        [
            (MAX_CONCURRENT_STREAMS, self.max_streams),
            (INITIAL_WINDOW_SIZE, self.stream_window),
            (MAX_HEADER_LIST_SIZE, self.max_head),
        ]
    }
}

/// Reads the settings of the peer. Returns how many bytes of a new stream it takes, if that changes. Of the others, none
/// makes a difference: frames are never larger than all must accept, nothing is pushed, and heads are encoded without
/// a table.
pub fn read(content: &[u8]) -> Result<Option<u32>, ConnectionError> {
    let mut window = None;
    for pair in content.chunks_exact(6) {
        let name = u16::from_be_bytes([pair[0], pair[1]]);
        let value = u32::from_be_bytes([pair[2], pair[3], pair[4], pair[5]]);
        match name {
            INITIAL_WINDOW_SIZE if value > MAX_WINDOW => {
                return Err(ConnectionError::flow_control("a window is too large"));
            }
            INITIAL_WINDOW_SIZE => window = Some(value),
            ENABLE_PUSH if value > 1 => {
                return Err(ConnectionError::protocol("a setting is not a boolean"));
            }
            MAX_FRAME_SIZE if !(MAX_CONTENT as u32..1 << 24).contains(&value) => {
                return Err(ConnectionError::protocol("a size of frames is not allowed"));
            }
            _ => {}
        }
    }
    Ok(window)
}

#[cfg(test)]
mod tests {
    use super::super::error::ErrorCode;
    use super::*;

    fn read_pairs(pairs: &[(u16, u32)]) -> Result<Option<u32>, ErrorCode> {
        let bytes =
            |(name, value): &(u16, u32)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
        let content: Vec<u8> = pairs.iter().flat_map(bytes).collect();
        read(&content).map_err(|error| error.code)
    }

    #[test]
    fn settings_are_checked() {
        assert_eq!(read_pairs(&[]), Ok(None));
        assert_eq!(
            read_pairs(&[(1, 0), (2, 0), (3, 7), (5, 16_384), (6, 1), (99, 1)]),
            Ok(None)
        );
        assert_eq!(read_pairs(&[(4, 1), (4, 70_000)]), Ok(Some(70_000)));
        assert_eq!(read_pairs(&[(4, 1 << 31)]), Err(ErrorCode::FlowControl));
        assert_eq!(read_pairs(&[(2, 2)]), Err(ErrorCode::Protocol));
        assert_eq!(read_pairs(&[(5, 16_383)]), Err(ErrorCode::Protocol));
        assert_eq!(read_pairs(&[(5, 1 << 24)]), Err(ErrorCode::Protocol));
    }
}
