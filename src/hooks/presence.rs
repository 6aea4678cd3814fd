//! Who is present at this node, as the log knows it. Who is gone is told only after a grace time.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Duration, Instant},
};

use crate::log::Present;

/// See the module documentation.
pub(super) struct NodePresence {
    grace: Duration,
    /// Whom the log knows to be here. With a time: they have no connection, and are told to be gone then.
    known: HashMap<Present, Option<Instant>>,
    /// Who is leaving, in the order of these times.
    leaving: VecDeque<(Instant, Present)>,
}

/// What is to be told to the log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    pub came: Vec<Present>,
    pub gone: Vec<Present>,
}

impl NodePresence {
    /// Begins with those whom the log knows from an earlier run of this node. They have the grace time to come back.
    pub fn new(grace: Duration, known: Vec<Present>, now: Instant) -> Self {
        let mut presence = Self {
            grace,
            known: HashMap::new(),
            leaving: VecDeque::new(),
        };
        for present in known {
            presence.leave(present, now);
        }
        presence
    }

    /// Notes somebody who may have come or gone: whether they have come at least once, and whether they are there now.
    fn note(&mut self, present: Present, (has_come, is_there): (bool, bool), now: Instant) -> bool {
        let is_new = !self.known.contains_key(&present);
        match (is_there, is_new) {
            (false, true) if !has_come => return false,
            (true, _) => {
                self.known.insert(present, None);
            }
            (false, _) if has_come || self.known.get(&present) == Some(&None) => {
                self.leave(present, now);
            }
            (false, _) => {}
        }
        is_new
    }

    /// Notes who has moved, and returns what is to be told. `is_there` says who is there now.
    pub fn moved(
        &mut self,
        moved: BTreeMap<Present, bool>,
        is_there: impl Fn(&Present) -> bool,
        now: Instant,
    ) -> Moves {
        let mut moves = Moves::default();
        for (present, has_come) in moved {
            let is_there = is_there(&present);
            if self.note(present.clone(), (has_come, is_there), now) {
                moves.came.push(present);
            }
        }
        moves.gone = self.take_gone(now);
        moves
    }

    /// Notes who is there without having moved. Returns those that the log does not know.
    pub fn seen(&mut self, present: impl Iterator<Item = Present>) -> Vec<Present> {
        let mut new = Vec::new();
        for present in present {
            if self.known.insert(present.clone(), None).is_none() {
                new.push(present);
            }
        }
        new
    }

    /// Forgets those that nobody wants to know of.
    pub fn forget(&mut self, which: impl Fn(&Present) -> bool) {
        self.known.retain(|present, _| !which(present));
    }

    /// Everybody who is known to be there.
    pub fn all(&self) -> Vec<Present> {
        self.known.keys().cloned().collect()
    }

    fn leave(&mut self, present: Present, now: Instant) {
        let end = now + self.grace;
        self.leaving.push_back((end, present.clone()));
        self.known.insert(present, Some(end));
    }

    /// Those whose grace time is over.
    fn take_gone(&mut self, now: Instant) -> Vec<Present> {
        let mut gone = Vec::new();
        while let Some((end, _)) = self.leaving.front()
            && *end <= now
            && let Some((end, present)) = self.leaving.pop_front()
        {
            // Otherwise they have come back.
            if self.known.get(&present) == Some(&Some(end)) {
                self.known.remove(&present);
                gone.push(present);
            }
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    fn client(name: &str) -> Present {
        Present::Client(name.to_owned())
    }

    fn moved(presence: &mut NodePresence, list: &[(&str, bool, bool)], now: Instant) -> Moves {
        let there: Vec<_> = list
            .iter()
            .filter(|one| one.2)
            .map(|one| client(one.0))
            .collect();
        let list = list.iter().map(|one| (client(one.0), one.1)).collect();
        presence.moved(list, |present| there.contains(present), now)
    }

    #[test]
    fn a_reload_is_no_event_and_an_end_is_one_after_the_grace_time() {
        let start = Instant::now();
        let mut presence = NodePresence::new(GRACE, Vec::new(), start);
        assert_eq!(
            moved(&mut presence, &[("a", true, true)], start).came,
            [client("a")]
        );
        let gone = moved(&mut presence, &[("a", false, false)], start);
        assert_eq!(gone, Moves::default());
        let back = start + Duration::from_secs(9);
        assert_eq!(
            moved(&mut presence, &[("a", true, true)], back),
            Moves::default()
        );
        assert_eq!(moved(&mut presence, &[], start + GRACE), Moves::default());
        let left = start + 2 * GRACE;
        assert_eq!(
            moved(&mut presence, &[("a", false, false)], left),
            Moves::default()
        );
        assert_eq!(
            moved(&mut presence, &[], left + GRACE / 2),
            Moves::default()
        );
        assert_eq!(moved(&mut presence, &[], left + GRACE).gone, [client("a")]);
        assert_eq!(
            moved(&mut presence, &[], left + 2 * GRACE),
            Moves::default()
        );
    }

    #[test]
    fn a_short_visit_is_told_and_prolongs_the_grace_time() {
        let start = Instant::now();
        let mut presence = NodePresence::new(GRACE, Vec::new(), start);
        assert_eq!(
            moved(&mut presence, &[("a", true, false)], start).came,
            [client("a")]
        );
        let later = start + GRACE / 2;
        assert_eq!(
            moved(&mut presence, &[("a", true, false)], later),
            Moves::default()
        );
        assert_eq!(moved(&mut presence, &[], start + GRACE), Moves::default());
        assert_eq!(moved(&mut presence, &[], later + GRACE).gone, [client("a")]);
    }

    #[test]
    fn whoever_does_not_come_back_after_a_restart_is_gone() {
        let start = Instant::now();
        let mut presence = NodePresence::new(GRACE, vec![client("a"), client("b")], start);
        assert_eq!(
            moved(&mut presence, &[("a", true, true)], start),
            Moves::default()
        );
        assert_eq!(moved(&mut presence, &[], start + GRACE).gone, [client("b")]);
        assert_eq!(presence.all(), [client("a")]);
        assert_eq!(
            presence.seen([client("a"), client("c")].into_iter()),
            [client("c")]
        );
        presence.forget(|_| true);
        assert!(presence.all().is_empty());
    }
}
