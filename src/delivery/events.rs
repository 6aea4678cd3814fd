//! The events of the stream itself: `welcome`, `refused`, `ping`, `gap`, `reconnect`. Subscribers of Mercure get comments in
//! their place.

use std::time::Duration;

use app::wire::{Gap as GapData, Reconnect, Refused, Welcome};
use serde::Serialize;

use super::connection::{Gap, GapReason};
use crate::{
    config::Settings,
    log::Openings,
    message::{Cursor, Encoding, EventType, Frame, FrameWriter},
    outbox::CloseReason,
    random,
    registry::Subscriber,
};

/// How long an EventSource waits before it reconnects, in milliseconds: random in this range, so that many clients do
/// not return at the same time.
const RETRY_MS: std::ops::Range<u64> = 1_000..4_000;

/// The first event of a stream.
pub fn welcome(settings: &Settings, subscriber: &Subscriber) -> Frame {
    let retry_ms = retry_ms();
    let data = Welcome {
        client_id: subscriber.client_id.to_string(),
        node: settings.node.clone(),
        heartbeat: settings.heartbeat,
        retry_ms,
        topics: subscriber.filters.iter().map(ToString::to_string).collect(),
    };
    finish(FrameWriter::new().retry(retry_ms), "welcome", &data)
}

/// A topic that this connection may not subscribe to.
pub fn refused(refused: &Refused) -> Frame {
    finish(FrameWriter::new(), "refused", refused)
}

/// The first bytes of a stream of Mercure. An EventSource is open when it has the head of the response, which some proxies hold
/// back until there is a body.
pub fn begin() -> Frame {
    comment("")
}

/// A ping that scripts can see, with the position up to which the connection has been served.
pub fn ping(cursor: Option<&Cursor>, encoding: Encoding) -> Frame {
    if encoding.is_mercure() {
        return comment("");
    }
    let writer = FrameWriter::new();
    let writer = match cursor {
        Some(cursor) => writer.id(cursor),
        None => writer,
    };
    writer
        .event(Some(&EventType::own("ping")))
        .data("{}")
        .finish()
}

/// Messages are missing. After a rollback the event has an id, so that a reader that reconnects before the next message
/// continues at the right position.
pub fn gap(gap: &Gap, openings: &Openings, encoding: Encoding) -> Frame {
    if encoding == (Encoding::Mercure { gaps: false }) {
        return comment(gap.reason.as_str());
    }
    let last = |seq| match &gap.other_epoch {
        Some(epoch) => Cursor {
            epoch: epoch.clone(),
            seq,
        },
        None => openings.cursor(seq),
    };
    let data = GapData {
        from: gap.range.map(|(from, _)| openings.cursor(from).to_string()),
        to: gap.range.map(|(_, to)| last(to).to_string()),
        reason: gap.reason.as_str().to_owned(),
    };
    let writer = FrameWriter::new();
    let writer = match (gap.reason, gap.range) {
        (GapReason::RolledBack, Some((from, _))) => writer.id(&openings.cursor(from - 1)),
        _ => writer,
    };
    finish(writer, "gap", &data)
}

/// What comes last on a stream that the server closes: `reconnect`, which also sets the retry time of a plain EventSource.
/// A client whose key or session has ended is not asked to come back, so it gets a comment only.
pub fn closing(reason: CloseReason, encoding: Encoding) -> Frame {
    let after_ms = match reason {
        CloseReason::KeyEnded => {
            let why =
                "the API key or the session of this stream has ended, or may do something else now";
            return comment(why);
        }
        CloseReason::Shutdown { after_ms } => after_ms.into(),
        _ => retry_ms(),
    };
    if encoding.is_mercure() {
        let writer = FrameWriter::new().retry(after_ms);
        return writer.comment(reason.as_str()).finish_without_event();
    }
    let data = Reconnect {
        after_ms,
        closes_ms: None,
        reason: reason.as_str().to_owned(),
    };
    finish(FrameWriter::new().retry(after_ms), "reconnect", &data)
}

/// The token of the stream ends after this time. The client may open another stream before, at a random time, so that many
/// clients with tokens of the same time do not come at once. It says nothing to a plain EventSource, which goes on.
pub fn token_ends(left: Duration, encoding: Encoding) -> Frame {
    if encoding.is_mercure() {
        return comment(CloseReason::TokenExpired.as_str());
    }
    let left = left.as_millis() as u64;
    let data = Reconnect {
        after_ms: random::below(left / 2 + 1),
        closes_ms: Some(left),
        reason: CloseReason::TokenExpired.as_str().to_owned(),
    };
    finish(FrameWriter::new(), "reconnect", &data)
}

/// The retry time of the next stream, in milliseconds.
pub fn retry_ms() -> u64 {
    RETRY_MS.start + random::below(RETRY_MS.end - RETRY_MS.start)
}

fn comment(text: &'static str) -> Frame {
    FrameWriter::new().comment(text).finish_without_event()
}

fn finish(writer: FrameWriter, event: &'static str, data: &impl Serialize) -> Frame {
    // Structs of texts and numbers always serialize.
    let json = serde_json::to_string(data).unwrap_or_default();
    writer
        .event(Some(&EventType::own(event)))
        .data(&json)
        .finish()
}
