//! `POST /push/batch`: NDJSON, one push and one answer per line.

mod line_buffer;

use std::convert::Infallible;

use app::wire::{BatchAnswer, PushRequest};
use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, FuturesOrdered},
};

use super::{
    AppState, Code, Error, access::Caller, audited::note_refused_line, body,
    content_coding::Compressed, push,
};
use crate::{broker::Push, log::AuditTarget, message::TraceParent};
pub use line_buffer::{Line, LineBuffer};

/// The maximum number of lines that are given to the log together.
const AT_ONCE: usize = 1_000;

/// How many such groups of lines may be in progress at the same time.
const IN_FLIGHT: usize = 4;

/// Push many messages
///
/// NDJSON: each line is the body of a `POST /push`, and each line of the answer is what that would have
/// answered, in the same order; a line that is refused does not stop the others. The answers come while
/// the lines are still being sent.
#[utoipa::path(
    post, path = "/push/batch", tag = "push",
    request_body(content = Vec<PushRequest>, content_type = "application/x-ndjson"),
    responses(
        (status = 200, description = "One answer for each line", body = Vec<BatchAnswer>, content_type = "application/x-ndjson"),
    ),
)]
pub async fn post(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, Error> {
    let content_type = body::content_type(&request);
    if !matches!(
        &*content_type,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl"
    ) {
        let detail = format!("the content type must be application/x-ndjson, not {content_type:?}");
        return Err(Error::new(Code::UnsupportedMediaType, detail).field("content-type"));
    }
    let compressed = request.extensions().get::<Compressed>().copied();
    let trace = push::trace_parent(request.headers());
    let of = (caller.clone(), trace);
    let mut lines = Lines::new(request.into_body(), compressed, of, &state);
    if compressed.is_some() {
        // A body that can't be decompressed at all is refused as a whole.
        lines.more(&state).await;
        if let Some(error) = lines.failed.take() {
            return Err(error);
        }
    }
    let batch = Batch {
        caller,
        lines,
        answers: FuturesOrdered::new(),
        state,
    };
    let answers = stream::unfold(batch, async |mut batch| {
        let answer = batch.next().await?;
        Some((Ok::<_, Infallible>(answer), batch))
    });
    let content_type = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((content_type, Body::from_stream(answers)).into_response())
}

/// A batch while it is being answered.
struct Batch {
    lines: Lines,
    /// In the order of the lines.
    answers: FuturesOrdered<BoxFuture<'static, Bytes>>,
    state: AppState,
    /// Who pushes the lines.
    caller: Caller,
}

impl Batch {
    /// The next answers; none at the end. Lines are read and parsed while the log writes the previous ones. An answer
    /// never waits for a later line.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.lines.over && self.answers.len() < IN_FLIGHT {
            tokio::select! {
                // Answers first, so that finished groups make way for new ones.
                biased;
                Some(answer) = self.answers.next() => return Some(answer),
                taken = self.lines.take(&self.state) => if let Some(taken) = taken {
                    self.answers.push_back(answer(self.state.clone(), taken, self.caller.clone()).boxed());
                }
            }
        }
        self.answers.next().await
    }
}

/// Parsed lines: a push, or an error.
type Taken = Vec<Result<Push, Error>>;

async fn answer(state: AppState, taken: Taken, caller: Caller) -> Bytes {
    let mut pushes = Vec::with_capacity(taken.len());
    let mut audiences = Vec::with_capacity(taken.len());
    let mut refused = Vec::with_capacity(taken.len());
    for line in taken {
        match line {
            Ok(push) => {
                audiences.push(push.draft.audience.clone());
                pushes.push(push);
                refused.push(None);
            }
            Err(error) => refused.push(Some(error)),
        }
    }
    let published = state.broker.publish_batch(pushes).await;
    let mut published = published.into_iter().zip(audiences);
    let mut out = Vec::with_capacity(refused.len() * 64);
    let refused_one = |error: Error| {
        state.counters.refused(error.code());
        if let Some(source) = caller.source(&state) {
            note_refused_line(&state.broker, source, &error);
        }
        BatchAnswer::Refused(error.problem())
    };
    for refused in refused {
        let answer = match refused {
            Some(error) => refused_one(error),
            None => match published.next() {
                Some((Ok(published), _)) => BatchAnswer::Accepted(push::answer(published)),
                Some((Err(error), audience)) => {
                    push::not_pushed(&caller.0);
                    let target = AuditTarget::Audience(audience);
                    refused_one(Error::from(error).about(Some(target)))
                }
                None => refused_one(Error::new(Code::Internal, "no answer")),
            },
        };
        // Can't fail: the structs have only texts and numbers.
        let _ = serde_json::to_writer(&mut out, &answer);
        out.push(b'\n');
    }
    out.into()
}

/// Reads a body line by line.
struct Lines {
    body: BodyDataStream,
    buffer: LineBuffer,
    compressed: Option<Compressed>,
    parser: LineParser,
    /// Why the body ended early; it is the last answer.
    failed: Option<Error>,
    /// All lines were taken.
    over: bool,
}

impl Lines {
    fn new(
        body: Body,
        compressed: Option<Compressed>,
        (caller, trace): (Caller, Option<TraceParent>),
        state: &AppState,
    ) -> Self {
        let limit = state.live.load().limits.max_message_bytes;
        Self {
            body: body.into_data_stream(),
            buffer: LineBuffer::new(limit),
            compressed,
            parser: LineParser {
                caller,
                trace,
                limit,
            },
            failed: None,
            over: false,
        }
    }

    /// The lines that have arrived, at least one; none at the end. Cancel safe: no line is lost when the future is
    /// dropped.
    async fn take(&mut self, state: &AppState) -> Option<Taken> {
        loop {
            let mut taken = Vec::new();
            while taken.len() < AT_ONCE
                && let Some(line) = self.buffer.next()
            {
                taken.push(self.parser.parse(line, state));
            }
            if !taken.is_empty() {
                return Some(taken);
            }
            if self.buffer.has_ended() {
                self.over = true;
                return self.failed.take().map(|error| vec![Err(error)]);
            }
            self.more(state).await;
        }
    }

    async fn more(&mut self, state: &AppState) {
        let timeout = state.live.load().limits.request_timeout();
        let next = tokio::time::timeout(timeout, self.body.next());
        match next.await {
            Ok(Some(Ok(bytes))) => self.buffer.push(&bytes),
            Ok(None) => self.buffer.end(),
            // The body ended early or timed out: complete lines have been answered, and half a line is dropped.
            Ok(Some(Err(_))) => {
                self.buffer.abort();
                self.failed = self.compressed.map(Compressed::damaged);
            }
            Err(_) => self.buffer.abort(),
        }
    }
}

/// Parses the lines of a batch.
struct LineParser {
    /// Who pushes them.
    caller: Caller,
    /// Where all lines belong in a distributed trace.
    trace: Option<TraceParent>,
    /// The longest line, in bytes.
    limit: usize,
}

impl LineParser {
    fn parse(&self, line: Line<'_>, state: &AppState) -> Result<Push, Error> {
        let Line::Text(line) = line else {
            return Err(too_large(self.limit));
        };
        let push = body::parse_json::<PushRequest>(line)?;
        push::parse(push, self.trace.clone(), state, &self.caller)
    }
}

fn too_large(limit: usize) -> Error {
    let detail = format!("the line is over the limit of {limit} bytes (max_message_bytes)");
    Error::new(Code::MessageTooLarge, detail)
}
