//! What a page is told of its stream.

use crate::wire::Refused;

/// How a stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is being opened.
    Connecting,
    /// The server has said `welcome`, and pings since.
    Live,
    /// It ended, and is opened again when the seconds are over.
    Waiting {
        /// Whole seconds that are left, rounded up.
        seconds: u32,
        /// Whether the browser has no network.
        offline: bool,
        /// What the server said, if it said anything.
        reason: Option<String>,
    },
}

/// What a stream tells its page.
pub(crate) enum Told {
    /// The stream is open.
    Welcome,
    /// A message: its type, if the push named one, and its text.
    Message(Option<String>, String),
    /// One topic is not allowed; the rest goes on.
    Refused(Refused),
}
