//! Messages between the nodes that are not stored: questions with their answers, and messages to all or to one
//! of them.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use minicbor::{Decode, Encode};
use tokio::time::Instant;

use super::{
    Cluster,
    calls::{self, Gathered, encode},
    start::StartError,
    telling,
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

    /// The number of the run of this node.
    pub fn boot(&self) -> u64 {
        self.identity.boot
    }

    /// The other nodes that are there: the number of the run of each, and its name.
    pub fn others(&self) -> Vec<(u64, String)> {
        self.members.others(Instant::now())
    }

    /// Whether somebody watches the panel of another node.
    pub fn is_observed_elsewhere(&self) -> bool {
        self.members.is_observed_elsewhere(Instant::now())
    }

    /// Sends a message to all other nodes, in order and without waiting. It is not stored: a node that is not there does
    /// not get it.
    pub fn tell_all(&self, message: &impl Encode<()>) {
        self.tell_subject(self.subjects().broadcast(), message);
    }

    /// The same to one run of a node.
    pub fn tell(&self, boot: u64, message: &impl Encode<()>) {
        self.tell_subject(self.subjects().run(boot), message);
    }

    fn tell_subject(&self, subject: String, message: &impl Encode<()>) {
        match encode(message) {
            Ok(bytes) => self.teller.tell(subject, &bytes),
            Err(error) => tracing::warn!(error, "a message to other nodes can't be encoded"),
        }
    }

    /// Gives what other nodes tell to `handler` from now on, with the number of the run that has sent it. It must not
    /// block.
    pub async fn on_told(
        &self,
        handler: impl Fn(u64, Bytes) + Send + Sync + 'static,
    ) -> Result<(), StartError> {
        let to_all = self.subscribe(self.subjects().broadcast()).await?;
        let to_this = self.subscribe(self.subjects().run(self.boot())).await?;
        let task = telling::receive(to_all, to_this, self.boot(), handler);
        self.tasks.lock().spawn(task);
        Ok(())
    }
}
