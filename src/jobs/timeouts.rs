//! Timeouts of workers: a job whose worker does not report fails.

use std::{convert::Infallible, time::Duration};

use tokio::time::Instant;

use super::Jobs;
use crate::job::JobCommand;

/// How long to wait after the log failed.
const RETRY: Duration = Duration::from_secs(1);

/// The longest sleep while no job is running.
const DOZE: Duration = Duration::from_secs(3600);

impl Jobs {
    /// Fails jobs whose workers have timed out, for as long as the task lives.
    pub async fn fail_timed_out(&self) -> Infallible {
        loop {
            let now = Instant::now();
            let published = self.broker.nodes().is_some();
            let (mut due, next) = self.running.timed_out(now, published);
            let mut wake = next.unwrap_or(now + DOZE);
            if !due.is_empty() && !self.broker.is_janitor() {
                // Another node does it, unless it ends.
                due.clear();
                wake = wake.min(now + RETRY);
            }
            for id in due {
                // The worker may have reported just now.
                let still = self.running.is_timed_out(id, Instant::now(), published);
                if still && !self.execute(JobCommand::TimeOut(id)).await {
                    wake = Instant::now() + RETRY;
                    break;
                }
            }
            tokio::select! {
                () = tokio::time::sleep_until(wake) => {}
                () = self.running.begun() => {}
            }
        }
    }
}
