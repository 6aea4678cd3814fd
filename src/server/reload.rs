//! Reads the settings again while the server runs, when SIGHUP asks for it.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::{notify::Notifier, tls::Certificates};
use crate::{
    config::{Changes, ConfigError, Loaded},
    http::{AppState, Service},
};

/// How to read the settings again, and when.
pub struct Reload {
    /// The settings that the server was started with.
    pub loaded: Loaded,
    /// Reads them from the file, the environment and the flags of the start.
    pub read: Box<dyn Fn() -> Result<Loaded, ConfigError> + Send + Sync>,
    /// Sets the filter of the diagnostics (`--log`).
    pub set_log_filter: Box<dyn Fn(&str) + Send + Sync>,
    /// Each message asks for it once.
    pub requests: UnboundedReceiver<()>,
}

impl Reload {
    /// Reads the settings whenever it is asked for. Ends never.
    pub(super) async fn run(
        mut self,
        state: AppState,
        service: Arc<Service>,
        certificates: Arc<Certificates>,
        notifier: Arc<Notifier>,
    ) {
        while self.requests.recv().await.is_some() {
            notifier.reloading();
            if let Some(log) = &state.access_log {
                log.reopen();
            }
            let good = self.apply(&state, &service, &certificates);
            state.counters.reloaded(good);
            notifier.ready();
        }
        std::future::pending().await
    }

    /// Returns whether the settings and the certificates are right. If not, the old ones of both stay.
    fn apply(&mut self, state: &AppState, service: &Service, certificates: &Certificates) -> bool {
        // Blocks for a moment: some small files.
        let changes = (self.read)().and_then(|new| Ok(new.changes_from(&self.loaded)?));
        let changes = changes.map_err(|error| error.to_string());
        match changes.and_then(|changes| {
            let read = certificates.reload();
            read.map(|()| changes).map_err(|error| error.to_string())
        }) {
            Ok(changes) => {
                self.loaded = changes.loaded.clone();
                state.reload(self.loaded.settings.clone());
                service.reload();
                (self.set_log_filter)(&self.loaded.settings.log);
                // Only now: whoever reads this line may expect it to be true.
                report(&changes);
                true
            }
            Err(text) => {
                let first = text.lines().next().unwrap_or_default();
                tracing::error!(
                    "the settings were read again and are wrong, so the old ones stay: {first}"
                );
                false
            }
        }
    }
}

fn report(changes: &Changes) {
    let names = changes.applied.join(", ");
    match names.is_empty() {
        true => tracing::info!("the settings were read again: nothing to change"),
        false => tracing::info!("the settings were read again and changed: {names}"),
    }
    for name in &changes.postponed {
        tracing::warn!("{name} has changed, but needs a restart");
    }
}
