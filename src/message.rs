//! The data types: a push becomes a [`Draft`], the log makes it a [`Message`], and a [`Frame`] is a message encoded for
//! event streams, once for all connections.
//!
//! These types can only be constructed from valid parts, so nothing after the HTTP layer validates again.

mod cbor;
mod client_pattern;
mod cursor;
mod encoding;
mod envelope;
mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handling;
mod mercure_frame;
mod receipt;
mod state_frame;
mod template;
mod topic;
mod topic_access;
mod trace_parent;
mod update;
mod url_pattern;
mod visible;

pub use cbor::{AudienceCbor, DraftCbor};
pub use client_pattern::ClientPattern;
pub use cursor::{Cursor, Epoch, InvalidCursor, Seq};
pub use encoding::{EncodedMessage, Encoding};
pub use frame::{Frame, FrameWriter};
pub use handling::{Handling, InvalidReplaceKey, ReplaceKey, Replaced, Urgency};
pub use receipt::{Receipt, Receipts};
pub use topic::{InvalidTopic, SUBSCRIPTIONS, Topic, TopicFilter};
pub use topic_access::TopicAccess;
pub use trace_parent::TraceParent;
pub use update::{InvalidUpdateId, MAX_TOPICS, Update, UpdateId};
pub use url_pattern::{TopicUrl, UrlPattern};
pub use visible::is_visible;

use std::{fmt, sync::Arc, time::Duration};

// One pointer, where `Arc<str>` has two: each connection stores several of them.
use arcstr::ArcStr;

/// The id of a client: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ : @ -`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(ArcStr);

impl ClientId {
    /// The maximum length in characters.
    pub const MAX_LEN: usize = 128;

    /// Parses an id from a request.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        if text.is_empty() {
            return Err(InvalidClientId::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(InvalidClientId::TooLong);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._~:@-".contains(c);
        match text.chars().find(|c| !allowed(*c)) {
            Some(c) => Err(InvalidClientId::Character(c)),
            None => Ok(Self(text.into())),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a [`ClientId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientId {
    /// The text is empty.
    #[error("a client_id must not be empty")]
    Empty,
    /// It is longer than [`ClientId::MAX_LEN`].
    #[error("a client_id has at most 128 characters")]
    TooLong,
    /// It contains a character outside the allowed set.
    #[error("{0:?} is not allowed in a client_id: use A-Z a-z 0-9 . _ ~ : @ -")]
    Character(char),
}

/// The recipients of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// One client, on all its connections, now or later.
    Client(ClientId),
    /// Several clients, sorted by id without duplicates.
    Clients(Arc<[ClientId]>),
    /// The subscribers of the topic.
    Topic(Topic),
    /// Every connection.
    Everyone,
}

impl Audience {
    /// Whether it names clients. Messages to clients wait until the client connects.
    pub fn is_direct(&self) -> bool {
        matches!(self, Self::Client(_) | Self::Clients(_))
    }

    /// The clients that it names. Empty for a topic and for everyone.
    pub fn named(&self) -> &[ClientId] {
        match self {
            Self::Client(id) => std::slice::from_ref(id),
            Self::Clients(ids) => ids,
            Self::Topic(_) | Self::Everyone => &[],
        }
    }

    /// An audience of several clients. Duplicates are removed.
    pub fn clients(mut ids: Vec<ClientId>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Self::Clients(ids.into())
    }
}

/// An event type, the name for `addEventListener`: 1 to 128 bytes without control characters, and none of the names
/// that the stream itself uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType(Arc<str>);

impl EventType {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 128;

    /// Names that an `EventSource` dispatches itself (HTML standard, section 9.2). A page would mistake a push of such
    /// a type for a change of its connection: many pages close the stream in `onerror`. `message` is allowed, because
    /// it is the type of events without a name.
    const OF_EVENT_SOURCE: [&str; 2] = ["open", "error"];

    /// The types of the stream's own events. A page could not distinguish a push of such a type from them.
    pub const RESERVED: [&str; 7] = [
        "welcome",
        "ping",
        "gap",
        "reconnect",
        "refused",
        "recall",
        Self::STATE,
    ];

    /// The type of the state of a topic.
    pub const STATE: &str = "state";

    /// The type of updates that the Mercure hub makes itself. Nobody pushes one.
    pub const OF_HUB: &str = "mercure";

    /// Parses a type from a request.
    pub fn parse(text: &str) -> Result<Self, InvalidEventType> {
        if Self::RESERVED.contains(&text) {
            return Err(InvalidEventType::Reserved);
        }
        if Self::OF_EVENT_SOURCE.contains(&text) {
            return Err(InvalidEventType::OfEventSource);
        }
        Self::stored(text)
    }

    /// A type that was stored in the log: one of the server's own, or one that was accepted before its name was
    /// reserved.
    pub(crate) fn stored(text: &str) -> Result<Self, InvalidEventType> {
        if text.is_empty() {
            return Err(InvalidEventType::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(InvalidEventType::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidEventType::Control);
        }
        Ok(Self(text.into()))
    }

    /// A type of the server's own events.
    pub(crate) fn own(text: &'static str) -> Self {
        Self(text.into())
    }

    /// Whether it is one of the stream's own: see [`Self::RESERVED`].
    pub(crate) fn is_reserved(&self) -> bool {
        Self::RESERVED.contains(&self.as_str())
    }

    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an [`EventType`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEventType {
    /// The text is empty.
    #[error("an event type must not be empty: leave it out to reach onmessage")]
    Empty,
    /// It is longer than [`EventType::MAX_LEN`].
    #[error("an event type has at most 128 bytes")]
    TooLong,
    /// It contains a line end, which would end the field and start another one, or another control character.
    #[error("an event type must not contain control characters")]
    Control,
    /// It is one of [`EventType::RESERVED`].
    #[error(
        "this event type is the stream's own: welcome, ping, gap, reconnect, refused, recall and state are reserved"
    )]
    Reserved,
    /// It is `open` or `error`.
    #[error(
        "an EventSource dispatches events of this type itself, when its connection opens or fails: open and error are reserved"
    )]
    OfEventSource,
}

/// The data of a message, as the page gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A string. It is delivered as it is.
    Text(Arc<str>),
    /// Any other JSON value. It is delivered as JSON text.
    Json(Arc<str>),
}

impl Data {
    /// The delivered text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text,
        }
    }
}

/// A message before the log has assigned its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The recipients.
    pub audience: Audience,
    /// The event type. None for `onmessage`.
    pub event: Option<EventType>,
    /// The data.
    pub data: Data,
    /// The time to live. None: as long as retention keeps the message. Zero: ephemeral, it skips the log.
    pub ttl: Option<Duration>,
    /// What it has besides, if it is an update of Mercure. Its audience is then a topic.
    pub update: Option<Arc<Update>>,
    /// How it is treated, if not as usual.
    pub handling: Option<Arc<Handling>>,
}

impl Draft {
    /// Whether only clients that are connected now receive it.
    pub fn is_ephemeral(&self) -> bool {
        self.ttl == Some(Duration::ZERO)
    }
}

/// A message with its position in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its position. Positions increase, and may be skipped.
    pub seq: Seq,
    /// When it was accepted, in milliseconds since 1970.
    pub at: u64,
    /// When it expires, in milliseconds since 1970. None if only retention removes it.
    pub expires_at: Option<u64>,
    /// The recipients.
    pub audience: Audience,
    /// The event type. None for `onmessage`.
    pub event: Option<EventType>,
    /// The data.
    pub data: Data,
    /// What it has besides, if it is an update of Mercure.
    pub update: Option<Arc<Update>>,
    /// How it is treated, if not as usual.
    pub handling: Option<Arc<Handling>>,
}

impl Message {
    /// The first of the messages whose place it took. None if it took none.
    pub fn replaces(&self) -> Option<Seq> {
        let handling = self.handling.as_ref()?;
        handling.replaces.map(|one| one.first)
    }

    /// Whether it is to clients and urgent, so that it comes first in their inboxes.
    pub fn is_urgent(&self) -> bool {
        let handling = self.handling.as_ref();
        self.audience.is_direct() && handling.is_some_and(|one| one.urgency == Urgency::High)
    }

    /// Whether it is an event of the stream itself: a state that was set without a message.
    pub fn is_state_event(&self) -> bool {
        let is_state = |handling: &Arc<Handling>| handling.is_state;
        self.handling.as_ref().is_some_and(is_state)
            && self
                .event
                .as_ref()
                .is_some_and(|event| event.as_str() == EventType::STATE)
    }

    /// Whether a draft is the same as this message, so that it is a repetition. When it was sent does not count.
    pub fn is_repeated_by(&self, draft: &Draft) -> bool {
        self.audience == draft.audience
            && self.event == draft.event
            && self.data == draft.data
            && self.update == draft.update
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_are_validated() {
        assert!(ClientId::parse("9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55").is_ok());
        assert!(ClientId::parse("user:7@example.org~tab_1").is_ok());
        assert_eq!(ClientId::parse(""), Err(InvalidClientId::Empty));
        assert_eq!(ClientId::parse("a b"), Err(InvalidClientId::Character(' ')));
        assert_eq!(
            ClientId::parse("a\nb"),
            Err(InvalidClientId::Character('\n'))
        );
        assert!(ClientId::parse(&"x".repeat(128)).is_ok());
        assert_eq!(
            ClientId::parse(&"x".repeat(129)),
            Err(InvalidClientId::TooLong)
        );
    }

    #[test]
    fn event_types_without_line_ends_and_reserved_names_are_accepted() {
        assert!(EventType::parse("order.paid").is_ok());
        assert_eq!(EventType::parse("a\nid: 7"), Err(InvalidEventType::Control));
        assert_eq!(EventType::parse("a\rb"), Err(InvalidEventType::Control));
        assert_eq!(EventType::parse("ping"), Err(InvalidEventType::Reserved));
        for name in ["open", "error"] {
            assert_eq!(EventType::parse(name), Err(InvalidEventType::OfEventSource));
        }
        assert!(EventType::parse("message").is_ok());
    }

    #[test]
    fn duplicate_clients_are_removed() {
        let id = |text| ClientId::parse(text).expect("valid");
        let Audience::Clients(ids) = Audience::clients(vec![id("b"), id("a"), id("b")]) else {
            panic!("several clients");
        };
        assert_eq!(*ids, [id("a"), id("b")]);
    }
}
