//! Viewing a job: the state at once, then each change, then the end.

use app::wire::{JobInfo, JobLogPage, JobReport, JobState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{end, events_without_pings, kinds, lines, message, state, step, texts};
use crate::harness::{Listener, Server, within};

#[tokio::test]
async fn a_viewer_sees_the_state_at_once_then_each_change_then_the_end() {
    let server = Server::start().await;
    let job = server.begin().await;
    assert_eq!(
        (job.state, job.step, job.total),
        (JobState::Running, 0, Some(10))
    );

    let mut viewer = server.view(&job).await;
    let first = viewer.next().await;
    assert_eq!(first.event, "state");
    assert_eq!(state(&first), job);
    assert!(first.retry.is_some(), "a crowd must not come back as one");

    let taken = server.report(&job, step(3)).await;
    let event = viewer.message().await;
    assert_eq!(
        (event.event.as_str(), state(&event)),
        ("state", taken.clone())
    );
    assert!(taken.updated_at > job.updated_at);

    server.report(&job, message("half\r\nway\n")).await;
    assert_eq!(
        state(&viewer.message().await).message.as_deref(),
        Some("way")
    );
    let said = lines(&viewer.message().await);
    let said: Vec<_> = said.iter().map(|l| (l.line, l.text.as_str())).collect();
    assert_eq!(said, [(1, "half"), (2, "way")]);

    let done = server.report(&job, end(JobState::Done)).await;
    assert!(done.ended_at.is_some());
    let rest = events_without_pings(viewer).await;
    assert_eq!(kinds(&rest), ["end"]);
    assert_eq!(state(&rest[0]), done);
}

#[tokio::test]
async fn a_late_viewer_gets_the_state_the_log_and_the_end_and_must_not_reconnect() {
    let server = Server::start().await;
    let job = server.begin().await;
    let mut early = server.view(&job).await;
    let before = early.next().await;
    server.report(&job, message("one\ntwo")).await;
    let mut last = end(JobState::Failed);
    last.message = Some("exit code 3".to_owned());
    let failed = server.report(&job, last).await;

    let events = events_without_pings(server.view(&job).await).await;
    assert_eq!(kinds(&events), ["state", "log", "end"]);
    assert_eq!(state(&events[0]), failed);
    assert_eq!(texts(&events), ["one", "two", "exit code 3"]);
    let end = &events[2];
    assert_eq!(state(end), failed);
    assert_eq!(failed.message.as_deref(), Some("exit code 3"));

    assert_eq!(server.view_after(&job, &end.id).await.status(), 204);
    let path = format!("/sse/jobs/{}?last_event_id={}", job.id, end.id);
    assert_eq!(
        server.get(&path).await.status(),
        204,
        "for who has no headers"
    );
    let job_part = events[1].id.strip_suffix("-3").expect("the last line");
    let second_line = format!("{job_part}-2");
    for (had, missing) in [
        (before.id.as_str(), &["one", "two", "exit code 3"][..]),
        (&second_line, &["exit code 3"]),
        ("unreadable", &["one", "two", "exit code 3"]),
    ] {
        let back = server.view_after(&job, had).await;
        let events = events_without_pings(Listener::of(back)).await;
        assert_eq!(texts(&events), missing, "after {had}");
        assert_eq!(events.last().map(|event| &event.id), Some(&end.id));
    }
}

#[tokio::test]
async fn the_head_is_that_of_all_streams_and_the_id_is_enough_to_view() {
    let secrets = [
        "--admin-token",
        "an-admin-token-that-is-long-enough",
        "--stream-secret",
        "a-stream-secret-that-is-long-enough-0123",
    ];
    let server = Server::with(&secrets).await;
    let api = server.api.clone().with_token(secrets[1]);
    let request = app::wire::JobRequest {
        title: "closed".to_owned(),
        ..app::wire::JobRequest::default()
    };
    let job = within(api.begin_job(&request)).await.expect("begun");

    let stream = format!("/sse/jobs/{}", job.id);
    let response = server.get(&stream).await;
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(response.status(), 200);
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache, no-transform");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("access-control-allow-origin"), "*");
    let path = format!("/api/jobs/{}", job.id);
    assert_eq!(server.read::<JobInfo>(&path).await, job);
    let log: JobLogPage = server.read(&format!("{path}/log")).await;
    assert_eq!(log.lines, []);

    for (method, path) in [
        ("GET", "/api/jobs"),
        ("POST", "/api/jobs"),
        ("PATCH", path.as_str()),
        ("DELETE", path.as_str()),
    ] {
        let method = method.parse().expect("a method");
        let request = server.http.request(method, server.url(path));
        let response = within(request.json(&serde_json::json!({})).send()).await;
        let response = response.expect("an answer");
        assert_eq!(response.status(), 401, "{path}: only an admin may");
    }
    let asked = server
        .http
        .request("OPTIONS".parse().expect("a method"), server.url(&stream))
        .header("origin", "https://example.org")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "last-event-id");
    let allowed = within(asked.send()).await.expect("an answer");
    assert_eq!(allowed.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_viewer_may_start_at_a_line_or_with_new_lines() {
    let server = Server::start().await;
    let job = server.begin().await;
    server.report(&job, message("one\ntwo\nthree")).await;
    let path = format!("/sse/jobs/{}", job.id);
    let from_two = server.open(&format!("{path}?after=1")).await;
    let mut latest = server.open(&format!("{path}?tail=0")).await;
    assert_eq!(latest.next().await.event, "state");
    let two = server.open(&format!("{path}?tail=2")).await;
    server.report(&job, message("four")).await;
    server.report(&job, end(JobState::Done)).await;
    assert_eq!(
        texts(&events_without_pings(from_two).await),
        ["two", "three", "four"]
    );
    assert_eq!(texts(&events_without_pings(latest).await), ["four"]);
    assert_eq!(
        texts(&events_without_pings(two).await),
        ["two", "three", "four"]
    );
    assert_eq!(
        server.get(&format!("{path}?after=soon")).await.status(),
        422
    );
}

#[tokio::test]
async fn pings_keep_an_idle_stream_open() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let job = server.begin().await;
    let mut viewer = server.view(&job).await;
    let first = viewer.next().await;
    assert_eq!(viewer.event("ping").await.id, first.id);
    assert_eq!(viewer.event("ping").await.id, first.id);
}

#[tokio::test]
async fn viewers_are_informed_about_a_shutdown() {
    let mut server = Server::start().await;
    let job = server.begin().await;
    let viewer = server.view(&job).await;
    server.begin_shutdown();
    let events = events_without_pings(viewer).await;
    let last = events.last().expect("an event");
    assert_eq!(last.event, "reconnect");
    assert!(last.data.contains("\"reason\":\"shutdown\""), "{last:?}");
}

#[tokio::test]
async fn a_slow_viewer_skips_to_the_newest_state_and_misses_no_line() {
    let server = Server::start().await;
    let job = server.begin().await;
    let mut socket = tokio::net::TcpStream::connect(server.address)
        .await
        .expect("connected");
    let request = format!("GET /sse/jobs/{} HTTP/1.1\r\nhost: x\r\n\r\n", job.id);
    socket.write_all(request.as_bytes()).await.expect("sent");

    // Much more than the socket buffers can hold, while nothing is read.
    let text = "x".repeat(4_000);
    let lines: Vec<String> = (0..50).map(|n| format!("{n} {text}")).collect();
    for round in 0..120 {
        let mut report = message(&lines.join("\n"));
        report.step = Some(round % 10);
        server.report(&job, report).await;
    }
    let mut last = end(JobState::Done);
    last.step = Some(10);
    server.report(&job, last).await;

    let mut seen = Vec::new();
    within(async {
        // The response ends, and so does the chunk encoding.
        while !seen.ends_with(b"\r\n0\r\n\r\n") {
            let mut chunk = vec![0; 1 << 20];
            let read = socket.read(&mut chunk).await.expect("read");
            assert_ne!(read, 0, "the response ends first");
            seen.extend_from_slice(&chunk[..read]);
        }
    })
    .await;
    let body = String::from_utf8_lossy(&seen);
    let lists = body.lines().filter_map(|line| {
        let list = line
            .strip_prefix("data: ")
            .filter(|data| data.starts_with('['))?;
        serde_json::from_str::<Vec<app::wire::JobLine>>(list).ok()
    });
    let numbers: Vec<u64> = lists.flatten().map(|line| line.line).collect();
    assert_eq!(numbers, (1..=6_000).collect::<Vec<_>>());
    let states = body.matches("event: state\n").count();
    assert!((1..120).contains(&states), "{states} states");
    assert!(body.contains("event: end\ndata: {\"id\""));
}

#[tokio::test]
async fn the_log_pages_in_both_directions() {
    let server = Server::start().await;
    let job = server.begin().await;
    let text: Vec<String> = (1..=10).map(|n| format!("line {n}")).collect();
    server.report(&job, message(&text.join("\n"))).await;
    for (query, lines, next) in [
        ("", 1..=10, None),
        ("?limit=4", 1..=4, Some(4)),
        ("?after=4&limit=6", 5..=10, None),
        ("?before=11&limit=4", 7..=10, Some(7)),
        ("?before=7&limit=6", 1..=6, None),
        ("?before=3&limit=6", 1..=2, None),
    ] {
        let path = format!("/api/jobs/{}/log{query}", job.id);
        let page: JobLogPage = server.read(&path).await;
        let numbers: Vec<u64> = page.lines.iter().map(|line| line.line).collect();
        assert_eq!(numbers, lines.collect::<Vec<_>>(), "{query}");
        assert_eq!(page.next, next, "{query}");
        assert_eq!((page.log.first, page.log.last), (1, 10));
    }
    let page: JobLogPage = server
        .read(&format!("/api/jobs/{}/log?after=10", job.id))
        .await;
    assert_eq!((page.lines.len(), page.next), (0, None));
}

#[tokio::test]
async fn a_full_log_drops_its_oldest_lines_and_reports_it() {
    let server = Server::with(&["--durability", "os"]).await;
    let job = server.begin().await;
    let thousand = vec!["x"; 1_000].join("\n");
    for _ in 0..100 {
        server.report(&job, message(&thousand)).await;
    }
    let full = server.report(&job, message("one more\nand another")).await;
    assert_eq!((full.log.first, full.log.last), (3, 100_002));
    let page: JobLogPage = server
        .read(&format!("/api/jobs/{}/log?limit=1", job.id))
        .await;
    assert_eq!(page.lines[0].line, 3);
    assert_eq!(page.log.first, 3);

    let mut viewer = server.view(&job).await;
    assert_eq!(viewer.next().await.event, "state");
    let gap = viewer.gap().await;
    assert_eq!(gap.reason, "pruned");
    assert!(gap.from.expect("a place").ends_with("-1"));
    assert!(gap.to.expect("a place").ends_with("-2"));
    assert_eq!(lines(&viewer.message().await)[0].line, 3);
}

#[tokio::test]
async fn many_viewers_get_the_end() {
    let server = Server::start().await;
    let job = server.begin().await;
    let mut viewers = Vec::new();
    for _ in 0..20 {
        let mut viewer = server.view(&job).await;
        viewer.next().await;
        viewers.push(viewer);
    }
    let report = JobReport {
        state: Some(JobState::Cancelled),
        ..message("given up")
    };
    server.report(&job, report).await;
    for viewer in viewers {
        let events = events_without_pings(viewer).await;
        assert_eq!(kinds(&events), ["log", "end"]);
        assert_eq!(state(&events[1]).state, JobState::Cancelled);
    }
}
