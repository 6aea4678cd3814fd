//! `/metrics`: the numbers of this node, for Prometheus and its relatives.
//!
//! Nearly all of them are counted for other reasons, and read here when they are asked for.

pub mod catalog;
mod collect;
mod counters;
pub(super) mod process;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::{AppState, Error, off_thread, openapi::refuses};
use crate::metrics::CONTENT_TYPE;
pub use counters::HttpCounters;

refuses!(Refusals: ; READ);

/// Show metrics
///
/// The numbers of this node in the text format of OpenMetrics 1.0. `docs/metrics.md` lists them.
#[utoipa::path(
    get, path = "/metrics", tag = "node",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
        Refusals,
    ),
)]
pub async fn show(State(state): State<AppState>) -> Result<Response, Error> {
    let ready = super::stats::not_ready(&state).await.is_none();
    let text = off_thread(move || collect::text(&state, ready)).await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

/// The list of all metrics, as it stands in `docs/metrics.md`.
pub fn documented() -> String {
    let mut text = String::from(
        "# Metrics\n\n\
         <!-- Made from src/http/metrics/catalog.rs. After a change there: WRITE_DOCS=1 scripts/cargo test -p tidings --test it -- metrics::the_list -->\n\n\
         `GET /metrics` answers in the text format of OpenMetrics 1.0: at the address of `--metrics-listen` without a token,\n\
         and at the address of the server for admins. A label has only values that the server chooses: no client, topic or\n\
         address becomes a label. The metrics of a cluster are there only on a node of one.\n\n\
         | name | type | labels | meaning |\n|---|---|---|---|\n",
    );
    for metric in catalog::ALL {
        let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
        text.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            metric.sample_name(),
            metric.kind.as_str(),
            labels.join(", "),
            metric.help
        ));
    }
    text
}

/// The names of all samples.
pub fn sample_names() -> Vec<String> {
    let all = catalog::ALL.iter();
    all.flat_map(|metric| metric.sample_names()).collect()
}
