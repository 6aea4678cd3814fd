//! Removing ended jobs, searching for jobs, and their statistics.

use app::{
    api::JobsQuery,
    wire::{ClearedJobs, JobReport, JobState, Problem},
};

use super::end;
use crate::harness::{Server, within};

/// The titles of the jobs that a query finds.
async fn titles(server: &Server, query: JobsQuery) -> Vec<String> {
    let page = within(server.api.jobs(&query)).await.expect("a page");
    page.jobs.into_iter().map(|job| job.title).collect()
}

impl Server {
    async fn begin_titled(&self, title: &str) -> app::wire::JobInfo {
        self.begin_with(&app::wire::JobRequest {
            title: title.to_owned(),
            ..app::wire::JobRequest::default()
        })
        .await
    }
}

#[tokio::test]
async fn ended_jobs_are_removed_by_state_with_their_logs() {
    let server = Server::start().await;
    let running = server.begin_titled("running").await;
    let ended = |state| JobReport {
        message: Some("x\n".repeat(999)),
        ..end(state)
    };
    let mut jobs = Vec::new();
    for state in [JobState::Done, JobState::Failed, JobState::Cancelled] {
        let job = server.begin_titled(state.name()).await;
        server.report(&job, ended(state)).await;
        jobs.push(job);
    }
    let cleared = within(server.api.clear_jobs("failed")).await;
    let one = ClearedJobs {
        removed: 1,
        more: false,
    };
    assert_eq!(cleared.expect("removed"), one);
    let all = JobsQuery::default;
    assert_eq!(
        titles(&server, all()).await,
        ["cancelled", "done", "running"]
    );
    let log = server.url(&format!("/api/jobs/{}/log", jobs[1].id));
    let log = within(server.http.get(log).send())
        .await
        .expect("an answer");
    assert_eq!(log.status(), 404);

    let server = server.restarted().await;
    let cleared = within(server.api.clear_jobs("ended"))
        .await
        .expect("removed");
    assert_eq!(
        cleared,
        ClearedJobs {
            removed: 2,
            more: false
        }
    );
    assert_eq!(titles(&server, all()).await, ["running"]);
    let none = within(server.api.clear_jobs("ended"))
        .await
        .expect("removed");
    assert_eq!(
        none,
        ClearedJobs {
            removed: 0,
            more: false
        }
    );
    server.report(&running, end(JobState::Done)).await;
}

#[tokio::test]
async fn only_states_in_which_jobs_have_ended_are_removed() {
    let server = Server::start().await;
    server.begin().await;
    for (query, code) in [
        ("", "missing_field"),
        ("?state=running", "invalid_field"),
        ("?state=", "invalid_field"),
    ] {
        let url = server.url(&format!("/api/jobs{query}"));
        let answer = within(server.http.delete(url).send())
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 422, "{query}");
        let problem: Problem = within(answer.json()).await.expect("a problem");
        assert_eq!(
            (&*problem.code, problem.field.as_deref()),
            (code, Some("state"))
        );
    }
    assert_eq!(titles(&server, JobsQuery::default()).await.len(), 1);
}

#[tokio::test]
async fn jobs_are_found_by_their_title_and_by_the_beginning_of_their_id() {
    let server = Server::start().await;
    let orders = server.begin_titled("Import of Orders (100%)").await;
    server.begin_titled("Release").await;
    let find = |text: &str| JobsQuery {
        q: Some(text.to_owned()),
        ..JobsQuery::default()
    };
    let found = ["Import of Orders (100%)"];
    for text in ["orders", "OF ORD", "(100%)", &orders.id, &orders.id[..13]] {
        assert_eq!(titles(&server, find(text)).await, found, "{text}");
    }
    for text in ["orders!", "%", &orders.id[9..]] {
        let expected = usize::from(text == "%");
        assert_eq!(titles(&server, find(text)).await.len(), expected, "{text}");
    }
    let failed = JobsQuery {
        state: Some(JobState::Failed),
        ..find("orders")
    };
    assert_eq!(titles(&server, failed).await, [""; 0]);
}

#[tokio::test]
async fn statistics_count_the_jobs_of_the_last_hour() {
    let server = Server::start().await;
    server.begin().await;
    for state in [JobState::Done, JobState::Done, JobState::Failed] {
        let job = server.begin().await;
        server.report(&job, end(state)).await;
    }
    let stats = within(server.api.job_stats()).await.expect("statistics");
    let counts = stats.counts;
    assert_eq!(
        (counts.running, counts.done, counts.failed, counts.cancelled),
        (1, 2, 1, 0)
    );
    assert_eq!(stats.minutes.len(), 60);
    let sum = |of: fn(&app::wire::JobMinute) -> u64| stats.minutes.iter().map(of).sum::<u64>();
    assert_eq!(
        (sum(|minute| minute.ended), sum(|minute| minute.failed)),
        (3, 1)
    );
    let states: Vec<_> = stats
        .durations
        .iter()
        .map(|of| (of.state, of.jobs))
        .collect();
    assert_eq!(states, [(JobState::Done, 2), (JobState::Failed, 1)]);
    assert!(stats.durations.iter().all(|of| of.median <= of.p95));
    assert!(!stats.partial);
}
