//! Gathers the numbers of connections that messages of this node were sent to at other nodes.

use std::collections::{BTreeMap, HashMap, HashSet};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

use crate::message::Seq;

/// Counts that nobody has asked for are dropped above this number, oldest first. Those who push and do not wait for the
/// answer leave them.
const MAX_UNASKED: usize = 1 << 16;

/// See the module documentation.
#[derive(Default)]
pub(in crate::broker) struct Counts {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Up to where each node has counted, by the process.
    counted_to: HashMap<u64, Seq>,
    /// Connections of other nodes, by message.
    messages: BTreeMap<Seq, u64>,
    /// Processes that have not told a number in time, and nothing since. Nobody waits for them.
    late: HashSet<u64>,
    /// The number of the last ephemeral message.
    last: u64,
    ephemeral: HashMap<u64, Ephemeral>,
}

/// An ephemeral message that is being counted.
#[derive(Default)]
struct Ephemeral {
    connections: u64,
    counted_by: Vec<u64>,
}

/// What was counted at other nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Connections.
    pub connections: u64,
    /// The nodes that have not told their number in time.
    pub missing: Vec<String>,
}

impl Counts {
    /// Takes the counts of a node for messages up to `head`.
    pub fn delivered(&self, boot: u64, head: Seq, counts: Vec<(Seq, u64)>) {
        let mut state = self.state.lock();
        for (seq, connections) in counts {
            *state.messages.entry(seq).or_default() += connections;
        }
        while state.messages.len() > MAX_UNASKED {
            state.messages.pop_first();
        }
        state.late.remove(&boot);
        let counted_to = state.counted_to.entry(boot).or_default();
        *counted_to = head.max(*counted_to);
        drop(state);
        self.changed.notify_waiters();
    }

    /// A number for an ephemeral message that other nodes will count.
    pub fn begin_ephemeral(&self) -> u64 {
        let mut state = self.state.lock();
        state.last += 1;
        let number = state.last;
        state.ephemeral.insert(number, Ephemeral::default());
        number
    }

    /// Takes the count of a node for an ephemeral message.
    pub fn ephemeral(&self, boot: u64, number: u64, connections: u64) {
        let mut state = self.state.lock();
        state.late.remove(&boot);
        if let Some(counted) = state.ephemeral.get_mut(&number) {
            counted.connections += connections;
            counted.counted_by.push(boot);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// The connections of a message at the other nodes, once these have counted it. `live` are the processes and names of
    /// the nodes that are alive.
    pub async fn of_message(
        &self,
        seq: Seq,
        live: impl Fn() -> Vec<(u64, String)>,
        deadline: Instant,
    ) -> Reached {
        let counted =
            |state: &State, boot| state.counted_to.get(&boot).is_some_and(|to| *to >= seq);
        let missing = self.wait(live, counted, deadline).await;
        let connections = self.state.lock().messages.remove(&seq);
        Reached {
            connections: connections.unwrap_or_default(),
            missing,
        }
    }

    /// The same for an ephemeral message.
    pub async fn of_ephemeral(
        &self,
        number: u64,
        live: impl Fn() -> Vec<(u64, String)>,
        deadline: Instant,
    ) -> Reached {
        let counted = |state: &State, boot| {
            let counted = state.ephemeral.get(&number);
            counted.is_some_and(|counted| counted.counted_by.contains(&boot))
        };
        let missing = self.wait(live, counted, deadline).await;
        let counted = self.state.lock().ephemeral.remove(&number);
        Reached {
            connections: counted.map_or(0, |counted| counted.connections),
            missing,
        }
    }

    /// Waits until all live nodes have counted. Returns those that have not in time.
    async fn wait(
        &self,
        live: impl Fn() -> Vec<(u64, String)>,
        counted: impl Fn(&State, u64) -> bool,
        deadline: Instant,
    ) -> Vec<String> {
        let names = |missing: Vec<(u64, String)>| {
            let names = missing.into_iter().map(|(_, name)| name);
            names.collect()
        };
        loop {
            // Before the check, so that no change in between is missed.
            let changed = self.changed.notified();
            let (missing, all_late) = {
                let state = self.state.lock();
                let mut missing = live();
                missing.retain(|(boot, _)| !counted(&state, *boot));
                let all_late = missing.iter().all(|(boot, _)| state.late.contains(boot));
                (missing, all_late)
            };
            if all_late {
                return names(missing);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                let mut state = self.state.lock();
                state.late.extend(missing.iter().map(|(boot, _)| *boot));
                return names(missing);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn long() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    fn two() -> Vec<(u64, String)> {
        vec![(1, "one".into()), (2, "two".into())]
    }

    #[tokio::test]
    async fn a_message_is_counted_when_all_live_nodes_have_told() {
        let counts = Counts::default();
        counts.delivered(1, 7, vec![(7, 2)]);
        let (reached, ()) = tokio::join!(counts.of_message(7, two, long()), async {
            counts.delivered(2, 9, vec![(7, 3), (9, 1)]);
        });
        assert_eq!(reached.connections, 5);
        assert_eq!(reached.missing, [""; 0]);
    }

    #[tokio::test]
    async fn nodes_that_do_not_tell_are_named() {
        let counts = Counts::default();
        let number = counts.begin_ephemeral();
        counts.ephemeral(2, number, 4);
        let reached = counts.of_ephemeral(number, two, Instant::now()).await;
        let expected = Reached {
            connections: 4,
            missing: vec!["one".into()],
        };
        assert_eq!(reached, expected);
        let nobody = counts.of_message(1, Vec::new, long()).await;
        assert_eq!(nobody, Reached::default());
        // Nobody waits for them again before they have told something.
        let number = counts.begin_ephemeral();
        counts.ephemeral(2, number, 0);
        let reached = counts.of_ephemeral(number, two, long()).await;
        assert_eq!(reached.missing, ["one"]);
    }
}
