//! Leaves a NATS server that does not reach the stream. The connection to it works, so nothing else ends it: the server may be
//! cut off from the others, and then it has no part in what they decide.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::Instant;

use super::{connection::Connection, reach::Reach, stream_log::StreamLog};

/// Time without the stream after which another server is tried. The servers elect a new leader of the stream in less.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often it is looked at.
const TICK: Duration = Duration::from_millis(500);

/// Tries other servers for as long as the stream cannot be reached. Ends when the log is dropped.
pub async fn run(connection: Connection, reach: Arc<Reach>, log: Weak<dyn StreamLog>) {
    let (mut since, mut told) = (Instant::now(), false);
    while log.strong_count() > 0 {
        tokio::time::sleep(TICK).await;
        if reach.is_reachable() {
            (since, told) = (Instant::now(), false);
        } else if !connection.is_up() {
            // The client looks for another server by itself.
            since = Instant::now();
        } else if since.elapsed() >= PATIENCE {
            if !told {
                let server = connection.server().map(|server| server.server_name);
                tracing::warn!(
                    ?server,
                    "this NATS server does not reach the stream: other servers are tried"
                );
            }
            connection.change_server().await;
            (since, told) = (Instant::now(), true);
        }
    }
}
