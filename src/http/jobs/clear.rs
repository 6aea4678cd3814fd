//! Removing jobs that have ended, many at once.

use std::{collections::HashSet, sync::Arc};

use app::wire::ClearedJobs;
use axum::{Json, extract::State};

use super::parse;
use crate::{
    http::{
        AppState, Error,
        audited::Doing,
        body::Pairs,
        off_thread,
        openapi::{refuses, values},
    },
    job::State as JobState,
};

/// The maximum number of jobs that one request removes.
const MOST: usize = 1_000;
/// Jobs that are removed together.
const STEP: u64 = 100;

refuses!(ClearRefusals: MissingField; WRITE);

/// Remove jobs that have ended
///
/// With their logs. Only those that had ended when the request came. One request removes 1,000 jobs at most; `more` says whether
/// there are others.
#[utoipa::path(
    delete, path = "/api/jobs", tag = "jobs",
    params(("state" = values::EndedState, Query, description = "The state in which they ended; `ended`: any")),
    responses((status = 200, description = "Removed, durably", body = ClearedJobs), ClearRefusals),
)]
pub async fn clear(
    State(state): State<AppState>,
    doing: Doing,
    pairs: Pairs,
) -> Result<Json<ClearedJobs>, Error> {
    let states = parse::ended(pairs.need_one("state")?)?;
    doing.action("job.clear");
    let until = state.broker.log().now();
    // Of a job with a long log, one step removes a part only.
    let mut removed = HashSet::new();
    loop {
        let found = find(&state, states, until).await?;
        if found.is_empty() || removed.len() >= MOST {
            return Ok(Json(ClearedJobs {
                removed: removed.len() as u64,
                more: !found.is_empty(),
            }));
        }
        state.broker.log().clear_jobs(&found).await?;
        removed.extend(found);
    }
}

async fn find(
    state: &AppState,
    states: &'static [JobState],
    until: u64,
) -> Result<Vec<crate::job::JobId>, Error> {
    let broker = Arc::clone(&state.broker);
    off_thread(move || broker.log().jobs_to_clear(states, until, STEP)).await
}
