//! Pushes that are tracked by a job.

use app::wire::{
    BatchAnswer, JobInfo, JobReason, JobState, JobsPage, Problem, PushAnswer, Receipts,
};
use serde_json::{Value, json};

use super::{events_without_pings, kinds, state};
use crate::harness::{Server, within};

impl Server {
    /// Pushes this with `track`.
    async fn track(&self, mut push: Value) -> (PushAnswer, JobInfo) {
        push["track"] = json!(true);
        let answer = self.push_json(push).await;
        let id = answer.job.clone().expect("a job");
        let job = self.read(&format!("/api/jobs/{id}")).await;
        (answer, job)
    }

    async fn until_job(&self, job: &JobInfo, is: impl Fn(&JobInfo) -> bool) -> JobInfo {
        self.until(&format!("/api/jobs/{}", job.id), is).await
    }
}

#[tokio::test]
async fn the_job_counts_receipts_until_no_client_waits() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let _quiet = server.listen("quiet", &[]).await;
    let (answer, job) = server
        .track(json!({"to": {"clients": ["quiet", "acks", "away"]}, "data": "hello"}))
        .await;
    let cursor = answer.id.expect("a cursor");
    assert_eq!(job.push.as_ref(), Some(&cursor));
    assert_eq!(job.delivery.expect("receipts").audience, 3);
    assert_eq!((job.total, job.timeout), (Some(3), None));
    let mut viewer = server.view(&job).await;
    assert_eq!(viewer.next().await.event, "state");

    server.ack("acks", &cursor).await;
    let halfway = server
        .until_job(&job, |job| {
            let receipts = job.delivery.expect("receipts");
            (receipts.sent, receipts.acknowledged) == (1, 1)
        })
        .await;
    assert_eq!((halfway.step, halfway.state), (2, JobState::Running));

    server.ack("away", &cursor).await;
    let events = events_without_pings(viewer).await;
    let done = state(events.last().expect("an end"));
    assert_eq!(
        (done.state, done.step, done.reason),
        (JobState::Done, 3, None)
    );
    let expected = Receipts {
        audience: 3,
        sent: 1,
        acknowledged: 2,
        ..Receipts::default()
    };
    assert_eq!(done.delivery, Some(expected));
    let steps: Vec<u64> = events.iter().map(|event| state(event).step).collect();
    assert!(steps.is_sorted(), "{steps:?}");
}

#[tokio::test]
async fn a_push_is_tracked_after_a_restart() {
    let server = Server::start().await;
    let (answer, job) = server
        .track(json!({"to": {"clients": ["ada", "bob"]}, "data": "hello"}))
        .await;
    let cursor = answer.id.expect("a cursor");
    server.ack("ada", &cursor).await;
    server.until_job(&job, |job| job.step == 1).await;
    let server = server.restarted().await;
    let again = server.until_job(&job, |job| job.step == 1).await;
    assert_eq!(again.state, JobState::Running);
    server.ack("bob", &cursor).await;
    let done = server
        .until_job(&job, |job| job.state != JobState::Running)
        .await;
    assert_eq!((done.state, done.step), (JobState::Done, 2));
}

#[tokio::test]
async fn the_job_of_an_expired_push_counts_who_never_received_it() {
    let server = Server::start().await;
    let (answer, job) = server
        .track(json!({"to": {"clients": ["ada", "bob", "eve"]}, "data": "hurry", "ttl": 1}))
        .await;
    server.ack("ada", &answer.id.expect("a cursor")).await;
    let events = events_without_pings(server.view(&job).await).await;
    let over = state(events.last().expect("an end"));
    assert_eq!(
        (over.state, over.reason),
        (JobState::Done, Some(JobReason::Expired))
    );
    let expected = Receipts {
        audience: 3,
        acknowledged: 1,
        expired: 2,
        ..Receipts::default()
    };
    assert_eq!(over.delivery, Some(expected));
}

#[tokio::test]
async fn a_recall_ends_the_job() {
    let server = Server::start().await;
    let (answer, job) = server
        .track(json!({"to": {"clients": ["ada", "bob"]}, "data": "oops"}))
        .await;
    let cursor = answer.id.expect("a cursor");
    server.ack("ada", &cursor).await;
    within(server.api.recall(&cursor)).await.expect("recalled");
    let over = server
        .until_job(&job, |job| job.state != JobState::Running)
        .await;
    assert_eq!(
        (over.state, over.reason),
        (JobState::Cancelled, Some(JobReason::Recalled))
    );
    let receipts = over.delivery.expect("receipts");
    assert_eq!((receipts.acknowledged, receipts.recalled), (1, 1));
}

#[tokio::test]
async fn the_job_of_a_push_to_a_topic_ends_when_all_connections_were_written_to() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &["news"]).await;
    let mut bob = server.listen("bob", &["news"]).await;
    let (_, job) = server
        .track(json!({"to": {"topic": "news"}, "data": "hello"}))
        .await;
    assert_eq!(
        (ada.text().await, bob.text().await),
        ("hello".into(), "hello".into())
    );
    let done = server
        .until_job(&job, |job| job.state != JobState::Running)
        .await;
    let expected = Receipts {
        audience: 2,
        sent: 2,
        ..Receipts::default()
    };
    assert_eq!(
        (done.state, done.delivery),
        (JobState::Done, Some(expected))
    );
    assert_eq!((done.step, done.total), (2, Some(2)));

    let (_, job) = server.track(json!({"to": "everyone", "data": "all"})).await;
    let done = server
        .until_job(&job, |job| job.state != JobState::Running)
        .await;
    assert_eq!(done.step, 2);
    let (_, job) = server
        .track(json!({"to": {"topic": "nobody/here"}, "data": "x"}))
        .await;
    let done = server
        .until_job(&job, |job| job.state != JobState::Running)
        .await;
    assert_eq!(
        (done.state, done.step, done.total),
        (JobState::Done, 0, None)
    );
}

#[tokio::test]
async fn lines_of_a_batch_can_be_tracked_and_a_repeated_push_has_the_same_job() {
    let server = Server::start().await;
    let push = |key: &str| json!({"to": {"client": "ada"}, "data": "x", "track": true, "idempotency_key": key});
    let answers = server
        .batch(&[
            push("one"),
            json!({"to": {"client": "ada"}, "data": "plain"}),
            push("two"),
            push("one"),
            json!({"to": "everyone", "data": "x", "ttl": 0, "track": true}),
        ])
        .await;
    let job = |i: usize| match &answers[i] {
        BatchAnswer::Accepted(answer) => answer.job.clone(),
        BatchAnswer::Refused(problem) => panic!("refused: {problem:?}"),
    };
    assert!(job(0).is_some() && job(2).is_some() && job(0) != job(2));
    assert_eq!((job(1), job(3)), (None, job(0)));
    let BatchAnswer::Refused(problem) = &answers[4] else {
        panic!("what leaves no receipts can't be followed");
    };
    assert_eq!(problem.field.as_deref(), Some("track"));
    let page: JobsPage = server.read("/api/jobs").await;
    assert_eq!(page.jobs.len(), 2);
}

#[tokio::test]
async fn an_ephemeral_push_can_not_be_tracked_and_is_not_sent() {
    let server = Server::start().await;
    let mut ada = server.listen("ada", &[]).await;
    let push = json!({"to": "everyone", "data": "fleeting", "ttl": 0, "track": true});
    let answer = server.post("/push", &push.to_string()).await;
    assert_eq!(answer.status(), 422);
    let problem: Problem = within(answer.json()).await.expect("a problem");
    assert_eq!(problem.field.as_deref(), Some("track"));
    server
        .push_json(json!({"to": "everyone", "data": "next"}))
        .await;
    assert_eq!(ada.text().await, "next");
}

#[tokio::test]
async fn only_the_server_reports_on_a_push_and_cancelling_the_job_does_not_recall_it() {
    let server = Server::start().await;
    let (_, job) = server
        .track(json!({"to": {"client": "ada"}, "data": "still coming"}))
        .await;
    let answer = server.patch(&job, &json!({"state": "done"})).await;
    assert_eq!(answer.status(), 409);
    let problem: Problem = within(answer.json()).await.expect("a problem");
    assert_eq!(problem.code, "job_tracked");

    let viewer = server.view(&job).await;
    let over = within(server.api.cancel_job(&job.id)).await.expect("ended");
    assert_eq!(over.state, JobState::Cancelled);
    assert_eq!(kinds(&events_without_pings(viewer).await), ["state", "end"]);
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.text().await, "still coming");
}
