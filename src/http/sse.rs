//! `GET /sse`: one stream, from its request to its last byte.

mod arrivals;
mod events;

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};

use app::wire::{Problem, Refused};
use arrivals::Arrivals;
use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, RawQuery, State},
    http::{Extensions, HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::time::Instant;

use super::{
    AppState, Code, Error,
    auth::{Grant, Listener},
    body::Pairs,
    demo, off_thread,
    pulse::Pulse,
};
use crate::{
    broker::{Since, Unavailable},
    connection::{Connection, Read, Step},
    message::{ClientId, Cursor, Epoch, Frame, TopicFilter},
    outbox::{CloseReason, Logged},
    random,
    registry::{Newcomer, Refusal},
};

/// Open a stream
///
/// An EventSource: `welcome` first, then what came while the client was away, a `ping` when that is all, and from
/// there messages and `ping`s as they happen. Without a `client_id` it is the article's
/// short-lived demonstration of ten steps.
#[utoipa::path(
    get, path = "/sse", tag = "streams",
    params(
        ("client_id" = Option<String>, Query, description = "Who listens: 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -"),
        ("topic" = Option<Vec<String>>, Query, description = "What else to hear; a segment `*` is any one segment, a last `**` the rest"),
        ("since" = Option<String>, Query, description = "Where to start: a cursor, `earliest`, `latest` or `unread` (the default)"),
        ("last_event_id" = Option<String>, Query, description = "The same as the header, for who can't send it"),
        ("Last-Event-ID" = Option<String>, Header, description = "The cursor to go on after; wins over `since`"),
        ("token" = Option<String>, Query, description = "A stream token, where streams need one"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = "4XX", description = "Refused", body = Problem),
        (status = 503, description = "No room for another connection", body = Problem),
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Listener(grant): Listener,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Error> {
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes());
    let Some(client_id) = client_id(&pairs, &grant)? else {
        return Ok(demo::response());
    };
    if state.drain.has_begun() {
        let frame = events::reconnect(CloseReason::Shutdown {
            after_ms: state.drain.after_ms(),
        });
        return Ok(response(Body::from(frame.bytes().clone())));
    }
    let since = since(&pairs, &headers)?;
    let (filters, refused) = filters(&pairs, &grant, state.settings.limits.max_topics)?;
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let newcomer = Newcomer {
        client_id,
        filters,
        remote: extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or_else(String::new, |info| info.0.to_string()),
        user_agent: user_agent.map(str::to_owned),
    };
    let broker = Arc::clone(&state.broker);
    let connection = off_thread(move || broker.subscribe(newcomer, &since)).await?;
    let pulse = extensions.get::<Arc<Pulse>>().cloned().unwrap_or_default();
    let stream = Stream::new(state, connection, pulse, refused, grant.expires_at);
    Ok(response(Body::from_stream(stream::unfold(
        stream,
        async |mut stream| {
            let bytes = stream.next().await?;
            Some((Ok::<_, Infallible>(bytes), stream))
        },
    ))))
}

/// A response that no cache keeps and no proxy holds back.
pub fn response(body: Body) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    (headers, body).into_response()
}

fn client_id(pairs: &Pairs, grant: &Grant) -> Result<Option<ClientId>, Error> {
    let asked = pairs.get("client_id").map(ClientId::parse).transpose();
    let asked = asked.map_err(|why| Error::invalid("client_id", why))?;
    // The grant was checked against what is asked: where both are there, they are the same.
    Ok(grant.client_id.clone().or(asked))
}

fn since(pairs: &Pairs, headers: &HeaderMap) -> Result<Since, Error> {
    // What is no text at all is no cursor either: it must not pass for none.
    let header = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("unreadable"));
    let last_event_id = header
        .or_else(|| pairs.get("last_event_id"))
        .filter(|id| !id.is_empty());
    if let Some(id) = last_event_id {
        // An EventSource can't do anything about what it sends here, so no refusal: a cursor that nobody
        // can read is one of an unknown log, and the stream says so.
        return Ok(Since::Cursor(Cursor::parse(id).unwrap_or(Cursor {
            epoch: Epoch::unknown(),
            seq: 0,
        })));
    }
    match pairs.get("since") {
        None | Some("unread") => Ok(Since::Unread),
        Some("earliest") => Ok(Since::Earliest),
        Some("latest") => Ok(Since::Latest),
        Some(text) => Cursor::parse(text).map(Since::Cursor).map_err(|why| {
            Error::invalid(
                "since",
                format!("earliest, latest, unread, or a cursor: {why}"),
            )
        }),
    }
}

/// What may be subscribed to, and what is refused in band: one forbidden topic must not end the others.
fn filters(
    pairs: &Pairs,
    grant: &Grant,
    most: usize,
) -> Result<(Vec<TopicFilter>, Vec<Refused>), Error> {
    let mut filters = Vec::new();
    for text in pairs.all("topic") {
        let filter = TopicFilter::parse(text).map_err(|why| Error::invalid("topic", why))?;
        if !filters.contains(&filter) {
            filters.push(filter);
        }
        if filters.len() > most {
            let detail = format!("a connection has {most} topics at most (max_topics)");
            return Err(Error::new(Code::TooManyTopics, detail).field("topic"));
        }
    }
    let (allowed, forbidden) = filters.into_iter().partition(|filter| grant.allows(filter));
    let refused = |filter: TopicFilter| Refused {
        topic: filter.to_string(),
        code: "forbidden_topic".to_owned(),
        detail: match filter.is_reserved() {
            true => "topics that begin with $ are for admins".to_owned(),
            false => "the token does not grant this topic".to_owned(),
        },
    };
    Ok((allowed, Vec::into_iter(forbidden).map(refused).collect()))
}

impl From<Unavailable> for Error {
    fn from(unavailable: Unavailable) -> Self {
        let text = unavailable.to_string();
        match unavailable {
            Unavailable::Refused(Refusal::PerClient(_)) => {
                Self::new(Code::TooManyConnectionsOfClient, text).retry_after(5)
            }
            Unavailable::Refused(Refusal::Total(_)) => {
                Self::new(Code::TooManyConnections, text).retry_after(5)
            }
            Unavailable::Log(error) => error.into(),
        }
    }
}

/// Drives a [`Connection`] as the body of a response. It is only asked for more when the socket has
/// room, so a slow reader is replayed to at its own pace.
struct Stream {
    state: AppState,
    connection: Connection,
    arrivals: Arrivals,
    opening: std::vec::IntoIter<Frame>,
    next_ping: Instant,
    expires: Option<Instant>,
    /// Whether the peer has been told that it has caught up.
    caught_up: bool,
    ended: bool,
}

impl Stream {
    fn new(
        state: AppState,
        connection: Connection,
        pulse: Arc<Pulse>,
        refused: Vec<Refused>,
        expires_at: Option<u64>,
    ) -> Self {
        let newcomer = connection.registration().newcomer();
        let mut opening = vec![events::welcome(&state.settings, newcomer)];
        opening.extend(refused.iter().map(events::refused));
        let arrivals = Arrivals::new(Arc::clone(&state.broker), pulse, newcomer);
        let heartbeat = state.settings.heartbeat();
        Self {
            // The first ping comes at a moment of its own, so that those who came together do not stay in step.
            next_ping: Instant::now()
                + heartbeat.mul_f64(0.5 + random::below(1_000) as f64 / 2_000.0),
            expires: expires_at.map(instant_of),
            state,
            connection,
            arrivals,
            opening: opening.into_iter(),
            caught_up: false,
            ended: false,
        }
    }

    /// The next bytes; none: the response ends.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if let Some(frame) = self.opening.next() {
            return Some(frame.bytes().clone());
        }
        let frame = self.frame().await;
        Some(frame.bytes().clone())
    }

    async fn frame(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.due() {
                return frame;
            }
            if !self.caught_up && self.connection.is_live() {
                // What came before this is from while it was away, what follows happens now. And whoever
                // has just come for the first time has a cursor at once.
                self.caught_up = true;
                return self.ping();
            }
            match self.connection.step() {
                Step::Write(logged) => return self.give(&logged),
                Step::WriteEphemeral(frame) => return frame,
                Step::Replay(message) => {
                    let epoch = self.state.broker.log().epoch();
                    let direct = message.audience.is_direct();
                    return self.give(&Logged::new(
                        message.seq,
                        Frame::of(&message, epoch),
                        direct,
                    ));
                }
                Step::Gap(gap) => return events::gap(&gap, self.state.broker.log().epoch()),
                Step::Read(read) => {
                    if let Err(reason) = self.read(read).await {
                        return self.end(reason);
                    }
                }
                Step::Close(reason) => return self.end(reason),
                Step::Wait => self.wait().await,
            }
        }
    }

    fn give(&self, logged: &Logged) -> Frame {
        logged.written.fetch_add(1, Ordering::AcqRel);
        if logged.direct {
            self.arrivals.give(logged.seq);
        }
        logged.frame.clone()
    }

    async fn read(&mut self, read: Read) -> Result<(), CloseReason> {
        let broker = Arc::clone(&self.state.broker);
        match off_thread(move || broker.read(&read)).await {
            Ok(page) => {
                self.connection.replayed(page);
                Ok(())
            }
            // It was said where it happened.
            Err::<_, Error>(_) => Err(CloseReason::LogUnreadable),
        }
    }

    /// What the clock asks for.
    fn due(&mut self) -> Option<Frame> {
        let now = Instant::now();
        if self.expires.is_some_and(|expires| now >= expires) {
            return Some(self.end(CloseReason::TokenExpired));
        }
        if now < self.next_ping {
            return None;
        }
        self.next_ping = now + self.state.settings.heartbeat();
        self.arrivals.beat();
        Some(self.ping())
    }

    fn ping(&self) -> Frame {
        let place = self.connection.place();
        let cursor = place.map(|seq| self.state.broker.cursor(seq));
        events::ping(cursor.as_ref())
    }

    fn end(&mut self, reason: CloseReason) -> Frame {
        self.ended = true;
        self.arrivals.closing(reason);
        events::reconnect(reason)
    }

    async fn wait(&self) {
        let until = self
            .expires
            .map_or(self.next_ping, |expires| expires.min(self.next_ping));
        let filled = self.connection.registration().outbox().filled();
        let _ = tokio::time::timeout_at(until, filled).await;
    }
}

/// The moment of a Unix time in seconds, on the clock that never jumps.
fn instant_of(unix: u64) -> Instant {
    let left =
        (SystemTime::UNIX_EPOCH + Duration::from_secs(unix)).duration_since(SystemTime::now());
    Instant::now() + left.unwrap_or_default()
}
