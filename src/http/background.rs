//! What a node does beside answering requests.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{AppState, samples, sys};

/// Starts the tasks of a node: they tell the panel what happens, take samples, and look after jobs. They end
/// with the set.
pub fn run_in_background(state: &AppState) -> JoinSet<std::convert::Infallible> {
    let (broker, jobs) = (&state.broker, &state.jobs);
    let mut tasks = JoinSet::new();
    tasks.spawn(sys::tell_clients(Arc::clone(broker)));
    tasks.spawn(sys::tell_messages(Arc::clone(broker)));
    tasks.spawn(sys::tell_jobs(Arc::clone(broker), Arc::clone(jobs)));
    tasks.spawn(samples::take(state.clone()));
    tasks.spawn(Arc::clone(broker).record_delivery_counts());
    tasks.spawn(Arc::clone(jobs).track_pushes());
    let jobs = Arc::clone(jobs);
    tasks.spawn(async move { jobs.fail_timed_out().await });
    tasks
}
