//! What follows from API keys without a request: uses are written down.

use std::{convert::Infallible, sync::Arc, time::Duration};

use crate::{http::AppState, log::KeyChange};

/// How often it is looked for uses to write. Each key has at most one a minute.
const WRITE_USES: Duration = Duration::from_secs(5);

/// Writes to the log when keys were last used. Never ends.
pub async fn write_uses(state: AppState) -> Infallible {
    let keys = Arc::clone(state.auth.load().keys());
    loop {
        tokio::time::sleep(WRITE_USES).await;
        let uses = keys.uses_to_write();
        if !uses.is_empty()
            && let Err(error) = state.broker.log().change_key(KeyChange::Used(uses)).await
        {
            tracing::debug!("the last uses of API keys are not written: {error}");
        }
    }
}
