//! Catches up with the stream before this node says that something does not exist. Another node may have accepted it some
//! milliseconds ago.
//!
//! The leader of the stream is asked for its last record. Those who wait at the same time share one question, so a flood
//! of unknown ids costs few questions.

use std::{future::Future, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    time::{Instant, sleep_until, timeout},
};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The time between two questions, at least.
const INTERVAL: Duration = Duration::from_millis(50);

/// This node could not catch up with the stream, so it does not know whether there is what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not here, but this node is behind the cluster or can't reach it, so another node may have it"
)]
pub struct Behind;

/// See the module documentation.
#[derive(Debug, Default)]
pub(in crate::broker) struct CatchUp {
    asked: Mutex<Asked>,
    /// The place of the newest record that was applied.
    applied: watch::Sender<u64>,
}

/// The last question to the leader of the stream.
#[derive(Debug, Default)]
struct Asked {
    began: Option<Instant>,
    /// When it was asked, and the last record of the stream at that time. None if there was no answer.
    answer: Option<(Instant, Option<u64>)>,
}

impl CatchUp {
    /// All records up to this place are applied.
    pub fn note_applied(&self, place: u64) {
        self.applied.send_replace(place);
    }

    /// Waits until everything is applied that was in the stream when this was called. `ask` asks for the place of the last
    /// record.
    pub async fn wait<F>(&self, ask: impl Fn() -> F) -> Result<(), Behind>
    where
        F: Future<Output = Option<u64>>,
    {
        let caught_up = async {
            let last = self.last_record(ask).await?;
            let mut applied = self.applied.subscribe();
            applied.wait_for(|place| *place >= last).await.ok()?;
            Some(())
        };
        timeout(PATIENCE, caught_up)
            .await
            .ok()
            .flatten()
            .ok_or(Behind)
    }

    async fn last_record<F>(&self, ask: impl Fn() -> F) -> Option<u64>
    where
        F: Future<Output = Option<u64>>,
    {
        let arrived = Instant::now();
        let mut asked = self.asked.lock().await;
        if let Some((at, last)) = asked.answer
            && at >= arrived
        {
            return last;
        }
        if let Some(began) = asked.began {
            sleep_until(began + INTERVAL).await;
        }
        let at = Instant::now();
        asked.began = Some(at);
        let last = ask().await;
        asked.answer = Some((at, last));
        last
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test]
    async fn those_who_wait_at_the_same_time_share_a_question() {
        let (catch_up, questions) = (CatchUp::default(), AtomicU64::new(0));
        catch_up.note_applied(7);
        let ask = || async {
            questions.fetch_add(1, Ordering::Relaxed);
            Some(7)
        };
        let waits = (0..1_000).map(|_| catch_up.wait(ask));
        let ended = futures_util::future::join_all(waits).await;
        assert!(ended.iter().all(Result::is_ok));
        let questions = questions.into_inner();
        assert!(questions <= 2, "{questions}");
    }

    #[tokio::test]
    async fn it_ends_when_the_last_record_is_applied() {
        let catch_up = CatchUp::default();
        let ask = || async { Some(3) };
        let (ended, ()) = tokio::join!(catch_up.wait(ask), async {
            catch_up.note_applied(2);
            tokio::task::yield_now().await;
            catch_up.note_applied(3);
        });
        assert_eq!(ended, Ok(()));
    }

    #[tokio::test]
    async fn without_an_answer_or_without_the_records_it_is_not_known() {
        let catch_up = CatchUp::default();
        assert_eq!(catch_up.wait(|| async { None }).await, Err(Behind));
        assert_eq!(catch_up.wait(|| async { Some(1) }).await, Err(Behind));
    }

    #[tokio::test]
    async fn what_was_asked_before_does_not_count() {
        let (catch_up, last) = (CatchUp::default(), AtomicU64::new(1));
        catch_up.note_applied(1);
        let ask = || async { Some(last.load(Ordering::Relaxed)) };
        assert_eq!(catch_up.wait(ask).await, Ok(()));
        last.store(2, Ordering::Relaxed);
        assert_eq!(catch_up.wait(ask).await, Err(Behind));
    }
}
