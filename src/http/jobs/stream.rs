//! `GET /sse/jobs/{id}`: one who looks on, from the request to the last byte.

use std::{convert::Infallible, sync::Arc};

use app::wire::{EVENT_END, EVENT_LOG, EVENT_STATE, Gap, JobLine, Problem};
use axum::{
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;
use tokio::time::Instant;

use super::{describe, line, parse};
use crate::{
    delivery::{events, first_ping},
    http::{AppState, Code, Error, body::Pairs, event_stream, off_thread, sse},
    job::JobId,
    jobs::{StartLine, Step, ViewError, Viewer},
    message::{Cursor, Epoch, EventType, FrameWriter},
    outbox::CloseReason,
};

/// Lines in one event, at most: a browser takes much longer over a hundred events than over a hundred lines.
const TOGETHER: usize = 100;

/// Look on at a job
///
/// An EventSource: `state` at once and then whenever it changes, only ever the newest; `log`, a list of lines, in order;
/// a `ping` every heartbeat; and when the job has ended `end` with its final state, after which the response ends.
/// An EventSource that comes back after that gets 204, which tells it to stop.
#[utoipa::path(
    get, path = "/sse/jobs/{id}", tag = "streams",
    params(
        ("id" = String, Path, description = "Which job; who has the id needs no token"),
        ("after" = Option<u64>, Query, description = "Only lines after this one"),
        ("tail" = Option<u64>, Query, description = "Instead: of the lines that are there only the last so many"),
        ("last_event_id" = Option<String>, Query, description = "The same as the header, for who can't send it"),
        ("Last-Event-ID" = Option<String>, Header, description = "What was had last; wins over both"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 204, description = "The end was told already"),
        (status = 404, description = "There is no such job, or not any more", body = Problem),
        (status = 503, description = "No room for another connection", body = Problem),
    ),
)]
pub async fn stream(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let id = parse::id(&id)?;
    let pairs = Pairs::parse(query.unwrap_or_default().as_bytes());
    let had = had(id, sse::last_event_id(&pairs, &headers));
    let from = match (had, pairs.number("tail")?) {
        (Some(had), _) => StartLine::After(had),
        (None, Some(lines)) => StartLine::Last(lines),
        (None, None) => StartLine::After(pairs.number("after")?.unwrap_or_default()),
    };
    let jobs = Arc::clone(&state.jobs);
    let view = off_thread(move || jobs.view(id, from)).await?;
    let job = view.job();
    if job.state.is_final() && had.is_some_and(|had| had > job.log.last) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let telling = Telling::new(state, id, view);
    Ok(event_stream::response(Body::from_stream(stream::unfold(
        telling,
        async |mut telling| {
            let bytes = telling.next().await?;
            Some((Ok::<_, Infallible>(bytes), telling))
        },
    ))))
}

/// The place that an EventSource says it had last: a line of this job, or after its last line the end.
fn had(id: JobId, last_event_id: Option<&str>) -> Option<u64> {
    let cursor = Cursor::parse(last_event_id?).ok()?;
    (cursor.epoch.as_str() == id.digits()).then_some(cursor.seq)
}

impl From<ViewError> for Error {
    fn from(error: ViewError) -> Self {
        let text = error.to_string();
        match error {
            ViewError::Unknown(_) => Self::new(Code::JobUnknown, text).field("id"),
            ViewError::TooMany(_) => Self::new(Code::TooManyConnections, text).retry_after(5),
            ViewError::Log(error) => error.into(),
        }
    }
}

/// Drives a [`Viewer`] as the body of a response. It is only asked for more when the socket has room, so a
/// slow viewer reads the log at its own pace and misses states that are no longer true.
struct Telling {
    state: AppState,
    /// Stands for the log in the ids: a line of another job is no place here.
    log: Option<Epoch>,
    view: Viewer,
    /// How long to wait before coming back, until it has been told.
    retry_ms: Option<u64>,
    next_ping: Instant,
    ended: bool,
}

impl Telling {
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

    /// The next bytes; none: the response ends.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        loop {
            if Instant::now() >= self.next_ping {
                self.next_ping = Instant::now() + self.state.settings.heartbeat();
                let cursor = self.cursor(self.view.position());
                return Some(events::ping(cursor.as_ref()).bytes());
            }
            match self.view.step() {
                Step::State(job) => {
                    let info = describe(&job, self.state.broker.log().epoch());
                    let place = self.view.position();
                    return Some(self.event(EVENT_STATE, place, &info));
                }
                Step::Lines(after) => match self.lines(after).await {
                    Ok(bytes) if bytes.is_empty() => {}
                    Ok(bytes) => return Some(bytes),
                    Err(reason) => return Some(self.leave(reason)),
                },
                Step::End(job) => {
                    self.ended = true;
                    let info = describe(&job, self.state.broker.log().epoch());
                    return Some(self.event(EVENT_END, job.log.last + 1, &info));
                }
                Step::Wait => {
                    if self.wait().await {
                        let reason = self.state.drain.reason();
                        return Some(self.leave(reason));
                    }
                }
            }
        }
    }

    /// The frames of the next lines.
    async fn lines(&mut self, after: u64) -> Result<Bytes, CloseReason> {
        let source = self.view.lines();
        let lines = off_thread(move || source.after(after)).await;
        // It was said where it happened.
        let lines = lines.map_err(|_: Error| CloseReason::LogUnreadable)?;
        let mut bytes = Vec::new();
        let oldest = lines
            .first()
            .map_or(self.view.job().log.last + 1, |l| l.number);
        if oldest > after + 1 {
            bytes.extend_from_slice(&self.gap(after + 1, oldest - 1));
        }
        self.view.sent(&lines);
        for together in lines.chunks(TOGETHER) {
            let list: Vec<JobLine> = together.iter().map(line).collect();
            let place = list.last().map_or(after, |line| line.line);
            bytes.extend_from_slice(&self.event(EVENT_LOG, place, &list));
        }
        Ok(bytes.into())
    }

    /// Lines that were let go before they could be told.
    fn gap(&mut self, from: u64, to: u64) -> Bytes {
        let place = |line| self.cursor(line).map(|cursor| cursor.to_string());
        let gap = Gap {
            from: place(from),
            to: place(to),
            reason: "pruned".to_owned(),
        };
        self.event("gap", to, &gap)
    }

    /// Waits for what is new, or for the next ping. True: the server is on its way down.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            () = self.view.changed() => false,
            () = tokio::time::sleep_until(self.next_ping) => false,
            () = self.state.drain.begun() => true,
        }
    }

    fn leave(&mut self, reason: CloseReason) -> Bytes {
        self.ended = true;
        events::reconnect(reason).bytes()
    }

    fn cursor(&self, line: u64) -> Option<Cursor> {
        let epoch = self.log.clone()?;
        Some(Cursor { epoch, seq: line })
    }

    fn event(&mut self, event: &'static str, place: u64, data: &impl Serialize) -> Bytes {
        let mut writer = FrameWriter::new();
        if let Some(retry_ms) = self.retry_ms.take() {
            writer = writer.retry(retry_ms);
        }
        if let Some(cursor) = self.cursor(place) {
            writer = writer.id(&cursor);
        }
        // Structs of texts and numbers: there is nothing that JSON could refuse.
        let json = serde_json::to_string(data).unwrap_or_default();
        let writer = writer.event(Some(&EventType::own(event)));
        writer.data(&json).finish().bytes()
    }
}
