//! A job that is begun at one node, reported at another and viewed at a third.

use app::wire::{JobInfo, JobReport, JobRequest, JobState};

use crate::{
    harness::Cluster,
    support::{Listener, within},
};

/// The next state in the stream of a job.
async fn state(viewer: &mut Listener) -> JobInfo {
    loop {
        let event = viewer.message().await;
        if event.event != "log" {
            return serde_json::from_str(&event.data).unwrap_or_else(|_| panic!("{event:?}"));
        }
    }
}

#[tokio::test]
async fn a_job_is_begun_reported_and_viewed_at_three_nodes() {
    let cluster = Cluster::start().await;
    let [first, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let request = JobRequest {
        title: "Send the letters".to_owned(),
        steps: Some(10),
        timeout: None,
        retry: None,
    };
    let job = within(first.api.begin_job(&request)).await.expect("begun");
    let path = format!("/api/jobs/{}", job.id);
    let mut viewer = third.open(&format!("/sse/jobs/{}", job.id)).await;
    assert_eq!(state(&mut viewer).await.id, job.id);

    for step in [3, 7] {
        let report = JobReport {
            step: Some(step),
            ..JobReport::default()
        };
        let reported = second.api.report_job(&job.id, &report);
        within(reported).await.expect("taken");
        while state(&mut viewer).await.step != step {}
    }
    let report = JobReport {
        state: Some(JobState::Done),
        ..JobReport::default()
    };
    let reported = first.api.report_job(&job.id, &report);
    within(reported).await.expect("taken");
    while state(&mut viewer).await.state != JobState::Done {}
    for node in &cluster.nodes {
        let ended = |info: &JobInfo| info.state == JobState::Done;
        node.until(&path, ended).await;
    }
}
