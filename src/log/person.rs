//! People who sign in, as they are stored. What a person may do is a text that the log does not read.

use std::sync::Arc;

use crate::log::{api_key::KeyUse, session::SessionChange};

/// What must not be printed: the hash of a password, or the secret of a second factor.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden<T>(pub T);

impl<T> std::fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(..)")
    }
}

/// A stored person. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPerson {
    /// The id. Ids grow with the time of creation.
    pub id: Arc<str>,
    /// The name to sign in with.
    pub name: PersonName,
    /// The hash of the password.
    pub password: Hidden<String>,
    /// What the person may do, as JSON.
    pub access: String,
    /// When the person was added.
    pub created_at: u64,
    /// The second factor, if there is one.
    pub totp: Option<StoredTotp>,
    /// Counts the changes of the password and of the second factor.
    pub version: u64,
    /// The last sign-in.
    pub signed_in: Option<KeyUse>,
}

/// A second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTotp {
    /// The secret.
    pub secret: Hidden<Vec<u8>>,
    /// The newest step of 30 seconds whose code was used.
    pub step: u64,
}

/// A name, and the same in lower case. Stored as made here, because nodes of a cluster may know other letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName {
    /// As it is shown.
    pub shown: String,
    /// As it is compared.
    pub folded: String,
}

/// A change of people. A change of somebody who is not there changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum PersonChange {
    /// Add a person, if nobody else has the name.
    Add {
        /// The id.
        id: String,
        /// The name.
        name: PersonName,
        /// The hash of the password.
        password: Hidden<String>,
        /// What the person may do, as JSON.
        access: String,
    },
    /// Change the name and the rights, if nobody else has the name.
    Update {
        /// The person.
        id: String,
        /// The new name.
        name: PersonName,
        /// What the person may do from now on, as JSON.
        access: String,
    },
    /// Replace the password. Ends the sessions of the person.
    Password {
        /// The person.
        id: String,
        /// The hash of the new password.
        password: Hidden<String>,
        /// A session that is opened instead: that of the person who makes the change.
        session: Option<SessionChange>,
    },
    /// Set or remove the second factor.
    Totp {
        /// The person.
        id: String,
        /// The new one. None: there is none any more.
        totp: Option<StoredTotp>,
    },
    /// Remove a person. Ends the sessions of the person.
    Remove(String),
    /// Open a session, if the password and the second factor have not changed since this version, and the code was not used.
    SignIn {
        /// The person.
        id: String,
        /// The version of the person that was checked.
        version: u64,
        /// The step of the code. None: the person has no second factor.
        step: Option<u64>,
        /// The session.
        session: SessionChange,
    },
}

impl PersonChange {
    /// The approximate size in bytes.
    pub(in crate::log) fn weight(&self) -> usize {
        match self {
            Self::Add { name, access, .. } => 256 + 2 * name.shown.len() + access.len(),
            Self::Update { name, access, .. } => 64 + 2 * name.shown.len() + access.len(),
            Self::Password { .. } => 512,
            Self::Totp { .. } => 192,
            Self::Remove(_) => 64,
            Self::SignIn { session, .. } => 64 + session.weight(),
        }
    }

    /// Whether sessions may be opened or closed by it.
    pub(in crate::log) fn has_sessions(&self) -> bool {
        matches!(
            self,
            Self::Password { .. } | Self::Remove(_) | Self::SignIn { .. }
        )
    }
}
