//! What a page is told of its stream.

use crate::wire::{Gap, Refused};

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
    /// A message that was not told before.
    Message(Arrival),
    /// Messages that can't be had any more.
    Gap(Gap),
    /// The message with this id was taken back.
    Recall(String),
    /// Everything up to this cursor has been told.
    Place(String),
    /// One topic is not allowed; the rest goes on.
    Refused(Refused),
}

/// A message as it came.
pub(crate) struct Arrival {
    /// Its cursor; none when it is not in the log.
    pub(crate) id: Option<String>,
    /// Its type, if the push named one.
    pub(crate) event: Option<String>,
    /// Its text.
    pub(crate) data: String,
    /// Whether it was pushed while this stream was not open.
    pub(crate) missed: bool,
}
