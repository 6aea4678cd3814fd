//! Recalling a message.

use crate::log::{
    entry::IdempotencyKey, error::StoreError, outcome::Recalled, reader::history, rows::Decoder,
    writer::store::Store,
};
use crate::message::Seq;

impl Store {
    /// Recalls a message, and releases this key, so that another push can use it. None if the message does not exist or
    /// was recalled before.
    pub fn recall(
        &mut self,
        seq: Seq,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Recalled>, StoreError> {
        let record = history::record(&self.conn, &mut Decoder::default(), seq, usize::MAX, 0);
        let Some(record) = record? else {
            return Ok(None);
        };
        let audience = record.message.audience;
        Ok(self.wipe(seq, key)?.then_some(Recalled { audience }))
    }
}
