//! The JSON of the API, as it stands on the wire: read and written by the server, the pages, the
//! command line and the tests alike.
//!
//! Everything here is plain text and numbers. What a `client_id` or a topic may look like is
//! decided once, on the server, where a request is parsed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Whom a push is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// One client, on all its connections.
    Client(String),
    /// Several clients; an id that is named twice counts once.
    Clients(Vec<String>),
    /// Every connection subscribed to this topic. Patterns are for subscriptions only.
    Topic(String),
    /// Every connection there is.
    Everyone,
}

/// The body of `POST /push`, and of one line of `POST /push/batch`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    /// Whom it is for.
    pub to: To,
    /// What they get: a string arrives as its text, any other JSON as its JSON text.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// The event type that `addEventListener` waits for; without one it is `onmessage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Seconds that it may wait for somebody who is not there. 0: only who is connected now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// Makes it safe to send the same push again: within 24 hours the same key answers the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Refuse the push, and keep nothing, when it would reach nobody now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_online: bool,
}

impl PushRequest {
    /// A push with nothing said but whom and what.
    pub fn new(to: To, data: Box<RawValue>) -> Self {
        Self {
            to,
            data,
            event: None,
            ttl: None,
            idempotency_key: None,
            require_online: false,
        }
    }
}

/// What `POST /push` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PushAnswer {
    /// The cursor of the message; none when it was ephemeral.
    pub id: Option<String>,
    /// How many connections it was handed to now.
    pub connections: u64,
    /// Whether it waits in the log for those who are not there.
    pub queued: bool,
}

/// One line of what `POST /push/batch` answers: for each line that came, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum BatchAnswer {
    /// It was accepted.
    Accepted(PushAnswer),
    /// It was refused, and the others go on.
    Refused(Problem),
}

/// The body of `POST /ack`: the page has seen everything up to here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// Whose page it is.
    pub client_id: String,
    /// The cursor of the newest message that it has seen.
    pub id: String,
}

/// A message as the history shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessageInfo {
    /// Its cursor.
    pub id: String,
    /// When it was accepted, in milliseconds since 1970.
    pub at: u64,
    /// When it stops being delivered, in milliseconds since 1970; none: with retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Whom it was for; in a list, of several clients the first ten.
    pub to: To,
    /// How many clients it was for; none for a topic and for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// The event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What was pushed; null once it was recalled.
    #[cfg_attr(feature = "ssr", schema(value_type = serde_json::Value))]
    pub data: Box<RawValue>,
    /// How it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// What became of it, in numbers.
    pub receipts: Receipts,
}

/// Why a message is not delivered any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Its time to live is over.
    Expired,
    /// Somebody took it back.
    Recalled,
}

/// What became of a message. For a message to clients these are clients, each counted once, at the
/// furthest that it came; for a topic and for everyone they are connections, which do not acknowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Receipts {
    /// All of them.
    pub audience: u64,
    /// Written to a connection, and not acknowledged.
    pub sent: u64,
    /// Seen by the page.
    pub acknowledged: u64,
    /// Still waiting.
    pub waiting: u64,
    /// Expired before it could be sent.
    pub expired: u64,
    /// Recalled before it could be sent.
    pub recalled: u64,
}

/// How far a message came at one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// It waits for the client.
    Queued,
    /// It was written to a connection of the client.
    Sent,
    /// The page has said that it saw it.
    Acknowledged,
    /// Its time was over before it could be sent.
    Expired,
    /// It was recalled before it could be sent.
    Recalled,
}

/// A message's fate at one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Recipient {
    /// Which client.
    pub client_id: String,
    /// How far it came.
    pub receipt: Receipt,
}

/// What `GET /api/messages/{id}` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessageDetail {
    /// The message, with all the names of its audience.
    pub message: MessageInfo,
    /// Its fate client by client, the first thousand; empty for a topic and for everyone.
    pub recipients: Vec<Recipient>,
}

/// What `GET /api/messages` answers: one page, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MessagesPage {
    /// The messages of this page. It may be empty and still have a next one.
    pub messages: Vec<MessageInfo>,
    /// What `before` must be for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The data of `event: recall`: take this message off the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Recall {
    /// The cursor of the message.
    pub id: String,
}

/// The body of `POST /api/audience`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AudienceRequest {
    /// Whom a push would be for.
    pub to: To,
}

/// How many a push would reach, had it been sent at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AudienceSize {
    /// Distinct clients with at least one connection.
    pub clients: u64,
    /// Their connections.
    pub connections: u64,
}

/// One open EventSource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ConnectionInfo {
    /// Its number on this node; never used twice while the node runs.
    pub id: u64,
    /// What it subscribed to, patterns included.
    pub topics: Vec<String>,
    /// When it was opened, in milliseconds since 1970.
    pub since: u64,
    /// How many places of the log it is behind the newest message.
    #[serde(default)]
    pub behind: u64,
    /// The address it came from.
    pub remote: String,
    /// The `User-Agent` it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// A client and its connections to this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientInfo {
    /// Who it is.
    pub client_id: String,
    /// Grows with every change of the registry, so that of two accounts of one client the newer is known.
    pub version: u64,
    /// Its open connections, oldest first; none: it is not connected.
    pub connections: Vec<ConnectionInfo>,
    /// When it was last here, in milliseconds since 1970, where that is known and it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
}

/// What `GET /api/clients/{client_id}` answers: a client, connected or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientDetail {
    /// Who it is.
    pub client_id: String,
    /// Its open connections, oldest first; none: it is not connected.
    pub connections: Vec<ConnectionInfo>,
    /// When it was last here, in milliseconds since 1970, where that is known and it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
    /// When it was first seen, in milliseconds since 1970; none: something was pushed to it, and it never came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<u64>,
    /// Why its last connection ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<String>,
    /// Direct messages that it has not had, counted up to a thousand.
    pub unread: u64,
}

/// What `GET /api/clients` answers: one page, by `client_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ClientsPage {
    /// The clients of this page.
    pub clients: Vec<ClientInfo>,
    /// What `after` must be for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many clients are connected in all, whatever the filter.
    pub total: u64,
}

/// What `DELETE /api/clients/{id}` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Disconnected {
    /// How many connections were closed.
    pub connections: u64,
}

/// What `GET /api/stats` answers. Counters start at 0 with the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Stats {
    /// The name of this node.
    pub node: String,
    /// The version of the binary.
    pub version: String,
    /// Seconds since it started.
    pub uptime: u64,
    /// Clients connected now.
    pub clients: u64,
    /// Connections open now.
    pub connections: u64,
    /// Distinct subscriptions (topics and patterns) that somebody holds now.
    pub topics: u64,
    /// Connections ever opened.
    pub connections_opened: u64,
    /// Messages accepted.
    pub messages: u64,
    /// Messages in the log.
    pub log_messages: u64,
    /// Bytes that the log takes on the disk.
    pub log_bytes: u64,
    /// Frames handed to connections.
    pub deliveries: u64,
}

/// The data of `event: welcome`, the first event of every stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Welcome {
    /// Who the server takes this connection for.
    pub client_id: String,
    /// The node it is connected to.
    pub node: String,
    /// Seconds between two pings; a stream that is silent for two of them is dead.
    pub heartbeat: u64,
    /// What this connection is subscribed to.
    pub topics: Vec<String>,
}

/// The data of `event: refused`: one topic was not allowed, the rest of the stream goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Refused {
    /// The topic as it was asked for.
    pub topic: String,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub detail: String,
}

/// The data of `event: gap`: messages that this stream can't bring any more. It goes on after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Gap {
    /// The first place at which something may be missing; none where nobody can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Why: `pruned`, `expired`, `unknown_epoch`, `ahead_of_log` or `slow_reader`.
    pub reason: String,
}

/// The data of `event: reconnect`: the server is about to close this connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Reconnect {
    /// Milliseconds to wait before coming back.
    pub after_ms: u64,
    /// Why it closes.
    pub reason: String,
}

/// The body of `POST /api/session`: signing in to the panel.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The admin token.
    pub token: String,
}

/// What `GET /api/session` answers: what this caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    /// Whether pushes and the admin API are open to this caller.
    pub admin: bool,
    /// Whether the server has an admin token at all; without one it serves this machine only.
    pub token_required: bool,
}

/// An answer that says no: RFC 9457 problem details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A link to what is known of this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong with this very request.
    pub detail: String,
    /// The kind as a stable `snake_case` word that programs may branch on.
    pub code: String,
    /// The field, parameter or header that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// The topic on which the registry reports connects and disconnects. Admin only.
pub const SYS_CLIENTS: &str = "$sys/clients";
/// The event that takes a message off the screen; its data is a [`Recall`].
pub const EVENT_RECALL: &str = "recall";
/// The topic on which the broker reports what was pushed and how far it came. Admin only.
pub const SYS_MESSAGES: &str = "$sys/messages";
/// On [`SYS_MESSAGES`]: a [`MessageInfo`] that was just pushed.
pub const EVENT_PUSHED: &str = "pushed";
/// On [`SYS_MESSAGES`]: a list of client ids whose receipts have moved.
pub const EVENT_MOVED: &str = "moved";
/// On [`SYS_CLIENTS`]: a list of [`ClientInfo`] that changed.
pub const EVENT_CLIENTS: &str = "clients";
/// On [`SYS_CLIENTS`]: too much changed to tell it one by one; load the list again.
pub const EVENT_RESYNC: &str = "resync";
