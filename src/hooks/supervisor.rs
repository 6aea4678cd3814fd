//! Runs a task for each hook that is to be delivered to. In a cluster one node does: when it is gone, the next one goes on after
//! the cursors.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{Hooks, runner};

/// How often it is looked whether this node delivers.
const LOOK: Duration = Duration::from_secs(1);

impl Hooks {
    /// Delivers, without end.
    pub async fn deliver(self: Arc<Self>) -> Infallible {
        let mut tasks = JoinSet::new();
        let mut running = HashSet::new();
        loop {
            // Before the look, so that no change is missed.
            let changed = self.changed.notified();
            if self.delivers() {
                for hook in self.broker.log().hooks() {
                    if hook.paused.is_none() && running.insert(Arc::clone(&hook.id)) {
                        let id = Arc::clone(&hook.id);
                        let task = runner::run(Arc::clone(&self), hook);
                        tasks.spawn(async move {
                            task.await;
                            id
                        });
                    }
                }
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(LOOK) => {}
                Some(ended) = tasks.join_next() => match ended {
                    Ok(id) => drop(running.remove(&id)),
                    Err(error) => {
                        // It has panicked. All begin anew, after their cursors.
                        tracing::error!(%error, "the deliveries of a webhook have failed");
                        tasks.shutdown().await;
                        running.clear();
                    }
                },
            }
        }
    }

    /// Whether this node delivers.
    pub(super) fn delivers(&self) -> bool {
        self.broker.is_janitor() && self.broker.not_in_step().is_none()
    }
}
