//! Random operations on a log, compared with a list in memory.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proptest::prelude::*;
use tempfile::TempDir;
use tidings::{
    log::{
        AppendError, Clock, Entry, IdempotencyKey, Log, LogGapReason, LogOptions, PageLimit,
        Subscriptions,
    },
    message::{
        Audience, ClientId, Data, Draft, Handling, Receipt, ReplaceKey, Topic, TopicAccess,
        TopicFilter,
    },
};

const CLIENTS: [&str; 3] = ["a", "b", "c"];
const TOPICS: [&str; 4] = ["t/1", "t/2", "t/2/x", "u"];
const FILTERS: [&str; 5] = ["t/1", "t/*", "t/**", "**", "u"];
const MAX_AGE: u64 = 1000;
const KEY_AGE: u64 = 300;

/// An operation.
#[derive(Clone, Debug)]
enum Operation {
    Push(Vec<Push>),
    Pass(u64),
    Tidy,
    Reopen,
    Recall(usize),
    Sent(usize, usize),
    Acked(usize, usize),
    Read {
        client: Option<usize>,
        everyone: bool,
        filters: Vec<usize>,
        after: usize,
        page: usize,
    },
}

#[derive(Clone, Debug)]
struct Push {
    audience: To,
    text: u8,
    ttl: Option<u64>,
    key: Option<u8>,
    /// It takes the place of one with this key and the same audience.
    replace: Option<u8>,
    /// Positions to skip before it.
    gap: u64,
}

#[derive(Clone, Debug, PartialEq)]
enum To {
    Clients(Vec<usize>),
    Topic(usize),
    Everyone,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let clients = prop::collection::btree_set(0..CLIENTS.len(), 1..=CLIENTS.len());
    let to = prop_oneof![
        4 => clients.prop_map(|set| To::Clients(set.into_iter().collect())),
        3 => (0..TOPICS.len()).prop_map(To::Topic),
        1 => Just(To::Everyone),
    ];
    let ttl = prop::option::weighted(0.3, 1..200_u64);
    let gap = prop_oneof![9 => Just(0), 1 => 1..200_000_u64];
    let (key, replace) = (0..3_u8, prop::option::weighted(0.3, 0..2_u8));
    let push = (
        to,
        0..3_u8,
        ttl,
        prop::option::weighted(0.2, key),
        replace,
        gap,
    )
        .prop_map(|(audience, text, ttl, key, replace, gap)| Push {
            audience,
            text,
            ttl,
            key,
            replace,
            gap: if key.is_some() { 0 } else { gap },
        });
    let number = 0..100_usize;
    let read = (
        prop::option::of(0..CLIENTS.len()),
        any::<bool>(),
        prop::collection::vec(0..FILTERS.len(), 0..3),
        number.clone(),
        1..8_usize,
    );
    let act = prop_oneof![
        6 => prop::collection::vec(push, 1..5).prop_map(Operation::Push),
        2 => (1..150_u64).prop_map(Operation::Pass),
        1 => Just(Operation::Tidy),
        1 => Just(Operation::Reopen),
        1 => number.clone().prop_map(Operation::Recall),
        1 => (0..CLIENTS.len(), number.clone()).prop_map(|(c, n)| Operation::Sent(c, n)),
        1 => (0..CLIENTS.len(), number).prop_map(|(c, n)| Operation::Acked(c, n)),
        4 => read.prop_map(|(client, everyone, filters, after, page)| {
            Operation::Read { client, everyone, filters, after, page }
        }),
    ];
    prop::collection::vec(act, 1..50)
}

/// A message in the model.
#[derive(Debug)]
struct Kept {
    seq: u64,
    at: u64,
    expires_at: Option<u64>,
    to: To,
    text: String,
    recalled: bool,
    replace: Option<u8>,
    /// Whether a newer one took its place.
    replaced: bool,
    /// The final receipts of its clients, as far as they are final.
    outcomes: HashMap<usize, Receipt>,
}

struct TestLog {
    folder: TempDir,
    clock: Arc<AtomicU64>,
    started: u64,
    log: Option<Log>,
    kept: Vec<Kept>,
    keys: HashMap<u8, (u64, Push, u64)>,
    sent: [u64; CLIENTS.len()],
    acked: [u64; CLIENTS.len()],
}

fn client(i: usize) -> ClientId {
    ClientId::parse(CLIENTS[i]).expect("a client_id")
}

impl TestLog {
    fn new() -> Self {
        let started = 1_800_000_000_000;
        let mut test = Self {
            folder: tempfile::tempdir().expect("a folder"),
            clock: Arc::new(started.into()),
            started,
            log: None,
            kept: Vec::new(),
            keys: HashMap::new(),
            sent: Default::default(),
            acked: Default::default(),
        };
        test.open();
        test
    }

    fn open(&mut self) {
        self.log = None;
        let clock = Arc::clone(&self.clock);
        let mut options = LogOptions::new(self.folder.path());
        options.clock = Clock::new(move || clock.load(Ordering::Relaxed));
        options.max_age = Duration::from_secs(MAX_AGE);
        options.key_age = Duration::from_secs(KEY_AGE);
        let fatal = |reason| panic!("{reason}");
        self.log = Some(Log::open(options, |_, _| Vec::new(), fatal).expect("opens"));
    }

    fn log(&self) -> &Log {
        self.log.as_ref().expect("an open log")
    }

    fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    fn head(&self) -> u64 {
        self.kept.last().map_or(0, |kept| kept.seq)
    }

    /// The `n`th position, modulo their number.
    fn position(&self, n: usize) -> u64 {
        match n % (self.kept.len() + 1) {
            0 => 0,
            n => self.kept[n - 1].seq,
        }
    }

    fn act(&mut self, act: &Operation) {
        match act {
            Operation::Push(pushes) => self.push(pushes),
            // Names are pruned after two retention periods. After that, gaps may be reported unnecessarily.
            Operation::Pass(seconds) if self.now() - self.started < MAX_AGE * 1900 => {
                self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
            }
            Operation::Pass(_) => {}
            Operation::Tidy => self.run_maintenance(),
            Operation::Reopen => self.open(),
            Operation::Recall(n) => self.recall(*n),
            Operation::Sent(c, n) => {
                let seq = self.position(*n);
                self.maintain_fully();
                self.log().note_sent(&client(*c), seq);
                self.sent[*c] = self.sent[*c].max(seq);
            }
            Operation::Acked(c, n) => {
                let seq = self.position(*n);
                self.maintain_fully();
                self.log().note_acked(&client(*c), seq);
                self.acked[*c] = self.acked[*c].max(seq);
            }
            Operation::Read {
                client: c,
                everyone,
                filters,
                after,
                page,
            } => {
                let filter = |i: &usize| TopicFilter::parse(FILTERS[*i]).expect("a filter");
                let subscriptions = Subscriptions {
                    client: c.map(client),
                    everyone: *everyone,
                    filters: filters.iter().map(filter).collect(),
                    access: TopicAccess::default(),
                };
                self.read(&subscriptions, self.position(*after), *page);
            }
        }
        assert_eq!(self.log().head(), self.head());
        for (i, name) in CLIENTS.iter().enumerate() {
            let position = self.log().inbox_position(&client(i)).expect("a position");
            assert_eq!(position, self.had(i), "the inbox of {name}");
        }
    }

    /// The position that a client has reached. For clients that never acknowledge, what was written counts.
    fn had(&self, client: usize) -> u64 {
        match self.acked[client] {
            0 => self.sent[client],
            acked => acked,
        }
    }

    fn push(&mut self, pushes: &[Push]) {
        let mut head = self.head();
        let mut entries = Vec::new();
        let mut expected = Vec::new();
        for push in pushes {
            let mut entry = Entry::new(draft(push));
            if let Some(key) = push.key {
                entry = entry.with_key(IdempotencyKey::parse(&format!("k{key}")).expect("a key"));
                let known = self
                    .keys
                    .get(&key)
                    .filter(|known| self.now() < known.2 + KEY_AGE * 1000);
                if let Some((seq, first, _)) = known {
                    let seq = *seq;
                    let same = first.audience == push.audience
                        && first.text == push.text
                        && first.ttl == push.ttl
                        && first.replace == push.replace;
                    expected.push(if same {
                        Ok((seq, true))
                    } else {
                        Err(AppendError::KeyReused { seq })
                    });
                    entries.push(entry);
                    continue;
                }
            }
            let seq = head + 1 + push.gap;
            if push.gap > 0 {
                entry = entry.at(seq, self.now());
            }
            head = seq;
            if let Some(key) = push.key {
                self.keys.insert(key, (seq, push.clone(), self.now()));
            }
            expected.push(Ok((seq, false)));
            entries.push(entry);
            self.replace(push);
            self.kept.push(Kept {
                seq,
                at: self.now(),
                expires_at: push.ttl.map(|ttl| self.now() + ttl * 1000),
                to: push.audience.clone(),
                text: push.text.to_string(),
                recalled: false,
                replace: push.replace,
                replaced: false,
                outcomes: HashMap::new(),
            });
        }
        let outcomes = self.log().append_batch_blocking(entries);
        let outcomes: Vec<_> = outcomes
            .into_iter()
            .map(|o| o.map(|kept| (kept.seq, kept.duplicate)))
            .collect();
        assert_eq!(outcomes, expected);
    }

    /// The newest message with the same key and audience ends, unless it has ended before.
    fn replace(&mut self, push: &Push) {
        self.maintain_fully();
        let (now, sent, acked) = (self.now(), self.sent, self.acked);
        let mut newest_first = self.kept.iter_mut().rev();
        let same = |kept: &&mut Kept| kept.replace == push.replace && kept.to == push.audience;
        let Some(old) = newest_first.find(same).filter(|old| old.replace.is_some()) else {
            return;
        };
        if old.recalled || old.expires_at.is_some_and(|at| at <= now) {
            return;
        }
        old.replaced = true;
        if let To::Clients(clients) = &old.to {
            for c in clients
                .iter()
                .filter(|c| sent[**c].max(acked[**c]) < old.seq)
            {
                old.outcomes.insert(*c, Receipt::Replaced);
            }
        }
    }

    /// Stores the receipts of messages that end now.
    fn maintain_fully(&mut self) {
        let (now, sent, acked) = (self.now(), self.sent, self.acked);
        for kept in &mut self.kept {
            if kept.replaced || kept.expires_at.is_none_or(|at| at > now) {
                continue;
            }
            if let To::Clients(clients) = &kept.to {
                for c in clients
                    .iter()
                    .filter(|c| sent[**c].max(acked[**c]) < kept.seq)
                {
                    kept.outcomes.entry(*c).or_insert(Receipt::Expired);
                }
            }
        }
    }

    fn run_maintenance(&mut self) {
        self.maintain_fully();
        self.log().run_maintenance().expect("tidied");
        let now = self.now();
        for kept in &self.kept {
            let record = self.log().message(kept.seq).expect("read");
            let old = kept.at + MAX_AGE * 1000 < now;
            assert_eq!(record.is_none(), old, "{kept:?}");
            let (To::Clients(clients), false) = (&kept.to, old) else {
                continue;
            };
            let receipts = self
                .log()
                .recipients(kept.seq, 0, 100)
                .expect("read")
                .expect("there");
            let outcome = |c: &usize| match kept.outcomes.get(c) {
                Some(outcome) => *outcome,
                None if self.acked[*c] >= kept.seq => Receipt::Acknowledged,
                None if self.sent[*c] >= kept.seq => Receipt::Sent,
                None => Receipt::Queued,
            };
            let expected: Vec<_> = clients.iter().map(|c| (client(*c), outcome(c))).collect();
            assert_eq!(receipts, expected, "{kept:?}");
        }
        for (c, name) in CLIENTS.iter().enumerate() {
            let position = self.had(c);
            let waits = |kept: &&Kept| {
                let for_it = matches!(&kept.to, To::Clients(clients) if clients.contains(&c));
                for_it && kept.seq > position && self.deliverable(kept) && !self.old(kept)
            };
            let unread = self.log().unread_count(&client(c), 1000).expect("a count");
            assert_eq!(
                unread as usize,
                self.kept.iter().filter(waits).count(),
                "unread of {name}"
            );
        }
    }

    fn deliverable(&self, kept: &Kept) -> bool {
        !kept.recalled && !kept.replaced && kept.expires_at.is_none_or(|at| at > self.now())
    }

    fn old(&self, kept: &Kept) -> bool {
        kept.at + MAX_AGE * 1000 < self.now()
    }

    fn recall(&mut self, n: usize) {
        self.maintain_fully();
        let seq = self.position(n);
        let recalled = self.log().recall_blocking(seq).expect("no error").is_some();
        let (sent, acked) = (self.sent, self.acked);
        let old = self
            .kept
            .iter()
            .find(|kept| kept.seq == seq)
            .is_some_and(|kept| self.old(kept));
        let Some(kept) = self.kept.iter_mut().find(|kept| kept.seq == seq) else {
            assert!(!recalled);
            return;
        };
        assert!(old || recalled != kept.recalled);
        if let (To::Clients(clients), true) = (&kept.to, recalled) {
            let waiting = clients.iter().filter(|c| sent[**c].max(acked[**c]) < seq);
            for c in waiting {
                // It was recalled after it had expired. It still counts as not sent.
                kept.outcomes.insert(*c, Receipt::Recalled);
            }
            for outcome in kept.outcomes.values_mut() {
                *outcome = Receipt::Recalled;
            }
        }
        kept.recalled |= recalled;
    }

    fn read(&self, subscriptions: &Subscriptions, from: u64, page: usize) {
        let wanted = |kept: &&Kept| kept.seq > from && is_for(&kept.to, subscriptions);
        let (mut after, mut got, mut gaps) = (from, Vec::new(), Vec::new());
        while after < self.log().head() || after == from && got.is_empty() && gaps.is_empty() {
            let limit = PageLimit {
                messages: page,
                bytes: 2,
            };
            let read = self
                .log()
                .read(subscriptions, after, None, limit)
                .expect("a page");
            got.extend(
                read.messages
                    .iter()
                    .map(|m| (m.seq, m.data.as_str().to_owned())),
            );
            gaps.extend(read.gaps);
            if read.reached == after {
                assert!(after >= self.log().head());
                break;
            }
            after = read.reached;
        }
        assert!(
            got.is_sorted_by(|a, b| a.0 < b.0),
            "in order and once: {got:?}"
        );
        for (seq, text) in &got {
            let kept = self
                .kept
                .iter()
                .filter(wanted)
                .find(|kept| kept.seq == *seq);
            assert!(
                kept.is_some_and(|kept| kept.text == *text && self.deliverable(kept)),
                "{seq}"
            );
        }
        let told = |seq: u64| gaps.iter().any(|gap| (gap.from..=gap.to).contains(&seq));
        for kept in self.kept.iter().filter(wanted) {
            let there = got.iter().any(|(seq, _)| *seq == kept.seq);
            if !there && !kept.recalled && !kept.replaced {
                assert!(told(kept.seq), "{kept:?} is missing in silence");
                assert!(
                    !self.deliverable(kept) || self.old(kept),
                    "{kept:?} is missing"
                );
            }
        }
        for gap in &gaps {
            let gone = self
                .kept
                .iter()
                .filter(wanted)
                .find(|kept| kept.seq == gap.to);
            let gone = gone.unwrap_or_else(|| panic!("{gap:?} of nothing"));
            match gap.reason {
                LogGapReason::Expired => {
                    assert!(gone.expires_at.is_some_and(|at| at <= self.now()))
                }
                LogGapReason::Pruned => assert!(self.old(gone), "{gap:?} {gone:?}"),
                LogGapReason::Unreadable => panic!("{gap:?} in a sound log"),
            }
        }
    }
}

fn draft(push: &Push) -> Draft {
    Draft {
        audience: match &push.audience {
            To::Clients(clients) if clients.len() == 1 => Audience::Client(client(clients[0])),
            To::Clients(clients) => Audience::clients(clients.iter().map(|c| client(*c)).collect()),
            To::Topic(topic) => Audience::Topic(Topic::parse(TOPICS[*topic]).expect("a topic")),
            To::Everyone => Audience::Everyone,
        },
        event: None,
        data: Data::Text(push.text.to_string().into()),
        ttl: push.ttl.map(Duration::from_secs),
        update: None,
        handling: push.replace.map(|key| {
            Arc::new(Handling {
                replace: ReplaceKey::parse(&key.to_string()).ok(),
                ..Handling::default()
            })
        }),
    }
}

fn is_for(to: &To, subscriptions: &Subscriptions) -> bool {
    match to {
        To::Clients(clients) => clients
            .iter()
            .any(|c| subscriptions.client.as_ref() == Some(&client(*c))),
        To::Topic(topic) => {
            let topic = Topic::parse(TOPICS[*topic]).expect("a topic");
            subscriptions
                .filters
                .iter()
                .any(|filter| filter.matches(&topic))
        }
        To::Everyone => subscriptions.everyone,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_log_behaves_like_a_list(operations in operations()) {
        let mut test = TestLog::new();
        for act in &operations {
            test.act(act);
        }
        test.open();
        test.run_maintenance();
    }
}
