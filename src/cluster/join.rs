//! Whether this node needs a copy of the log of another node before it begins, and from which.

use std::{path::Path, time::Duration};

use async_nats::jetstream::stream::Info;
use tokio::time::{Instant, sleep};

use super::{
    Cluster,
    continuity::{self, Break},
    copy_taking::{TakeError, Taking},
    follower::Stop,
    members::Member,
    start::{KnownLog, StartError},
    stream,
};

/// Time in which a node without a log must find one to copy.
const PATIENCE_OF_NEW_NODE: Duration = Duration::from_secs(60);

/// Time in which a node with a log should find one to copy. Then it begins with what it has.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause before the nodes are asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a node that runs looks whether it needs a copy.
const LOOK: Duration = Duration::from_secs(1);

/// Records after which a copy is faster than to follow the stream from its beginning.
const MANY: u64 = 1000;

/// Why a copy is needed, and what happens without one.
#[derive(Debug, PartialEq, Eq)]
enum Need {
    /// The node follows from its own place.
    None,
    /// It is faster.
    Faster,
    /// The node can't do anything without it.
    Must,
    /// The node can serve what it has, but not follow.
    Broken(String),
}

impl Cluster {
    /// Copies the log of another node into this folder, if the stream does not continue what the folder has. `known` is
    /// the log there. With `rejoin`, the log is also replaced if it differs from the one of the stream. Nothing is done
    /// while the stream cannot be reached.
    pub async fn copy_log_if_needed(
        &self,
        folder: &Path,
        known: Option<&KnownLog>,
        rejoin: bool,
    ) -> Result<(), StartError> {
        let Some((info, _)) = self.latest.info() else {
            return Ok(());
        };
        let (patience, why) = match self.need(&info, known, rejoin).await? {
            Need::None => return Ok(()),
            Need::Faster => (Duration::ZERO, None),
            Need::Must => (PATIENCE_OF_NEW_NODE, None),
            Need::Broken(why) => (PATIENCE, Some(why)),
        };
        if let Some(why) = &why {
            tracing::warn!("{why}: the log of another node is copied");
        }
        let is_new = known.is_none();
        match self.take_copy(folder, &info, patience).await {
            Ok(()) => Ok(()),
            Err(error) if is_new && patience == PATIENCE_OF_NEW_NODE => {
                Err(StartError::NoCopy(error.to_string()))
            }
            Err(error) => {
                if patience > Duration::ZERO {
                    tracing::error!("the log of no other node was copied: {error}");
                }
                Ok(())
            }
        }
    }

    /// Waits until this node can't follow the stream any more, because records that it needs were deleted, and another node
    /// can give it a copy of its log. Returns why.
    pub async fn until_too_old(&self) -> String {
        loop {
            sleep(LOOK).await;
            let first = self
                .latest
                .info()
                .map(|(info, _)| info.state.first_sequence);
            if let Some(Stop::Broken(Break::TooOld(why))) = self.progress.state().stopped
                && !sources(&self.members(), first.unwrap_or(u64::MAX)).is_empty()
            {
                return why;
            }
        }
    }

    async fn need(
        &self,
        info: &Info,
        known: Option<&KnownLog>,
        rejoin: bool,
    ) -> Result<Need, StartError> {
        let state = &info.state;
        let Some(known) = known else {
            return Ok(need_of_new_node(state.first_sequence, state.last_sequence));
        };
        let jetstream = &self.connection.jetstream;
        let found = continuity::check(jetstream, info, &known.id, known.applied).await;
        Ok(match found {
            Ok(Some(Break::TooOld(why))) => Need::Broken(why),
            Ok(Some(Break::Diverged(why))) if rejoin => Need::Broken(why),
            // The follower tells what is wrong, and looks again.
            Ok(_) | Err(_) => Need::None,
        })
    }

    /// Copies from a node that is there. Waits for one, for `patience` at most, and as long as it is busy.
    async fn take_copy(
        &self,
        folder: &Path,
        info: &Info,
        patience: Duration,
    ) -> Result<(), TakeError> {
        let log_id = stream::log_id(info).unwrap_or_default();
        let first = info.state.first_sequence;
        let mut end = Instant::now() + patience;
        loop {
            let mut last = TakeError::Failed(
                "no other node is there that has all messages and can give a copy".to_owned(),
            );
            for node in sources(&self.members(), first) {
                let taking = Taking {
                    client: &self.connection.client,
                    taker: self.identity.boot,
                    own: self.node(),
                    subject: self.subjects().copies(&node),
                    node: &node,
                };
                match taking.run(folder, log_id, first).await {
                    Ok(()) => return Ok(()),
                    // Another node would fail here too.
                    Err(error @ TakeError::Here(_)) => return Err(error),
                    Err(error) => {
                        if matches!(error, TakeError::Busy(_)) {
                            end = end.max(Instant::now() + PAUSE * 4);
                        } else {
                            tracing::warn!("{error}");
                        }
                        last = error;
                    }
                }
            }
            if Instant::now() >= end {
                return Err(last);
            }
            sleep(PAUSE).await;
        }
    }
}

fn need_of_new_node(first: u64, last: u64) -> Need {
    match () {
        () if first > 1 => Need::Must,
        () if last >= MANY => Need::Faster,
        () => Need::None,
    }
}

/// The other nodes that are in step and whose logs the stream continues. The one with the most records comes first.
fn sources(members: &[Member], first: u64) -> Vec<String> {
    let good = |member: &&Member| {
        let beat = &member.beat;
        let can = member.live && beat.able && !beat.draining && beat.health.is_none();
        can && !member.this && beat.applied + 1 >= first
    };
    let mut good: Vec<&Member> = members.iter().filter(good).collect();
    good.sort_by_key(|member| std::cmp::Reverse(member.beat.applied));
    good.into_iter()
        .map(|member| member.beat.node.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::heartbeat::Heartbeat, *};

    fn member(node: &str, applied: u64) -> Member {
        let mut beat = Heartbeat::new(node, 1, 1, None);
        beat.applied = applied;
        beat.able = true;
        Member {
            beat,
            live: true,
            silent_for: Duration::ZERO,
            this: false,
        }
    }

    #[test]
    fn a_new_node_needs_a_copy_if_the_stream_does_not_begin_with_the_first_record() {
        assert_eq!(need_of_new_node(1, 0), Need::None);
        assert_eq!(need_of_new_node(1, MANY), Need::Faster);
        assert_eq!(need_of_new_node(2, 1), Need::Must);
    }

    #[test]
    fn a_node_that_is_not_in_step_gives_no_copy() {
        let mut ill = member("b", 9);
        ill.beat.health = Some("ill".to_owned());
        let mut gone = member("c", 9);
        gone.live = false;
        let mut draining = member("d", 9);
        draining.beat.draining = true;
        let members = [member("a", 7), ill, gone, draining, member("e", 8)];
        assert_eq!(sources(&members, 8), ["e", "a"]);
        assert_eq!(sources(&members, 9), ["e"]);
        assert!(sources(&members, 10).is_empty());
    }
}
