//! API keys, as they are stored. What a key may do is a text that the log does not read.

use std::sync::Arc;

/// The SHA-256 of the text of a key. The text itself is not stored.
pub type KeyDigest = [u8; 32];

/// A stored API key. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id. Ids grow with the time of creation.
    pub id: Arc<str>,
    /// Its name, for people.
    pub name: String,
    /// The hash of its text.
    pub digest: KeyDigest,
    /// The hash of the text before the last rotation, and until when that is good.
    pub previous: Option<(KeyDigest, u64)>,
    /// What it may do, as JSON.
    pub access: String,
    /// When it was made.
    pub created_at: u64,
    /// When it ends. None: never.
    pub expires_at: Option<u64>,
    /// When its text was last replaced.
    pub rotated_at: Option<u64>,
    /// When it was last used. Up to a minute late.
    pub last_used: Option<KeyUse>,
    /// How many messages may be pushed with it on one day (UTC). None: any number.
    pub pushes_per_day: Option<u64>,
    /// What was pushed with it, by node. Up to a minute late. Without a quota it is not counted.
    pub pushes: Vec<NodePushes>,
}

/// What was pushed with a key at one node, on the last day on which something was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePushes {
    /// The name of the node.
    pub node: Arc<str>,
    /// The day (UTC), in days since 1970.
    pub day: u64,
    /// The number of messages.
    pub count: u64,
}

/// One use of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The address that it came from, if it is known.
    pub from: Option<String>,
}

/// A key that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The hash of its text.
    pub digest: KeyDigest,
    /// What it may do, as JSON.
    pub access: String,
    /// When it ends, in milliseconds since 1970. None: never.
    pub expires_at: Option<u64>,
    /// How many messages may be pushed with it on one day (UTC). None: any number.
    pub pushes_per_day: Option<u64>,
}

/// A change of keys. A change of a key that is not there changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyChange {
    /// Make a key.
    Create(NewApiKey),
    /// Change what is known of a key, but not its text.
    Update {
        /// The key.
        id: String,
        /// Its new name.
        name: String,
        /// What it may do from now on, as JSON.
        access: String,
        /// When it ends, in milliseconds since 1970. None: never.
        expires_at: Option<u64>,
        /// How many messages may be pushed with it on one day (UTC). None: any number.
        pushes_per_day: Option<u64>,
    },
    /// Replace the text of a key.
    Rotate {
        /// The key.
        id: String,
        /// The hash of the new text.
        digest: KeyDigest,
        /// Until when the old text is good, in milliseconds since 1970.
        previous_until: u64,
    },
    /// Remove a key.
    Revoke(String),
    /// Note when keys were used.
    Used(Vec<(Arc<str>, KeyUse)>),
    /// Note how much was pushed with keys at a node. It replaces what was noted of this node before.
    Pushed(Vec<(Arc<str>, NodePushes)>),
}

impl KeyChange {
    /// Whether it is about a quota. Without one, nodes that know no quotas read it too.
    pub(in crate::log) fn has_quota(&self) -> bool {
        match self {
            Self::Create(key) => key.pushes_per_day.is_some(),
            Self::Update { pushes_per_day, .. } => pushes_per_day.is_some(),
            Self::Pushed(_) => true,
            Self::Rotate { .. } | Self::Revoke(_) | Self::Used(_) => false,
        }
    }

    /// The approximate size in bytes.
    pub(in crate::log) fn weight(&self) -> usize {
        match self {
            Self::Create(key) => 128 + key.name.len() + key.access.len(),
            Self::Update { name, access, .. } => 64 + name.len() + access.len(),
            Self::Rotate { .. } => 96,
            Self::Revoke(_) => 64,
            Self::Used(uses) => 64 * uses.len(),
            Self::Pushed(pushes) => 96 * pushes.len(),
        }
    }
}
