//! The background tasks of a node.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::delivery::{cut_off, revoked};

use super::{
    AppState, ended_streams, keys, mercure::subscription_events, nodes::answer, samples, sys,
};

/// Starts to answer other nodes, and the background tasks: they publish to the server's own topics, take samples, fail
/// jobs that time out, deliver to webhooks, and do what follows from API keys.
/// They end when the set is dropped.
pub fn run_in_background(state: &AppState) -> JoinSet<std::convert::Infallible> {
    let (broker, jobs) = (&state.broker, &state.jobs);
    answer::serve(state);
    let mut tasks = JoinSet::new();
    tasks.spawn(sys::publish_clients(Arc::clone(broker)));
    tasks.spawn(sys::publish_remote_clients(Arc::clone(broker)));
    tasks.spawn(sys::publish_messages(Arc::clone(broker)));
    tasks.spawn(sys::publish_jobs(Arc::clone(broker), Arc::clone(jobs)));
    tasks.spawn(subscription_events::publish(Arc::clone(broker)));
    tasks.spawn(samples::take(state.clone()));
    tasks.spawn(Arc::clone(broker).record_delivery_counts());
    tasks.spawn(Arc::clone(broker).write_audit_trail());
    tasks.spawn(ended_streams::close(state.clone()));
    tasks.spawn(keys::write_uses(state.clone()));
    tasks.spawn(revoked::close_streams(Arc::clone(broker)));
    tasks.spawn(cut_off::send_streams_elsewhere(Arc::clone(broker)));
    tasks.spawn(Arc::clone(jobs).track_pushes());
    tasks.spawn(Arc::clone(&state.hooks).write_events());
    tasks.spawn(Arc::clone(&state.hooks).deliver());
    if let Some(jwks) = state.auth.load().jwks() {
        tasks.spawn(Arc::clone(jwks).keep());
    }
    let jobs = Arc::clone(jobs);
    tasks.spawn(async move { jobs.fail_timed_out().await });
    tasks
}
