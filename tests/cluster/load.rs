//! Pushes in the background, while parts of the cluster fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::{
    api::ApiError,
    wire::{PushRequest, To},
};
use tokio::task::JoinHandle;

use crate::{
    harness::until,
    support::{Endpoint, push_of, within},
};

/// One publisher for each node. It pushes one message after the other. A push without an answer is sent again with the
/// same idempotency key, at the next node.
pub struct Load {
    stop: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
    publishers: Vec<JoinHandle<Vec<(String, String)>>>,
}

impl Load {
    /// Starts to push. `endpoints` makes clients for all nodes, for each publisher.
    pub fn start(endpoints: impl Fn() -> Vec<Endpoint>) -> Self {
        let (stop, accepted) = (Arc::default(), Arc::default());
        let publishers = (0..endpoints().len()).map(|first| {
            let publisher = Publisher {
                nodes: endpoints(),
                first,
                stop: Arc::clone(&stop),
                accepted: Arc::clone(&accepted),
            };
            tokio::spawn(publisher.run())
        });
        let publishers = publishers.collect();
        Self {
            stop,
            accepted,
            publishers,
        }
    }

    /// Waits until this many more messages are accepted.
    pub async fn until_further(&self, count: usize) {
        let enough = self.accepted.load(Ordering::Relaxed) + count;
        until(async || (self.accepted.load(Ordering::Relaxed) >= enough).then_some(())).await;
    }

    /// Stops, and returns the cursors and texts of all accepted messages.
    pub async fn stop(self) -> Vec<(String, String)> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for publisher in self.publishers {
            all.extend(within(publisher).await.expect("no panic"));
        }
        all
    }
}

struct Publisher {
    nodes: Vec<Endpoint>,
    first: usize,
    stop: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
}

impl Publisher {
    async fn run(self) -> Vec<(String, String)> {
        let mut accepted = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let text = format!("{}: {}", self.first, accepted.len());
            let mut push = push_of(To::Everyone, &text);
            push.idempotency_key = Some(text.clone());
            accepted.push((
                push_until_accepted(&self.nodes, self.first, &push).await,
                text,
            ));
            self.accepted.fetch_add(1, Ordering::Relaxed);
        }
        accepted
    }
}

/// Pushes a last message to everyone, whose text is "the end". Returns its cursor.
pub async fn push_end(nodes: &[Endpoint]) -> String {
    let mut push = push_of(To::Everyone, "the end");
    push.idempotency_key = Some("the end".to_owned());
    push_until_accepted(nodes, 0, &push).await
}

/// Pushes at one node after the other until one accepts. Returns the cursor.
pub async fn push_until_accepted(nodes: &[Endpoint], first: usize, push: &PushRequest) -> String {
    within(async {
        let mut at = first;
        loop {
            match nodes[at % nodes.len()].api.push(push).await {
                Ok(answer) => return answer.id.expect("a cursor"),
                Err(error) => assert_unavailable(&error),
            }
            at += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// Checks that a push was refused because the cluster is not there, or got no answer because its node was killed.
pub fn assert_unavailable(error: &ApiError) {
    match error {
        ApiError::Problem(problem) => {
            let told = (problem.status, problem.code.as_str());
            assert_eq!(told, (503, "cluster_unavailable"), "{problem:?}");
        }
        ApiError::Transport(_) => {}
        ApiError::Decode(_) => panic!("{error}"),
    }
}
