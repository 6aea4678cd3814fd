//! `GET /sse`: opens an event stream.

pub mod request;

use std::sync::Arc;

use arcstr::ArcStr;
use axum::{
    body::Body,
    extract::State,
    http::{Extensions, HeaderMap, header},
    response::Response,
};
pub use request::last_event_id;
use request::{client_id, encoding, filters, since};

use super::access::{self, Listener};
use super::{
    AppState, Code, Error,
    body::Pairs,
    connect, demo,
    error::RateLimit,
    event_stream,
    openapi::{Envelope, refuses, values},
};
use crate::{
    access_log::AccessEntry,
    auth::ConnectionInfo,
    delivery::{
        OpenedStream, events, handover::Handover, revoked, subscribe::subscribe,
        task_stream::TaskStream, write_tracking::WriteTracker,
    },
    message::TopicAccess,
    network::Network,
    registry::{AdmissionError, Subscriber},
};

/// How much of the `User-Agent` is stored, in characters.
const USER_AGENT: usize = 256;

refuses!(Refusals: Unauthorized, Forbidden, TooManyTries, TooManyOpens, TooManyOpensOfClient, TooManyTopics, TooManyConnectionsOfClient, TooManyConnectionsOfAddress, TooManyConnections, ConnectDenied, ConnectHookUnavailable; READ);

/// Open a stream
///
/// An EventSource: `welcome` first, then what came while the client was away, a `ping` when that is all, and from
/// there messages and `ping`s as they happen. Without a `client_id` it is the article's
/// short-lived demonstration of ten steps.
#[utoipa::path(
    get, path = "/sse", tag = "streams",
    params(
        ("client_id" = Option<values::ClientId>, Query, description = "The client. Without one the stream is a demonstration of ten steps"),
        ("topic" = Option<Vec<values::TopicFilter>>, Query, description = "Topics to subscribe to"),
        ("since" = Option<values::StreamStart>, Query, description = "Where to start: a cursor, `earliest`, `latest` or `unread` (the default)"),
        ("last_event_id" = Option<String>, Query, description = "The same as the header `Last-Event-ID`, for clients that can't set it. Of several such parameters the last one that is not empty wins"),
        ("lastEventId" = Option<String>, Query, description = "The same, as event-source-polyfill and reconnecting-eventsource send it"),
        ("evs_last_event_id" = Option<String>, Query, description = "The same, as eventsource-polyfill sends it"),
        ("lastEventID" = Option<String>, Query, description = "The same, as clients of Mercure send it; `Last-Event-ID` and `last-event-id` are taken too"),
        ("Last-Event-ID" = Option<String>, Header, description = "The cursor to continue after. Wins over the query and over `since`"),
        ("envelope" = Option<Envelope>, Query, description = "`json`: every message comes without `event:`, its data one line of JSON: `event` (the type, or `message`), `topic` (if it was to one), and `data` if JSON was pushed or `text` if not. So one `onmessage` gets all types. The stream's own events (`welcome`, `ping`, `gap`, `refused`, `recall`, `reconnect`) keep their types"),
        ("token" = Option<String>, Query, description = "A stream token, where streams need one, or an API key that may `listen`"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        Refusals,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Listener(listening): Listener,
    pairs: Pairs,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Error> {
    let grant = &listening.grant;
    let live = state.live.load_full();
    let peer = extensions
        .get::<ConnectionInfo>()
        .and_then(|info| info.peer);
    let unlimited = grant.admin && !live.limits.rates.limit_admin;
    if !unlimited {
        let (network, client) = (Network::of(peer), grant.client_id.as_ref());
        state.limits.open(&live.limits.rates, network, client)?;
    }
    let Some(client_id) = client_id(&pairs, grant)? else {
        return Ok(demo::response());
    };
    listening.check_client(&client_id)?;
    let encoding = encoding(&pairs)?;
    if state.drain.has_begun() {
        let frame = events::closing(state.drain.reason(), encoding);
        return Ok(event_stream::response(Body::from(frame.bytes())));
    }
    let since = since(&pairs, &headers)?;
    let (mut filters, mut refused) = filters(&pairs, &listening, live.limits.max_topics)?;
    let user_agent = user_agent(&headers);
    if !grant.admin {
        let asks = (&client_id, grant.client_id.is_some());
        let from = (peer.map(|peer| peer.ip()), user_agent.as_deref());
        let denied = connect::denied(&state, asks, &filters, from).await?;
        filters.retain(|filter| !denied.contains(filter));
        refused.extend(denied.into_iter().map(request::denied));
    }
    let subscriber = Subscriber {
        client_id,
        filters: filters.into(),
        remote: peer.into(),
        user_agent,
        key: listening.number,
        unlimited,
        passing: false,
        access: match listening.reads_private() {
            true => TopicAccess::everything(),
            false => TopicAccess::public(),
        },
        token: grant.token.clone(),
        subscriptions: None,
    };
    let entry = extensions.get::<Arc<AccessEntry>>().cloned();
    let pending = subscribe(&state.broker, subscriber, &since, encoding, entry)?;
    // Only now: whoever revokes it later closes this stream.
    if revoked::is_revoked(&state.broker, pending.subscriber()) {
        return Err(access::revoked());
    }
    let mut opening = vec![events::welcome(&state.settings, pending.subscriber())];
    opening.extend(refused.iter().map(events::refused));
    let opened = OpenedStream {
        pending,
        opening,
        expires_at: grant.expires_at,
    };
    Ok(respond(&state, &extensions, opened))
}

/// What is stored of the `User-Agent` of a request.
pub fn user_agent(headers: &HeaderMap) -> Option<ArcStr> {
    let value = headers.get(header::USER_AGENT)?.to_str().ok()?;
    let text: String = value.chars().take(USER_AGENT).collect();
    Some(text.into())
}

/// The response of a stream, which is handed over to a delivery thread if its socket can leave hyper.
pub fn respond(state: &AppState, extensions: &Extensions, opened: OpenedStream) -> Response {
    let writes = extensions
        .get::<Arc<WriteTracker>>()
        .cloned()
        .unwrap_or_default();
    match extensions.get::<Handover>() {
        Some(handover) if writes.is_flushed() => {
            handover.offer(opened);
            event_stream::response(Body::empty())
        }
        _ => {
            let heartbeat = state.settings.heartbeat();
            let stream = TaskStream::new(Arc::clone(&state.broker), heartbeat, opened, writes);
            event_stream::response(Body::from_stream(stream))
        }
    }
}

impl From<AdmissionError> for Error {
    fn from(refusal: AdmissionError) -> Self {
        let text = refusal.to_string();
        let limited = |code, name, most| {
            Self::new(code, text.clone()).limited(RateLimit::concurrent(name, most as u64))
        };
        match refusal {
            AdmissionError::PerClient(most) => limited(
                Code::TooManyConnectionsOfClient,
                "max_connections_per_client",
                most,
            ),
            AdmissionError::PerAddress(most) => {
                limited(Code::TooManyConnectionsOfAddress, "limit_streams", most)
            }
            AdmissionError::Total(_) | AdmissionError::Templates(_) => {
                Self::new(Code::TooManyConnections, text).retry_after(5)
            }
        }
    }
}
