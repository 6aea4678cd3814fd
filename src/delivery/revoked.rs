//! Ends the streams whose token is revoked, at this node or at another one of its cluster.

use std::{convert::Infallible, sync::Arc};

use crate::{broker::Broker, outbox::CloseReason, registry::Subscriber};

/// Whether the token of a stream is revoked.
pub fn is_revoked(broker: &Broker, subscriber: &Subscriber) -> bool {
    let token = subscriber.token.as_ref();
    token.is_some_and(|token| broker.is_revoked(&subscriber.client_id, token))
}

/// Watches for revocations, without end. A stream that is opened at the same time checks again once it is registered.
pub async fn close_streams(broker: Arc<Broker>) -> Infallible {
    let mut revocations = broker.log().revocations();
    while revocations.changed().await.is_ok() {
        let registry = broker.registry();
        let mut revoked = registry.all_connections();
        revoked.retain(|connection| is_revoked(&broker, connection.subscriber()));
        registry.close(&revoked, || CloseReason::TokenRevoked);
    }
    // The log is closed.
    std::future::pending().await
}
