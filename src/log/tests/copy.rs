//! Copies of the log for other nodes.

use std::{
    fs,
    path::Path,
    sync::{OnceLock, Weak},
};

use bytes::Bytes;

use super::*;
use crate::log::writer::reply::block_on;

/// The stream of a cluster with one node: each record comes back at once.
#[derive(Default)]
struct Loop {
    log: Arc<OnceLock<Weak<Log>>>,
    records: Arc<AtomicU64>,
    boot: u64,
}

impl RecordPublisher for Loop {
    fn publish(&self, _number: u64, payload: Bytes) {
        let (log, records) = (Arc::clone(&self.log), Arc::clone(&self.records));
        std::thread::spawn(move || {
            if let Some(log) = log.wait().upgrade() {
                let place = records.fetch_add(1, Ordering::Relaxed) + 1;
                let at = NOON;
                let record = StreamRecord { place, at, payload };
                block_on(log.follow(vec![record]));
            }
        });
    }

    fn is_janitor(&self) -> bool {
        false
    }

    fn release(&self, _place: u64) {}

    fn boot(&self) -> u64 {
        self.boot
    }
}

/// Opens the log of a node in this folder.
fn open(folder: &Path) -> Arc<Log> {
    static BOOTS: AtomicU64 = AtomicU64::new(1);
    let publisher = Arc::new(Loop {
        boot: BOOTS.fetch_add(1, Ordering::Relaxed),
        ..Loop::default()
    });
    let mut options = LogOptions::new(folder);
    options.clock = Clock::new(|| NOON);
    options.replication = Some(Replication {
        log_id: Some("00c1".into()),
        publisher: Arc::clone(&publisher) as Arc<dyn RecordPublisher>,
        max_record: 1 << 20,
        patience: Duration::from_secs(5),
    });
    let tail = |_: &Openings, messages: &[Arc<Message>]| vec![0; messages.len()];
    let log = Log::open(options, tail, |reason| panic!("{reason}")).expect("a log");
    let log = Arc::new(log);
    let place = log.applied().place;
    publisher.records.store(place, Ordering::Relaxed);
    publisher
        .log
        .set(Arc::downgrade(&log))
        .expect("set only here");
    log
}

/// Closes a log, when no record is on its way.
fn close(mut log: Arc<Log>) {
    loop {
        match Arc::try_unwrap(log) {
            Ok(last) => return drop(last),
            Err(shared) => log = shared,
        }
        std::thread::yield_now();
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn push(log: &Log, text: &str) {
    let entry = Entry::new(draft(to_client("ada"), text));
    log.append_blocking(entry).expect("kept");
}

fn all(log: &Log) -> Vec<(Seq, String)> {
    let filter = HistoryFilter::default();
    let page = log.history(&filter, None, 1000).expect("a page");
    let one = |record: &Record| {
        let message = &record.message;
        (message.seq, message.data.as_str().to_owned())
    };
    page.records.iter().map(one).collect()
}

/// A node with some messages, and a copy of its log.
fn copied(messages: usize) -> (TempDir, Arc<Log>, OutgoingCopy) {
    let folder = folder();
    let log = open(folder.path());
    for number in 0..messages {
        push(&log, &format!("message {number}"));
    }
    let copy = log.copy_source().copy().expect("a copy");
    (folder, log, copy)
}

fn receive(copy: &OutgoingCopy, folder: &Path) -> IncomingCopy {
    let mut incoming = IncomingCopy::begin(folder).expect("begun");
    while incoming.size() < copy.facts.size {
        let bytes = copy.read(incoming.size(), 1000).expect("read");
        incoming.write(&bytes).expect("written");
    }
    assert!(copy.read(copy.facts.size, 1000).expect("read").is_empty());
    incoming
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let names = entries.map(name);
    let mut names: Vec<String> = names
        .map(|name| name.into_string().expect("a name"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_copy_has_all_messages_and_the_same_cursors() {
    let (source, log, copy) = copied(20);
    let other = folder();
    let finished = receive(&copy, other.path()).finish(&copy.facts, "00c1", 1);
    assert_eq!(finished.expect("in its place"), None);
    let taken = open(other.path());
    assert_eq!(all(&taken), all(&log));
    // It goes on after the newest record of the copy, and may have written one of its own upkeep since it was opened.
    assert!(taken.applied().place >= copy.facts.applied.place);
    assert_eq!(taken.cursor(7), log.cursor(7));
    push(&log, "later");
    push(&taken, "later");
    assert_eq!(all(&taken), all(&log));
    drop(copy);
    let expected = [
        "lock",
        "tidings.sqlite3",
        "tidings.sqlite3-shm",
        "tidings.sqlite3-wal",
    ];
    assert_eq!(names(source.path()), expected);
    assert_eq!(names(other.path()), expected);
}

#[test]
fn a_copy_has_no_measurements_of_the_node_that_makes_it() {
    let source = folder();
    let log = open(source.path());
    push(&log, "a message");
    let started = NodeMark {
        at: NOON,
        kind: MarkKind::Started,
        value: "1.2.3".to_owned(),
    };
    log.write_samples(NewSamples {
        marks: vec![started],
        ..NewSamples::default()
    });
    assert!(block_on(log.ping()));
    assert_eq!(log.marks(0).expect("readable").len(), 1);
    let copy = log.copy_source().copy().expect("a copy");
    let other = folder();
    let finished = receive(&copy, other.path()).finish(&copy.facts, "00c1", 1);
    assert_eq!(finished.expect("in its place"), None);
    let taken = open(other.path());
    assert_eq!(all(&taken), all(&log));
    assert!(taken.marks(0).expect("readable").is_empty());
    assert_eq!(log.marks(0).expect("readable").len(), 1);
}

#[test]
fn the_old_log_is_kept_with_all_it_has() {
    let (_source, log, copy) = copied(20);
    let other = folder();
    let old = open(other.path());
    push(&old, "only here");
    let before = all(&old);
    // As after `kill -9`: the write-ahead log has what the database does not have yet.
    let killed = folder();
    for name in names(other.path()) {
        fs::copy(other.path().join(&name), killed.path().join(&name)).expect("copied");
    }
    close(old);
    let finished = receive(&copy, killed.path()).finish(&copy.facts, "00c1", 1);
    let aside = finished.expect("in its place").expect("an old log");
    assert_eq!(all(&open(killed.path())), all(&log));
    let again = folder();
    fs::copy(aside, again.path().join("tidings.sqlite3")).expect("copied");
    assert_eq!(all(&open(again.path())), before);
}

#[test]
fn a_copy_that_is_wrong_changes_nothing() {
    let (_source, _log, copy) = copied(20);
    let other = folder();
    let old = open(other.path());
    push(&old, "only here");
    let before = all(&old);
    close(old);
    let refused = |change: &dyn Fn(&mut CopyFacts), id: &str, first: u64| {
        let mut facts = copy.facts.clone();
        change(&mut facts);
        let finished = receive(&copy, other.path()).finish(&facts, id, first);
        let error = finished.expect_err("refused").to_string();
        assert!(!names(other.path()).contains(&"tidings.sqlite3.received".to_owned()));
        error
    };
    let place = copy.facts.applied.place;
    let errors = [
        refused(&|facts| facts.size += 1, "00c1", 1),
        refused(&|facts| facts.sha256[0] ^= 1, "00c1", 1),
        refused(&|facts| facts.applied.place += 1, "00c1", 1),
        refused(&|_| {}, "00c2", 1),
        refused(&|_| {}, "00c1", place + 2),
    ];
    let whys = ["bytes", "checksum", "applied", "00c2", "begins at"];
    for (error, why) in errors.iter().zip(whys) {
        assert!(error.contains(why), "{error}");
    }
    let log = open(other.path());
    assert_eq!(all(&log), before);
    close(log);
}

#[test]
fn the_log_of_a_single_server_is_not_replaced() {
    let mut test = TestLog::new();
    test.push(to_client("ada"), "only here");
    let folder = test.folder.path().to_owned();
    drop(test.log.take());
    let begun = IncomingCopy::begin(&folder).map(|_| ());
    let error = begun.expect_err("refused").to_string();
    assert!(error.contains("single server"), "{error}");
    assert!(exists(&folder));
}

#[test]
fn what_a_killed_process_has_left_is_deleted_at_the_next_start() {
    let (source, log, copy) = copied(1);
    let other = folder();
    drop(receive(&copy, other.path()));
    close(log);
    std::mem::forget(copy);
    close(open(source.path()));
    close(open(other.path()));
    assert_eq!(names(source.path()), ["lock", "tidings.sqlite3"]);
    assert_eq!(names(other.path()), ["lock", "tidings.sqlite3"]);
}
