//! `GET /sse/jobs/{id}`: the event stream of one job, written by hyper.

use std::{convert::Infallible, sync::Arc};

use app::wire::{EVENT_END, EVENT_LOG, EVENT_STATE, Gap, JobLine};
use axum::{
    body::{Body, Bytes},
    extract::{Extension, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use tokio::time::Instant;

use super::{describe, line, parse};
use crate::{
    auth::ConnectionInfo,
    delivery::{events, first_ping},
    http::{
        AppState, Code, Error,
        body::{Pairs, PathId},
        event_stream, off_thread,
        openapi::{refuses, values},
        sse,
    },
    job::{JobId, Refused},
    jobs::{StartLine, Step, ViewError, Viewer},
    message::{Cursor, Encoding, Epoch, EventType, FrameWriter},
    network::Network,
    outbox::CloseReason,
};

/// The maximum number of lines in one event. A browser needs much longer for a hundred events than for one event of a
/// hundred lines.
const MAX_LINES: usize = 100;

refuses!(Refusals: NotFound, JobUnknown, TooManyOpens, TooManyConnections, ClusterUnavailable; READ);

/// Watch a job
///
/// An EventSource: `state` at once and then whenever it changes, only ever the newest; `log`, a list of lines, in order;
/// a `ping` every heartbeat; and when the job has ended `end` with its final state, after which the response ends.
/// An EventSource that reconnects after that gets 204, so that it stops.
#[utoipa::path(
    get, path = "/sse/jobs/{id}", tag = "streams",
    params(
        ("id" = values::JobId, Path, description = "The id of the job. No token is needed"),
        ("after" = Option<values::Number>, Query, description = "Only lines after this one"),
        ("tail" = Option<values::Number>, Query, description = "Instead: only this many of the newest lines"),
        ("last_event_id" = Option<String>, Query, description = "The same as the header `Last-Event-ID`, for clients that can't set it. Of several such parameters the last one that is not empty wins"),
        ("lastEventId" = Option<String>, Query, description = "The same, as event-source-polyfill and reconnecting-eventsource send it"),
        ("evs_last_event_id" = Option<String>, Query, description = "The same, as eventsource-polyfill sends it"),
        ("lastEventID" = Option<String>, Query, description = "The same, as clients of Mercure send it; `Last-Event-ID` and `last-event-id` are taken too"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last received event. Wins over the query"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 204, description = "The client has received the end of the job already"),
        Refusals,
    ),
)]
pub async fn stream(
    State(state): State<AppState>,
    PathId(id): PathId,
    pairs: Pairs,
    headers: HeaderMap,
    Extension(from): Extension<ConnectionInfo>,
) -> Result<Response, Error> {
    let live = state.live.load();
    let network = Network::of(from.peer);
    state.limits.open(&live.limits.rates, network, None)?;
    drop(live);
    let id = parse::id(&id)?;
    let had = had(id, sse::last_event_id(&pairs, &headers));
    let from = match (had, pairs.number("tail")?) {
        (Some(had), _) => StartLine::After(had),
        (None, Some(lines)) => StartLine::Last(lines),
        (None, None) => StartLine::After(pairs.number("after")?.unwrap_or_default()),
    };
    let look = || {
        let jobs = Arc::clone(&state.jobs);
        off_thread(move || jobs.view(id, from))
    };
    let view = state.broker.find(look).await?;
    let view = view.ok_or(Refused::Unknown(id))?;
    let job = view.job();
    if job.state.is_final() && had.is_some_and(|had| had > job.log.last) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stream = JobStream::new(state, id, view);
    Ok(event_stream::response(Body::from_stream(stream::unfold(
        stream,
        async |mut stream| {
            let bytes = stream.next().await?;
            Some((Ok::<_, Infallible>(bytes), stream))
        },
    ))))
}

/// The last event that the client received: a line of this job, or its end, which comes after the last line.
fn had(id: JobId, last_event_id: Option<&str>) -> Option<u64> {
    let cursor = Cursor::parse(last_event_id?).ok()?;
    (cursor.epoch.as_str() == id.digits()).then_some(cursor.seq)
}

impl From<ViewError> for Error {
    fn from(error: ViewError) -> Self {
        let text = error.to_string();
        match error {
            ViewError::TooMany(_) => Self::new(Code::TooManyConnections, text).retry_after(5),
            ViewError::Log(error) => error.into(),
        }
    }
}

/// Drives a [`Viewer`] as the body of a response. hyper asks for more only when the socket has space. So a slow client
/// reads the log at its own pace and skips states that are outdated.
struct JobStream {
    state: AppState,
    /// The epoch of the event ids, made from the id of the job: an id of another job is not taken for one of this.
    log: Option<Epoch>,
    view: Viewer,
    /// The reconnection time, until it has been sent.
    retry_ms: Option<u64>,
    next_ping: Instant,
    ended: bool,
}

impl JobStream {
    fn new(state: AppState, id: JobId, view: Viewer) -> Self {
        Self {
            next_ping: first_ping(state.settings.heartbeat()).into(),
            log: Epoch::parse(&id.digits()).ok(),
            state,
            view,
            retry_ms: Some(events::retry_ms()),
            ended: false,
        }
    }

    /// The next bytes; none at the end of the response.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        loop {
            if Instant::now() >= self.next_ping {
                self.next_ping = Instant::now() + self.state.settings.heartbeat();
                let cursor = self.cursor(self.view.position());
                return Some(events::ping(cursor.as_ref(), Encoding::Fields).bytes());
            }
            match self.view.step() {
                Step::State(job) => {
                    let info = describe(&job, self.state.broker.log().openings());
                    let position = self.view.position();
                    return Some(self.event(EVENT_STATE, position, &info));
                }
                Step::Lines(after) => match self.lines(after).await {
                    Ok(bytes) if bytes.is_empty() => {}
                    Ok(bytes) => return Some(bytes),
                    Err(reason) => return Some(self.close(reason)),
                },
                Step::End(job) => {
                    self.ended = true;
                    let info = describe(&job, self.state.broker.log().openings());
                    return Some(self.event(EVENT_END, job.log.last + 1, &info));
                }
                Step::Wait => {
                    if let Some(reason) = self.wait().await {
                        return Some(self.close(reason));
                    }
                }
            }
        }
    }

    /// The frames of the next lines.
    async fn lines(&mut self, after: u64) -> Result<Bytes, CloseReason> {
        let source = self.view.lines();
        let lines = off_thread(move || source.after(after)).await;
        // The error was logged where it happened.
        let lines = lines.map_err(|_: Error| CloseReason::LogUnreadable)?;
        let mut bytes = Vec::new();
        let oldest = lines
            .first()
            .map_or(self.view.job().log.last + 1, |l| l.number);
        if oldest > after + 1 {
            bytes.extend_from_slice(&self.gap(after + 1, oldest - 1));
        }
        self.view.sent(&lines);
        for chunk in lines.chunks(MAX_LINES) {
            let list: Vec<JobLine> = chunk.iter().map(line).collect();
            let position = list.last().map_or(after, |line| line.line);
            bytes.extend_from_slice(&self.event(EVENT_LOG, position, &list));
        }
        Ok(bytes.into())
    }

    /// Lines that were deleted before they could be sent.
    fn gap(&mut self, from: u64, to: u64) -> Bytes {
        let position = |line| self.cursor(line).map(|cursor| cursor.to_string());
        let gap = Gap {
            from: position(from),
            to: position(to),
            reason: "pruned".to_owned(),
        };
        self.event("gap", to, &gap)
    }

    /// Waits for a change or the next ping. Returns why the stream has to end, if it has.
    async fn wait(&mut self) -> Option<CloseReason> {
        tokio::select! {
            changed = self.view.changed() => changed.is_err().then_some(CloseReason::LogUnreadable),
            () = tokio::time::sleep_until(self.next_ping) => None,
            () = self.state.drain.begun() => Some(self.state.drain.reason()),
        }
    }

    fn close(&mut self, reason: CloseReason) -> Bytes {
        self.ended = true;
        events::closing(reason, Encoding::Fields).bytes()
    }

    fn cursor(&self, line: u64) -> Option<Cursor> {
        let epoch = self.log.clone()?;
        Some(Cursor { epoch, seq: line })
    }

    fn event(&mut self, event: &'static str, position: u64, data: &impl Serialize) -> Bytes {
        let mut writer = FrameWriter::new();
        if let Some(retry_ms) = self.retry_ms.take() {
            writer = writer.retry(retry_ms);
        }
        if let Some(cursor) = self.cursor(position) {
            writer = writer.id(&cursor);
        }
        // Can't fail: the structs have only texts and numbers.
        let json = serde_json::to_string(data).unwrap_or_default();
        let writer = writer.event(Some(&EventType::own(event)));
        writer.data(&json).finish().bytes()
    }
}
