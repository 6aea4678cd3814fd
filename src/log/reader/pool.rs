//! The connections that read: a small pool, each read sees the log as of one moment.

use std::path::Path;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use crate::log::{error::ReadError, schema};

/// Connections that nobody is using now.
pub(in crate::log) struct ReaderPool {
    idle: Mutex<Vec<Connection>>,
    freed: Condvar,
    closed: std::sync::atomic::AtomicBool,
}

impl ReaderPool {
    pub fn open(path: &Path, count: usize) -> rusqlite::Result<Self> {
        let connections = (0..count.max(1)).map(|_| schema::open_reader(path));
        Ok(Self {
            idle: Mutex::new(connections.collect::<Result<_, _>>()?),
            freed: Condvar::new(),
            closed: false.into(),
        })
    }

    /// Reads within one transaction. Waits for a free connection, so never call it from an async task.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let borrowed = self.borrow()?;
        let conn = borrowed.conn();
        conn.prepare_cached("BEGIN")?.execute([])?;
        work(conn)
    }

    fn borrow(&self) -> Result<Borrowed<'_>, ReadError> {
        let mut idle = self.idle.lock();
        loop {
            if self.closed.load(std::sync::atomic::Ordering::Acquire) {
                return Err(ReadError::Closed);
            }
            if let Some(conn) = idle.pop() {
                return Ok(Borrowed {
                    readers: self,
                    conn: Some(conn),
                });
            }
            self.freed.wait(&mut idle);
        }
    }

    /// Has those that nobody is using give back what they remember of the file.
    pub fn release_memory(&self) {
        for conn in &*self.idle.lock() {
            schema::release_memory(conn);
        }
    }

    /// Closes all, so that the writer can put its file in order. Reads that run are finished first.
    pub fn close(&self) {
        self.closed
            .store(true, std::sync::atomic::Ordering::Release);
        self.idle.lock().clear();
        self.freed.notify_all();
    }
}

/// A connection in use. It goes back with its transaction over, also when the work has failed.
struct Borrowed<'r> {
    readers: &'r ReaderPool,
    conn: Option<Connection>,
}

impl Borrowed<'_> {
    #[expect(clippy::expect_used, reason = "it is there until the drop")]
    fn conn(&self) -> &Connection {
        self.conn.as_ref().expect("a connection")
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        // A connection that can not end its transaction would show old things for ever: better none.
        let ended = conn
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]));
        let mut idle = self.readers.idle.lock();
        let closed = self
            .readers
            .closed
            .load(std::sync::atomic::Ordering::Acquire);
        if !closed && (ended.is_ok() || conn.is_autocommit()) {
            idle.push(conn);
            self.readers.freed.notify_one();
        }
    }
}
