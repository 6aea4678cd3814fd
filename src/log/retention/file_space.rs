//! Space: what the file takes, giving back what is free, and moving the write-ahead log into the file.

use crate::log::{error::StoreError, writer::store::Store};

/// Pages of the write-ahead log after which it is moved into the file.
const CHECKPOINT_PAGES: i64 = 4000;

/// Pages given back in one step.
const GIVE_BACK: i64 = 256;

/// Free pages that are kept for what comes next, at least.
const KEEP_FREE: i64 = 256;

impl Store {
    fn number(&self, pragma: &str) -> Result<i64, StoreError> {
        Ok(self
            .conn
            .prepare_cached(pragma)?
            .query_row([], |row| row.get(0))?)
    }

    /// Bytes of the file that hold something.
    pub fn bytes_used(&self) -> Result<u64, StoreError> {
        let pages = self.number("PRAGMA page_count")? - self.number("PRAGMA freelist_count")?;
        Ok((pages * self.number("PRAGMA page_size")?).unsigned_abs())
    }

    /// Gives some free pages back to the disk, and says whether there are more to give. A twentieth of
    /// the file stays free: appends would have to ask for it again at once.
    pub fn vacuum_step(&mut self) -> Result<bool, StoreError> {
        let free = self.number("PRAGMA freelist_count")?;
        let keep = KEEP_FREE.max(self.number("PRAGMA page_count")? / 20);
        if free <= keep {
            return Ok(false);
        }
        let pages = (free - keep).min(GIVE_BACK);
        self.relaxed(|store| {
            // Each step of this statement frees one page.
            let mut vacuum = store
                .conn
                .prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        })?;
        Ok(free - keep > GIVE_BACK)
    }

    /// Moves the write-ahead log into the file when it has grown long, so that it can begin anew. SQLite
    /// would do this inside a commit by itself, but then an fsync that fails goes unnoticed.
    pub fn checkpoint_if_long(&mut self) -> Result<(), StoreError> {
        let pages: i64 = self
            .conn
            .prepare_cached("PRAGMA wal_checkpoint(NOOP)")?
            .query_row([], |row| row.get(1))?;
        if pages < CHECKPOINT_PAGES {
            return Ok(());
        }
        self.checkpoint("PASSIVE")
    }

    /// Moves what can be moved of the write-ahead log into the file.
    pub fn checkpoint(&mut self, mode: &str) -> Result<(), StoreError> {
        let pragma = format!("PRAGMA wal_checkpoint({mode})");
        match self
            .conn
            .query_row(&pragma, [], |_| Ok(()))
            .map_err(StoreError::from)
        {
            // It stays where it is, and is moved when there is room.
            Err(StoreError::Full | StoreError::Locked | StoreError::Damaged(_)) => Ok(()),
            result => result,
        }
    }
}
