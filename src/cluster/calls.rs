//! Questions to other nodes, and their answers. What is asked is up to the caller.

use std::{future::Future, sync::Arc, time::Duration};

use async_nats::{Client, Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use minicbor::{Decode, Encode};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

/// Questions that are answered at the same time. More wait.
const AT_ONCE: usize = 64;

/// The first byte of an answer: an answer follows.
const GOOD: u8 = 0;

/// The first byte of an answer: the reason why there is none follows, as text.
const FAILED: u8 = 1;

/// The answers of several nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered<A> {
    /// The nodes that have answered, with their answers, in no particular order.
    pub answers: Vec<(String, A)>,
    /// The nodes without a good answer: they were too slow, or are gone, or could not answer.
    pub missing: Vec<String>,
    /// Those of the missing nodes that have said why, with the reason in plain words.
    pub failures: Vec<(String, String)>,
}

/// Why a node has not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// There is no such node now.
    #[error("the node {0} is not there")]
    Gone(String),
    /// It did not answer in time.
    #[error("the node {0} did not answer in time")]
    TimedOut(String),
    /// It could not answer, or its answer cannot be read.
    #[error("the node {0} could not answer: {1}")]
    Failed(String, String),
}

/// Asks several nodes at once, and waits for all of them, for `patience` at most. Each node comes with the subject of
/// its questions.
pub async fn ask_all<Q, A>(
    client: &Client,
    nodes: Vec<(String, String)>,
    question: &Q,
    patience: Duration,
) -> Gathered<A>
where
    Q: Encode<()>,
    A: for<'b> Decode<'b, ()>,
{
    let end = Instant::now() + patience;
    let mut gathered = Gathered {
        answers: Vec::new(),
        missing: Vec::new(),
        failures: Vec::new(),
    };
    let mut waiting: Vec<Option<String>> = Vec::with_capacity(nodes.len());
    // One inbox for all. The last part of the subject says which node answers, also when the servers answer for a node
    // that is gone.
    let inbox = client.new_inbox();
    let mut replies = match client.subscribe(format!("{inbox}.*")).await {
        Ok(replies) => replies,
        Err(error) => return gathered.with_failure_of_all(nodes, &error.to_string()),
    };
    let question = match encode(question) {
        Ok(question) => question,
        Err(why) => return gathered.with_failure_of_all(nodes, &why),
    };
    for (number, (node, subject)) in nodes.into_iter().enumerate() {
        let reply = format!("{inbox}.{number}");
        let sent = client.publish_with_reply(subject, reply, question.clone());
        match sent.await {
            Ok(()) => waiting.push(Some(node)),
            Err(error) => {
                gathered.fail(node, error.to_string());
                waiting.push(None);
            }
        }
    }
    while waiting.iter().any(Option::is_some) {
        let Ok(Some(reply)) = timeout_at(end, replies.next()).await else {
            break;
        };
        let number = reply
            .subject
            .rsplit('.')
            .next()
            .and_then(|text| text.parse::<usize>().ok());
        let node = number.and_then(|number| waiting.get_mut(number)?.take());
        if let Some(node) = node {
            match answer_in(&reply) {
                Ok(answer) => gathered.answers.push((node, answer)),
                Err(why) => gathered.fail(node, why),
            }
        }
    }
    gathered.missing.extend(waiting.into_iter().flatten());
    gathered
}

impl<A> Gathered<A> {
    /// The result without a connection to the others.
    pub fn cut_off(nodes: Vec<String>) -> Self {
        Self {
            answers: Vec::new(),
            missing: nodes,
            failures: Vec::new(),
        }
    }

    fn fail(&mut self, node: String, why: String) {
        self.missing.push(node.clone());
        self.failures.push((node, why));
    }

    fn with_failure_of_all(mut self, nodes: Vec<(String, String)>, why: &str) -> Self {
        for (node, _) in nodes {
            self.fail(node, why.to_owned());
        }
        self
    }
}

/// Asks one node.
pub async fn ask<Q, A>(
    client: &Client,
    node: (String, String),
    question: &Q,
    patience: Duration,
) -> Result<A, AskError>
where
    Q: Encode<()>,
    A: for<'b> Decode<'b, ()>,
{
    let name = node.0.clone();
    let mut gathered = ask_all(client, vec![node], question, patience).await;
    match (gathered.answers.pop(), gathered.failures.pop()) {
        (Some((_, answer)), _) => Ok(answer),
        (None, Some((_, why))) if why == NOBODY => Err(AskError::Gone(name)),
        (None, Some((_, why))) => Err(AskError::Failed(name, why)),
        (None, None) => Err(AskError::TimedOut(name)),
    }
}

/// What the servers say when nobody listens to a subject.
const NOBODY: &str = "it is not there any more";

fn answer_in<A: for<'b> Decode<'b, ()>>(reply: &Message) -> Result<A, String> {
    if reply.status == Some(StatusCode::NO_RESPONDERS) {
        return Err(NOBODY.to_owned());
    }
    match reply.payload.split_first() {
        Some((&GOOD, answer)) => {
            minicbor::decode(answer).map_err(|error| format!("its answer cannot be read: {error}"))
        }
        Some((&FAILED, why)) => Err(String::from_utf8_lossy(why).into_owned()),
        _ => Err("its answer has an unknown form".to_owned()),
    }
}

/// The bytes of a question or an answer.
pub fn encode<T: Encode<()>>(value: &T) -> Result<Bytes, String> {
    let bytes = minicbor::to_vec(value);
    bytes.map(Bytes::from).map_err(|error| error.to_string())
}

/// Answers questions to this node until the task is ended. `handler` makes an answer of a question, both as bytes.
pub async fn serve<H, F>(client: Client, mut questions: Subscriber, handler: Arc<H>)
where
    H: Fn(Bytes) -> F + Send + Sync + 'static,
    F: Future<Output = Vec<u8>> + Send,
{
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(question) = questions.next().await {
        let Some(reply) = question.reply else {
            continue;
        };
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (client, handler) = (client.clone(), Arc::clone(&handler));
        tokio::spawn(async move {
            let answer = handler(question.payload).await;
            let framed = frame(&answer, client.max_payload());
            if let Err(error) = client.publish(reply, framed).await {
                tracing::warn!(%error, "an answer to another node was not sent");
            }
            drop(place);
        });
    }
}

/// An answer as it is sent. One that is too large for NATS becomes a reason.
fn frame(answer: &[u8], max_payload: usize) -> Bytes {
    if answer.len() >= max_payload {
        let why = format!(
            "its answer has {} bytes, but the NATS servers take {max_payload}",
            answer.len()
        );
        return [&[FAILED], why.as_bytes()].concat().into();
    }
    [&[GOOD], answer].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(payload: Bytes) -> Message {
        Message {
            subject: "a".into(),
            reply: None,
            length: payload.len(),
            payload,
            headers: None,
            status: None,
            description: None,
        }
    }

    #[test]
    fn an_answer_that_is_too_large_is_an_error() {
        let answer = encode(&vec![1u64, 2]).expect("encoded");
        let good: Result<Vec<u64>, String> = answer_in(&reply(frame(&answer, 1000)));
        assert_eq!(good, Ok(vec![1, 2]));
        let large: Result<Vec<u64>, String> = answer_in(&reply(frame(&answer, 2)));
        assert!(large.expect_err("refused").contains("3 bytes"));
        assert!(answer_in::<u64>(&reply(Bytes::new())).is_err());
    }
}
