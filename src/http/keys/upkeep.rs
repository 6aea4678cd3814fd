//! What follows from API keys without a request: uses and pushes are written down.

use std::{convert::Infallible, sync::Arc, time::Duration};

use crate::{
    auth::Keys,
    broker::Broker,
    http::AppState,
    log::{AppendError, KeyChange},
};

/// How often it is looked for uses and pushes to write.
const WRITE: Duration = Duration::from_secs(5);

/// Writes to the log when keys were last used, and how much was pushed with those that have a quota. Never ends.
pub async fn write_uses(state: AppState) -> Infallible {
    loop {
        tokio::time::sleep(WRITE).await;
        write(&state).await;
    }
}

/// Writes what is to be written now.
async fn write(state: &AppState) {
    let keys = Arc::clone(state.auth.load().keys());
    let (uses, pushes) = (keys.uses_to_write(), keys.pushes_to_write());
    let uses = (!uses.is_empty()).then_some(KeyChange::Used(uses));
    let pushes = (!pushes.is_empty()).then_some(KeyChange::Pushed(pushes));
    for change in uses.into_iter().chain(pushes) {
        if let Err(error) = state.broker.log().change_key(change).await {
            tracing::debug!("the uses of API keys are not written: {error}");
        }
    }
}

/// Writes how much was pushed with keys that have a quota, when no more is pushed.
pub async fn write_last_pushes(keys: &Keys, broker: &Broker) -> Result<(), AppendError> {
    let pushes = keys.unwritten_pushes();
    match pushes.is_empty() {
        true => Ok(()),
        false => broker.log().change_key(KeyChange::Pushed(pushes)).await,
    }
}
