//! Webhooks: back ends are told what happened, and are asked who may open a stream.
//!
//! What happened is in the log (`src/log/hook_event_rows.rs`): what the log itself decides is written with its cause, in one
//! transaction, and what only this node knows is gathered ([`gathering`]) and written four times a second. In a cluster
//! every node has all events. One of them, the janitor, delivers: a task for each hook ([`runner`]) goes on after the hook's
//! cursor, with a [`window`] of events that are under way. An endpoint that is down holds up this task and nothing else.

mod address;
mod backoff;
mod body;
mod config;
pub mod connect;
mod endpoint;
mod gathering;
mod presence;
mod runner;
mod secret;
mod supervisor;
mod window;
mod writing;

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::Notify;

pub use config::{HookConfig, HookFilter, HookTexts, InvalidHook};
pub use connect::{ConnectHook, ConnectQuestion, ConnectRefusal};
pub use endpoint::{Attempt, Failure};
pub use gathering::{Exceeded, Gathering};
pub use secret::{HookSecret, HookSecrets, InvalidHookSecret, SecretKind};

use crate::{
    broker::Broker,
    config::HookSettings,
    log::{AppendError, HookChange, HookEvent, HookProgress, ReadError, StoredHook},
    metrics::{Counter, CounterFamily},
};
use endpoint::Endpoints;

/// What became of attempts, for monitoring.
const OUTCOMES: [&str; 3] = ["delivered", "retried", "failed"];

/// How long the events of the end of a server may take to be written.
const FLUSH: Duration = Duration::from_secs(2);

/// See the module documentation.
pub struct Hooks {
    broker: Arc<Broker>,
    node: String,
    settings: HookSettings,
    endpoints: Endpoints,
    gathering: Arc<Gathering>,
    /// What the tasks that deliver have done and not written yet, by hook.
    unwritten: Mutex<HashMap<Arc<str>, HookProgress>>,
    /// Tells that hooks have changed.
    changed: Arc<Notify>,
    attempts: CounterFamily,
    /// Events that were sent to try a hook.
    tests: Counter,
}

impl Hooks {
    /// Begins to gather what hooks want. [`Self::write_events`] and [`Self::deliver`] are to be run.
    pub fn open(broker: Arc<Broker>, settings: &HookSettings, node: &str) -> Arc<Self> {
        let gathering = Arc::new(Gathering::default());
        let changed = Arc::new(Notify::new());
        let (told, notify) = (Arc::clone(&gathering), Arc::clone(&changed));
        let tail = move |id: &Arc<str>, hook: Option<&Arc<StoredHook>>| {
            if told.put(id, hook.map(|hook| (hook.kinds, hook.run))) {
                notify.notify_waiters();
            }
        };
        broker.log().set_hook_tail(Box::new(tail));
        let watch = gathering::Watch(Arc::clone(&gathering));
        broker.registry().set_watch(Box::new(watch));
        Arc::new(Self {
            broker,
            node: node.to_owned(),
            settings: settings.clone(),
            endpoints: Endpoints::new(settings),
            gathering,
            unwritten: Mutex::default(),
            changed,
            attempts: CounterFamily::new(&OUTCOMES),
            tests: Counter::default(),
        })
    }

    /// What is gathered at this node.
    pub fn gathering(&self) -> &Gathering {
        &self.gathering
    }

    /// Whether a URL may be the endpoint of a hook, as far as it can be said without asking for its address.
    pub fn check_url(&self, url: &reqwest::Url) -> Result<(), String> {
        self.endpoints.check_url(url)
    }

    /// Sends an event to a hook at once, beside the others.
    pub async fn send_now(
        &self,
        hook: &StoredHook,
        event: &HookEvent,
    ) -> Result<Attempt, InvalidHook> {
        let config = HookConfig::stored(&hook.config)?;
        let secrets = HookSecrets::stored(&hook.secrets.0)?;
        let message = body::message(&self.broker, event);
        Ok(self.attempt(&config, &secrets, &message).await)
    }

    /// Sends an event that nothing is kept of, to try a hook.
    /// Returns its id and what became of it.
    pub async fn send_test(&self, hook: &StoredHook) -> Result<(String, Attempt), InvalidHook> {
        let config = HookConfig::stored(&hook.config)?;
        let secrets = HookSecrets::stored(&hook.secrets.0)?;
        self.tests.inc();
        let message = body::test(&self.broker, self.tests.get());
        let attempt = self.attempt(&config, &secrets, &message).await;
        Ok((message.id, attempt))
    }

    async fn attempt(
        &self,
        config: &HookConfig,
        secrets: &HookSecrets,
        message: &body::OutgoingMessage,
    ) -> Attempt {
        let now = self.broker.log().now();
        self.endpoints
            .send(&config.url, secrets, message, now)
            .await
    }

    /// Attempts since the start, by what became of them.
    pub fn attempts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.attempts.counts()
    }

    /// Events that no hook was told of, because too many waited.
    pub fn dropped(&self) -> u64 {
        self.gathering.dropped.get()
    }

    /// About how many events wait for each hook, up to `most`. It reads the file.
    pub fn waiting(&self, hook: &StoredHook, most: usize) -> Result<u64, ReadError> {
        let log = self.broker.log();
        log.count_hook_events(hook.cursor, hook.kinds, most)
    }

    /// The id of an event in requests (`webhook-id`).
    pub fn webhook_id(&self, event: &HookEvent) -> String {
        body::webhook_id(&self.broker, event)
    }

    /// The event that a `webhook-id` of this server names. None if it is none.
    pub fn event_number(id: &str) -> Option<u64> {
        body::event_number(id)
    }

    /// Writes what is not written yet, when no more connections come and go.
    pub async fn finish(&self) -> Result<(), AppendError> {
        let last = async {
            let events = self.gathering.take_last(&self.node);
            if !events.is_empty() {
                self.change(HookChange::Events(events)).await?;
            }
            let unwritten = std::mem::take(&mut *self.unwritten.lock());
            for (_, progress) in unwritten {
                self.change(HookChange::Progress(progress)).await?;
            }
            Ok(())
        };
        let ended = tokio::time::timeout(FLUSH, last).await;
        ended.unwrap_or(Err(AppendError::Unavailable))
    }

    async fn change(&self, change: HookChange) -> Result<(), AppendError> {
        self.broker.log().change_hook(change).await
    }
}

/// Runs a read of the log on a thread that may block.
async fn off_thread<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|_| Err(ReadError::Invalid("the read has panicked".to_owned())))
}
