//! Changes of the list of jobs: `$sys/jobs`, for admins.

use app::wire::{EVENT_JOB, EVENT_JOBS_REMOVED, JobInfo, JobState, SYS_JOBS};
use serde_json::{Value, json};

use super::{end, step};
use crate::harness::{Listener, Server, within};

/// Reads until a job meets a condition.
async fn until(panel: &mut Listener, id: &str, is: impl Fn(&JobInfo) -> bool) {
    loop {
        let event = panel.event(EVENT_JOB).await;
        let jobs: Vec<JobInfo> = serde_json::from_str(&event.data).expect("jobs");
        if jobs.iter().any(|job| job.id == id && is(job)) {
            return;
        }
    }
}

#[tokio::test]
async fn the_panel_is_informed_about_all_changes_of_jobs() {
    let server = Server::start().await;
    let mut panel = server.listen("panel", &[SYS_JOBS]).await;
    let job = server.begin().await;
    until(&mut panel, &job.id, |job| job.state == JobState::Running).await;
    server.report(&job, step(7)).await;
    until(&mut panel, &job.id, |job| job.step == 7).await;
    server.report(&job, end(JobState::Done)).await;
    until(&mut panel, &job.id, |job| job.state == JobState::Done).await;

    let push = json!({"to": {"client": "ada"}, "data": "x", "track": true});
    let answer = server.push_json(push).await;
    let (id, cursor) = (answer.job.expect("a job"), answer.id.expect("a cursor"));
    until(&mut panel, &id, |job| job.delivery.is_some()).await;
    server.ack("ada", &cursor).await;
    until(&mut panel, &id, |job| {
        job.state == JobState::Done && job.step == 1
    })
    .await;
}

#[tokio::test]
async fn the_panel_is_informed_about_jobs_that_somebody_removes() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let job = server.begin().await;
        server.report(&job, end(JobState::Failed)).await;
        ids.push(job.id);
    }
    server.begin().await;
    let mut panel = server.listen("panel", &[SYS_JOBS]).await;
    within(server.api.clear_jobs("failed"))
        .await
        .expect("removed");
    assert_eq!(removed(&mut panel, 2).await, sorted(ids));
}

#[tokio::test]
async fn the_panel_is_informed_about_jobs_that_retention_removes() {
    let server = Server::with(&["--max-log-mb", "1", "--durability", "os"]).await;
    let mut ids = Vec::new();
    for state in [JobState::Done, JobState::Failed] {
        let job = server.begin().await;
        server.report(&job, end(state)).await;
        ids.push(job.id);
    }
    server.begin().await;
    let mut panel = server.listen("panel", &[SYS_JOBS]).await;
    // More than the limit, so that what is over goes first: jobs that have ended.
    let push = json!({"to": {"topic": "filler"}, "data": "x".repeat(1_000)});
    let pushes: Vec<Value> = std::iter::repeat_n(push, 2_500).collect();
    server.accepted(&pushes).await;
    assert_eq!(removed(&mut panel, 2).await, sorted(ids));
}

/// Reads until so many jobs are removed, and returns their ids, sorted.
async fn removed(panel: &mut Listener, number: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    while ids.len() < number {
        let event = panel.event(EVENT_JOBS_REMOVED).await;
        ids.extend(serde_json::from_str::<Vec<String>>(&event.data).expect("ids"));
    }
    sorted(ids)
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[tokio::test]
async fn the_api_description_contains_all_job_operations() {
    let server = Server::start().await;
    let api: Value = server.read("/openapi.json").await;
    for (path, methods) in [
        ("/api/jobs", &["get", "post"][..]),
        ("/api/jobs/{id}", &["delete", "get", "patch"]),
        ("/api/jobs/{id}/log", &["get"]),
        ("/sse/jobs/{id}", &["get"]),
        ("/sse", &["get"]),
        ("/ack", &["post"]),
    ] {
        for method in methods {
            assert!(api["paths"][path][method].is_object(), "{method} {path}");
        }
    }
    assert!(api["components"]["schemas"]["JobInfo"].is_object());
    assert!(api["components"]["schemas"]["Ack"].is_object());
}
