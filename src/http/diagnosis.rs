//! `GET /api/diagnosis`: how the server sees the request, for `tidings doctor`.

use app::wire::Diagnosis;
use axum::{Extension, Json};
use rustix::process::{Resource, getrlimit};

use super::{metrics::process::open_descriptors, off_thread};
use crate::{auth::Sender, http::Error};

/// Show how the server sees this request
///
/// The address from which it came, whether a proxy is not trusted, and what the process may run out of.
#[utoipa::path(
    get, path = "/api/diagnosis", tag = "node",
    responses((status = 200, description = "What the server sees", body = Diagnosis)),
)]
pub async fn diagnosis(Extension(sender): Extension<Sender>) -> Result<Json<Diagnosis>, Error> {
    let descriptors = off_thread(|| Ok::<_, Error>(open_descriptors())).await?;
    Ok(Json(Diagnosis {
        address: sender.address.map(|address| address.ip().to_string()),
        peer: sender.peer.map(|peer| peer.ip().to_string()),
        ignored: sender.ignored,
        descriptor_limit: getrlimit(Resource::Nofile).current,
        descriptors,
    }))
}
