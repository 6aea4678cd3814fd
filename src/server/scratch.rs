//! Memory to read into and to write from, one of each for a thread. A connection that has nothing to read or to write holds
//! none.

use std::cell::RefCell;

/// What is read at once, in bytes.
const READ: usize = 16 * 1024;

/// The most that is kept to write from, in bytes.
const KEPT: usize = 64 * 1024;

thread_local! {
    static READING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static WRITING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Memory to read into.
pub fn take_to_read() -> Vec<u8> {
    let mut memory = READING.take();
    memory.resize(READ, 0);
    memory
}

/// Gives it back.
pub fn give_back_read(memory: Vec<u8>) {
    READING.set(memory);
}

/// Memory to write to.
pub fn take_to_write() -> Vec<u8> {
    WRITING.take()
}

/// Gives it back.
pub fn give_back_written(mut memory: Vec<u8>) {
    memory.clear();
    if memory.capacity() <= KEPT {
        WRITING.set(memory);
    }
}
