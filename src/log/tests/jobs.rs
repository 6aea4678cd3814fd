use rusqlite::Connection;

use super::{super::writer::reply::block_on, *};
use crate::job::{
    Job, JobCommand, JobId, Lines, NewJob, Refused, Report, State, Title, TrackedPush,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn order(bed: &Bed, order: JobCommand) -> Result<Arc<Job>, JobCommandError> {
    block_on(bed.log().execute(order))
}

fn begin(bed: &Bed) -> JobId {
    let new = NewJob {
        id: JobId::random(),
        title: Title::parse("a job").expect("valid"),
        total: None,
        timeout: DAY,
    };
    order(bed, JobCommand::Begin(new)).expect("begun").id
}

fn report(bed: &Bed, id: JobId, text: &str, state: Option<State>) -> Arc<Job> {
    let report = Report {
        lines: Lines::parse(text).expect("valid"),
        state,
        ..Report::default()
    };
    order(bed, JobCommand::Report(id, report)).expect("taken")
}

#[test]
fn a_change_is_handed_to_the_tail_in_order_before_it_is_answered() {
    let bed = Bed::new();
    let told: Arc<Mutex<Vec<(State, u64)>>> = Arc::default();
    let tail = Arc::clone(&told);
    let tail = move |job: &Arc<Job>| tail.lock().push((job.state, job.log.last));
    assert_eq!(bed.log().set_job_tail(Box::new(tail)), []);
    let id = begin(&bed);
    report(&bed, id, "one", None);
    report(&bed, id, "two\nthree", Some(State::Done));
    report(&bed, id, "two\nthree", Some(State::Done));
    let expected = [(State::Running, 0), (State::Running, 1), (State::Done, 3)];
    assert_eq!(
        *told.lock(),
        expected,
        "and what changes nothing is no update"
    );
    let unknown = JobId::random();
    let refused = order(&bed, JobCommand::Cancel(unknown));
    assert_eq!(
        refused,
        Err(JobCommandError::Refused(Refused::Unknown(unknown)))
    );
}

#[test]
fn what_comes_together_is_kept_together() {
    let bed = Bed::new();
    let ids: Vec<JobId> = (0..50).map(|_| begin(&bed)).collect();
    let before = bed.log().stats().expect("stats").work.commits;
    let step = |id: &JobId| {
        let report = Report {
            step: Some(1),
            ..Report::default()
        };
        bed.log().execute(JobCommand::Report(*id, report))
    };
    let all = futures_util::future::join_all(ids.iter().map(step));
    assert!(block_on(all).iter().all(Result::is_ok));
    let after = bed.log().stats().expect("stats").work.commits;
    assert!(after - before < 50, "{} commits", after - before);
}

#[test]
fn those_that_were_running_are_known_when_the_log_is_opened() {
    let mut bed = Bed::new();
    let (one, two) = (begin(&bed), begin(&bed));
    report(&bed, one, "over", Some(State::Failed));
    let running = report(&bed, two, "still here", None);
    bed.reopen();
    let found = bed.log().set_job_tail(Box::new(|_| {}));
    assert_eq!(found, [running]);
}

#[test]
fn a_push_and_the_job_that_follows_it_are_kept_together() {
    let bed = Bed::new();
    let tracked = || TrackedPush {
        id: JobId::random(),
        title: Title::parse("a push").expect("valid"),
    };
    let key = IdempotencyKey::parse("once").expect("valid");
    let push = || {
        let entry = Entry::new(draft(to_client("ada"), "x"));
        let entry = entry.with_key(key.clone()).tracked_by(tracked());
        bed.log().append_blocking(entry).expect("kept")
    };
    let first = push();
    let job = first.job.expect("a job");
    assert_eq!(push().job, Some(job), "the same push, the same job");
    let job = bed.log().job(job).expect("read").expect("there");
    assert_eq!((job.push, job.total), (Some(first.seq), Some(1)));
    let page = bed.log().jobs(None, None, 10).expect("read");
    assert_eq!(page.jobs, [job]);
}

#[test]
fn finished_jobs_go_with_messages_of_their_age_and_running_ones_stay() {
    let bed = Bed::new();
    let (long, short, running) = (begin(&bed), begin(&bed), begin(&bed));
    let thousand = vec!["x"; 1_000].join("\n");
    report(&bed, long, &thousand, None);
    report(&bed, long, &thousand, Some(State::Done));
    report(&bed, running, "still here", None);
    bed.pass(4 * DAY);
    report(&bed, short, "done", Some(State::Done));
    bed.pass(4 * DAY);
    bed.log().run_maintenance().expect("tidied");
    let there = |id| bed.log().job(id).expect("read").is_some();
    assert_eq!(
        (there(long), there(short), there(running)),
        (false, true, true)
    );
    let lines = bed.log().job_lines(long, LineRange::After(0), 10);
    assert!(lines.expect("read").is_none());
    bed.pass(8 * DAY);
    bed.log().run_maintenance().expect("tidied");
    assert_eq!((there(short), there(running)), (false, true));
    let path = bed.folder.path().join("tidings.sqlite3");
    let conn = Connection::open(path).expect("a file");
    let count = "SELECT count(*) FROM job_lines";
    let lines: u64 = conn.query_row(count, [], |row| row.get(0)).expect("read");
    assert_eq!(lines, 1, "nothing is left of those that went");
}

#[test]
fn while_the_file_is_too_large_finished_jobs_go_before_messages() {
    let bed = Bed::with(|options| options.max_bytes = 1 << 20);
    let seq = bed.push(to_client("ada"), "still waiting");
    let long = "x".repeat(4_000);
    let lines = vec![long; 200].join("\n");
    let jobs: Vec<JobId> = (0..4)
        .map(|_| {
            let id = begin(&bed);
            report(&bed, id, &lines, Some(State::Done));
            bed.pass(Duration::from_secs(1));
            id
        })
        .collect();
    bed.log().run_maintenance().expect("tidied");
    let there = |id: &JobId| bed.log().job(*id).expect("read").is_some();
    assert!(!there(&jobs[0]) && there(&jobs[3]), "the oldest go first");
    assert!(bed.log().message(seq).expect("read").is_some());
}

#[test]
fn a_file_from_before_there_were_jobs_is_taken_over() {
    let mut bed = Bed::new();
    let seq = bed.push(to_client("ada"), "from before");
    drop(bed.log.take());
    let path = bed.folder.path().join("tidings.sqlite3");
    let conn = Connection::open(path).expect("a file");
    take_back_version_3(&conn);
    conn.execute_batch("DROP TABLE jobs; DROP TABLE job_lines; PRAGMA user_version = 1;")
        .expect("as it was");
    drop(conn);
    bed.log = Some(bed.open(bed.options()));
    assert!(bed.log().message(seq).expect("read").is_some());
    let id = begin(&bed);
    assert!(bed.log().job(id).expect("read").is_some());
}
