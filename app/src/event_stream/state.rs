//! The state and the events of a stream, for pages.

use std::rc::Rc;

use crate::wire::Refused;

/// A client and its topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// The client.
    pub(crate) client_id: String,
    /// Topics and patterns.
    pub(crate) topics: Vec<String>,
}

/// Says that a stream stores its position and acknowledges messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Persistence {
    /// Whether all tabs of this client share one connection.
    pub(crate) shared: bool,
}

/// The state of a stream, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is being opened.
    Connecting,
    /// It is open.
    Live,
    /// It has ended. It is reopened after some seconds.
    Waiting {
        /// Whole seconds that are left, rounded up.
        seconds: u32,
        /// Whether the browser has no network.
        offline: bool,
        /// Why it is not open.
        reason: Reason,
    },
}

/// The status of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Status {
    /// It is being opened.
    Connecting,
    /// It is open.
    Live,
    /// It has ended. It is reopened at this time, in milliseconds since 1970.
    Waiting { due: f64, reason: Reason },
}

/// Why a stream is not open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The code of the reason: see `tidings.d.ts`.
    pub(crate) code: String,
    /// The text of the server, if there is one.
    pub(crate) detail: Option<String>,
}

/// An event of a stream.
pub(crate) enum StreamEvent {
    /// The stream is open.
    Welcome,
    /// A new message.
    Message(ReceivedMessage),
    /// Messages are missing, for this reason.
    Gap(String),
    /// The message with this id was recalled.
    Recall(String),
    /// A topic is not allowed. The other topics work.
    Refused(Refused),
}

/// A message.
pub(crate) struct ReceivedMessage {
    /// Its cursor. None if it is not in the log.
    pub(crate) id: Option<String>,
    /// Its type, if it has one.
    pub(crate) event: Option<String>,
    /// Its topic, if it was pushed to one.
    pub(crate) topic: Option<String>,
    /// Its text.
    pub(crate) data: String,
    /// Whether it was pushed while this stream was not open.
    pub(crate) missed: bool,
    /// The first of the messages whose place it takes.
    pub(crate) replaces: Option<String>,
    /// Whether it is not urgent enough for a notification.
    pub(crate) is_quiet: bool,
}

/// Whether a message of this urgency does not notify.
pub(super) fn is_quiet(urgency: &str) -> bool {
    urgency.ends_with("low")
}

/// The functions that a stream calls.
#[derive(Clone)]
pub(super) struct Callbacks {
    /// Gets all events, in order.
    pub(super) on_event: Rc<dyn Fn(StreamEvent)>,
    /// Gets each change of the status.
    pub(super) on_status: Rc<dyn Fn(Status)>,
}
