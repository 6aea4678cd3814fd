//! `tidings serve`.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tidings::{
    config::{LogFormat, Settings},
    server::{self, Listeners, fd_limit, signals::ShutdownSignals},
};
use tracing_subscriber::EnvFilter;

/// Threads for what blocks, which are reads of the log: twice as many as can read at a time. A crowd that
/// comes at once waits in a line and not in threads, each of which costs memory long after.
const BLOCKING_THREADS: usize = 8;

/// Serves until SIGTERM or SIGINT.
pub fn run(settings: Settings) -> anyhow::Result<()> {
    start_log(&settings)?;
    if let Err(error) = fd_limit::raise() {
        tracing::warn!(%error, "the limit of open files can't be raised");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .context("no threads to run on")?;
    runtime.block_on(async {
        let mut signals = ShutdownSignals::new().context("no signals can be received")?;
        let listeners = Listeners::bind(&settings).await?;
        let shutdown = async move {
            signals.next().await;
            // Who asks twice does not want to wait.
            tokio::spawn(async move {
                signals.next().await;
                std::process::exit(1);
            });
        };
        // As a task: what accepts connections then runs beside what answers them, and need not wake it.
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
        // Otherwise a line that can't be written, because stderr was closed, would be a panic.
        .log_internal_errors(false);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
