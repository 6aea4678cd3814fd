//! Fuzz targets: bodies and queries. See `src/fuzzing.rs`.

use std::sync::OnceLock;

use app::wire::{
    Ack, AudienceRequest, JobReport, JobRequest, KeyRequest, KeyUpdate, PersonRequest,
    PersonUpdate, PushRequest, Rotation, SignIn,
};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use super::{
    batch::{Line, LineBuffer},
    body::{Pairs, parse_json},
    jobs, keys, people, push,
    sse::request,
};
use crate::{
    config::Settings,
    log::IdempotencyKey,
    message::{Data, EventType},
};

/// The body of a push. Its data keeps its meaning.
pub fn push_body(input: &[u8]) {
    let settings = settings();
    let Ok(request) = parse_json::<PushRequest>(input) else {
        return;
    };
    match push::parse_data(request.data.get()) {
        Data::Text(text) => {
            let text: serde_json::Value = (*text).into();
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(request.data.get()).ok(),
                Some(text)
            );
        }
        Data::Json(json) => assert_eq!(&*json, request.data.get()),
    }
    let _ = push::parse_audience(&request.to, &settings.limits);
    let _ = request.event.as_deref().map(EventType::parse);
    let _ = request
        .idempotency_key
        .as_deref()
        .map(IdempotencyKey::parse);
}

fn settings() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| Settings::from_flags([""; 0]).expect("settings"))
}

/// The other bodies of the API.
pub fn api_bodies(input: &[u8]) {
    fn read<T: DeserializeOwned>(input: &[u8]) -> Option<T> {
        parse_json(input).ok()
    }
    let _ = (
        read::<Ack>(input),
        read::<AudienceRequest>(input),
        read::<Rotation>(input),
        read::<SignIn>(input),
    );
    let limits = &settings().limits;
    let _ = read::<JobRequest>(input).map(|request| jobs::parse::new_job(&request, limits));
    let _ = read::<JobReport>(input).map(|report| jobs::parse::report(report, limits));
    let _ = read::<KeyRequest>(input).map(keys::access_of);
    let _ =
        read::<KeyUpdate>(input).map(|update| keys::updated_access(r#"{"role":"viewer"}"#, update));
    let _ = read::<PersonRequest>(input)
        .map(|request| people::parse::name(&request.name).map(|_| people::parse::access(request)));
    let _ = read::<PersonUpdate>(input).map(|update| people::parse::updated_access("", update));
}

/// A batch in pieces. Where it is cut makes no difference. The first byte is the length of the pieces, the second the
/// longest line.
pub fn batch_lines(input: &[u8]) {
    let [cut, limit, body @ ..] = input else {
        return;
    };
    let (cut, limit) = (usize::from(*cut).max(1), usize::from(*limit));
    assert_eq!(
        lines(body.chunks(cut), limit),
        lines([body].into_iter(), limit)
    );
}

/// None for a line that is too long.
fn lines<'a>(pieces: impl Iterator<Item = &'a [u8]>, limit: usize) -> Vec<Option<Vec<u8>>> {
    let mut buffer = LineBuffer::new(limit);
    let mut lines = Vec::new();
    for piece in pieces {
        buffer.push(piece);
        take(&mut buffer, &mut lines);
    }
    buffer.end();
    take(&mut buffer, &mut lines);
    lines
}

fn take(buffer: &mut LineBuffer, lines: &mut Vec<Option<Vec<u8>>>) {
    while let Some(line) = buffer.next() {
        lines.push(match line {
            Line::Text(text) => Some(text.to_vec()),
            Line::TooLong => None,
        });
    }
}

/// The query of a stream, and the field `Last-Event-ID` after its first line.
pub fn stream_query(input: &[u8]) {
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let pairs = Pairs::parse(lines.next().unwrap_or_default());
    let mut headers = HeaderMap::new();
    if let Some(Ok(value)) = lines.next().map(TryFrom::try_from) {
        headers.insert("last-event-id", value);
    }
    let had = request::last_event_id(&pairs, &headers).is_some();
    let since = request::since(&pairs, &headers);
    assert!(
        !had || since.is_ok(),
        "an EventSource can not correct what it sends"
    );
    let _ = (request::encoding(&pairs), pairs.number("limit"));
    let _ = pairs.page_limit(20, 100, "rows");
}
