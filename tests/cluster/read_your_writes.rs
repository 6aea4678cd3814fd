//! What one node has accepted is there at every other node at once.

use app::wire::{JobInfo, JobReport, JobRequest, To};

use crate::{
    harness::{Cluster, together},
    support::within,
};

fn job(title: &str) -> JobRequest {
    JobRequest {
        title: title.to_owned(),
        steps: None,
        timeout: None,
        retry: None,
    }
}

#[tokio::test]
async fn what_was_just_accepted_is_found_at_another_node() {
    let cluster = Cluster::start().await;
    let [first, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    for number in 0..40 {
        let begun = within(first.api.begin_job(&job("a job"))).await;
        let path = format!("/api/jobs/{}", begun.expect("begun").id);
        let found = together([second, third].map(|node| node.get(&path))).await;
        for answer in found {
            assert_eq!(answer.status(), 200, "job {number}");
        }
        let begun = within(second.api.begin_job(&job("a job"))).await;
        let id = begun.expect("begun").id;
        let log = format!("/api/jobs/{id}/log");
        let viewer = format!("/sse/jobs/{id}");
        let (log, viewer) = tokio::join!(first.get(&log), third.get(&viewer));
        assert_eq!(log.status(), 200, "log {number}");
        assert_eq!(viewer.status(), 200, "viewer {number}");
        let id = third.push(To::Everyone, "a message").await.id;
        let path = format!("/api/messages/{}", id.expect("a cursor"));
        let found = together([first, second].map(|node| node.get(&path))).await;
        for answer in found {
            assert_eq!(answer.status(), 200, "message {number}");
        }
    }
}

#[tokio::test]
async fn what_was_just_accepted_can_be_changed_at_another_node() {
    let cluster = Cluster::start().await;
    let [first, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let alive = JobReport::default();
    for _ in 0..10 {
        let begun = within(first.api.begin_job(&job("a job"))).await;
        let id = begun.expect("begun").id;
        let cancelled = second.http.delete(second.url(&format!("/api/jobs/{id}")));
        let cancelled = within(cancelled.send()).await.expect("an answer");
        let job: JobInfo = cancelled.json().await.expect("a job");
        assert!(job.cancel_requested);
        let reported = third.api.report_job(&id, &alive);
        assert!(within(reported).await.expect("taken").cancel_requested);
        let id = first.push(To::Everyone, "a message").await.id;
        let path = format!("/api/messages/{}", id.expect("a cursor"));
        let recalled = second.http.delete(second.url(&path)).send();
        assert_eq!(within(recalled).await.expect("an answer").status(), 200);
    }
}

#[tokio::test]
async fn many_questions_for_what_does_not_exist_are_answered() {
    let cluster = Cluster::start().await;
    let node = &cluster.nodes[1];
    let message = cluster.nodes[0].push(To::Everyone, "a message").await.id;
    let message = message.expect("a cursor");
    let unknown = format!("{message}0");
    let ask = |number: u64| {
        let path = match number % 2 {
            0 => format!("/api/jobs/00000000-0000-4000-8000-{number:012}"),
            _ => format!("/api/messages/{unknown}"),
        };
        async move { node.get(&path).await.status() }
    };
    let answers = together((0..400).map(ask)).await;
    assert!(answers.iter().all(|status| *status == 404), "{answers:?}");
}
