//! Webhooks, as they are stored: whom to tell, what happened, and what became of telling it.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    log::{
        event_kind::{EventKind, EventKinds},
        options::milliseconds,
        person::Hidden,
    },
    message::Seq,
};

/// A stored hook. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHook {
    /// Its id. Ids grow with the time of creation.
    pub id: Arc<str>,
    /// Where to, and the filter, as JSON.
    pub config: String,
    /// The kinds of events that it wants.
    pub kinds: EventKinds,
    /// The secrets that sign, as JSON.
    pub secrets: Hidden<String>,
    /// When it was made.
    pub created_at: u64,
    /// Why it is paused, and since when. None: it is not.
    pub paused: Option<(String, u64)>,
    /// Everything up to this event was delivered, or was not for it.
    pub cursor: u64,
    /// Grows with each change after which deliveries begin anew.
    pub run: u64,
    /// How many events of its kinds were removed before it got them.
    pub lost: u64,
    /// That deliveries fail. None: the last one did not.
    pub failing: Option<Failing>,
}

/// Deliveries of a hook fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Since when.
    pub since: u64,
    /// What went wrong the last time, in words.
    pub why: String,
    /// When the next attempt is made.
    pub retry_at: u64,
}

/// An event that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHookEvent {
    /// What happened.
    pub kind: EventKind,
    /// The client that it is about.
    pub client: Option<String>,
    /// The topic that it is about.
    pub topic: Option<String>,
    /// The messages that it is about.
    #[serde(default)]
    pub messages: Vec<Seq>,
    /// What else is known of it: a JSON object.
    pub data: String,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookEvent {
    /// Its number. Numbers grow.
    pub seq: u64,
    /// When it happened, in milliseconds since 1970.
    pub at: u64,
    /// What happened.
    pub kind: EventKind,
    /// The client that it is about.
    pub client: Option<String>,
    /// The topic that it is about.
    pub topic: Option<String>,
    /// The messages that it is about.
    pub messages: Vec<Seq>,
    /// What else is known of it: a JSON object.
    pub data: String,
}

/// A client or a topic that is present.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Present {
    /// A client.
    Client(String),
    /// A topic or a pattern, as it was subscribed to.
    Topic(String),
}

/// What became of delivering an event to a hook. The numbers in the file are those of [`DeliveryOutcome::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The endpoint has taken it.
    Delivered,
    /// It is tried again.
    Retrying,
    /// The endpoint has refused it again and again, while it took others. It is not tried again by itself.
    Failed,
}

impl DeliveryOutcome {
    /// All outcomes, by number.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Retrying, Self::Failed];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
        }
    }
}

/// The last attempt to deliver an event to a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookDelivery {
    /// The number of the event.
    pub event: u64,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// How many attempts there were.
    pub attempts: u64,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// How long the answer took, in milliseconds.
    pub latency: Option<u64>,
    /// What went wrong, in words.
    pub error: Option<String>,
}

/// A change of hooks. A change of a hook that is not there changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum HookChange {
    /// Make a hook. It gets what happens from now on.
    Create {
        /// Its id.
        id: String,
        /// Where to, and the filter, as JSON.
        config: String,
        /// The kinds of events that it wants.
        kinds: EventKinds,
        /// The secrets that sign, as JSON.
        secrets: HiddenText,
    },
    /// Change where to, and what.
    Update {
        /// The hook.
        id: String,
        /// Where to, and the filter, as JSON.
        config: String,
        /// The kinds of events that it wants.
        kinds: EventKinds,
    },
    /// Replace the secrets.
    Secrets(String, HiddenText),
    /// Stop deliveries, with the reason, or go on with them.
    Pause(String, Option<String>),
    /// Deliver everything again that happened at this time or later.
    Replay(String, u64),
    /// Remove a hook.
    Remove(String),
    /// Note what was delivered.
    Progress(HookProgress),
    /// Write what happened at a node.
    Events(NodeEvents),
    /// Remove events up to this one.
    Prune(u64),
}

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HiddenText(pub String);

impl std::fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HiddenText(..)")
    }
}

/// How far a hook has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookProgress {
    /// The hook.
    pub id: String,
    /// The run that it belongs to. The cursor is not noted if events were sent again since then.
    pub run: u64,
    /// Everything up to this event is done.
    pub cursor: u64,
    /// Whether deliveries fail now.
    pub failing: Option<Failing>,
    /// Attempts since the last time.
    pub deliveries: Vec<HookDelivery>,
}

/// What happened at a node, in order: first events, then who has come, then who is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEvents {
    /// The name of the node.
    pub node: String,
    /// Events of connections, and others that no other node knows of.
    pub events: Vec<NewHookEvent>,
    /// Who is there, and was so before somebody wanted to know. It is no event.
    pub were: Vec<Present>,
    /// Who has come to this node.
    pub came: Vec<Present>,
    /// Who is gone from this node.
    pub gone: Vec<Present>,
}

impl NodeEvents {
    /// Adds what happened later.
    pub fn append(&mut self, mut later: Self) {
        self.events.append(&mut later.events);
        self.were.append(&mut later.were);
        self.came.append(&mut later.came);
        self.gone.append(&mut later.gone);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.were.is_empty()
            && self.came.is_empty()
            && self.gone.is_empty()
    }
}

impl HookChange {
    /// The approximate size in bytes.
    pub(in crate::log) fn weight(&self) -> usize {
        match self {
            Self::Create { config, .. } | Self::Update { config, .. } => 512 + config.len(),
            Self::Progress(progress) => 256 + 192 * progress.deliveries.len(),
            Self::Events(events) => {
                let names = events.were.len() + events.came.len() + events.gone.len();
                let data = events.events.iter().map(|event| 192 + event.data.len());
                data.sum::<usize>() + 160 * names + 64
            }
            _ => 256,
        }
    }
}

impl HookDelivery {
    /// An attempt to deliver an event: at this time (milliseconds since 1970), after so many attempts with this one, with this
    /// status, latency and error.
    pub fn of(
        event: u64,
        at: u64,
        attempts: u64,
        (status, latency, error): (Option<u16>, Duration, Option<String>),
        outcome: DeliveryOutcome,
    ) -> Self {
        Self {
            event,
            at,
            attempts,
            outcome,
            status,
            latency: Some(milliseconds(latency)),
            error,
        }
    }
}
