//! `tidings job`: run a command as a job, and watch a job, with the real binary.

use std::{path::Path, process::Command};

use app::{
    api::{Client, JobsQuery, LogRange},
    wire::{JobInfo, JobReport, JobRequest, JobState},
};
use tempfile::TempDir;

use crate::{
    command::{Running, tidings},
    harness::within,
};

/// A server process, and a client of its API.
struct Server {
    running: Running,
    url: String,
    api: Client,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), "127.0.0.1:0")
    }

    fn start_in(folder: TempDir, listen: &str) -> Self {
        let flags = ["--listen", listen, "--drain", "0"];
        let running = Running::start(tidings(folder.path(), &flags));
        let url = running.url();
        Self {
            running,
            api: Client::new(url.clone()),
            url,
            folder,
        }
    }

    /// `tidings job run` of a script, with these flags.
    fn command(&self, flags: &[&str], script: &str) -> Command {
        job_run(self.folder.path(), &self.url, flags, script)
    }

    /// Waits until the only job of the server meets a condition.
    async fn job(&self, is: impl Fn(&JobInfo) -> bool) -> JobInfo {
        within(async {
            loop {
                let page = self.api.jobs(&JobsQuery::default()).await.expect("a page");
                assert!(page.jobs.len() < 2, "one job: {:?}", page.jobs);
                match page.jobs.into_iter().next() {
                    Some(job) if is(&job) => return job,
                    _ => tokio::task::yield_now().await,
                }
            }
        })
        .await
    }

    async fn log(&self, job: &JobInfo) -> Vec<String> {
        let page = within(self.api.job_log(&job.id, LogRange::After(0), 1_000)).await;
        let lines = page.expect("a page").lines;
        lines.into_iter().map(|line| line.text).collect()
    }
}

fn job_run(folder: &Path, url: &str, flags: &[&str], script: &str) -> Command {
    let args = ["job", "run", "--url", url];
    let mut command = tidings(
        folder,
        &[&args, flags, &["--", "sh", "-c", script]].concat(),
    );
    command.env("LC_ALL", "C");
    command
}

fn ended(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test]
async fn the_output_of_a_command_is_the_log_and_its_exit_code_decides_the_state() {
    let server = Server::start();
    let script = r#"
        echo "reading $TIDINGS_JOB_ID"
        printf '10%%\r20%%\r'
        echo '3/8 files'
        printf '\033[1mbold\033[0m and no line end' >&2
        exit 3"#;
    let (code, out, err) = ended(server.command(&["--title", "Import"], script));
    assert_eq!(code, Some(3));
    let job = server.job(|_| true).await;
    assert_eq!(out, format!("reading {}\n10%\r20%\r3/8 files\n", job.id));
    assert!(
        err.contains("\u{1b}[1mbold\u{1b}[0m and no line end"),
        "{err}"
    );
    let page = format!("{}/jobs/{}", server.url, job.id);
    assert!(err.contains(&page), "the page of the job: {err}");

    assert_eq!(
        (job.title.as_str(), job.state),
        ("Import", JobState::Failed)
    );
    assert_eq!((job.step, job.total), (3, Some(8)));
    assert_eq!(job.message.as_deref(), Some("exit code 3"));
    let mut log = server.log(&job).await;
    assert_eq!(log.pop().as_deref(), Some("exit code 3"));
    log.sort();
    let reading = format!("reading {}", job.id);
    assert_eq!(log, ["3/8 files", "bold and no line end", reading.as_str()]);
}

#[tokio::test]
async fn a_command_with_exit_code_0_is_a_done_job_with_the_command_as_title() {
    let server = Server::start();
    let (code, _, _) = ended(server.command(&[], "true"));
    assert_eq!(code, Some(0));
    let job = server.job(|_| true).await;
    assert_eq!(
        (job.title.as_str(), job.state),
        ("sh -c true", JobState::Done)
    );
    assert_eq!(job.message, None);
}

#[tokio::test]
async fn a_killed_command_is_a_failed_job_and_the_exit_code_tells_the_signal() {
    let server = Server::start();
    let (code, _, _) = ended(server.command(&[], "kill -KILL $$"));
    assert_eq!(code, Some(137));
    let job = server.job(|_| true).await;
    assert_eq!(job.state, JobState::Failed);
    assert_eq!(job.message.as_deref(), Some("signal: 9 (SIGKILL)"));
}

#[tokio::test]
async fn a_command_that_does_not_exist_is_a_failed_job() {
    let server = Server::start();
    let args = ["job", "run", "--url", &server.url, "--", "/no/such/thing"];
    let (code, _, err) = ended(tidings(server.folder.path(), &args));
    assert_eq!(code, Some(127));
    assert!(err.contains("/no/such/thing could not be run"), "{err}");
    let job = server.job(|_| true).await;
    assert_eq!(job.state, JobState::Failed);
    assert!(
        job.message
            .is_some_and(|why| why.contains("could not be run"))
    );
}

#[tokio::test]
async fn cancelling_a_job_ends_the_command_and_its_child_processes() {
    let server = Server::start();
    let script = "sleep 600 & echo $! > child; echo started; wait";
    let run = Running::start(server.command(&[], script));
    let job = server.job(|job| job.message.is_some()).await;
    within(server.api.cancel_job(&job.id)).await.expect("asked");
    let over = server.job(|job| job.state.is_final()).await;
    assert_eq!(over.state, JobState::Cancelled);
    assert_eq!(over.message.as_deref(), Some("signal: 15 (SIGTERM)"));
    assert_eq!(run.ended().0, Some(143));
    let child = std::fs::read_to_string(server.folder.path().join("child"));
    let child = child.expect("its number");
    let gone = || {
        let status = Path::new("/proc").join(child.trim()).join("status");
        let status = std::fs::read_to_string(status).unwrap_or_default();
        status.is_empty() || status.contains("State:\tZ")
    };
    within(async {
        while !gone() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn ctrl_c_reaches_the_command_and_cancels_the_job() {
    let server = Server::start();
    let script = "trap 'kill $!; echo cleaning up; exit 9' INT; sleep 600 & echo started; wait";
    let run = Running::start(server.command(&[], script));
    server.job(|job| job.message.is_some()).await;
    assert_eq!(run.signalled("-INT").0, Some(9));
    let job = server.job(|job| job.state.is_final()).await;
    assert_eq!(job.state, JobState::Cancelled);
    assert_eq!(
        server.log(&job).await,
        ["started", "cleaning up", "exit code 9"]
    );
}

#[tokio::test]
async fn a_silent_command_does_not_time_out() {
    let server = Server::start();
    let run = Running::start(server.command(&["--timeout", "1"], "read line; echo $line"));
    let job = server.job(|_| true).await;
    // A job without reports that began later shows when the timeout has passed.
    let request = JobRequest {
        title: "no reports".to_owned(),
        timeout: Some(1),
        ..JobRequest::default()
    };
    let other = within(server.api.begin_job(&request)).await.expect("begun");
    within(async {
        while server.api.job(&other.id).await.expect("a job").state == JobState::Running {
            tokio::task::yield_now().await;
        }
    })
    .await;
    run.input("at last\n");
    assert_eq!(run.ended().0, Some(0));
    let job = within(server.api.job(&job.id)).await.expect("a job");
    assert_eq!(job.state, JobState::Done);
    assert_eq!(server.log(&job).await, ["at last"]);
}

#[tokio::test]
async fn the_output_during_an_outage_of_the_server_is_sent_later() {
    let server = Server::start();
    let script = r#"
        echo before
        read away
        for n in 1 2 3 4 5 6 7 8 9; do echo "line $n"; done
        read back
        echo after"#;
    let run = Running::start(server.command(&[], script));
    server.job(|job| job.message.is_some()).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let Server {
        running, folder, ..
    } = server;
    assert_eq!(running.signalled("-KILL").0, None);
    run.input("away\n");
    while run.line() != "line 9" {}
    run.wait_for_error("its output is sent later");
    let server = Server::start_in(folder, &address);
    run.input("back\n");
    let (code, err) = run.ended();
    assert_eq!(code, Some(0), "{err}");
    let job = server.job(|_| true).await;
    assert_eq!(job.state, JobState::Done);
    let mut expected = vec!["before".to_owned()];
    expected.extend((1..=9).map(|n| format!("line {n}")));
    expected.push("after".to_owned());
    assert_eq!(server.log(&job).await, expected, "each once, in order");
}

#[tokio::test]
async fn a_command_runs_without_a_server_but_not_if_the_server_refuses_the_job() {
    let folder = tempfile::tempdir().expect("a folder");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let run = Running::start(job_run(folder.path(), &url, &[], "echo hello; exit 4"));
    assert_eq!(run.line(), "hello");
    run.wait_for_error("the command runs anyway");
    let (code, err) = run.ended();
    assert_eq!(code, Some(4));
    assert!(err.contains("does not know how the command ended"), "{err}");

    let server = Server::start();
    let title = "x".repeat(201);
    let (code, out, err) = ended(server.command(&["--title", &title], "echo hello"));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("the command was not run: title: "), "{err}");
}

#[tokio::test]
async fn watching_a_job_prints_its_log_and_ends_with_its_state() {
    let server = Server::start();
    for (state, code) in [(JobState::Done, 0), (JobState::Failed, 1)] {
        let request = JobRequest {
            title: "a job".to_owned(),
            ..JobRequest::default()
        };
        let job = within(server.api.begin_job(&request)).await.expect("begun");
        let report = |message: &str, state| JobReport {
            message: Some(message.to_owned()),
            state,
            ..JobReport::default()
        };
        let one = report("one", None);
        within(server.api.report_job(&job.id, &one))
            .await
            .expect("taken");
        let args = ["job", "watch", &job.id, "--url", &server.url];
        let watch = Running::start(tidings(server.folder.path(), &args));
        assert_eq!(watch.line(), "one");
        let two = report("two", Some(state));
        within(server.api.report_job(&job.id, &two))
            .await
            .expect("taken");
        assert_eq!(watch.line(), "two");
        let (ended, err) = watch.ended();
        assert_eq!(ended, Some(code));
        assert!(err.contains(state.name()), "{err}");
    }
    let args = ["job", "watch", "nothing", "--url", &server.url];
    let (code, _, err) = ended(tidings(server.folder.path(), &args));
    assert_eq!(code, Some(1));
    assert!(err.contains("404 job_unknown"), "{err}");
}

#[tokio::test]
async fn a_command_that_failed_is_tried_again_by_the_push_it_was_run_with() {
    let server = Server::start();
    let push = r#"{"to":{"client":"builder"},"data":"build"}"#;
    let run = Running::start(server.command(&["--retry", push], "exit 3"));
    assert_eq!(run.ended().0, Some(3));
    let job = server.job(|job| job.state == JobState::Failed).await;
    assert!(job.retry);
    let args = ["job", "retry", &job.id, "--url", &server.url];
    let (code, printed) = crate::command::run(server.folder.path(), &args);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains(r#""queued":true"#), "{printed}");
    let invalid = [
        "job",
        "run",
        "--retry",
        "{}",
        "--url",
        &server.url,
        "--",
        "true",
    ];
    let (code, _, said) = crate::command::output(server.folder.path(), &invalid);
    assert_eq!(code, Some(2));
    assert!(said.contains("--retry"), "{said}");
}
