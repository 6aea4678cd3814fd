//! Trying a job again: the push that its worker has left for that is pushed, by whoever asks for it.

use std::sync::Arc;

use app::wire::{PushAnswer, PushRequest};
use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use super::parse;
use crate::{
    http::{
        AppState, Error,
        access::Caller,
        audited::Doing,
        body::PathId,
        off_thread,
        openapi::{refuses, values},
        push,
    },
    job::{Refused, State as JobState},
    log::ReadError,
};

refuses!(RetryRefusals: NotFound, JobUnknown, JobNotRetried, MessageTooLarge, TooManyPushes, TooManyPushBytes, QuotaUsedUp, TooManyScheduled, TooManyStates, NobodyOnline, IdempotencyKeyReused, ReservedTopic, TooManyIds, TooManyJobs; WRITE);

/// Try a job again
///
/// Pushes what the worker has left as `retry`, with the permissions of who asks. So whoever listens there begins the work again,
/// as a new job. Only for jobs that have failed or were cancelled. The answer is that of `POST /push`.
#[utoipa::path(
    post, path = "/api/jobs/{id}/retry", tag = "jobs",
    params(("id" = values::JobId, Path, description = "The id of the job")),
    responses(
        (status = 200, description = "Pushed", body = PushAnswer),
        (status = 202, description = "Stored, and pushed when it is due", body = PushAnswer),
        RetryRefusals,
    ),
)]
pub async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    doing: Doing,
    headers: HeaderMap,
    PathId(id): PathId,
) -> Result<Response, Error> {
    let id = parse::id(&id)?;
    doing.action("job.retry");
    doing.to_job(id);
    let look = || {
        let (jobs, broker) = (Arc::clone(&state.jobs), Arc::clone(&state.broker));
        off_thread(move || {
            let Some(job) = jobs.job(id)? else {
                return Ok(None);
            };
            Ok::<_, ReadError>(Some((job, broker.log().job_retry(id)?)))
        })
    };
    let found = state.broker.find(look).await?;
    let (job, text) = found.ok_or(Refused::Unknown(id))?;
    if !matches!(job.state, JobState::Failed | JobState::Cancelled) {
        return Err(Refused::NotRetried("it has not failed, and was not cancelled").into());
    }
    let text = text.ok_or(Refused::NotRetried("its worker has not said how"))?;
    let request: PushRequest = serde_json::from_str(&text).map_err(|why| {
        tracing::warn!(%id, %why, "the stored push that tries a job again can't be read");
        Error::internal()
    })?;
    let push = push::parse(request, push::trace_parent(&headers), &state, &caller)?;
    let published = push::publish(push, Some(&caller.0), &state).await?;
    Ok((push::status(&published), Json(push::answer(published))).into_response())
}
