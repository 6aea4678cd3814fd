//! Jobs that are tried again: the push that their worker has left for that.

use app::{
    api::{ApiError, Client},
    wire::{AuditEntries, JobReport, JobRequest, JobState, KeyRequest, MessagesPage, PushRequest},
};
use serde_json::{Value, json};

use super::end;
use crate::harness::{Server, within};

const TOKEN: &str = "an-admin-token-for-tests";

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

fn retry(json: Value) -> Option<Box<PushRequest>> {
    Some(Box::new(serde_json::from_value(json).expect("a push")))
}

fn import(again: Option<Box<PushRequest>>) -> JobRequest {
    JobRequest {
        title: "Import of orders".to_owned(),
        retry: again,
        ..JobRequest::default()
    }
}

fn to_worker() -> Option<Box<PushRequest>> {
    retry(json!({"to": {"client": "worker"}, "data": {"import": 7}, "event": "begin"}))
}

/// The status, the code and the field of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, ApiError>) -> (u16, String, Option<String>) {
    match result.expect_err("refused") {
        ApiError::Problem(problem) => (problem.status, problem.code, problem.field),
        other => panic!("{other:?}"),
    }
}

fn not_retried() -> (u16, String, Option<String>) {
    (409, "job_not_retried".to_owned(), None)
}

async fn data_of_messages(server: &Server) -> Vec<String> {
    let url = server.url("/api/messages");
    let page = within(server.http.get(url).bearer_auth(TOKEN).send()).await;
    let page: MessagesPage = within(page.expect("an answer").json())
        .await
        .expect("a page");
    let data = page.messages.iter().map(|message| message.data.get());
    data.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_failed_job_is_tried_again_by_its_push_also_after_a_restart() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let api = admin(&server);
    let job = within(api.begin_job(&import(to_worker())))
        .await
        .expect("begun");
    assert!(job.retry);
    let running = within(api.retry_job(&job.id)).await;
    assert_eq!(refusal(running), not_retried());
    let failed = within(api.report_job(&job.id, &end(JobState::Failed))).await;
    assert!(failed.expect("taken").retry);

    let server = server.restarted().await;
    let api = admin(&server);
    assert!(within(api.job(&job.id)).await.expect("a job").retry);
    let answer = within(api.retry_job(&job.id)).await.expect("pushed");
    assert!(answer.queued && answer.id.is_some());
    assert_eq!(data_of_messages(&server).await, [r#"{"import":7}"#]);

    let found = server.audited("action=job.retry").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].job.as_ref(), Some(&job.id));
    let pushed = server.audited("action=push").await;
    assert_eq!(pushed.len(), 1, "the push is in the trail too");
}

impl Server {
    /// The entries of the audit trail that a query finds, once there is one.
    async fn audited(&self, query: &str) -> Vec<app::wire::AuditInfo> {
        let url = self.url(&format!("/api/audit?{query}"));
        loop {
            let found = within(self.http.get(&url).bearer_auth(TOKEN).send()).await;
            let found: AuditEntries = within(found.expect("an answer").json())
                .await
                .expect("entries");
            if !found.entries.is_empty() {
                return found.entries;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_report_replaces_the_push_and_a_job_that_is_done_is_not_tried_again() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let api = admin(&server);
    let job = within(api.begin_job(&import(to_worker())))
        .await
        .expect("begun");
    let report = JobReport {
        state: Some(JobState::Cancelled),
        retry: retry(json!({"to": {"topic": "imports"}, "data": "rest"})),
        ..JobReport::default()
    };
    within(api.report_job(&job.id, &report))
        .await
        .expect("taken");
    within(api.retry_job(&job.id)).await.expect("pushed");
    assert_eq!(data_of_messages(&server).await, [r#""rest""#]);

    let done = within(api.begin_job(&import(to_worker())))
        .await
        .expect("begun");
    within(api.report_job(&done.id, &end(JobState::Done)))
        .await
        .expect("taken");
    assert_eq!(
        refusal(within(api.retry_job(&done.id)).await),
        not_retried()
    );
    let without = within(api.begin_job(&import(None))).await.expect("begun");
    within(api.report_job(&without.id, &end(JobState::Failed)))
        .await
        .expect("taken");
    assert!(!within(api.job(&without.id)).await.expect("a job").retry);
    assert_eq!(
        refusal(within(api.retry_job(&without.id)).await),
        not_retried()
    );
    let unknown = "9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55";
    let (status, code, _) = refusal(within(api.retry_job(unknown)).await);
    assert_eq!((status, &*code), (404, "job_unknown"));
}

#[tokio::test]
async fn who_may_not_push_there_may_not_try_again() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let job = within(admin(&server).begin_job(&import(to_worker())))
        .await
        .expect("begun");
    let failed = within(admin(&server).report_job(&job.id, &end(JobState::Failed))).await;
    failed.expect("taken");
    let key = |client: &str| KeyRequest {
        name: format!("for {client}"),
        role: Some("publisher".to_owned()),
        clients: vec![client.to_owned()],
        ..KeyRequest::default()
    };
    let secret = async |client: &str| {
        let key = within(admin(&server).create_key(&key(client))).await;
        server.api.clone().with_token(key.expect("made").key)
    };
    let other = secret("somebody").await;
    let (status, code, field) = refusal(within(other.retry_job(&job.id)).await);
    assert_eq!((status, &*code), (403, "forbidden"));
    assert_eq!(field.as_deref(), Some("to.client"));
    assert_eq!(data_of_messages(&server).await, [""; 0]);
    within(secret("worker").await.retry_job(&job.id))
        .await
        .expect("pushed");
    assert_eq!(data_of_messages(&server).await.len(), 1);
    // The id of a job shows that it can be tried again, and not how.
    let shown = within(
        server
            .http
            .get(server.url(&format!("/api/jobs/{}", job.id)))
            .send(),
    )
    .await;
    let shown = within(shown.expect("an answer").text())
        .await
        .expect("a job");
    assert!(
        shown.contains("\"retry\":true") && !shown.contains("import"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_push_that_nobody_could_make_is_refused_when_the_job_begins() {
    let server = Server::start().await;
    for (push, field) in [
        (json!({"to": {"client": ""}, "data": 1}), "retry.to.client"),
        (
            json!({"to": {"topic": "$sys/jobs"}, "data": 1}),
            "retry.to.topic",
        ),
        (
            json!({"to": "everyone", "data": 1, "event": "a\nb"}),
            "retry.event",
        ),
        (
            json!({"to": "everyone", "data": 1, "ttl": u32::MAX}),
            "retry.ttl",
        ),
        (
            json!({"to": "everyone", "data": "x".repeat(70_000)}),
            "retry",
        ),
        (json!({"to": "everyone"}), "retry.data"),
        (
            json!({"to": "everyone", "data": 1, "more": 1}),
            "retry.more",
        ),
    ] {
        let body = json!({"title": "a job", "retry": push});
        let request = server.http.post(server.url("/api/jobs")).json(&body);
        let answer = within(request.send()).await.expect("an answer");
        // A topic of the server's own is known, and refused.
        let status = if field == "retry.to.topic" { 403 } else { 422 };
        assert_eq!(answer.status(), status, "{field}");
        let problem: Value = within(answer.json()).await.expect("a problem");
        assert_eq!(problem["field"], field, "{problem}");
    }
}
