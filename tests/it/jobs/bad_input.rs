//! Invalid requests about jobs are refused with their field, and have no effect.

use app::wire::{JobInfo, JobState, Problem};
use serde_json::{Value, json};

use super::end;
use crate::harness::{Server, within};

async fn problem(response: reqwest::Response) -> (u16, String, Option<String>) {
    let status = response.status().as_u16();
    let problem: Problem = within(response.json()).await.expect("a problem");
    assert_eq!(problem.status, status);
    (status, problem.code, problem.field)
}

fn refusal(status: u16, code: &str, field: &str) -> (u16, String, Option<String>) {
    let field = (!field.is_empty()).then(|| field.to_owned());
    (status, code.to_owned(), field)
}

#[tokio::test]
async fn an_invalid_job_is_refused() {
    let server = Server::start().await;
    for (body, status, code, field) in [
        (json!({}), 422, "missing_field", "title"),
        (json!({"title": " "}), 422, "invalid_field", "title"),
        (json!({"title": "a\nb"}), 422, "invalid_field", "title"),
        (
            json!({"title": "x".repeat(201)}),
            422,
            "invalid_field",
            "title",
        ),
        (
            json!({"title": "x", "steps": 0}),
            422,
            "invalid_field",
            "steps",
        ),
        (
            json!({"title": "x", "steps": 1u64 << 53}),
            422,
            "invalid_field",
            "steps",
        ),
        (
            json!({"title": "x", "steps": -1}),
            422,
            "invalid_field",
            "steps",
        ),
        (
            json!({"title": "x", "timeout": 0}),
            422,
            "invalid_field",
            "timeout",
        ),
        (
            json!({"title": "x", "timeout": 86_401}),
            422,
            "invalid_field",
            "timeout",
        ),
        (
            json!({"title": "x", "setps": 3}),
            422,
            "unknown_field",
            "setps",
        ),
    ] {
        let answer = server.post("/api/jobs", &body.to_string()).await;
        assert_eq!(
            problem(answer).await,
            refusal(status, code, field),
            "{body}"
        );
    }
    let answer = server.post("/api/jobs", "{").await;
    assert_eq!(problem(answer).await, refusal(400, "invalid_json", ""));
    let page: Value = server.read("/api/jobs").await;
    assert_eq!(page["jobs"], json!([]));
}

#[tokio::test]
async fn an_invalid_report_changes_nothing() {
    let server = Server::start().await;
    let job = server.begin().await;
    for (body, code, field) in [
        (json!({"step": 11}), "step_over_total", "step"),
        (json!({"step": 5, "total": 4}), "step_over_total", "step"),
        (json!([]), "invalid_field", "."),
        (json!({"step": 5.5}), "invalid_field", "step"),
        (json!({"step": -1}), "invalid_field", "step"),
        (
            json!({"step": 1u64 << 53, "total": 1}),
            "invalid_field",
            "step",
        ),
        (json!({"total": 0}), "invalid_field", "total"),
        (
            json!({"message": "x".repeat(4_097)}),
            "invalid_field",
            "message",
        ),
        (
            json!({"message": "x\n".repeat(1_001)}),
            "invalid_field",
            "message",
        ),
        (
            json!({"message": "a\u{1b}[2Jb"}),
            "invalid_field",
            "message",
        ),
        (json!({"message": "a\u{0}"}), "invalid_field", "message"),
        (json!({"message": "ahead", "line": 2}), "line_ahead", "line"),
        (json!({"message": "x", "line": 0}), "invalid_field", "line"),
        (
            json!({"message": "x", "line": 1_u64 << 53}),
            "invalid_field",
            "line",
        ),
        (json!({"line": 1}), "invalid_field", "line"),
        (json!({"state": "finished"}), "invalid_field", "state"),
        (json!({"state": "Done"}), "invalid_field", "state"),
        (json!({"progress": 3}), "unknown_field", "progress"),
        (json!({"step": 1, "title": "new"}), "unknown_field", "title"),
    ] {
        let status = match code {
            "step_over_total" | "line_ahead" => 409,
            _ => 422,
        };
        let answer = server.patch(&job, &body).await;
        assert_eq!(
            problem(answer).await,
            refusal(status, code, field),
            "{body}"
        );
    }
    let five = server.patch(&job, &json!({"step": 5.0})).await;
    assert_eq!(five.status(), 200);
    let under = server.patch(&job, &json!({"total": 4})).await;
    assert_eq!(
        problem(under).await,
        refusal(409, "step_over_total", "total")
    );
    let huge = "x".repeat(2 << 20);
    let huge = server.patch(&job, &json!({"message": huge})).await;
    assert_eq!(problem(huge).await, refusal(413, "message_too_large", ""));
    let now: JobInfo = server.read(&format!("/api/jobs/{}", job.id)).await;
    assert_eq!((now.step, now.total, now.log.last), (5, Some(10), 0));
}

#[tokio::test]
async fn an_unknown_job_is_not_found() {
    let server = Server::start().await;
    let unknown = "9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55";
    let not_found = refusal(404, "job_unknown", "id");
    for id in [unknown, "7", "9b2d8e0c6f0d4a438f838f2f6a3d3a55", "%FF"] {
        for path in ["/api/jobs/ID", "/api/jobs/ID/log", "/sse/jobs/ID"] {
            let answer = server.get(&path.replace("ID", id)).await;
            assert_eq!(problem(answer).await, not_found, "{path}");
        }
        let url = server.url(&format!("/api/jobs/{id}"));
        let patched = within(server.http.patch(&url).json(&json!({})).send()).await;
        assert_eq!(problem(patched.expect("an answer")).await, not_found);
        let deleted = within(server.http.delete(&url).send()).await;
        assert_eq!(problem(deleted.expect("an answer")).await, not_found);
    }
}

#[tokio::test]
async fn a_job_that_has_ended_can_not_change() {
    let server = Server::start().await;
    for state in [JobState::Done, JobState::Failed, JobState::Cancelled] {
        let job = server.begin().await;
        let ended = server.report(&job, end(state)).await;
        for body in [
            json!({}),
            json!({"step": 1}),
            json!({"message": "one more thing"}),
            json!({"state": "running"}),
            json!({"state": state, "message": "otherwise"}),
        ] {
            let answer = server.patch(&job, &body).await;
            assert_eq!(
                problem(answer).await,
                refusal(409, "job_ended", ""),
                "{body}"
            );
        }
        assert_eq!(server.report(&job, end(state)).await, ended);
    }
}

#[tokio::test]
async fn an_invalid_page_is_refused() {
    let server = Server::start().await;
    let job = server.begin().await;
    let log = format!("/api/jobs/{}/log", job.id);
    for (path, field) in [
        ("/api/jobs?limit=0".to_owned(), "limit"),
        ("/api/jobs?limit=501".to_owned(), "limit"),
        ("/api/jobs?state=finished".to_owned(), "state"),
        ("/api/jobs?before=x".to_owned(), "before"),
        (format!("{log}?limit=1001"), "limit"),
        (format!("{log}?after=1&before=3"), "before"),
        (format!("{log}?after=-1"), "after"),
    ] {
        let answer = server.get(&path).await;
        assert_eq!(
            problem(answer).await,
            refusal(422, "invalid_field", field),
            "{path}"
        );
    }
}
