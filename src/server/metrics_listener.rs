//! The address that answers `/metrics` without a token.
//!
//! It is served on its own, so that monitoring works when the server has no more connections for others.

use std::time::Duration;

use axum::{Router, routing};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};

use super::listener::{Accepted, ListenError, Listeners};
use crate::{
    config::Settings,
    http::{AppState, metrics},
};

/// How long the head of a request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be accepted.
const RETRY: Duration = Duration::from_millis(500);

/// See the module documentation.
pub struct MetricsListener(Listeners);

impl MetricsListener {
    /// Listens on the address of the settings, if there is one.
    pub async fn bind(settings: &Settings) -> Result<Option<Self>, ListenError> {
        let Some(listen) = &settings.monitoring.metrics_listen else {
            return Ok(None);
        };
        Ok(Some(Self(Listeners::bind_to(listen).await?)))
    }

    /// Answers requests. Ends never.
    pub async fn run(mut self, state: AppState) {
        for address in self.0.addresses() {
            tracing::info!("metrics are at http://{address}/metrics");
        }
        let router = Router::new()
            .route("/metrics", routing::get(metrics::show))
            .with_state(state);
        loop {
            match self.0.accept().await {
                Ok(accepted) => drop(tokio::spawn(serve(accepted, router.clone()))),
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }
}

async fn serve(accepted: Accepted, router: Router) {
    let Accepted { socket, peer, .. } = accepted;
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, ?peer, "a request for metrics was not answered");
    }
}
