//! Retention where a part of the file is damaged.

use crate::log::{
    codes::sql, error::StoreError, reader::salvage, retention::message_row::STEP,
    writer::store::Store,
};

impl Store {
    /// Removes the oldest messages one by one. Messages that can't be removed because of damage stay in the file for
    /// good, and pruning continues after them.
    pub fn prune_around_damage(&mut self, now: u64) -> Result<usize, StoreError> {
        let mut pruned = 0;
        for _ in 0..STEP {
            match self.prune(now, 1, false) {
                Ok(0) => break,
                Ok(count) => pruned += count,
                Err(StoreError::Damaged(_)) if self.pruned < self.head => self.skip_oldest()?,
                Err(error) => return Err(error),
            }
        }
        Ok(pruned)
    }

    /// Moves the pruned position past the oldest message, or past an unreadable range.
    fn skip_oldest(&mut self) -> Result<(), StoreError> {
        let next = self.pruned + 1;
        let mut oldest = None;
        let found = salvage::messages_after(&self.conn, (self.pruned, self.head), 1, |seq, _| {
            oldest = Some(seq);
        });
        let line = match found {
            Ok(_) => oldest.unwrap_or(next),
            Err(_) => salvage::next_readable(&self.conn, next, self.head) - 1,
        };
        self.relaxed(|store| {
            store
                .conn
                .prepare_cached("UPDATE log SET pruned = ?1")?
                .execute([sql(line)])?;
            Ok(())
        })?;
        self.pruned = line;
        Ok(())
    }
}
