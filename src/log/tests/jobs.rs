use rusqlite::Connection;

use super::{super::writer::reply::block_on, *};
use crate::job::{
    Job, JobCommand, JobId, Lines, NewJob, Refused, Report, State, Title, TrackedPush,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn execute(test: &TestLog, execute: JobCommand) -> Result<Arc<Job>, JobCommandError> {
    block_on(test.log().execute(execute))
}

fn begin(test: &TestLog) -> JobId {
    let new = NewJob {
        id: JobId::random(),
        title: Title::parse("a job").expect("valid"),
        total: None,
        timeout: DAY,
        retry: None,
    };
    execute(test, JobCommand::Begin(new)).expect("begun").id
}

fn report(test: &TestLog, id: JobId, text: &str, state: Option<State>) -> Arc<Job> {
    let report = Report {
        lines: Lines::parse(text).expect("valid"),
        state,
        ..Report::default()
    };
    execute(test, JobCommand::Report(id, report)).expect("taken")
}

#[test]
fn changes_are_passed_to_the_tail_in_order_before_the_answer() {
    let test = TestLog::new();
    let told: Arc<Mutex<Vec<(State, u64)>>> = Arc::default();
    let tail = Arc::clone(&told);
    let tail = move |change: JobChange<'_>| {
        if let JobChange::State(job) = change {
            tail.lock().push((job.state, job.log.last));
        }
    };
    assert_eq!(test.log().set_job_tail(Box::new(tail)), []);
    let id = begin(&test);
    report(&test, id, "one", None);
    report(&test, id, "two\nthree", Some(State::Done));
    report(&test, id, "two\nthree", Some(State::Done));
    let expected = [(State::Running, 0), (State::Running, 1), (State::Done, 3)];
    assert_eq!(
        *told.lock(),
        expected,
        "and what changes nothing is no update"
    );
    let unknown = JobId::random();
    let refused = execute(&test, JobCommand::Cancel(unknown));
    assert_eq!(
        refused,
        Err(JobCommandError::Refused(Refused::Unknown(unknown)))
    );
}

#[test]
fn concurrent_commands_share_commits() {
    let test = TestLog::new();
    let ids: Vec<JobId> = (0..50).map(|_| begin(&test)).collect();
    let before = test.log().stats().expect("stats").work.commits;
    let step = |id: &JobId| {
        let report = Report {
            step: Some(1),
            ..Report::default()
        };
        test.log().execute(JobCommand::Report(*id, report))
    };
    let all = futures_util::future::join_all(ids.iter().map(step));
    assert!(block_on(all).iter().all(Result::is_ok));
    let after = test.log().stats().expect("stats").work.commits;
    assert!(after - before < 50, "{} commits", after - before);
}

#[test]
fn running_jobs_are_known_when_the_log_is_opened() {
    let mut test = TestLog::new();
    let (one, two) = (begin(&test), begin(&test));
    report(&test, one, "over", Some(State::Failed));
    let running = report(&test, two, "still here", None);
    test.reopen();
    let found = test.log().set_job_tail(Box::new(|_| {}));
    assert_eq!(found, [running]);
}

#[test]
fn a_push_and_its_tracking_job_are_stored_in_one_commit() {
    let test = TestLog::new();
    let tracked = || TrackedPush {
        id: JobId::random(),
        title: Title::parse("a push").expect("valid"),
    };
    let key = IdempotencyKey::parse("once").expect("valid");
    let push = || {
        let entry = Entry::new(draft(to_client("ada"), "x"));
        let entry = entry.with_key(key.clone()).tracked_by(tracked());
        test.log().append_blocking(entry).expect("kept")
    };
    let first = push();
    let job = first.job.expect("a job");
    assert_eq!(push().job, Some(job), "the same push, the same job");
    let job = test.log().job(job).expect("read").expect("there");
    assert_eq!((job.push, job.total), (Some(first.seq), Some(1)));
    let page = test.log().jobs(None, None, None, 10).expect("read");
    assert_eq!(page.jobs, [job]);
}

#[test]
fn finished_jobs_are_pruned_by_age_and_running_ones_stay() {
    let test = TestLog::new();
    let (long, short, running) = (begin(&test), begin(&test), begin(&test));
    let thousand = vec!["x"; 1_000].join("\n");
    report(&test, long, &thousand, None);
    report(&test, long, &thousand, Some(State::Done));
    report(&test, running, "still here", None);
    test.pass(4 * DAY);
    report(&test, short, "done", Some(State::Done));
    test.pass(4 * DAY);
    test.log().run_maintenance().expect("tidied");
    let there = |id| test.log().job(id).expect("read").is_some();
    assert_eq!(
        (there(long), there(short), there(running)),
        (false, true, true)
    );
    let lines = test.log().job_lines(long, LineRange::After(0), 10);
    assert!(lines.expect("read").is_none());
    test.pass(8 * DAY);
    test.log().run_maintenance().expect("tidied");
    assert_eq!((there(short), there(running)), (false, true));
    let path = test.folder.path().join("tidings.sqlite3");
    let conn = Connection::open(path).expect("a file");
    let count = "SELECT count(*) FROM job_lines";
    let lines: u64 = conn.query_row(count, [], |row| row.get(0)).expect("read");
    assert_eq!(lines, 1, "nothing is left of those that went");
}

#[test]
fn a_too_large_file_removes_finished_jobs_before_messages() {
    let test = TestLog::with(|options| options.max_bytes = 1 << 20);
    let seq = test.push(to_client("ada"), "still waiting");
    let long = "x".repeat(4_000);
    let lines = vec![long; 150].join("\n");
    let jobs: Vec<JobId> = (0..4)
        .map(|_| {
            let id = begin(&test);
            report(&test, id, &lines, Some(State::Done));
            test.pass(Duration::from_secs(1));
            id
        })
        .collect();
    test.log().run_maintenance().expect("tidied");
    let there = |id: &JobId| test.log().job(*id).expect("read").is_some();
    assert!(!there(&jobs[0]) && there(&jobs[3]), "the oldest go first");
    assert!(test.log().message(seq).expect("read").is_some());
}

#[test]
fn a_file_of_version_1_is_migrated() {
    let mut test = TestLog::new();
    let seq = test.push(to_client("ada"), "from before");
    drop(test.log.take());
    let path = test.folder.path().join("tidings.sqlite3");
    let conn = Connection::open(path).expect("a file");
    downgrade_to_version_2(&conn);
    conn.execute_batch("DROP TABLE jobs; DROP TABLE job_lines; PRAGMA user_version = 1;")
        .expect("as it was");
    drop(conn);
    test.log = Some(test.open(test.options()));
    assert!(test.log().message(seq).expect("read").is_some());
    let id = begin(&test);
    assert!(test.log().job(id).expect("read").is_some());
}
