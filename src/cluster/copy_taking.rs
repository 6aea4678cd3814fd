//! Copies the log of another node, for a node that can't follow the stream with what it has.

use std::{path::Path, time::Duration};

use async_nats::Client;
use tokio::time::{Instant, sleep};

use super::{
    calls::{self, AskError},
    copy_protocol::{CopyAnswer, CopyQuestion},
};
use crate::log::{CopyError, CopyFacts, IncomingCopy};

/// Time in which another node must answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Questions without an answer in a row after which the other node counts as gone. NATS elects no leader for this, but a
/// server may be restarted meanwhile.
const ATTEMPTS: u32 = 5;

/// The pause between two questions while the copy is being made.
const PAUSE: Duration = Duration::from_millis(200);

/// How often people are told how far it is.
const TOLD: Duration = Duration::from_secs(10);

/// Who asks whom.
pub struct Taking<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The number of this run.
    pub taker: u64,
    /// The name of this node.
    pub own: &'a str,
    /// The name of the other node.
    pub node: &'a str,
    /// The subject of its copies.
    pub subject: String,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The other node gives a copy to a third one now.
    #[error("the node {0} gives a copy to another node now")]
    Busy(String),
    /// The other node has none, or does not answer.
    #[error("{0}")]
    Failed(String),
    /// It can't be used or written here.
    #[error(transparent)]
    Here(#[from] CopyError),
}

impl Taking<'_> {
    /// Copies the log of the other node into this folder. `log_id` is the log of the stream, and `first` its first
    /// record. The old log is kept under another name.
    pub async fn run(&self, folder: &Path, log_id: &str, first: u64) -> Result<(), TakeError> {
        let began = Instant::now();
        let facts = self.made().await?;
        let node = self.node;
        tracing::info!(bytes = facts.size, "copying the log of the node {node}");
        let copied = self.receive(folder, &facts).await;
        // The other node deletes its copy. It does so by itself after a minute.
        let taker = self.taker;
        let _ = self.ask(&CopyQuestion::Done { taker }).await;
        let copy = copied?;
        let (log_id, size) = (log_id.to_owned(), facts.size);
        let applied = facts.applied.place;
        let finish = move || copy.finish(&facts, &log_id, first);
        let finished = tokio::task::spawn_blocking(finish).await;
        let old = finished.map_err(|error| TakeError::Failed(error.to_string()))??;
        tracing::info!(
            bytes = size,
            seconds = began.elapsed().as_secs_f32(),
            up_to = applied,
            "copied the log of the node {node}"
        );
        if let Some(old) = old {
            tracing::info!(
                "the old log of this node is kept as {}; delete it when nothing of it is needed",
                old.display()
            );
        }
        Ok(())
    }

    /// Waits until the other node has made its copy.
    async fn made(&self) -> Result<CopyFacts, TakeError> {
        let (taker, node) = (self.taker, self.own.to_owned());
        let question = CopyQuestion::Make { taker, node };
        loop {
            match self.ask(&question).await? {
                CopyAnswer::Ready(facts) => {
                    return facts.parse().ok_or_else(|| self.unknown_answer());
                }
                CopyAnswer::Preparing => sleep(PAUSE).await,
                CopyAnswer::Busy => return Err(TakeError::Busy(self.node.to_owned())),
                CopyAnswer::Failed(why) => return Err(self.failed(&why)),
                CopyAnswer::Bytes(_) | CopyAnswer::Dropped => return Err(self.unknown_answer()),
            }
        }
    }

    async fn receive(&self, folder: &Path, facts: &CopyFacts) -> Result<IncomingCopy, TakeError> {
        let mut copy = IncomingCopy::begin(folder)?;
        let (taker, mut told) = (self.taker, Instant::now());
        while copy.size() < facts.size {
            let offset = copy.size();
            match self.ask(&CopyQuestion::Read { taker, offset }).await? {
                CopyAnswer::Bytes(bytes) if !bytes.is_empty() => copy.write(&bytes)?,
                CopyAnswer::Failed(why) => return Err(self.failed(&why)),
                _ => return Err(self.unknown_answer()),
            }
            if told.elapsed() >= TOLD {
                tracing::info!(bytes = copy.size(), of = facts.size, "copying the log");
                told = Instant::now();
            }
        }
        Ok(copy)
    }

    async fn ask(&self, question: &CopyQuestion) -> Result<CopyAnswer, TakeError> {
        let mut attempt = 1;
        loop {
            let node = (self.node.to_owned(), self.subject.clone());
            match calls::ask(self.client, node, question, PATIENCE).await {
                Ok(answer) => return Ok(answer),
                Err(AskError::TimedOut(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(TakeError::Failed(error.to_string())),
            }
        }
    }

    fn failed(&self, why: &str) -> TakeError {
        TakeError::Failed(format!("the node {} has no copy: {why}", self.node))
    }

    fn unknown_answer(&self) -> TakeError {
        self.failed("its answer has an unknown form")
    }
}
