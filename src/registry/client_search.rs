//! Which clients a list has.

use super::ConnectionRecord;
use crate::message::ClientId;

/// The clients that somebody searches for and may see.
pub struct ClientSearch<'a> {
    /// A text that their ids contain. Case is ignored.
    pub text: &'a str,
    /// Whether a topic that contains the text is enough.
    pub topics: bool,
    /// Whether a client may be seen.
    pub sees: &'a dyn Fn(&ClientId) -> bool,
    /// What one of their connections must be like.
    pub connection: Option<&'a dyn Fn(&ConnectionRecord) -> bool>,
    /// Whether a client that matches is kept. It may take time: the connections are not locked meanwhile.
    pub keeps: Option<&'a dyn Fn(&ClientId) -> bool>,
}
