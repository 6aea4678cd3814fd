//! Sessions of people who signed in, as they are stored.

use std::sync::Arc;

use crate::log::api_key::KeyDigest;

/// A hash of the id of a session. The id itself is only in the cookie.
pub type SessionDigest = [u8; 32];

/// An open session. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// How it was opened.
    pub by: OpenedBy,
    /// When it was opened. 0: by a version that did not store it.
    pub opened_at: u64,
    /// When it ends.
    pub ends_at: u64,
    /// The address that it was opened from, if it is known.
    pub from: Option<String>,
    /// The browser or program that opened it, as it named itself.
    pub program: Option<String>,
}

/// How an open session was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenedBy {
    /// With the admin token.
    AdminToken,
    /// With the API key whose text has this hash.
    Key(KeyDigest),
    /// By the person with this id.
    Person(Arc<str>),
}

/// A session is opened, or closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionChange {
    /// The hash of its id.
    pub digest: SessionDigest,
    /// When it ends, in milliseconds since 1970. None: it is closed.
    pub ends_at: Option<u64>,
    /// The text of the API key that opens it, as its hash. None: the admin token, or a person.
    pub key: Option<KeyDigest>,
    /// The address that it is opened from, if it is known.
    pub from: Option<String>,
    /// The browser or program that opens it, as it names itself.
    pub program: Option<String>,
}

impl SessionChange {
    /// The approximate size in bytes.
    pub(in crate::log) fn weight(&self) -> usize {
        128 + self.program.as_ref().map_or(0, String::len)
    }
}
