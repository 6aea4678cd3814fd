//! `POST /ack`: acknowledgements of clients.

use app::wire::Ack;
use axum::{
    extract::{FromRequest, Request, State},
    http::StatusCode,
};

use super::access::Listener;
use super::{
    AppState, Code, Error,
    body::{self, WholeBody},
    messages,
    openapi::refuses,
};
use crate::message::ClientId;

refuses!(Refusals: UnknownEpoch, Unauthorized, Forbidden, TooManyTries);

/// Acknowledge
///
/// The client has received everything up to this cursor. Needs the same token as a stream of this client.
/// `navigator.sendBeacon` can send it, so `text/plain` is read as JSON here.
#[utoipa::path(
    post, path = "/ack", tag = "streams",
    request_body(content((Ack = "application/json"), (Ack = "text/plain"))),
    responses((status = 204, description = "Recorded"), Refusals),
)]
pub async fn post(
    State(state): State<AppState>,
    Listener(listening): Listener,
    request: Request,
) -> Result<StatusCode, Error> {
    let content_type = body::content_type(&request);
    if !body::is_json(&content_type) && content_type != "text/plain" {
        let detail = format!(
            "the content type must be application/json or text/plain, not {content_type:?}"
        );
        return Err(Error::new(Code::UnsupportedMediaType, detail).field("content-type"));
    }
    let WholeBody(bytes) = WholeBody::from_request(request, &state).await?;
    let ack: Ack = body::parse_json(&bytes)?;
    let client_id =
        ClientId::parse(&ack.client_id).map_err(|why| Error::invalid("client_id", why))?;
    listening.check_client(&client_id)?;
    let seq = messages::received_position(&state.broker, "id", &ack.id)?;
    state.broker.acknowledge(&client_id, seq);
    Ok(StatusCode::NO_CONTENT)
}
