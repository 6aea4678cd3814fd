//! The size of the file: free pages and checkpoints of the write-ahead log.

use crate::log::{error::StoreError, writer::store::Store};

/// Length in pages of the write-ahead log that starts a checkpoint.
const CHECKPOINT_PAGES: i64 = 4000;

/// Pages freed in one step.
const VACUUM_PAGES: i64 = 256;

/// Minimum number of free pages to keep for new messages.
const MIN_FREE_PAGES: i64 = 256;

impl Store {
    fn number(&self, pragma: &str) -> Result<i64, StoreError> {
        Ok(self
            .conn
            .prepare_cached(pragma)?
            .query_row([], |row| row.get(0))?)
    }

    /// The size of the used pages in bytes.
    pub fn bytes_used(&self) -> Result<u64, StoreError> {
        let pages = self.number("PRAGMA page_count")? - self.number("PRAGMA freelist_count")?;
        Ok((pages * self.number("PRAGMA page_size")?).unsigned_abs())
    }

    /// Returns some free pages to the file system. True if there are more. A twentieth of the file stays free, because
    /// appends would need these pages again at once.
    pub fn vacuum_step(&mut self) -> Result<bool, StoreError> {
        let free = self.number("PRAGMA freelist_count")?;
        let keep = MIN_FREE_PAGES.max(self.number("PRAGMA page_count")? / 20);
        if free <= keep {
            return Ok(false);
        }
        let pages = (free - keep).min(VACUUM_PAGES);
        self.relaxed(|store| {
            // Each step of this statement frees one page.
            let mut vacuum = store
                .conn
                .prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        })?;
        Ok(free - keep > VACUUM_PAGES)
    }

    /// Runs a checkpoint if the write-ahead log is long, so that SQLite can start it again from the beginning. SQLite's
    /// automatic checkpoint runs inside a commit and hides failures of fsync.
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

    /// Runs a checkpoint in the given mode.
    pub fn checkpoint(&mut self, mode: &str) -> Result<(), StoreError> {
        let pragma = format!("PRAGMA wal_checkpoint({mode})");
        match self
            .conn
            .query_row(&pragma, [], |_| Ok(()))
            .map_err(StoreError::from)
        {
            // The write-ahead log stays as it is until there is free space.
            Err(StoreError::Full | StoreError::Locked | StoreError::Damaged(_)) => Ok(()),
            result => result,
        }
    }
}
