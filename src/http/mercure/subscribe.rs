//! `GET /.well-known/mercure`: opens a stream of updates.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
    response::Response,
};

use super::{
    caller::{check_revoked, client_of},
    challenge::Challenge,
    matchers::{self, Matcher},
    resume::{Resume, resume},
    subscription_document,
};
use crate::{
    access_log::AccessEntry,
    auth::{Auth, ConnectionInfo, MercureClaims, MercureReader},
    delivery::{
        OpenedStream,
        connection::{Gap, GapReason},
        events, revoked,
        subscribe::subscribe,
    },
    http::{AppState, Code, Error, access, body::Pairs, connect, event_stream, sse},
    message::{ClientId, Encoding, TopicAccess},
    network::Network,
    registry::{Subscriber, SubscriptionGuard},
};

/// The response headers that name the id before the first event: of the protocol until 0.x, and of 1.0.
const PRECEDING: [HeaderName; 2] = [
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("mercure-last-event-id"),
];

/// Opens a stream.
pub async fn get(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let challenge = Challenge::of(&state, &parts);
    challenge.answer(open(&state, &parts).await)
}

async fn open(state: &AppState, parts: &Parts) -> Result<Response, Error> {
    let live = state.live.load_full();
    let peer = parts
        .extensions
        .get::<ConnectionInfo>()
        .and_then(|info| info.peer);
    let MercureReader {
        claims,
        granted,
        open,
        number,
    } = access::with_new_keys(&state.auth.load_full(), parts, Auth::mercure_reader).await?;
    let client_id = client_of(claims.as_ref());
    let is_known = claims
        .as_ref()
        .is_some_and(|claims| claims.client_id.is_some());
    let known = is_known.then_some(&client_id);
    state
        .limits
        .open(&live.limits.rates, Network::of(peer), known)?;
    if let Some(claims) = &claims {
        check_revoked(state, claims, &client_id)?;
    }
    let pairs = Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let encoding = encoding(&pairs)?;
    if state.drain.has_begun() {
        let frame = events::closing(state.drain.reason(), encoding);
        return Ok(event_stream::response(Body::from(frame.bytes())));
    }
    let hub = state.settings.hub_url_or_default();
    let mut matchers = matchers::parse(&pairs, live.limits.max_topics, &hub)?;
    let user_agent = sse::user_agent(&parts.headers);
    let from = (peer.map(|peer| peer.ip()), user_agent.as_deref());
    let mut filters = matchers::filters(&matchers);
    let denied = connect::denied(state, (&client_id, is_known), &filters, from).await?;
    if !denied.is_empty() {
        matchers.retain(|matcher| !denied.contains(&matcher.filter));
        filters = matchers::filters(&matchers);
    }
    if filters.is_empty() {
        let detail = "the back end of this server allows none of these topics";
        return Err(Error::new(Code::ConnectDenied, detail));
    }
    let Resume {
        since,
        preceding,
        is_unknown,
    } = resume(state, &pairs, &parts.headers).await?;
    let subscriptions = told(state, &matchers, claims.as_ref(), &client_id);
    let subscriber = Subscriber {
        client_id,
        filters,
        remote: peer.into(),
        user_agent,
        key: number,
        unlimited: false,
        passing: !is_known,
        access: TopicAccess::mercure(granted, open),
        token: claims.as_ref().map(|claims| Arc::clone(&claims.token)),
        subscriptions: subscriptions.clone(),
    };
    let entry = parts.extensions.get::<Arc<AccessEntry>>().cloned();
    let pending = subscribe(&state.broker, subscriber, &since, encoding, entry)?;
    // Only now: whoever revokes it later closes this stream.
    if revoked::is_revoked(&state.broker, pending.subscriber()) {
        return Err(access::revoked());
    }
    if let Some(subscriptions) = subscriptions {
        subscriptions.begin();
    }
    let mut opening = vec![events::begin()];
    if is_unknown {
        let gap = Gap::without_range(GapReason::UnknownEpoch);
        opening.push(events::gap(&gap, state.broker.log().openings(), encoding));
    }
    let opened = OpenedStream {
        pending,
        opening,
        expires_at: claims.and_then(|claims| claims.expires_at),
    };
    let mut response = sse::respond(state, &parts.extensions, opened);
    note_preceding(response.headers_mut(), preceding);
    Ok(response)
}

/// How the subscriber gets its events.
fn encoding(pairs: &Pairs) -> Result<Encoding, Error> {
    let gaps = match pairs.get("gaps") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Error::invalid("gaps", "must be true or false")),
    };
    Ok(Encoding::Mercure { gaps })
}

/// Its subscriptions, if others are told of them.
fn told(
    state: &AppState,
    matchers: &[Matcher],
    claims: Option<&MercureClaims>,
    client_id: &ClientId,
) -> Option<Arc<SubscriptionGuard>> {
    if !state.settings.mercure.mercure_subscriptions {
        return None;
    }
    let is_known = claims.is_some_and(|claims| claims.client_id.is_some());
    // Each connection has an id of its own, which nobody can choose.
    let id = match is_known {
        true => client_of(None),
        false => client_id.clone(),
    };
    let before_hub = state.settings.proxy.path();
    let subscriber = subscription_document::subscriber(id.as_str(), before_hub, matchers, claims);
    Some(state.broker.registry().subscriptions().guard(subscriber))
}

/// Says in the head of the response where the stream begins.
fn note_preceding(headers: &mut HeaderMap, id: Option<String>) {
    let value = id.and_then(|id| HeaderValue::try_from(id.into_bytes()).ok());
    if let Some(value) = value {
        for name in PRECEDING {
            headers.insert(name, value.clone());
        }
    }
}
