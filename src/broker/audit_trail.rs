//! Gathers entries of the audit trail that have no change of the log of their own: ephemeral pushes, refusals, and what
//! is done often. They are written together, at most a second later.
//!
//! Refusals of the same kind, reports on the same job, and ephemeral pushes of a caller to the same target become one entry a
//! minute with a count. So a flood costs next to nothing, in memory and in the file.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    job::JobId,
    log::{AuditCaller, AuditChange, AuditEntry, AuditSource, AuditTarget, PUSH},
    message::Audience,
    network::Network,
};

/// Entries that wait at most. Those that come on top of them are only counted.
const MAX_WAITING: usize = 20_000;

/// The time for which requests are counted in one entry.
const WINDOW: Duration = Duration::from_secs(60);

/// Entries that count at the same time, at most, without those of ephemeral pushes. On top of them, those of all callers and
/// addresses are one.
const MAX_COUNTING: usize = 1_024;

/// Entries of ephemeral pushes that count at the same time, at most. On top of them, each push has its own.
const MAX_PUSHES_COUNTING: usize = 8_192;

/// See the module documentation.
#[derive(Default)]
pub(super) struct AuditTrail {
    /// Whether nothing is written.
    pub off: AtomicBool,
    pub gathered: Mutex<Gathered>,
    /// Tells that there are many entries.
    pub many: Notify,
    /// Held while entries are written, so that they stay in order.
    pub writing: tokio::sync::Mutex<()>,
}

/// What was gathered.
#[derive(Default)]
pub(super) struct Gathered {
    /// Entries to be written. With a kind, the next ones of this kind are counted in it.
    waiting: Vec<(Option<Kind>, AuditEntry)>,
    counting: HashMap<Kind, Counting>,
    /// How many of these are ephemeral pushes.
    pushes_counting: usize,
}

/// What is counted in one entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    caller: Option<Arc<AuditCaller>>,
    network: Option<Network>,
    action: Cow<'static, str>,
    error: Option<Cow<'static, str>>,
    job: Option<JobId>,
    /// The target of ephemeral pushes. None: the entry has that of the first request.
    target: Option<Audience>,
}

/// An entry that counts.
struct Counting {
    since: Instant,
    /// Its number. None: it is not written yet.
    number: Option<u64>,
    /// What is not in its count yet.
    more: u64,
}

impl Kind {
    fn new(source: &AuditSource, action: Cow<'static, str>) -> Self {
        let AuditSource { caller, address } = source;
        Self {
            caller: caller.clone(),
            network: address.map(|address| Network::of_address(Some(address))),
            action,
            error: None,
            job: None,
            target: None,
        }
    }

    fn of(entry: &AuditEntry) -> Self {
        Self {
            error: entry.error.clone(),
            job: entry.job,
            ..Self::new(&entry.source, entry.action.clone())
        }
    }

    fn of_push(source: &AuditSource, audience: &Audience) -> Self {
        Self {
            target: Some(audience.clone()),
            ..Self::new(source, PUSH.into())
        }
    }

    fn is_push(&self) -> bool {
        self.target.is_some()
    }
}

impl Gathered {
    /// Adds an entry. `counts`: it may be one of many.
    pub fn add(&mut self, mut entry: AuditEntry, counts: bool, now: Instant) {
        if !counts && self.waiting.len() < MAX_WAITING {
            self.waiting.push((None, entry));
            return;
        }
        let mut kind = Kind::of(&entry);
        if !counts {
            entry.target = None;
        }
        let counting = self.counting.len() - self.pushes_counting;
        if counting >= MAX_COUNTING && !self.counting.contains_key(&kind) {
            entry.source = AuditSource {
                caller: None,
                address: None,
            };
            (entry.target, entry.message, entry.job) = (None, None, None);
            kind = Kind::of(&entry);
        }
        self.count(kind, now, || entry);
    }

    /// Adds an ephemeral push.
    pub fn add_push(&mut self, source: AuditSource, audience: &Audience, now: Instant) {
        let kind = Kind::of_push(&source, audience);
        let entry = || {
            let mut entry = AuditEntry::new(source, PUSH);
            entry.target = Some(AuditTarget::Audience(audience.clone()));
            entry
        };
        let is_list = matches!(audience, Audience::Clients(_));
        if is_list
            || (self.pushes_counting >= MAX_PUSHES_COUNTING && !self.counting.contains_key(&kind))
        {
            return self.add(entry(), false, now);
        }
        self.count(kind, now, entry);
    }

    /// Counts a request in the entry of its kind. `entry` makes the first one of a minute.
    fn count(&mut self, kind: Kind, now: Instant, entry: impl FnOnce() -> AuditEntry) {
        match self.counting.get_mut(&kind) {
            Some(counting) if now.duration_since(counting.since) < WINDOW => {
                counting.more += 1;
            }
            _ => {
                let counting = Counting {
                    since: now,
                    number: None,
                    more: 0,
                };
                let mut entry = entry();
                let previous = self.counting.insert(kind.clone(), counting);
                self.pushes_counting += usize::from(previous.is_none() && kind.is_push());
                // What the previous one has counted since it was written.
                entry.count += previous.map_or(0, |previous| previous.more);
                self.waiting.push((Some(kind), entry));
            }
        }
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes what is to be written. Entries that count no more are forgotten.
    pub fn take(&mut self, now: Instant) -> (AuditChange, Vec<Option<Kind>>) {
        let mut change = AuditChange::default();
        let mut kinds = Vec::with_capacity(self.waiting.len());
        for (kind, mut entry) in self.waiting.drain(..) {
            if let Some(counting) = kind.as_ref().and_then(|kind| self.counting.get_mut(kind)) {
                entry.count += std::mem::take(&mut counting.more);
            }
            change.entries.push(entry);
            kinds.push(kind);
        }
        self.counting.retain(|_, counting| {
            if let Some(number) = counting.number
                && counting.more > 0
            {
                change
                    .counts
                    .push((number, std::mem::take(&mut counting.more)));
            }
            now.duration_since(counting.since) < WINDOW
        });
        self.pushes_counting = self.counting.keys().filter(|kind| kind.is_push()).count();
        (change, kinds)
    }

    /// Entries were written, of which the first has this number.
    pub fn written(&mut self, kinds: Vec<Option<Kind>>, first: u64) {
        for (kind, number) in kinds.into_iter().zip(first..) {
            if let Some(counting) = kind.and_then(|kind| self.counting.get_mut(&kind)) {
                counting.number = Some(number);
            }
        }
    }

    /// Entries were not written. They are tried again.
    pub fn not_written(&mut self, change: AuditChange, kinds: Vec<Option<Kind>>) {
        let mut entries: Vec<_> = kinds.into_iter().zip(change.entries).collect();
        entries.append(&mut self.waiting);
        self.waiting = entries;
        for (number, more) in change.counts {
            let mut counting = self.counting.values_mut();
            if let Some(counting) = counting.find(|counting| counting.number == Some(number)) {
                counting.more += more;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::ClientId;

    fn source(n: u32) -> AuditSource {
        AuditSource {
            caller: None,
            address: Some(std::net::Ipv4Addr::from_bits(n).into()),
        }
    }

    fn refusal(n: u32) -> AuditEntry {
        let mut entry = AuditEntry::new(source(n), "push");
        entry.error = Some("unauthorized".into());
        entry.target = Some(AuditTarget::Key(n.to_string().into()));
        entry
    }

    fn counts(change: &AuditChange) -> Vec<u64> {
        change.entries.iter().map(|entry| entry.count).collect()
    }

    #[test]
    fn a_flood_is_one_entry_a_minute_for_each_kind() {
        let (mut gathered, start) = (Gathered::default(), Instant::now());
        for n in 0..300 {
            gathered.add(refusal(n % 2), true, start);
        }
        let (change, kinds) = gathered.take(start);
        assert_eq!(counts(&change), [150, 150]);
        gathered.written(kinds, 7);
        let later = start + Duration::from_secs(30);
        for _ in 0..5 {
            gathered.add(refusal(1), true, later);
        }
        let (change, _) = gathered.take(later);
        assert_eq!((change.entries.len(), &*change.counts), (0, &[(8, 5)][..]));
        // The next minute has an entry of its own.
        let later = start + WINDOW;
        gathered.add(refusal(1), true, later);
        let (change, _) = gathered.take(later);
        assert_eq!((counts(&change), change.counts.len()), (vec![1], 0));
        gathered.take(later + WINDOW);
        assert!(gathered.counting.is_empty(), "what is over is forgotten");
    }

    #[test]
    fn ephemeral_pushes_to_one_target_are_one_entry_a_minute() {
        let (mut gathered, now) = (Gathered::default(), Instant::now());
        let client = |n: usize| {
            let id = ClientId::parse(&format!("c{n}")).expect("an id");
            Audience::Client(id)
        };
        for n in 0..300 {
            gathered.add_push(source(1), &client(n % 2), now);
            gathered.add_push(source(2), &client(0), now);
        }
        let list = Audience::clients(vec![]);
        gathered.add_push(source(1), &list, now);
        gathered.add_push(source(1), &list, now);
        let (change, _) = gathered.take(now);
        assert_eq!(counts(&change), [150, 300, 150, 1, 1]);
        let target = |audience| Some(AuditTarget::Audience(audience));
        assert_eq!(change.entries[0].target, target(client(0)));
        assert_eq!(change.entries[2].target, target(client(1)));
        // With many targets, each push has an entry.
        for n in 0..2 * MAX_PUSHES_COUNTING {
            gathered.add_push(source(3), &client(n), now);
        }
        gathered.add_push(source(3), &client(0), now);
        gathered.add_push(source(3), &client(2 * MAX_PUSHES_COUNTING), now);
        let (change, _) = gathered.take(now);
        assert_eq!(change.entries.len(), 2 * MAX_PUSHES_COUNTING + 1);
        assert_eq!(gathered.pushes_counting, MAX_PUSHES_COUNTING);
        // Refusals are counted all the same.
        gathered.add(refusal(1), true, now);
        let (change, _) = gathered.take(now + WINDOW);
        assert_eq!(change.entries[0].source.address, source(1).address);
        assert_eq!(gathered.pushes_counting, 0, "what is over is forgotten");
    }

    #[test]
    fn what_comes_while_entries_are_written_is_counted_later() {
        let (mut gathered, now) = (Gathered::default(), Instant::now());
        gathered.add(refusal(1), true, now);
        let (_, kinds) = gathered.take(now);
        gathered.add(refusal(1), true, now);
        let (change, _) = gathered.take(now);
        assert!(change.entries.is_empty() && change.counts.is_empty());
        gathered.written(kinds, 1);
        assert_eq!(gathered.take(now).0.counts, [(1, 1)]);
    }

    #[test]
    fn what_was_not_written_is_tried_again() {
        let (mut gathered, now) = (Gathered::default(), Instant::now());
        gathered.add(AuditEntry::new(source(1), "disconnect"), false, now);
        gathered.add(refusal(1), true, now);
        let (change, kinds) = gathered.take(now);
        gathered.add(refusal(1), true, now);
        gathered.not_written(change, kinds);
        let (change, kinds) = gathered.take(now);
        assert_eq!(counts(&change), [1, 2]);
        gathered.written(kinds, 1);
        gathered.add(refusal(1), true, now);
        let (change, kinds) = gathered.take(now);
        assert_eq!(change.counts, [(2, 1)]);
        gathered.not_written(change, kinds);
        assert_eq!(gathered.take(now).0.counts, [(2, 1)]);
    }

    #[test]
    fn memory_is_bounded_and_nothing_is_lost() {
        let (mut gathered, now) = (Gathered::default(), Instant::now());
        let many = 3 * MAX_COUNTING as u32;
        for n in 0..many {
            gathered.add(refusal(n), true, now);
        }
        assert_eq!(gathered.counting.len(), MAX_COUNTING + 1);
        let (change, _) = gathered.take(now);
        assert_eq!(counts(&change).iter().sum::<u64>(), u64::from(many));
        let rest = change.entries.last().expect("an entry");
        assert_eq!((rest.source.address, &rest.target), (None, &None));

        let mut gathered = Gathered::default();
        for _ in 0..2 * MAX_WAITING {
            gathered.add(AuditEntry::new(source(1), "push"), false, now);
        }
        assert_eq!(gathered.waiting.len(), MAX_WAITING + 1);
        let (change, _) = gathered.take(now);
        assert_eq!(counts(&change).iter().sum::<u64>(), 2 * MAX_WAITING as u64);
    }
}
