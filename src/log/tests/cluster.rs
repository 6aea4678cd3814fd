//! Logs that follow one stream, which is in memory here.

use std::sync::{Weak, atomic::AtomicBool};

use bytes::Bytes;

use super::*;
use crate::{
    job::{JobCommand, JobId, NewJob, Report, State, Title},
    log::{
        change::Change,
        record::{Base, VERSION, cbor},
        writer::reply::block_on,
    },
};

/// A stream of records, and the logs that follow it.
#[derive(Default)]
struct Stream {
    state: Mutex<StreamState>,
    clock: Arc<AtomicU64>,
}

#[derive(Default)]
struct StreamState {
    records: Vec<StreamRecord>,
    followers: Vec<Weak<Log>>,
    /// Records that are on their way while the stream is paused.
    held: Vec<Bytes>,
    paused: bool,
    /// The newest record that nobody needs.
    released: u64,
}

impl Stream {
    fn new() -> Arc<Self> {
        let stream = Self::default();
        stream.clock.store(NOON, Ordering::Relaxed);
        Arc::new(stream)
    }

    fn store(&self, payload: Bytes) {
        let mut state = self.state.lock();
        if state.paused {
            state.held.push(payload);
            return;
        }
        let record = StreamRecord {
            place: state.records.len() as u64 + 1,
            at: self.clock.load(Ordering::Relaxed),
            payload,
        };
        state.records.push(record.clone());
        for log in state.followers.iter().filter_map(Weak::upgrade) {
            block_on(log.follow(vec![record.clone()]));
        }
    }

    fn pause(&self) {
        self.state.lock().paused = true;
    }

    /// Goes on. `keep`: stores what was published meanwhile.
    fn resume(&self, keep: bool) {
        let mut state = self.state.lock();
        state.paused = false;
        let held = std::mem::take(&mut state.held);
        drop(state);
        for payload in held.into_iter().filter(|_| keep) {
            self.store(payload);
        }
    }

    fn len(&self) -> u64 {
        self.state.lock().records.len() as u64
    }

    fn pass(&self, span: Duration) {
        self.clock
            .fetch_add(span.as_millis() as u64, Ordering::Relaxed);
    }
}

/// Publishes the records of one node.
struct Publisher {
    stream: Arc<Stream>,
    boot: u64,
    janitor: AtomicBool,
}

impl RecordPublisher for Publisher {
    fn publish(&self, _number: u64, payload: Bytes) {
        // As with a real stream, the record does not come back within this call.
        let stream = Arc::clone(&self.stream);
        std::thread::spawn(move || stream.store(payload));
    }

    fn is_janitor(&self) -> bool {
        self.janitor.load(Ordering::Relaxed)
    }

    fn release(&self, place: u64) {
        self.stream.state.lock().released = place;
    }

    fn boot(&self) -> u64 {
        self.boot
    }
}

/// A node: its log, which follows the stream.
struct Node {
    folder: TempDir,
    log: Option<Arc<Log>>,
    delivered: Arc<Mutex<Vec<Seq>>>,
    events: Arc<Mutex<Vec<String>>>,
    /// How far the clock of its machine is ahead of that of the stream, in milliseconds.
    ahead: i64,
}

impl Node {
    fn new(stream: &Arc<Stream>, boot: u64) -> Self {
        Self::with_clock(stream, boot, 0)
    }

    fn with_clock(stream: &Arc<Stream>, boot: u64, ahead: i64) -> Self {
        let mut node = Self {
            folder: tempfile::tempdir().expect("a folder"),
            log: None,
            delivered: Arc::default(),
            events: Arc::default(),
            ahead,
        };
        node.start(stream, boot);
        node
    }

    fn options(&self, stream: &Arc<Stream>, boot: u64) -> LogOptions {
        let mut options = LogOptions::new(self.folder.path());
        let clock = Arc::clone(&stream.clock);
        let ahead = self.ahead;
        options.clock =
            Clock::new(move || clock.load(Ordering::Relaxed).saturating_add_signed(ahead));
        options.replication = Some(Replication {
            log_id: Some("00c1".into()),
            publisher: Arc::new(Publisher {
                stream: Arc::clone(stream),
                boot,
                janitor: AtomicBool::new(boot == 1),
            }),
            max_record: 1 << 20,
            patience: Duration::from_millis(300),
        });
        options
    }

    fn start(&mut self, stream: &Arc<Stream>, boot: u64) {
        let options = self.options(stream, boot);
        let delivered = Arc::clone(&self.delivered);
        let tail = move |_: &Openings, messages: &[Arc<Message>]| {
            delivered.lock().extend(messages.iter().map(|m| m.seq));
            vec![1; messages.len()]
        };
        let log = Log::open(options, tail, |reason| panic!("{reason}")).expect("a log");
        let events = Arc::clone(&self.events);
        log.set_replica_tail(Box::new(move |event| {
            let text = match event {
                ReplicaEvent::Delivered {
                    boot, connections, ..
                } => format!("{connections:?} for {boot}"),
                ReplicaEvent::Recalled(seq, _) => format!("{seq} recalled"),
                ReplicaEvent::Moved(moved) => format!("{} moved", moved[0].0),
                ReplicaEvent::Reported(_) => "reported".to_owned(),
                ReplicaEvent::Applied(_) => return,
            };
            events.lock().push(text);
        }));
        let log = Arc::new(log);
        let mut state = stream.state.lock();
        let next = log.applied().place as usize;
        block_on(log.follow(state.records[next.min(state.records.len())..].to_vec()));
        state.followers.push(Arc::downgrade(&log));
        drop(state);
        self.log = Some(log);
    }

    fn log(&self) -> &Log {
        self.log.as_deref().expect("an open log")
    }

    /// Waits until everything in the stream is applied.
    fn catch_up(&self, stream: &Stream) {
        until(|| self.log().applied().place == stream.len());
    }

    fn push(&self, audience: Audience, text: &str) -> Result<Appended, AppendError> {
        self.log()
            .append_blocking(Entry::new(draft(audience, text)))
    }

    fn all(&self) -> Vec<(Seq, u64, String)> {
        let filter = HistoryFilter::default();
        let page = self.log().history(&filter, None, 10_000).expect("a page");
        let one = |record: &Record| {
            let message = &record.message;
            (message.seq, message.at, message.data.as_str().to_owned())
        };
        page.records.iter().map(one).collect()
    }
}

fn until(mut condition: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !condition() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "this should have happened long ago"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn two_nodes() -> (Arc<Stream>, Node, Node) {
    let stream = Stream::new();
    let (one, two) = (Node::new(&stream, 1), Node::new(&stream, 2));
    (stream, one, two)
}

#[test]
fn every_log_has_what_was_pushed_at_any_node_in_the_same_order() {
    let (stream, one, two) = two_nodes();
    std::thread::scope(|scope| {
        for (node, name) in [(&one, "one"), (&two, "two")] {
            scope.spawn(move || {
                for i in 0..50 {
                    let appended = node.push(to_topic("t"), &format!("{name} {i}"));
                    assert_eq!(appended.expect("kept").connections, 1);
                }
            });
        }
    });
    one.catch_up(&stream);
    two.catch_up(&stream);
    let all = one.all();
    assert_eq!(all.len(), 100);
    assert_eq!(all, two.all());
    assert_eq!(one.log().cursor(7).to_string(), "00c1-7");
    let delivered: Vec<Seq> = (1..=100).collect();
    assert_eq!(*one.delivered.lock(), delivered);
    assert_eq!(*two.delivered.lock(), delivered);
}

#[test]
fn a_key_that_is_used_at_two_nodes_is_one_message() {
    let (_stream, one, two) = two_nodes();
    let entry = || {
        let key = IdempotencyKey::parse("once").expect("a key");
        Entry::new(draft(to_client("ada"), "hello")).with_key(key)
    };
    let first = one.log().append_blocking(entry()).expect("kept");
    let again = two.log().append_blocking(entry()).expect("kept before");
    assert_eq!((first.seq, first.duplicate), (1, false));
    assert_eq!((again.seq, again.duplicate), (1, true));
}

#[test]
fn positions_receipts_recalls_and_jobs_are_the_same_everywhere() {
    let (stream, one, two) = two_nodes();
    let read = one.push(to_client("ada"), "read").expect("kept").seq;
    let recalled = two.push(to_client("bob"), "recalled").expect("kept").seq;
    two.log().note_acked(&client("ada"), read);
    block_on(two.log().write_positions()).expect("written");
    one.log()
        .recall_blocking(recalled)
        .expect("a stream")
        .expect("recalled");
    let new = NewJob {
        id: JobId::random(),
        title: Title::parse("a job").expect("a title"),
        total: None,
        timeout: Duration::from_secs(60),
        retry: None,
    };
    let id = new.id;
    block_on(one.log().execute(JobCommand::Begin(new))).expect("begun");
    let report = Report {
        state: Some(State::Done),
        ..Report::default()
    };
    block_on(two.log().execute(JobCommand::Report(id, report))).expect("reported");
    for node in [&one, &two] {
        node.catch_up(&stream);
        let receipts = node.log().receipts(read).expect("readable").expect("there");
        assert_eq!(receipts.acknowledged, 1);
        let record = node
            .log()
            .message(recalled)
            .expect("readable")
            .expect("there");
        assert_eq!(record.ended, Some(Ended::Recalled));
        let job = node.log().job(id).expect("readable").expect("there");
        assert_eq!(job.state, State::Done);
    }
    let events = one.events.lock().clone();
    assert!(events.contains(&"[1] for 2".to_owned()), "{events:?}");
    assert!(events.contains(&"2 recalled".to_owned()), "{events:?}");
    assert!(events.contains(&"ada moved".to_owned()), "{events:?}");
    assert!(events.contains(&"reported".to_owned()), "{events:?}");
    let events = two.events.lock().clone();
    assert!(
        !events.contains(&"ada moved".to_owned()),
        "its own: {events:?}"
    );
}

#[test]
fn messages_expire_by_the_time_of_the_stream_when_the_janitor_says_so() {
    let (stream, one, two) = two_nodes();
    let mut short = draft(to_client("ada"), "short");
    short.ttl = Some(Duration::from_secs(1));
    two.log().append_blocking(Entry::new(short)).expect("kept");
    stream.pass(Duration::from_secs(10));
    for node in [&one, &two] {
        until(|| {
            let record = node.log().message(1).expect("readable");
            record.is_some_and(|record| record.ended == Some(Ended::Expired))
        });
    }
}

#[test]
fn records_are_released_a_day_after_their_messages_are_too_old() {
    let (stream, one, _two) = two_nodes();
    one.push(to_topic("t"), "old").expect("kept");
    let old = stream.len();
    stream.pass(Duration::from_secs(8 * 86_400 + 60));
    one.push(to_topic("t"), "new").expect("kept");
    until(|| stream.state.lock().released > 0);
    let released = stream.state.lock().released;
    assert!(released <= old, "{released} of {old}");
}

#[test]
fn a_push_during_an_outage_is_refused_and_may_be_kept() {
    let (stream, one, two) = two_nodes();
    one.push(to_topic("t"), "before").expect("kept");
    stream.pause();
    let refused = one.push(to_topic("t"), "during");
    assert_eq!(refused, Err(AppendError::Unavailable));
    // The stream has not answered yet, so nobody has to wait again.
    let refused = one.push(to_topic("t"), "during, too");
    assert_eq!(refused, Err(AppendError::Unavailable));
    stream.resume(true);
    one.push(to_topic("t"), "after").expect("kept");
    two.catch_up(&stream);
    let texts: Vec<String> = two.all().into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["after", "during", "before"]);
    assert!(one.log().is_in_step());
}

#[test]
fn a_record_that_was_given_up_does_not_hold_up_the_next() {
    let (stream, one, _two) = two_nodes();
    until(|| one.log().is_in_step());
    stream.pause();
    assert_eq!(
        one.push(to_topic("t"), "lost"),
        Err(AppendError::Unavailable)
    );
    stream.resume(false);
    // Records 1 to 3: this process has published an empty one first.
    (1..=3).for_each(|number| one.log().give_up(number));
    until(|| one.push(to_topic("t"), "next").is_ok());
}

#[test]
fn the_time_of_messages_does_not_go_back_with_that_of_the_stream() {
    let (stream, one, mut two) = two_nodes();
    one.push(to_topic("t"), "one").expect("kept");
    stream.clock.fetch_sub(5_000, Ordering::Relaxed);
    one.push(to_topic("t"), "two").expect("kept");
    two.catch_up(&stream);
    // The record itself is known by its own time.
    assert_eq!(two.log().applied().at, NOON - 5_000);
    drop(two.log.take());
    two.start(&stream, 3);
    two.push(to_topic("t"), "three").expect("kept");
    let times: Vec<u64> = two.all().iter().map(|(_, at, _)| *at).collect();
    assert_eq!(times, [NOON; 3]);
}

#[test]
fn a_record_that_comes_twice_is_applied_once() {
    let (stream, one, mut two) = two_nodes();
    one.push(to_topic("t"), "one").expect("kept");
    let repeat = |stream: &Stream| {
        let last = stream.state.lock().records.last().cloned();
        stream.store(last.expect("a record").payload);
    };
    repeat(&stream);
    two.catch_up(&stream);
    drop(two.log.take());
    repeat(&stream);
    two.start(&stream, 3);
    two.push(to_topic("t"), "two").expect("kept");
    one.catch_up(&stream);
    assert_eq!(one.all().len(), 2);
    assert_eq!(one.all(), two.all());
}

#[test]
fn a_log_goes_on_where_it_stopped() {
    let (stream, one, mut two) = two_nodes();
    one.push(to_topic("t"), "one").expect("kept");
    two.catch_up(&stream);
    drop(two.log.take());
    for text in ["two", "three"] {
        one.push(to_topic("t"), text).expect("kept");
    }
    two.start(&stream, 3);
    two.push(to_topic("t"), "four").expect("kept");
    one.catch_up(&stream);
    assert_eq!(two.all(), one.all());
    assert_eq!(*two.delivered.lock(), [1, 2, 3, 4], "each once");
}

#[test]
fn a_batch_that_is_too_large_for_a_record_is_published_in_parts() {
    let (stream, one, two) = two_nodes();
    let large = "x".repeat(100 << 10);
    let entries = (0..20).map(|_| Entry::new(draft(to_topic("t"), &large)));
    let appended = one.log().append_batch_blocking(entries.collect());
    let seqs: Vec<Seq> = appended
        .into_iter()
        .map(|one| one.expect("kept").seq)
        .collect();
    assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
    two.catch_up(&stream);
    assert_eq!(two.all().len(), 20);
    let refused = one.push(to_topic("t"), &"x".repeat(2 << 20));
    assert_eq!(refused, Err(AppendError::TooLarge { max: 1 << 20 }));
}

#[test]
fn a_cursor_of_a_node_that_is_ahead_belongs_to_the_same_history() {
    let (_stream, one, _two) = two_nodes();
    one.push(to_topic("t"), "one").expect("kept");
    let standing = |seq| one.log().check(&one.log().cursor(seq));
    assert_eq!(standing(1), Standing::Exact);
    assert_eq!(standing(1_000), Standing::Exact);
    assert!(matches!(standing(1 << 40), Standing::RolledBack { .. }));
}

#[test]
fn a_file_stays_with_its_cluster() {
    let (stream, mut one, _two) = two_nodes();
    drop(one.log.take());
    let open = |options| {
        let tail = |_: &Openings, _: &[Arc<Message>]| Vec::new();
        Log::open(options, tail, |reason| panic!("{reason}")).map(|log| log.id().to_owned())
    };
    let alone = open(LogOptions::new(one.folder.path()));
    assert!(matches!(alone, Err(OpenError::OfCluster(_))), "{alone:?}");
    let mut other = one.options(&stream, 4);
    other.replication.as_mut().expect("a cluster").log_id = Some("00c2".into());
    let other = open(other);
    assert!(
        matches!(other, Err(OpenError::OfOtherCluster { .. })),
        "{other:?}"
    );
    let mut known = one.options(&stream, 5);
    known.replication.as_mut().expect("a cluster").log_id = None;
    assert_eq!(open(known).expect("its own"), "00c1");
    let single = TestLog::new();
    let mut options = one.options(&stream, 6);
    options.folder = single.folder.path().to_owned();
    drop(single.log);
    let single = open(options);
    assert!(
        matches!(single, Err(OpenError::OfSingleServer(_))),
        "{single:?}"
    );
}

#[test]
fn clocks_that_are_ten_minutes_apart_change_nothing() {
    let stream = Stream::new();
    let ten_minutes = 600_000;
    // The node that decides what expires is ahead, the other one is behind.
    let one = Node::with_clock(&stream, 1, ten_minutes);
    let two = Node::with_clock(&stream, 2, -ten_minutes);
    let five_minutes = |text| {
        let mut draft = draft(to_client("ada"), text);
        draft.ttl = Some(Duration::from_secs(300));
        Entry::new(draft)
    };
    for (node, text) in [(&one, "at one"), (&two, "at two")] {
        node.log()
            .append_blocking(five_minutes(text))
            .expect("kept");
    }
    let ended = |seq| {
        let found = |node: &Node| node.log().message(seq).expect("readable");
        [&one, &two].map(|node| found(node).and_then(|record| record.ended))
    };
    // By the clock of the first node both would have expired.
    stream.pass(Duration::from_secs(280));
    one.push(to_client("ada"), "later").expect("kept");
    two.catch_up(&stream);
    assert_eq!([ended(1), ended(2)], [[None; 2]; 2]);
    let times = |node: &Node| -> Vec<u64> { node.all().iter().map(|(_, at, _)| *at).collect() };
    assert_eq!(times(&one), [NOON + 280_000, NOON, NOON]);
    assert_eq!(times(&two), times(&one));
    // By the clock of the second node they would not have expired yet.
    stream.pass(Duration::from_secs(30));
    until(|| [ended(1), ended(2)] == [[Some(Ended::Expired); 2]; 2]);
    assert_eq!(ended(3), [None; 2]);
    assert_eq!(one.all(), two.all());
}

#[test]
fn a_log_that_met_a_newer_record_goes_on_with_a_program_that_reads_it() {
    let (stream, one, mut two) = two_nodes();
    one.push(to_topic("t"), "one").expect("kept");
    two.catch_up(&stream);
    // What a newer program publishes. The version is in the second byte, after the head of the array.
    let newer = |payload: &Bytes, version| {
        let mut payload = payload.to_vec();
        payload[1] = version;
        Bytes::from(payload)
    };
    let entry = Change::Append(Entry::new(draft(to_topic("t"), "two")));
    let readable = Bytes::from(cbor::encode(9, 1, Base::default(), &[entry]));
    stream.store(newer(&readable, VERSION + 1));
    let told = |node: &Node| {
        let obstacle = node.log().obstacle();
        obstacle.is_some_and(|why| why.contains("start a newer Tidings on this node"))
    };
    until(|| told(&one) && told(&two));
    // What comes after it waits in the stream.
    assert_eq!(
        one.push(to_topic("t"), "three"),
        Err(AppendError::Unavailable)
    );
    let place = two.log().applied().place;
    drop(two.log.take());
    two.start(&stream, 3);
    until(|| told(&two));
    assert_eq!(two.log().applied().place, place, "nothing is skipped");
    // The newer program reads it, as this one reads the same record of its own version.
    drop(two.log.take());
    for record in &mut stream.state.lock().records {
        record.payload = newer(&record.payload, VERSION);
    }
    two.start(&stream, 4);
    two.catch_up(&stream);
    let texts: Vec<String> = two.all().into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["three", "two", "one"]);
    assert_eq!(two.log().obstacle(), None);
}
