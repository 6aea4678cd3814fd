//! `tidings serve`.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tidings::{
    config::{LogFormat, Settings},
    server::{self, Listeners, fd_limit, signals::ShutdownSignals},
};
use tracing_subscriber::EnvFilter;

/// Threads for blocking work, which is reading the log: twice as many as can read at the same time. More reads wait in
/// a queue, because each thread would keep its memory long after.
const BLOCKING_THREADS: usize = 8;

/// Runs the server until SIGTERM or SIGINT.
pub fn run(settings: Settings) -> anyhow::Result<()> {
    start_log(&settings)?;
    if let Err(error) = fd_limit::raise() {
        tracing::warn!(%error, "the limit on open files could not be raised");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .context("the threads of the server could not be started")?;
    runtime.block_on(async {
        let mut signals =
            ShutdownSignals::new().context("the signal handlers could not be installed")?;
        let listeners = Listeners::bind(&settings).await?;
        let shutdown = async move {
            signals.next().await;
            // A second signal ends the process at once.
            tokio::spawn(async move {
                signals.next().await;
                std::process::exit(1);
            });
        };
        // As a task it runs on the same threads as the tasks that answer requests. On the main thread, each accepted
        // connection would have to wake another thread.
        let serving = tokio::spawn(server::serve(listeners, settings, shutdown));
        serving.await?.context("the server stopped")
    })
}

fn start_log(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log).context("--log")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // Without this, a line that can not be written because stderr is closed would panic.
        .log_internal_errors(false);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
