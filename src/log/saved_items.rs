//! Saved lists and templates in the log, so that a team shares them and all nodes of a cluster have the same.

use crate::log::{
    Log,
    change::Change,
    error::{AppendError, ReadError},
    saved_item::{SavedChange, SavedHead, SavedItem, SavedKind},
    saved_rows,
};

impl Log {
    /// Changes saved items. It is durable when this returns. Whether the name was free is found out by reading the item.
    pub async fn change_saved(&self, change: SavedChange) -> Result<(), AppendError> {
        self.change(Change::Saved(change)).await
    }

    /// All saved items of a kind, by name.
    pub fn saved_heads(&self, kind: SavedKind) -> Result<Vec<SavedHead>, ReadError> {
        self.query(|conn| Ok(saved_rows::heads(conn, kind)?))
    }

    /// One saved item. None if there is none of this kind with this id.
    pub fn saved_item(&self, kind: SavedKind, id: &str) -> Result<Option<SavedItem>, ReadError> {
        self.query(|conn| Ok(saved_rows::item(conn, kind, id)?))
    }
}
