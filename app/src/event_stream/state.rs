//! What a page is told of its stream.

use std::rc::Rc;

use crate::wire::Refused;

/// What a stream is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// Who listens.
    pub(crate) client_id: String,
    /// Topics and patterns.
    pub(crate) topics: Vec<String>,
}

/// How a stream goes on where it was: it remembers its place, and acknowledges what it told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keeping {
    /// Whether all tabs of this client have one connection together.
    pub(crate) shared: bool,
}

/// How a stream stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is being opened.
    Connecting,
    /// The server has taken it, and is heard.
    Live,
    /// It ended, and is opened again when the seconds are over.
    Waiting {
        /// Whole seconds that are left, rounded up.
        seconds: u32,
        /// Whether the browser has no network.
        offline: bool,
        /// Why it is not open.
        reason: Reason,
    },
}

/// How a stream stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Standing {
    /// It is being opened.
    Connecting,
    /// The server has accepted it, and is heard.
    Live,
    /// It ended, and is opened again at this time, in milliseconds since 1970.
    Waiting { due: f64, reason: Reason },
}

/// Why a stream is not open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reason {
    /// In a word, for programs: see `tidings.d.ts`.
    pub(crate) code: String,
    /// What the server said, if it said anything.
    pub(crate) detail: Option<String>,
}

/// What a stream tells its page.
pub(crate) enum Told {
    /// The stream is open.
    Welcome,
    /// A message that was not told before.
    Message(Arrival),
    /// Messages that can't be had any more, and why, as the server names it.
    Gap(String),
    /// The message with this id was taken back.
    Recall(String),
    /// One topic is not allowed; the rest goes on.
    Refused(Refused),
}

/// A message as it came.
pub(crate) struct Arrival {
    /// Its cursor; none when it is not in the log.
    pub(crate) id: Option<String>,
    /// Its type, if the push named one.
    pub(crate) event: Option<String>,
    /// The topic that it was pushed to, if it was.
    pub(crate) topic: Option<String>,
    /// Its text.
    pub(crate) data: String,
    /// Whether it was pushed while this stream was not open.
    pub(crate) missed: bool,
}

/// Whom a stream tells.
#[derive(Clone)]
pub(super) struct Sink {
    /// Called with everything that it tells, in order.
    pub(super) told: Rc<dyn Fn(Told)>,
    /// Called when it stands otherwise than before.
    pub(super) stands: Rc<dyn Fn(Standing)>,
}
