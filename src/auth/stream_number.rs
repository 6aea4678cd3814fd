//! Numbers that mark streams by what they were opened with, so that they can be closed together.

use std::sync::atomic::{AtomicU32, Ordering};

/// A number that was not used since the start. 0 is never one: it marks streams that nothing of this kind has opened.
pub fn next() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
