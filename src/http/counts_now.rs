//! What has been counted until now of what is looked at for ten minutes.

use super::{AppState, Code, recent::Counts};

/// Refusals of pushes by a limit of their publisher.
const PUSH_LIMITS: [Code; 3] = [
    Code::TooManyPushes,
    Code::TooManyPushBytes,
    Code::QuotaUsedUp,
];

/// Refusals of streams by a limit.
const STREAM_LIMITS: [Code; 5] = [
    Code::TooManyOpens,
    Code::TooManyOpensOfClient,
    Code::TooManyConnectionsOfClient,
    Code::TooManyConnectionsOfAddress,
    Code::TooManyConnections,
];

/// The counters now.
pub fn counts_now(state: &AppState) -> Counts {
    let refused = |codes: &[Code]| {
        let refused = codes.iter().map(|code| state.counters.refusals(*code));
        refused.sum()
    };
    let streams = state.broker.registry().counters();
    let commits = state.broker.log().commit_durations();
    Counts {
        pushes_limited: refused(&PUSH_LIMITS),
        streams_limited: refused(&STREAM_LIMITS),
        slow_readers: streams.fell_behind.get(),
        gaps: streams.gaps.counts().map(|(_, count)| count).sum(),
        commits: commits.count,
        commit_seconds: commits.sum,
    }
}
