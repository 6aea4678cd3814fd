//! What a team saves to push with: lists of recipients and templates of messages, as they are stored. What is in them is a text
//! that the log does not read.

use serde::{Deserialize, Serialize};

/// What is saved. The numbers are those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SavedKind {
    /// A list of clients and topics.
    List = 1,
    /// A template of a message.
    Template = 2,
}

/// What lists of saved items show. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedHead {
    /// Its id. Ids grow with the time of creation.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// What lists show of its content, as JSON.
    pub summary: String,
    /// The name of who made it, as it was then.
    pub made_by: String,
    /// When it was made.
    pub made_at: u64,
    /// The name of who changed it last, as it was then.
    pub changed_by: String,
    /// When it was changed last.
    pub changed_at: u64,
}

/// A saved item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedItem {
    /// What lists show of it.
    pub head: SavedHead,
    /// What was saved, as JSON.
    pub content: String,
}

/// An item as somebody saves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSaved {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: SavedKind,
    /// Its name.
    pub name: String,
    /// The name by which two items of a kind are the same.
    pub folded: String,
    /// What lists show of it, as JSON.
    pub summary: String,
    /// What is saved, as JSON.
    pub content: String,
    /// The name of who saves it.
    pub by: String,
}

/// A change of saved items. A change of one that is not there changes nothing, and neither does one that would give two of a
/// kind the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SavedChange {
    /// Save a new item.
    Add(NewSaved),
    /// Replace the name and the content of an item.
    Replace(NewSaved),
    /// Remove the item of this kind with this id.
    Remove(SavedKind, String),
}

impl SavedChange {
    /// The approximate size in bytes.
    pub(in crate::log) fn weight(&self) -> usize {
        match self {
            Self::Add(new) | Self::Replace(new) => {
                256 + 2 * new.name.len() + new.summary.len() + new.content.len()
            }
            Self::Remove(..) => 96,
        }
    }
}
