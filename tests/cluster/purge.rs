//! What the janitor does with the stream after a day, at once.

use async_nats::jetstream;

use crate::harness::Cluster;

impl Cluster {
    /// Deletes all records of the stream but the last one. Returns the place of that one.
    pub async fn purge(&self) -> u64 {
        let client = async_nats::connect(self.nats.urls()).await;
        let jetstream = jetstream::new(client.expect("connected"));
        let name = format!("TIDINGS_{}", self.name.to_uppercase().replace('-', "_"));
        let stream = jetstream.get_stream(name).await.expect("the stream");
        let last = stream.cached_info().state.last_sequence;
        stream.purge().sequence(last).await.expect("purged");
        last
    }
}
