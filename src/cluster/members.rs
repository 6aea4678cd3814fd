//! The nodes of the cluster as this node hears them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::log::RECORD_VERSION;

use super::{equal_settings, heartbeat::Heartbeat, identity::Identity};

/// Time without a heartbeat after which a node counts as gone: five of them.
const SILENCE: Duration = Duration::from_secs(5);

/// Time for which a node that is gone stays in the list.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// The nodes that were heard.
#[derive(Debug)]
pub struct Members {
    identity: Arc<Identity>,
    /// Whether this node decides on maintenance for all.
    janitor: Arc<AtomicBool>,
    /// Whether a node is there that does not read all records that this one may publish.
    outdated: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// The other nodes, by name.
    others: BTreeMap<String, Entry>,
    /// Another process with the name of this node.
    namesake: Option<Entry>,
    /// What this node has said last. None if it has not joined yet.
    own: Option<Heartbeat>,
}

#[derive(Clone, Debug)]
struct Entry {
    beat: Heartbeat,
    heard: Instant,
}

impl Entry {
    fn is_live(&self, now: Instant) -> bool {
        !self.beat.left && now.duration_since(self.heard) < SILENCE
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it has said last.
    pub beat: Heartbeat,
    /// Whether it is there: heard within the last 5 seconds, and not left.
    pub live: bool,
    /// Time since it was heard. 0 for this node.
    pub silent_for: Duration,
    /// Whether it is this node.
    pub this: bool,
}

impl Members {
    /// No nodes yet. `janitor` is kept up to date.
    pub fn new(identity: Arc<Identity>, janitor: Arc<AtomicBool>) -> Self {
        Self {
            identity,
            janitor,
            outdated: AtomicBool::new(false),
            table: Mutex::default(),
        }
    }

    /// Whether all nodes that are there read all records that this one may publish.
    pub fn read_all_records(&self) -> bool {
        !self.outdated.load(Ordering::Relaxed)
    }

    /// A node has said something.
    pub fn note(&self, beat: Heartbeat, now: Instant) {
        let mut table = self.table.lock();
        let entry = Entry { beat, heard: now };
        if entry.beat.node == self.identity.node {
            if entry.beat.boot != self.identity.boot {
                table.namesake = Some(entry);
            }
            return;
        }
        match table.others.get(&entry.beat.node) {
            // A message of an earlier run that was on its way for long.
            Some(known)
                if known.beat.boot != entry.beat.boot
                    && entry.beat.started_at < known.beat.started_at
                    && known.is_live(now) => {}
            // A node that has left does not come back with the same run.
            Some(known) if known.beat.boot == entry.beat.boot && known.beat.left => {}
            known => {
                if known.is_none_or(|known| !known.is_live(now)) && entry.is_live(now) {
                    tracing::info!(node = entry.beat.node, "a node is there");
                }
                let told = known.and_then(|known| self.difference(&known.beat));
                if let Some(why) = self.difference(&entry.beat).filter(|_| told.is_none()) {
                    tracing::warn!("{why}");
                }
                table.others.insert(entry.beat.node.clone(), entry);
            }
        }
        self.conclude(&table, now);
    }

    /// This node has said something.
    pub fn note_own(&self, beat: Heartbeat, now: Instant) {
        let mut table = self.table.lock();
        table.own = Some(beat);
        self.conclude(&table, now);
    }

    /// Forgets nodes that have been gone for long.
    pub fn forget(&self, now: Instant) {
        let mut table = self.table.lock();
        table
            .others
            .retain(|_, entry| now.duration_since(entry.heard) < MEMORY);
    }

    /// The live node with the lowest name that is able decides on maintenance.
    fn conclude(&self, table: &Table, now: Instant) {
        let mut live = table.others.values().filter(|entry| entry.is_live(now));
        let outdated = live.any(|entry| entry.beat.reads < Some(RECORD_VERSION));
        self.outdated.store(outdated, Ordering::Relaxed);
        let own = table.own.as_ref().is_some_and(|own| own.able && !own.left);
        let name = &self.identity.node;
        let mut earlier = table.others.iter().take_while(|(other, _)| *other < name);
        let is_first = !earlier.any(|(_, entry)| entry.beat.able && entry.is_live(now));
        self.janitor.store(own && is_first, Ordering::Relaxed);
    }

    /// All nodes, by name: this one, those that are there, and those that were there in the last 10 minutes.
    pub fn all(&self, now: Instant) -> Vec<Member> {
        let table = self.table.lock();
        let own = table.own.as_ref().map(|beat| Member {
            beat: beat.clone(),
            live: !beat.left,
            silent_for: Duration::ZERO,
            this: true,
        });
        let others = table.others.values().map(|entry| Member {
            beat: entry.beat.clone(),
            live: entry.is_live(now),
            silent_for: now.duration_since(entry.heard),
            this: false,
        });
        let mut all: Vec<Member> = own.into_iter().chain(others).collect();
        all.sort_by(|a, b| a.beat.node.cmp(&b.beat.node));
        all
    }

    /// The names of the other nodes that are there.
    pub fn live_others(&self, now: Instant) -> Vec<String> {
        let others = self.others(now).into_iter();
        others.map(|(_, name)| name).collect()
    }

    /// The other nodes that are there: the number of the run of each, and its name.
    pub fn others(&self, now: Instant) -> Vec<(u64, String)> {
        let table = self.table.lock();
        let live = table.others.iter().filter(|(_, entry)| entry.is_live(now));
        live.map(|(name, entry)| (entry.beat.boot, name.clone()))
            .collect()
    }

    /// Where the settings of nodes that are there differ from those of this one, in plain words.
    pub fn differences(&self, now: Instant) -> Vec<String> {
        let table = self.table.lock();
        let live = table.others.values().filter(|entry| entry.is_live(now));
        live.filter_map(|entry| self.difference(&entry.beat))
            .collect()
    }

    fn difference(&self, beat: &Heartbeat) -> Option<String> {
        let settings = beat.settings.as_ref()?;
        equal_settings::difference(&self.identity.settings, &beat.node, settings)
    }

    /// Whether somebody watches the panel of another node.
    pub fn is_observed_elsewhere(&self, now: Instant) -> bool {
        let table = self.table.lock();
        let mut live = table.others.values().filter(|entry| entry.is_live(now));
        live.any(|entry| entry.beat.observed)
    }

    /// Another process that has the name of this node and is there.
    pub fn namesake(&self, now: Instant) -> Option<Heartbeat> {
        let table = self.table.lock();
        let namesake = table.namesake.as_ref().filter(|entry| entry.is_live(now));
        namesake.map(|entry| entry.beat.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        members: Members,
        janitor: Arc<AtomicBool>,
        start: Instant,
    }

    fn beat(node: &str, boot: u64) -> Heartbeat {
        let mut beat = Heartbeat::new(node, boot, boot, None);
        beat.able = true;
        beat
    }

    fn scene() -> Scene {
        let identity = Identity {
            node: "b".to_owned(),
            boot: 10,
            started_at: 10,
            began: std::time::Instant::now(),
            advertise: None,
            settings: [("--a".to_owned(), "1".to_owned())].into(),
        };
        let janitor = Arc::new(AtomicBool::new(false));
        let members = Members::new(Arc::new(identity), Arc::clone(&janitor));
        members.note_own(beat("b", 10), Instant::now());
        Scene {
            members,
            janitor,
            start: Instant::now(),
        }
    }

    impl Scene {
        fn at(&self, seconds: u64) -> Instant {
            self.start + Duration::from_secs(seconds)
        }

        fn is_janitor(&self, seconds: u64) -> bool {
            self.members.note_own(beat("b", 10), self.at(seconds));
            self.janitor.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_node_is_gone_when_it_is_silent_or_says_so() {
        let scene = scene();
        scene.members.note(beat("a", 1), scene.at(0));
        scene.members.note(beat("c", 1), scene.at(0));
        assert_eq!(scene.members.live_others(scene.at(4)), ["a", "c"]);
        let mut left = beat("c", 1);
        left.left = true;
        scene.members.note(left, scene.at(4));
        scene.members.note(beat("c", 1), scene.at(4));
        assert_eq!(scene.members.live_others(scene.at(4)), ["a"]);
        assert!(scene.members.live_others(scene.at(5)).is_empty());
        scene.members.note(beat("c", 2), scene.at(6));
        assert_eq!(scene.members.live_others(scene.at(6)), ["c"]);
        assert_eq!(scene.members.all(scene.at(6)).len(), 3);
        scene.members.forget(scene.at(601));
        assert_eq!(scene.members.all(scene.at(601)).len(), 2);
    }

    #[test]
    fn the_first_able_node_is_the_janitor() {
        let scene = scene();
        assert!(scene.is_janitor(0));
        scene.members.note(beat("c", 1), scene.at(0));
        assert!(scene.is_janitor(0));
        scene.members.note(beat("a", 1), scene.at(0));
        assert!(!scene.is_janitor(0));
        assert!(scene.is_janitor(5), "a is silent");
        let mut broken = beat("a", 1);
        broken.able = false;
        scene.members.note(broken, scene.at(6));
        assert!(scene.is_janitor(6));
    }

    #[test]
    fn an_older_node_holds_back_records_that_it_does_not_read() {
        let scene = scene();
        scene.members.note(beat("a", 1), scene.at(0));
        assert!(scene.members.read_all_records());
        for reads in [None, Some(RECORD_VERSION - 1)] {
            let mut older = beat("c", 1);
            older.reads = reads;
            scene.members.note(older, scene.at(0));
            assert!(!scene.members.read_all_records());
        }
        scene.members.note_own(beat("b", 10), scene.at(5));
        assert!(scene.members.read_all_records(), "it is gone");
    }

    #[test]
    fn a_namesake_is_another_run_with_this_name() {
        let scene = scene();
        scene.members.note(beat("b", 10), scene.at(0));
        assert_eq!(scene.members.namesake(scene.at(0)), None);
        scene.members.note(beat("b", 11), scene.at(0));
        assert_eq!(
            scene.members.namesake(scene.at(1)).map(|beat| beat.boot),
            Some(11)
        );
        assert_eq!(scene.members.namesake(scene.at(5)), None);
    }

    #[test]
    fn a_node_with_other_settings_is_named_while_it_is_there() {
        let scene = scene();
        let mut other = beat("a", 1);
        other.settings = Some([("--a".to_owned(), "2".to_owned())].into());
        scene.members.note(other, scene.at(0));
        scene.members.note(beat("c", 1), scene.at(0));
        let told = scene.members.differences(scene.at(4));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("the node a has other settings"),
            "{told:?}"
        );
        assert!(scene.members.differences(scene.at(5)).is_empty());
    }

    #[test]
    fn a_late_message_of_an_earlier_run_does_not_count() {
        let scene = scene();
        scene.members.note(beat("a", 5), scene.at(0));
        let mut late = beat("a", 4);
        late.left = true;
        scene.members.note(late, scene.at(1));
        assert_eq!(scene.members.live_others(scene.at(1)), ["a"]);
    }
}
