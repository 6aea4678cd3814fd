//! Gathers what only this node knows and a hook wants: connections that come and go, gaps, and limits that were exceeded.
//! What waits is bounded. Without such a hook nothing is gathered.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    log::{EventKind, EventKinds, NewHookEvent, NodeEvents, Present},
    message::Seq,
    metrics::Counter,
    network::Network,
    registry::{ConnectionRecord, ConnectionWatch, Subscriber, now},
};

/// Events that wait at most. Those that come on top of them are counted and not told.
const MAX_WAITING: usize = 50_000;

/// Events after which they are written at once.
const MANY: usize = 1_000;

/// For how long the same limit is not told of again for the same address.
const LIMIT_WINDOW: Duration = Duration::from_secs(60);

/// Addresses for which that is known, at most. On top of them, those of all addresses are one.
const MAX_LIMITS: usize = 1_024;

/// See the module documentation.
#[derive(Default)]
pub struct Gathering {
    state: Mutex<State>,
    /// Whether a hook wants any of it, so that nothing else is looked at.
    is_wanted: AtomicBool,
    /// Tells that there are many events, or that a hook wants something else.
    pub(super) many: Notify,
    /// Events that were not told because too many waited.
    pub(super) dropped: Counter,
}

#[derive(Default)]
struct State {
    /// The kinds that each hook wants, and its run.
    hooks: HashMap<Arc<str>, (EventKinds, u64)>,
    wanted: EventKinds,
    /// Since when hooks want these kinds, in milliseconds since 1970.
    wanted_since: u64,
    events: Vec<NewHookEvent>,
    /// Who may have come or gone. True: they have come, at least once.
    moved: BTreeMap<Present, bool>,
    limits: HashMap<(&'static str, Option<Network>), (Instant, u64)>,
}

/// What was gathered since the last time.
#[derive(Default)]
pub(super) struct Gathered {
    pub wanted: EventKinds,
    /// Since when hooks want these kinds, in milliseconds since 1970.
    pub wanted_since: u64,
    pub events: Vec<NewHookEvent>,
    pub moved: BTreeMap<Present, bool>,
}

impl Gathered {
    /// Whether this connection of somebody, which was admitted at this time, came after hooks wanted to know, and is among what
    /// has moved.
    pub fn has_come_with(&self, present: &Present, admitted: u64) -> bool {
        self.moved.get(present) == Some(&true) && admitted >= self.wanted_since
    }
}

/// A limit was exceeded.
pub struct Exceeded {
    /// The code of the error.
    pub code: &'static str,
    /// The client, if the request names one.
    pub client: Option<String>,
    /// The address that the request came from.
    pub address: Option<IpAddr>,
}

impl Gathering {
    /// Takes over what a hook wants, and its run. None: it was removed. True: something of it has changed.
    pub(super) fn put(&self, id: &Arc<str>, hook: Option<(EventKinds, u64)>) -> bool {
        let mut state = self.state.lock();
        let before = match hook {
            Some(hook) => state.hooks.insert(Arc::clone(id), hook),
            None => state.hooks.remove(id),
        };
        let kinds = state.hooks.values().map(|(kinds, _)| *kinds);
        let wanted = kinds.fold(EventKinds::default(), EventKinds::with);
        if state.wanted != wanted {
            (state.wanted, state.wanted_since) = (wanted, now());
        }
        self.is_wanted
            .store(!state.wanted.is_empty(), Ordering::Relaxed);
        drop(state);
        let has_changed = before != hook;
        if has_changed {
            self.many.notify_one();
        }
        has_changed
    }

    /// Whether a hook wants this kind.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.is_wanted.load(Ordering::Relaxed) && self.state.lock().wanted.has(kind)
    }

    /// Notes that a limit was exceeded: once a minute for the same limit and address, with the number of times since then.
    pub fn exceeded(&self, exceeded: Exceeded) {
        let Exceeded {
            code,
            client,
            address,
        } = exceeded;
        let mut state = self.state.lock();
        if !state.wanted.has(EventKind::LimitExceeded) {
            return;
        }
        let now = Instant::now();
        let mut key = (code, Some(Network::of_address(address)));
        if state.limits.len() >= MAX_LIMITS && !state.limits.contains_key(&key) {
            let is_new = |since: &Instant| now.duration_since(*since) < LIMIT_WINDOW;
            state.limits.retain(|_, (since, _)| is_new(since));
            if state.limits.len() >= MAX_LIMITS {
                key.1 = None;
            }
        }
        let mut more = 0;
        if let Some((since, count)) = state.limits.get_mut(&key) {
            if now.duration_since(*since) < LIMIT_WINDOW {
                *count += 1;
                return;
            }
            more = *count;
        }
        state.limits.insert(key, (now, 0));
        let address = address.map(|address| address.to_string());
        let data = json!({"code": code, "address": address, "suppressed": more});
        self.add(
            &mut state,
            NewHookEvent {
                kind: EventKind::LimitExceeded,
                client,
                topic: None,
                messages: Vec::new(),
                data: data.to_string(),
            },
        );
    }

    fn add(&self, state: &mut State, event: NewHookEvent) {
        if state.events.len() >= MAX_WAITING {
            self.dropped.inc();
            return;
        }
        state.events.push(event);
        if state.events.len() == MANY {
            self.many.notify_one();
        }
    }

    /// A connection has come (true) or gone.
    fn moved(&self, record: &ConnectionRecord, has_come: bool) {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return;
        }
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let kind = match has_come {
            true => EventKind::ConnectionOpened,
            false => EventKind::ConnectionClosed,
        };
        if state.wanted.has(kind) {
            self.add(state, connection_event(kind, record));
        }
        let subscriber = &record.subscriber;
        let mut note = |present| *state.moved.entry(present).or_default() |= has_come;
        if state.wanted.has_any(EventKinds::CLIENTS)
            && let Some(client) = subscriber.lasting_client()
        {
            note(Present::Client(client.as_str().to_owned()));
        }
        if state.wanted.has_any(EventKinds::TOPICS) {
            let topics = subscriber.filters.iter();
            for topic in topics.filter(|topic| !topic.is_selector()) {
                note(Present::Topic(topic.as_str().to_owned()));
            }
        }
    }

    /// Takes what was gathered.
    pub(super) fn take(&self) -> Gathered {
        let mut state = self.state.lock();
        Gathered {
            wanted: state.wanted,
            wanted_since: state.wanted_since,
            events: std::mem::take(&mut state.events),
            moved: std::mem::take(&mut state.moved),
        }
    }

    /// Takes the events of the end of a server. Who is gone is not among them: the next start of the node looks who comes
    /// back.
    pub(super) fn take_last(&self, node: &str) -> NodeEvents {
        NodeEvents {
            node: node.to_owned(),
            events: self.take().events,
            ..NodeEvents::default()
        }
    }
}

/// What is told of a connection.
fn connection_event(kind: EventKind, record: &ConnectionRecord) -> NewHookEvent {
    let subscriber = &record.subscriber;
    let topics: Vec<_> = subscriber.filters.iter().map(ToString::to_string).collect();
    let mut data = json!({
        "connection": record.id,
        "opened_at": record.since,
        "address": subscriber.remote.to_string(),
        "user_agent": subscriber.user_agent.as_deref(),
        "topics": topics,
    });
    if kind == EventKind::ConnectionClosed {
        data["seconds"] = (now().saturating_sub(record.since) / 1000).into();
    }
    NewHookEvent {
        kind,
        client: Some(subscriber.client_id.as_str().to_owned()),
        topic: None,
        messages: Vec::new(),
        data: data.to_string(),
    }
}

/// Is told by the registry.
pub(super) struct Watch(pub Arc<Gathering>);

impl ConnectionWatch for Watch {
    fn opened(&self, connection: &ConnectionRecord) {
        self.0.moved(connection, true);
    }

    fn closed(&self, connection: &ConnectionRecord) {
        self.0.moved(connection, false);
    }

    fn gap(&self, subscriber: &Subscriber, reason: &'static str, range: Option<(Seq, Seq)>) {
        if !self.0.is_wanted.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.0.state.lock();
        if !state.wanted.has(EventKind::Gap) {
            return;
        }
        let range = range.map(|(from, to)| vec![from, to]);
        self.0.add(
            &mut state,
            NewHookEvent {
                kind: EventKind::Gap,
                client: Some(subscriber.client_id.as_str().to_owned()),
                topic: None,
                messages: range.unwrap_or_default(),
                data: json!({"reason": reason}).to_string(),
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanting(kinds: &[EventKind]) -> Gathering {
        let gathering = Gathering::default();
        let kinds = kinds.iter().copied().collect();
        assert!(gathering.put(&"h".into(), Some((kinds, 0))));
        gathering
    }

    fn exceed(gathering: &Gathering, n: u32) {
        gathering.exceeded(Exceeded {
            code: "too_many_pushes",
            client: None,
            address: Some(std::net::Ipv4Addr::from_bits(n).into()),
        });
    }

    #[test]
    fn a_limit_is_told_of_once_a_minute_for_each_address() {
        let gathering = wanting(&[EventKind::LimitExceeded]);
        for n in 0..100 {
            exceed(&gathering, n % 2);
        }
        assert_eq!(gathering.take().events.len(), 2);
        for n in 0..3 * MAX_LIMITS as u32 {
            exceed(&gathering, n);
        }
        assert!(gathering.take().events.len() <= MAX_LIMITS);
    }

    #[test]
    fn what_no_hook_wants_is_not_gathered() {
        let gathering = wanting(&[EventKind::Gap]);
        exceed(&gathering, 1);
        assert!(gathering.take().events.is_empty());
        assert!(gathering.wants(EventKind::Gap) && !gathering.wants(EventKind::JobEnded));
        assert!(!gathering.put(
            &"h".into(),
            Some(([EventKind::Gap].into_iter().collect(), 0))
        ));
        assert!(gathering.put(&"h".into(), None));
        assert!(!gathering.wants(EventKind::Gap));
    }

    #[test]
    fn who_comes_right_after_a_hook_was_made_has_come() {
        let before = now();
        let mut gathered = wanting(&[EventKind::ClientOnline]).take();
        assert!((before..=now()).contains(&gathered.wanted_since));
        let ada = Present::Client("ada".to_owned());
        assert!(
            !gathered.has_come_with(&ada, now()),
            "it was not seen to come"
        );
        gathered.moved.insert(ada.clone(), true);
        assert!(gathered.has_come_with(&ada, now()));
        let earlier = gathered.wanted_since - 1;
        assert!(
            !gathered.has_come_with(&ada, earlier),
            "this one was here before"
        );
    }
}
