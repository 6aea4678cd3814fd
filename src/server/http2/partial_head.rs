//! A head that arrives in several frames (RFC 9113, section 6.10).

use super::{error::ConnectionError, frame::MAX_CONTENT};

/// Frames of a head, in addition to twice as many as it needs.
const MOST_FRAMES: usize = 16;

/// See the module documentation.
pub struct PartialHead {
    /// The stream.
    pub id: u32,
    /// Nothing follows the head.
    pub ends: bool,
    /// The stream that this one should come after.
    pub depends_on: Option<u32>,
    block: Vec<u8>,
    frames: usize,
}

impl PartialHead {
    /// A head of which nothing is kept.
    pub fn new(id: u32, ends: bool, depends_on: Option<u32>) -> Self {
        Self {
            id,
            ends,
            depends_on,
            block: Vec::new(),
            frames: 0,
        }
    }

    /// Keeps the content of a frame. `max_head` is the limit for the fields; encoded, they may have twice as many bytes.
    pub fn add(&mut self, block: &[u8], max_head: usize) -> Result<(), ConnectionError> {
        self.frames += 1;
        self.block.extend_from_slice(block);
        let most = (2 * max_head).max(MAX_CONTENT);
        let most_frames = MOST_FRAMES + 2 * (most / MAX_CONTENT);
        match self.block.len() > most || self.frames > most_frames {
            true => Err(ConnectionError::flood("a head has no end")),
            false => Ok(()),
        }
    }

    /// What was kept.
    pub fn block(&self) -> &[u8] {
        &self.block
    }
}
