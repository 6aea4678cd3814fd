//! A pool of read connections. Each read sees the log as of one moment.

use std::path::Path;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use crate::log::{error::ReadError, schema};

/// The unused connections.
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

    /// Runs a read in a transaction. Blocks until a connection is free, so it must not be called from an async task.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let borrowed = self.borrow()?;
        let conn = borrowed.conn();
        conn.prepare_cached("BEGIN")?.execute([])?;
        work(conn)
    }

    fn borrow(&self) -> Result<PooledConnection<'_>, ReadError> {
        let mut idle = self.idle.lock();
        loop {
            if self.closed.load(std::sync::atomic::Ordering::Acquire) {
                return Err(ReadError::Closed);
            }
            if let Some(conn) = idle.pop() {
                return Ok(PooledConnection {
                    readers: self,
                    conn: Some(conn),
                });
            }
            self.freed.wait(&mut idle);
        }
    }

    /// Releases the page caches of the unused connections.
    pub fn release_memory(&self) {
        for conn in &*self.idle.lock() {
            schema::release_memory(conn);
        }
    }

    /// Waits for running reads, and closes all connections, so that the writer can truncate the write-ahead log.
    pub fn close(&self) {
        self.closed
            .store(true, std::sync::atomic::Ordering::Release);
        self.idle.lock().clear();
        self.freed.notify_all();
    }
}

/// A connection in use. When it is dropped, its transaction ends and it returns to the pool.
struct PooledConnection<'r> {
    readers: &'r ReaderPool,
    conn: Option<Connection>,
}

impl PooledConnection<'_> {
    #[expect(clippy::expect_used, reason = "it is there until the drop")]
    fn conn(&self) -> &Connection {
        self.conn.as_ref().expect("a connection")
    }
}

impl Drop for PooledConnection<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        // A connection that can't end its transaction would return old data for good, so it is closed.
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
