//! `tidings serve`.

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
};

use anyhow::Context;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tracing_subscriber::{EnvFilter, fmt::SubscriberBuilder};

use crate::{
    config::{ConfigError, Loaded, LogFormat, ServiceManager, Settings},
    server::{
        self, Control, Listeners, Reload, fd_limit,
        signals::{Asked, Signals},
    },
};

/// Threads for blocking work, which is reading the log: twice as many as can read at the same time. More reads wait in
/// a queue, because each thread would keep its memory long after.
const BLOCKING_THREADS: usize = 8;

/// Sets the filter of the diagnostics.
type SetLogFilter = Box<dyn Fn(&str) + Send + Sync>;

/// Reads the settings of a command line.
pub type ReadSettings = fn(&[OsString]) -> Result<Loaded, ConfigError>;

/// Runs the server until SIGTERM or SIGINT. On SIGHUP it reads its settings again.
pub fn run(loaded: Loaded, args: Vec<OsString>, read: ReadSettings) -> anyhow::Result<()> {
    let settings = loaded.settings.clone();
    let set_log_filter = start_log(&settings)?;
    if let Err(error) = fd_limit::raise() {
        tracing::warn!(%error, "the limit on open files could not be raised");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .context("the threads of the server could not be started")?;
    runtime.block_on(async {
        let signals = Signals::new().context("the signal handlers could not be installed")?;
        let listeners = Listeners::bind(&settings).await?;
        let (shutdown, requests) = on_signals(signals);
        let reload = Reload {
            loaded,
            read: Box::new(move || read(&args)),
            set_log_filter,
            requests,
        };
        let control = Control {
            reload: Some(reload),
            manager: ServiceManager::from_environment(),
        };
        // As a task it runs on the same threads as the tasks that answer requests. On the main thread, each accepted
        // connection would have to wake another thread.
        let serving = tokio::spawn(server::serve_with(listeners, settings, control, shutdown));
        serving.await?.context("the server stopped")
    })
}

/// A future that is done when a signal asks the process to end, and the requests to read the settings again.
fn on_signals(
    mut signals: Signals,
) -> (
    impl Future<Output = ()> + Send + 'static,
    UnboundedReceiver<()>,
) {
    let (sender, requests) = unbounded_channel();
    let shutdown = async move {
        while signals.next().await == Asked::Reload {
            let _ = sender.send(());
        }
        // A second signal ends the process at once.
        tokio::spawn(async move {
            while signals.next().await == Asked::Reload {}
            std::process::exit(1);
        });
    };
    (shutdown, requests)
}

fn start_log(settings: &Settings) -> anyhow::Result<SetLogFilter> {
    let filter = EnvFilter::try_new(&settings.log).context("--log")?;
    let log = SubscriberBuilder::default()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        // Without this, a line that can not be written because stderr is closed would panic.
        .log_internal_errors(false);
    Ok(match settings.log_format {
        LogFormat::Text => {
            let log = log.with_filter_reloading();
            let handle = log.reload_handle();
            log.init();
            Box::new(move |filter| set(filter, |filter| handle.reload(filter)))
        }
        LogFormat::Json => {
            let log = log.json().with_filter_reloading();
            let handle = log.reload_handle();
            log.init();
            Box::new(move |filter| set(filter, |filter| handle.reload(filter)))
        }
    })
}

fn set<E: std::fmt::Display>(filter: &str, reload: impl FnOnce(EnvFilter) -> Result<(), E>) {
    // It was checked when it was read.
    if let Ok(filter) = EnvFilter::try_new(filter)
        && let Err(error) = reload(filter)
    {
        tracing::warn!(%error, "the filter of the diagnostics can't be changed");
    }
}
