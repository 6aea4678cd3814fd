//! Closes the streams of whoever may not listen any more: of ended API keys, of removed people, of sessions that were ended,
//! and of keys and people that may do something else now.

use std::{convert::Infallible, sync::Arc, time::Duration};

use super::AppState;
use crate::outbox::CloseReason;

/// How often sessions whose time is over are looked for.
const LOOK: Duration = Duration::from_secs(30);

/// See the module documentation. Never ends.
pub async fn close(state: AppState) -> Infallible {
    let auth = state.auth.load_full();
    let (keys, people) = (Arc::clone(auth.keys()), Arc::clone(auth.people()));
    let streams = Arc::clone(auth.session_streams());
    drop(auth);
    let log = state.broker.log();
    let mut sessions = log.session_changes();
    loop {
        let mut ended = tokio::select! {
            ended = keys.ended() => ended,
            ended = people.ended() => ended,
            _ = sessions.changed() => Vec::new(),
            () = tokio::time::sleep(LOOK) => Vec::new(),
        };
        ended.extend(streams.take_of(&ended));
        ended.extend(streams.take_closed(|digest| log.session(digest).is_some()));
        if !ended.is_empty() {
            let registry = state.broker.registry();
            registry.close_keys(&ended, CloseReason::KeyEnded);
        }
    }
}
