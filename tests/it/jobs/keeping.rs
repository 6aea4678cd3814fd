//! Durability of jobs, and timeouts of workers.

use app::{
    api::{Client, JobsQuery},
    wire::{JobInfo, JobLogPage, JobReason, JobReport, JobRequest, JobState, JobsPage},
};

use super::{end, events_without_pings, kinds, message, state, step, texts};
use crate::{
    command::{self, Running},
    harness::{Listener, Server, within},
};

fn new_job(timeout: u64) -> JobRequest {
    JobRequest {
        title: "a job".to_owned(),
        steps: None,
        timeout: Some(timeout),
        retry: None,
    }
}

#[tokio::test]
async fn answered_reports_survive_kill_9_and_the_job_continues() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Running::start(command::server(folder.path(), &[]));
    let api = Client::new(server.url());
    let job = within(api.begin_job(&new_job(3_600))).await.expect("begun");
    let over = within(api.begin_job(&new_job(3_600))).await.expect("begun");
    let mut last = job.clone();
    for number in 1..=50 {
        let mut report = message(&format!("line {number}"));
        report.step = Some(number);
        report.total = Some(100);
        last = within(api.report_job(&job.id, &report))
            .await
            .expect("taken");
    }
    let over = within(api.report_job(&over.id, &end(JobState::Done)))
        .await
        .expect("taken");
    assert_eq!(server.signalled("-KILL").0, None);

    let server = Running::start(command::server(folder.path(), &[]));
    let url = server.url();
    let api = Client::new(url.clone());
    assert_eq!(within(api.job(&job.id)).await.expect("there"), last);
    assert_eq!(within(api.job(&over.id)).await.expect("there"), over);
    let http = reqwest::Client::builder().no_proxy().build().expect("one");
    let url = format!("{}/sse/jobs/{}", url, job.id);
    let viewer = Listener::of(within(http.get(url).send()).await.expect("a stream"));
    within(api.report_job(&job.id, &end(JobState::Done)))
        .await
        .expect("it goes on");
    let events = events_without_pings(viewer).await;
    let expected: Vec<String> = (1..=50).map(|n| format!("line {n}")).collect();
    assert_eq!(texts(&events), expected);
    let ended = state(events.last().expect("an end"));
    assert_eq!((ended.state, ended.step), (JobState::Done, 50));
}

#[tokio::test]
async fn a_worker_without_reports_fails_the_job_and_viewers_are_informed() {
    let server = Server::start().await;
    let job = server.begin_with(&new_job(1)).await;
    let other = server.begin_with(&new_job(3_600)).await;
    let events = events_without_pings(server.view(&job).await).await;
    assert_eq!(kinds(&events), ["state", "end"]);
    let failed = state(&events[1]);
    assert_eq!(
        (failed.state, failed.reason),
        (JobState::Failed, Some(JobReason::Timeout))
    );
    let late = server.patch(&job, &serde_json::json!({"step": 1})).await;
    assert_eq!(late.status(), 409);
    let path = format!("/api/jobs/{}", other.id);
    let other: JobInfo = server.read(&path).await;
    assert_eq!(other.state, JobState::Running, "its time is not over");
}

#[tokio::test]
async fn an_empty_report_keeps_a_job_running_and_changes_nothing() {
    let server = Server::start().await;
    let job = server.begin_with(&new_job(5)).await;
    // A job with the same timeout, and no reports.
    let silent = server.begin_with(&new_job(5)).await;
    let path = format!("/api/jobs/{}", silent.id);
    while server.read::<JobInfo>(&path).await.state == JobState::Running {
        assert_eq!(server.report(&job, JobReport::default()).await, job);
    }
    assert_eq!(server.report(&job, JobReport::default()).await, job);
}

#[tokio::test]
async fn a_restart_restarts_the_timeout_of_each_worker() {
    let server = Server::start().await;
    let silent = server.begin_with(&new_job(1)).await;
    let alive = server.begin_with(&new_job(3_600)).await;
    let server = server.restarted().await;
    let path = format!("/api/jobs/{}", silent.id);
    let failed = server
        .until(&path, |job: &JobInfo| job.state != JobState::Running)
        .await;
    assert_eq!(failed.reason, Some(JobReason::Timeout));
    let taken = server.report(&alive, step(1)).await;
    assert_eq!((taken.state, taken.step), (JobState::Running, 1));
}

#[tokio::test]
async fn a_cancelled_job_ends_when_its_worker_confirms() {
    let server = Server::start().await;
    let job = server.begin().await;
    let mut viewer = server.view(&job).await;
    viewer.next().await;
    let asked = within(server.api.cancel_job(&job.id)).await.expect("asked");
    assert!(asked.cancel_requested && asked.state == JobState::Running);
    assert!(state(&viewer.message().await).cancel_requested);
    let again = within(server.api.cancel_job(&job.id)).await.expect("asked");
    assert_eq!(again, asked, "asking twice is asking once");

    let server = server.restarted().await;
    let events_without_pings = server.report(&job, JobReport::default()).await;
    assert!(
        events_without_pings.cancel_requested,
        "the worker sees it when it reports next"
    );
    let ended = server.report(&job, end(JobState::Cancelled)).await;
    assert_eq!(ended.state, JobState::Cancelled);
    let url = server.url(&format!("/api/jobs/{}", job.id));
    let late = within(server.http.delete(url).send())
        .await
        .expect("an answer");
    assert_eq!(late.status(), 409);
}

#[tokio::test]
async fn a_repeated_report_changes_nothing() {
    let server = Server::start().await;
    let job = server.begin().await;
    let mut report = message("one\ntwo");
    report.line = Some(1);
    report.step = Some(2);
    let taken = server.report(&job, report.clone()).await;
    assert_eq!(server.report(&job, report).await, taken);
    let mut more = message("two\nthree");
    more.line = Some(2);
    server.report(&job, more).await;
    let mut last = end(JobState::Done);
    last.message = Some("four".to_owned());
    last.line = Some(4);
    let done = server.report(&job, last.clone()).await;
    assert_eq!(server.report(&job, last).await, done, "the end once more");
    let page: JobLogPage = server.read(&format!("/api/jobs/{}/log", job.id)).await;
    let texts: Vec<&str> = page.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn the_list_of_jobs_is_paged_newest_first_and_filtered_by_state() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let job = server.begin().await;
        if number % 2 == 0 {
            server.report(&job, end(JobState::Done)).await;
        }
        ids.push(job.id);
    }
    let list = async |state, before: Option<String>, limit| {
        let query = JobsQuery {
            limit: Some(limit),
            before,
            state,
            q: None,
        };
        let page: JobsPage = within(server.api.jobs(&query)).await.expect("a page");
        let found: Vec<String> = page.jobs.into_iter().map(|job| job.id).collect();
        (found, page.next)
    };
    let (first, next) = list(None, None, 3).await;
    assert_eq!(first, [&ids[4], &ids[3], &ids[2]].map(Clone::clone));
    let (second, next) = list(None, next, 3).await;
    assert_eq!(second, [&ids[1], &ids[0]].map(Clone::clone));
    assert_eq!(next, None);
    let (done, next) = list(Some(JobState::Done), None, 2).await;
    assert_eq!(done, [&ids[4], &ids[2]].map(Clone::clone));
    let (done, _) = list(Some(JobState::Done), next, 2).await;
    assert_eq!(done, [ids[0].clone()]);
    let (running, next) = list(Some(JobState::Running), None, 2).await;
    assert_eq!(running, [&ids[3], &ids[1]].map(Clone::clone));
    assert_eq!(next, None);
}
