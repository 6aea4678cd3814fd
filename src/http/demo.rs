//! The article's short-lived stream: ten steps of one operation, a second apart, then the end.

use std::time::Duration;

use axum::{body::Body, response::Response};
use futures_util::{StreamExt, stream};

use super::sse;
use crate::message::FrameWriter;

const STEPS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// `current: 0` to `current: 9`, then `end`, then the response ends.
pub fn response() -> Response {
    let steps = stream::iter(0..=STEPS).then(async |step| {
        if step > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let text = match step {
            STEPS => "end".to_owned(),
            _ => format!("current: {step}"),
        };
        Ok::<_, std::convert::Infallible>(FrameWriter::new().data(&text).finish().bytes().clone())
    });
    sse::response(Body::from_stream(steps))
}
