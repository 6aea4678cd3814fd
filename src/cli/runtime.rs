//! The runtime of the commands that talk to a server.

use std::future::Future;

/// Runs a future to its end, on this thread.
pub fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(future);
    // Does not wait for blocking operations: a write to a pipe that nobody reads can't be cancelled.
    runtime.shutdown_background();
    result
}
