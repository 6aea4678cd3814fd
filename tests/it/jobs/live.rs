//! Changes of the list of jobs: `$sys/jobs`, for admins.

use app::wire::{EVENT_JOB, JobInfo, JobState, SYS_JOBS};
use serde_json::{Value, json};

use super::{end, step};
use crate::harness::{Listener, Server};

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
