//! What the stream alone does, without nodes.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use async_nats::jetstream::{self, context::ContextBuilder, stream};
use local_cluster::NatsServers;

use crate::{
    concurrent::{Load, Timer, closed_loop},
    fill,
};

/// The name of the stream of raw publishes.
const NAME: &str = "raw";

/// The stream of the nodes.
const OF_NODES: &str = "TIDINGS_TIDINGS";

/// A connection to the nats-servers, and a stream with the durability of that of the nodes.
pub struct RawStream {
    context: jetstream::Context,
}

/// The number of records that the stream of the nodes has had, and the bytes that it has stored.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    pub records: u64,
    pub bytes: u64,
}

impl RawStream {
    /// Connects, and makes the stream.
    pub async fn make(nats: &NatsServers) -> Result<Self> {
        let client = async_nats::connect(nats.urls()).await?;
        let context = ContextBuilder::new()
            .timeout(Duration::from_secs(30))
            .build(client);
        let config = stream::Config {
            name: NAME.to_owned(),
            subjects: vec![NAME.to_owned()],
            num_replicas: 3,
            ..stream::Config::default()
        };
        context.create_stream(config).await?;
        Ok(Self { context })
    }

    /// Publishes of this many tasks that wait for their confirmations.
    pub async fn publish(&self, publishers: usize, span: Duration) -> Result<Load> {
        let data = fill::middling();
        closed_loop(publishers, |_| {
            let (context, data) = (self.context.clone(), Arc::clone(&data));
            async move {
                let mut timer = Timer::start(span);
                while timer.goes_on() {
                    let payload = data.as_bytes().to_vec().into();
                    context.publish(NAME, payload).await?.await?;
                    timer.done();
                }
                Ok(timer)
            }
        })
        .await
    }

    /// What the stream of the nodes has stored.
    pub async fn of_nodes(&self) -> Result<Stored> {
        let stream = self.context.get_stream(OF_NODES).await?;
        let state = &stream.cached_info().state;
        Ok(Stored {
            records: state.last_sequence,
            bytes: state.bytes,
        })
    }

    /// Deletes all records of the stream of the nodes but the last one, as the nodes do when their messages are too old.
    pub async fn purge_of_nodes(&self) -> Result<()> {
        let stream = self.context.get_stream(OF_NODES).await?;
        let last = stream.cached_info().state.last_sequence;
        stream.purge().sequence(last).await?;
        Ok(())
    }
}
