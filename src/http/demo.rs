//! The demonstration stream of the article: ten steps of one operation, a second apart, then the end.
//!
//! It is a job with a [`Viewer`], but it is only in memory: a request without a `client_id` must not make the server
//! write to the log.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::stream;

use super::event_stream;
use crate::{
    job::{Line, Lines, Refused, Report, State, Title},
    jobs::{EphemeralJob, Step, Viewer, ephemeral_job},
    message::FrameWriter,
};

const STEPS: u64 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// `current: 0` to `current: 9`, then `end`, then the response ends.
pub fn response() -> Response {
    let Ok(title) = Title::parse("ten steps") else {
        return event_stream::response(Body::empty());
    };
    let (job, view) = ephemeral_job(title, Some(STEPS));
    tokio::spawn(async move {
        tokio::select! {
            // Can't fail: the reports are valid and the job has not ended.
            _ = work(&job) => {}
            () = job.unwatched() => {}
        }
    });
    let bytes = stream::unfold(Some(view), async |view| {
        let (bytes, view) = next(view?).await?;
        Some((Ok::<_, Infallible>(bytes), view))
    });
    event_stream::response(Body::from_stream(bytes))
}

async fn work(job: &EphemeralJob) -> Result<(), Refused> {
    for step in 0..STEPS {
        let line = format!("current: {step}");
        job.report(Report {
            step: Some(step),
            lines: Lines::parse(&line).unwrap_or_default(),
            ..Report::default()
        })?;
        tokio::time::sleep(PAUSE).await;
    }
    job.report(Report {
        step: Some(STEPS),
        state: Some(State::Done),
        ..Report::default()
    })
}

/// The next events: the lines of the job, then `end`. After that there is no viewer left.
async fn next(mut view: Viewer) -> Option<(Bytes, Option<Viewer>)> {
    loop {
        match view.step() {
            Step::State(_) => {}
            Step::Wait => view.changed().await.ok()?,
            Step::End(_) => return Some((frame("end"), None)),
            Step::Lines(after) => {
                let lines = view.lines().after(after).unwrap_or_default();
                view.sent(&lines);
                return Some((frames(&lines), Some(view)));
            }
        }
    }
}

fn frames(lines: &[Line]) -> Bytes {
    let frames = lines.iter().flat_map(|line| frame(&line.text));
    frames.collect()
}

fn frame(text: &str) -> Bytes {
    FrameWriter::new().data(text).finish().bytes()
}
