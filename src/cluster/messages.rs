//! Messages between the nodes that are not stored: questions with their answers, and messages to all.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use minicbor::{Decode, Encode};

use super::{
    Cluster,
    broadcast::{self, BroadcastError},
    calls::{self, AskError, Gathered},
    start::StartError,
};

impl Cluster {
    /// Asks all other nodes that are there, and waits for their answers for `patience` at most.
    pub async fn ask_all<Q, A>(&self, question: &Q, patience: Duration) -> Gathered<A>
    where
        Q: Encode<()>,
        A: for<'b> Decode<'b, ()>,
    {
        let others = self.live_others();
        // Without a connection, the client would keep the question and ask it later, when nobody waits for the answer.
        if !self.connection.is_up() {
            return Gathered::cut_off(others);
        }
        let subjects = self.subjects();
        let with_subject = |node: String| {
            let subject = subjects.node(&node);
            (node, subject)
        };
        let nodes = others.into_iter().map(with_subject).collect();
        calls::ask_all(&self.connection.client, nodes, question, patience).await
    }

    /// Asks one node, which may be this one, and waits for its answer for `patience` at most.
    pub async fn ask<Q, A>(
        &self,
        node: &str,
        question: &Q,
        patience: Duration,
    ) -> Result<A, AskError>
    where
        Q: Encode<()>,
        A: for<'b> Decode<'b, ()>,
    {
        if !self.connection.is_up() {
            return Err(AskError::NotSent(
                "there is no connection to a NATS server".to_owned(),
            ));
        }
        let node = (node.to_owned(), self.subjects().node(node));
        calls::ask(&self.connection.client, node, question, patience).await
    }

    /// Answers questions of other nodes from now on. `handler` makes an answer of a question, both as bytes (see
    /// [`encode`]). 64 questions are answered at the same time.
    pub async fn serve<H, F>(&self, handler: H) -> Result<(), StartError>
    where
        H: Fn(Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<u8>> + Send + 'static,
    {
        let questions = self.subscribe(self.subjects().node(self.node())).await?;
        let client = self.connection.client.clone();
        let task = calls::serve(client, questions, Arc::new(handler));
        self.tasks.lock().spawn(task);
        Ok(())
    }

    /// Sends a message to all other nodes. It is not stored: a node that is not there does not get it.
    pub async fn broadcast(&self, message: &[u8]) -> Result<(), BroadcastError> {
        let subject = self.subjects().broadcast();
        broadcast::send(&self.connection, subject, self.identity.boot, message).await
    }

    /// Gives the messages of [`Cluster::broadcast`] at other nodes to `handler` from now on. It must not block.
    pub async fn on_broadcast(
        &self,
        handler: impl Fn(Bytes) + Send + Sync + 'static,
    ) -> Result<(), StartError> {
        let messages = self.subscribe(self.subjects().broadcast()).await?;
        let task = broadcast::receive(messages, self.identity.boot, handler);
        self.tasks.lock().spawn(task);
        Ok(())
    }
}
