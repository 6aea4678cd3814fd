//! Delivers to one hook, until it changes, is paused or removed, or another node delivers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

use super::{
    Hooks, backoff, body,
    config::{HookConfig, InvalidHook},
    endpoint::{Attempt, Failure},
    secret::HookSecrets,
    window::{self, Window},
};
use crate::log::{
    DeliveryOutcome, Failing, HookChange, HookDelivery, HookEvent, HookProgress, StoredHook,
};

/// Requests at the same time.
const PARALLEL: usize = 8;

/// How often progress is written.
const WRITE: Duration = Duration::from_secs(1);

/// How long the task sleeps at most. It looks then whether this node still delivers.
const LOOK: Duration = Duration::from_secs(1);

/// Failures in a row after which nothing else is tried until the endpoint takes something.
const OUTAGE: u32 = 3;

/// Refusals of one event after which it is given up, if the endpoint has taken others meanwhile.
const REFUSALS: u32 = 10;

/// Successful deliveries that are written once a second, the newest ones. All others are written.
const SHOWN: usize = 200;

/// The state of the task.
struct Runner {
    hooks: Arc<Hooks>,
    hook: Arc<StoredHook>,
    config: HookConfig,
    secrets: Arc<HookSecrets>,
    window: Window,
    sending: FuturesUnordered<BoxFuture<'static, (u64, Attempt)>>,
    /// Whether there may be more events to read.
    may_have_more: bool,
    /// Failures since the last success.
    failures: u32,
    successes: u64,
    failing: Option<Failing>,
    /// Nothing is sent before.
    retry_at: Option<Instant>,
    deliveries: Vec<HookDelivery>,
    /// Whether something is to be written.
    is_dirty: bool,
    written: Instant,
}

/// Delivers to a hook. Returns when something has changed for it.
pub(super) async fn run(hooks: Arc<Hooks>, hook: Arc<StoredHook>) {
    match Runner::new(hooks, hook) {
        Ok(mut runner) => {
            runner.deliver().await;
            runner.write().await;
        }
        // A newer version may have written it. It is looked at again when it changes.
        Err(error) => {
            tracing::warn!(%error, "the configuration of a webhook can't be read");
            tokio::time::sleep(WRITE).await;
        }
    }
}

impl Runner {
    fn new(hooks: Arc<Hooks>, hook: Arc<StoredHook>) -> Result<Self, InvalidHook> {
        Ok(Self {
            config: HookConfig::stored(&hook.config)?,
            secrets: Arc::new(HookSecrets::stored(&hook.secrets.0)?),
            window: Window::after(hook.cursor),
            sending: FuturesUnordered::new(),
            may_have_more: true,
            // An endpoint that was down is asked with one request first.
            failures: if hook.failing.is_some() { OUTAGE } else { 0 },
            successes: 0,
            failing: hook.failing.clone(),
            retry_at: None,
            deliveries: Vec::new(),
            is_dirty: false,
            written: Instant::now(),
            hooks,
            hook,
        })
    }

    /// Whether this task still is what the hook needs.
    fn is_current(&self) -> bool {
        let hook = self.hooks.broker.log().hook(&self.hook.id);
        let is_same = hook.is_some_and(|hook| hook.run == self.hook.run && hook.paused.is_none());
        is_same && self.hooks.delivers()
    }

    async fn deliver(&mut self) {
        let mut written = self.hooks.broker.log().hook_events_written();
        let changed = Arc::clone(&self.hooks.changed);
        loop {
            let changed = changed.notified();
            if !self.is_current() {
                return;
            }
            self.read().await;
            self.send_due();
            if self.is_dirty && self.written.elapsed() >= WRITE {
                self.write().await;
            }
            let wait = self.wait();
            tokio::select! {
                Some((seq, attempt)) = self.sending.next() => {
                    if !self.note(seq, attempt).await {
                        return;
                    }
                }
                // Only here it counts as seen, and before the next read. So no event is missed, whatever else has happened too.
                _ = written.changed() => self.may_have_more = true,
                () = changed => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Reads events until the window is full.
    async fn read(&mut self) {
        while self.may_have_more {
            let (room, after) = self.window.room();
            // In large steps: each is a read of the file.
            if room < window::SIZE / 4 {
                return;
            }
            let hooks = Arc::clone(&self.hooks);
            let read = move || hooks.broker.log().hook_events(after, room);
            match super::off_thread(read).await {
                Ok(events) => {
                    self.may_have_more = events.len() == room;
                    self.is_dirty |= !events.is_empty();
                    for event in events {
                        let wanted = self.config.wants(&event);
                        self.window.read(event, wanted);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "events for webhooks can't be read");
                    return;
                }
            }
        }
    }

    /// Sends what is due.
    fn send_due(&mut self) {
        let now = Instant::now();
        if self.retry_at.is_some_and(|at| at > now) {
            return;
        }
        let most = match self.failures {
            ..OUTAGE => PARALLEL,
            _ => 1,
        };
        while self.sending.len() < most
            && let Some(event) = self.window.next(now)
        {
            self.sending.push(self.attempt(&event));
        }
    }

    fn attempt(&self, event: &HookEvent) -> BoxFuture<'static, (u64, Attempt)> {
        let (hooks, secrets) = (Arc::clone(&self.hooks), Arc::clone(&self.secrets));
        let (url, seq) = (self.config.url.clone(), event.seq);
        let message = body::message(&hooks.broker, event);
        let attempt = async move {
            let now = hooks.broker.log().now();
            let sent = hooks.endpoints.send(&url, &secrets, &message, now);
            (seq, sent.await)
        };
        attempt.boxed()
    }

    /// How long there is nothing to do, unless something happens.
    fn wait(&self) -> Duration {
        let now = Instant::now();
        let until = |at: Instant| at.saturating_duration_since(now);
        let mut wait = LOOK;
        if self.is_dirty {
            wait = wait.min(until(self.written + WRITE));
        }
        match self.retry_at.filter(|at| *at > now) {
            Some(at) => wait.min(until(at)),
            // What is due now waits for a request that is under way.
            None if self.sending.is_empty() => self
                .window
                .next_due()
                .map_or(wait, |due| wait.min(until(due))),
            None => wait,
        }
    }

    /// Takes the result of an attempt. False: the hook is paused.
    async fn note(&mut self, seq: u64, attempt: Attempt) -> bool {
        self.is_dirty = true;
        let mut paused = None;
        let outcome = match &attempt.result {
            Ok(_) => {
                self.failures = 0;
                self.successes += 1;
                self.failing = None;
                self.retry_at = None;
                DeliveryOutcome::Delivered
            }
            Err(failure) => {
                paused = self.fail(failure);
                self.outcome_of(seq, failure)
            }
        };
        let counted = match outcome {
            DeliveryOutcome::Delivered => "delivered",
            DeliveryOutcome::Retrying => "retried",
            DeliveryOutcome::Failed => "failed",
        };
        self.hooks.attempts.inc(counted);
        self.note_delivery(seq, &attempt, outcome);
        if outcome != DeliveryOutcome::Retrying {
            self.window.done(seq);
        }
        let Some(why) = paused else { return true };
        self.write().await;
        let change = HookChange::Pause(self.hook.id.to_string(), Some(why));
        match self.hooks.change(change).await {
            Ok(()) => false,
            Err(error) => {
                tracing::warn!(%error, "a webhook is not paused yet");
                true
            }
        }
    }

    /// Notes that the endpoint did not take something. Returns why the hook is to be paused, if it is.
    fn fail(&mut self, failure: &Failure) -> Option<String> {
        // Requests that were under way when the endpoint went down are one failure.
        if self.retry_at.is_none_or(|at| at <= Instant::now()) {
            self.failures = self.failures.saturating_add(1);
        }
        let now = self.hooks.broker.log().now();
        let wait = match failure.is_outage() || self.failures >= OUTAGE {
            true => backoff::wait(self.failures, failure.retry_after()),
            false => Duration::ZERO,
        };
        self.retry_at = self.retry_at.max(Some(Instant::now() + wait));
        let since = self.failing.as_ref().map_or(now, |failing| failing.since);
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.failing = Some(Failing {
            since,
            why: failure.in_words(),
            retry_at: now.saturating_add(millis),
        });
        let long = self.hooks.settings.pause_after();
        if failure.status() == Some(410) {
            return Some("the endpoint answered 410: it wants no more events".to_owned());
        }
        let has_failed_for = Duration::from_millis(now.saturating_sub(since));
        (has_failed_for >= long).then(|| {
            let hours = long.as_secs() / 3600;
            format!(
                "every delivery has failed for {hours} hours; the last time: {}",
                failure.in_words()
            )
        })
    }

    /// Decides whether an event is tried again, and when.
    fn outcome_of(&mut self, seq: u64, failure: &Failure) -> DeliveryOutcome {
        let successes = self.successes;
        let Some(pending) = self.window.get(seq) else {
            return DeliveryOutcome::Failed;
        };
        if failure.is_outage() {
            // It is not the fault of the event. It is tried again when the endpoint is.
            self.window.retry(seq, None);
            return DeliveryOutcome::Retrying;
        }
        if pending.refusals == 0 {
            pending.successes = successes;
        }
        pending.refusals += 1;
        if pending.refusals >= REFUSALS && successes > pending.successes {
            return DeliveryOutcome::Failed;
        }
        let at = Instant::now() + backoff::wait(pending.refusals, failure.retry_after());
        self.window.retry(seq, Some(at));
        DeliveryOutcome::Retrying
    }

    fn note_delivery(&mut self, seq: u64, attempt: &Attempt, outcome: DeliveryOutcome) {
        let now = self.hooks.broker.log().now();
        let attempts = self.window.get(seq).map_or(1, |pending| pending.attempts);
        let delivery = HookDelivery::of(seq, now, attempts, attempt.facts(), outcome);
        self.deliveries.retain(|one| one.event != seq);
        self.deliveries.push(delivery);
        let is_shown = |one: &HookDelivery| one.outcome == DeliveryOutcome::Delivered;
        if self.deliveries.iter().filter(|one| is_shown(one)).count() > SHOWN
            && let Some(oldest) = self.deliveries.iter().position(is_shown)
        {
            self.deliveries.remove(oldest);
        }
        self.keep_unwritten();
    }

    fn progress(&self) -> HookProgress {
        HookProgress {
            id: self.hook.id.to_string(),
            run: self.hook.run,
            cursor: self.window.cursor(),
            failing: self.failing.clone(),
            deliveries: self.deliveries.clone(),
        }
    }

    /// Keeps what is to be written where the end of the server finds it.
    fn keep_unwritten(&self) {
        let id = Arc::clone(&self.hook.id);
        self.hooks.unwritten.lock().insert(id, self.progress());
    }

    /// Writes how far the hook has come.
    async fn write(&mut self) {
        if !self.is_dirty {
            return;
        }
        self.written = Instant::now();
        let change = HookChange::Progress(self.progress());
        match self.hooks.change(change).await {
            Ok(()) => {
                self.is_dirty = false;
                self.deliveries.clear();
                self.hooks.unwritten.lock().remove(&self.hook.id);
            }
            // Later it is sent again what was not noted.
            Err(error) => tracing::debug!(%error, "the progress of a webhook is not written yet"),
        }
    }
}

#[cfg(test)]
mod tests;
