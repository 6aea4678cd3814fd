//! Gives copies of the log of this node to other nodes, one at a time.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    calls::{self, encode},
    connection::Connection,
    copy_protocol::{CHUNK, CopyAnswer, CopyQuestion, FactsCbor},
    stream_log::StreamLog,
};
use crate::log::{CopySource, OutgoingCopy};

/// Time without a question after which a copy is deleted.
const SILENCE: Duration = Duration::from_secs(60);

/// How often that is checked.
const TICK: Duration = Duration::from_secs(5);

/// The copy that is given now. None if there is none.
type Current = Arc<Mutex<Option<Given>>>;

struct Given {
    taker: u64,
    node: String,
    asked_at: Instant,
    copy: State,
}

#[derive(Clone)]
enum State {
    Preparing,
    Ready(Arc<OutgoingCopy>),
    Failed(String),
}

impl Given {
    /// Whether it is no work to forget it. A copy that is being made can't be stopped, so it stays the only one.
    fn is_made(&self) -> bool {
        !matches!(self.copy, State::Preparing)
    }
}

/// Answers questions for copies of the log at this subject, until the log is dropped or the task is ended.
pub async fn serve(connection: Connection, subject: String, log: Weak<dyn StreamLog>) {
    let questions = match connection.client.subscribe(subject).await {
        Ok(questions) => questions,
        Err(error) => {
            tracing::warn!(%error, "this node can't give copies of its log to other nodes");
            return;
        }
    };
    let current = Current::default();
    let handler = {
        let (current, log) = (Arc::clone(&current), Weak::clone(&log));
        move |question: Bytes| {
            let (current, log) = (Arc::clone(&current), Weak::clone(&log));
            async move {
                let answer = answer(&current, &log, &question).await;
                encode(&answer).map(Vec::from).unwrap_or_default()
            }
        }
    };
    let serving = calls::serve(connection.client.clone(), questions, Arc::new(handler));
    tokio::select! {
        () = serving => {}
        () = forget(&current, &log) => {}
    }
}

/// Deletes a copy that nobody asks for. Ends when the log is dropped.
async fn forget(current: &Current, log: &Weak<dyn StreamLog>) {
    while log.strong_count() > 0 {
        tokio::time::sleep(TICK).await;
        let is_old = |given: &mut Given| given.is_made() && given.asked_at.elapsed() >= SILENCE;
        drop(current.lock().take_if(is_old));
    }
}

async fn answer(current: &Current, log: &Weak<dyn StreamLog>, question: &Bytes) -> CopyAnswer {
    match minicbor::decode(question) {
        Ok(CopyQuestion::Make { taker, node }) => make(current, log, taker, node),
        Ok(CopyQuestion::Read { taker, offset }) => read(current, taker, offset).await,
        Ok(CopyQuestion::Done { taker }) => {
            let is_its = |given: &mut Given| given.taker == taker && given.is_made();
            drop(current.lock().take_if(is_its));
            CopyAnswer::Dropped
        }
        Err(error) => CopyAnswer::Failed(format!("the question can't be read: {error}")),
    }
}

fn make(current: &Current, log: &Weak<dyn StreamLog>, taker: u64, node: String) -> CopyAnswer {
    let mut given = current.lock();
    // An earlier process of the node needs its copy no more.
    given.take_if(|given| given.taker != taker && given.node == node && given.is_made());
    match &mut *given {
        Some(given) if given.taker != taker => CopyAnswer::Busy,
        Some(known) => {
            known.asked_at = Instant::now();
            match known.copy.clone() {
                State::Preparing => CopyAnswer::Preparing,
                State::Ready(copy) => CopyAnswer::Ready(FactsCbor::of(&copy.facts)),
                State::Failed(why) => {
                    *given = None;
                    CopyAnswer::Failed(why)
                }
            }
        }
        None => {
            let Some(source) = log.upgrade().map(|log| log.copy_source()) else {
                return CopyAnswer::Failed("the node is ending".to_owned());
            };
            *given = Some(Given {
                taker,
                node,
                asked_at: Instant::now(),
                copy: State::Preparing,
            });
            let current = Arc::clone(current);
            // A thread of its own: a process that ends does not wait for it.
            thread::spawn(move || prepare(&current, &source, taker));
            CopyAnswer::Preparing
        }
    }
}

/// Makes the copy.
fn prepare(current: &Current, source: &CopySource, taker: u64) {
    let copy = match source.copy() {
        Ok(copy) => {
            tracing::info!(
                bytes = copy.facts.size,
                "made a copy of the log for another node"
            );
            State::Ready(Arc::new(copy))
        }
        Err(error) => {
            tracing::warn!(%error, "the log was not copied for another node");
            State::Failed(error.to_string())
        }
    };
    let mut given = current.lock();
    if let Some(given) = given.as_mut().filter(|given| given.taker == taker) {
        given.copy = copy;
    }
}

async fn read(current: &Current, taker: u64, offset: u64) -> CopyAnswer {
    let copy = {
        let mut given = current.lock();
        match given.as_mut().filter(|given| given.taker == taker) {
            Some(Given {
                copy: State::Ready(copy),
                asked_at,
                ..
            }) => {
                *asked_at = Instant::now();
                Arc::clone(copy)
            }
            _ => return CopyAnswer::Failed("there is no such copy any more".to_owned()),
        }
    };
    let read = tokio::task::spawn_blocking(move || copy.read(offset, CHUNK)).await;
    match read {
        Ok(Ok(bytes)) => CopyAnswer::Bytes(bytes.into()),
        Ok(Err(error)) => CopyAnswer::Failed(error.to_string()),
        Err(error) => CopyAnswer::Failed(error.to_string()),
    }
}
