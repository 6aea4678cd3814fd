//! Unit tests of the log's public interface, with a real file and a clock that the tests control.

mod append;
mod audit;
mod change_sets;
mod cluster;
mod copy;
mod file_versions;
mod handling;
mod hooks;
mod jobs;
mod keys;
mod people;
mod receipts;
mod replay;
mod retention;
mod rollback;
mod samples;
mod saved;
mod schedules;
mod sessions;
mod tokens;
mod updates;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tempfile::TempDir;

use super::*;
use crate::message::{
    Audience, ClientId, Data, Draft, Epoch, Receipt, Receipts, Topic, TopicAccess, TopicFilter,
    Update, UpdateId,
};

/// A log in a temporary folder, the positions that its tail received, and its clock.
struct TestLog {
    folder: TempDir,
    clock: Arc<AtomicU64>,
    tail: Arc<Mutex<Vec<Seq>>>,
    log: Option<Log>,
}

const NOON: u64 = 1_800_000_000_000;

impl TestLog {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut LogOptions)) -> Self {
        let mut test = Self {
            folder: tempfile::tempdir().expect("a folder"),
            clock: Arc::new(NOON.into()),
            tail: Arc::default(),
            log: None,
        };
        let mut options = test.options();
        change(&mut options);
        test.log = Some(test.open(options));
        test
    }

    fn options(&self) -> LogOptions {
        let clock = Arc::clone(&self.clock);
        let mut options = LogOptions::new(self.folder.path());
        options.clock = Clock::new(move || clock.load(Ordering::Relaxed));
        options
    }

    fn open(&self, options: LogOptions) -> Log {
        let tail = Arc::clone(&self.tail);
        let out = move |_: &Openings, messages: &[Arc<Message>]| {
            tail.lock()
                .extend(messages.iter().map(|message| message.seq));
            vec![3; messages.len()]
        };
        Log::open(options, out, |reason| panic!("{reason}")).expect("a log")
    }

    fn log(&self) -> &Log {
        self.log.as_ref().expect("an open log")
    }

    fn reopen(&mut self) {
        drop(self.log.take());
        self.pass(Duration::from_millis(1));
        self.log = Some(self.open(self.options()));
    }

    fn pass(&self, span: Duration) {
        let span = u64::try_from(span.as_millis()).expect("short");
        self.clock.fetch_add(span, Ordering::Relaxed);
    }

    fn push(&self, audience: Audience, text: &str) -> Seq {
        self.push_for(audience, text, None)
    }

    fn push_for(&self, audience: Audience, text: &str, ttl: Option<u64>) -> Seq {
        let mut draft = draft(audience, text);
        draft.ttl = ttl.map(Duration::from_secs);
        let appended = self.log().append_blocking(Entry::new(draft));
        appended.expect("kept").seq
    }

    fn read(&self, subscriptions: &Subscriptions, after: Seq) -> Page {
        let page = self
            .log()
            .read(subscriptions, after, None, PageLimit::default());
        page.expect("a page")
    }
}

fn draft(audience: Audience, text: &str) -> Draft {
    Draft {
        audience,
        event: None,
        data: Data::Text(text.into()),
        ttl: None,
        update: None,
        handling: None,
    }
}

fn client(name: &str) -> ClientId {
    ClientId::parse(name).expect("a client_id")
}

fn to_client(name: &str) -> Audience {
    Audience::Client(client(name))
}

fn to_clients(names: &[&str]) -> Audience {
    Audience::clients(names.iter().map(|name| client(name)).collect())
}

fn to_topic(name: &str) -> Audience {
    Audience::Topic(Topic::parse(name).expect("a topic"))
}

/// The subscriptions of a client to its own messages, to everyone and to these filters.
fn subscriptions(name: &str, filters: &[&str]) -> Subscriptions {
    Subscriptions {
        client: Some(client(name)),
        everyone: true,
        filters: topics(filters).filters,
        access: TopicAccess::default(),
    }
}

fn topics(filters: &[&str]) -> Subscriptions {
    let parse = |text: &&str| TopicFilter::parse(text).expect("a filter");
    Subscriptions {
        filters: filters.iter().map(parse).collect(),
        ..Subscriptions::default()
    }
}

fn texts(page: &Page) -> Vec<&str> {
    page.messages
        .iter()
        .map(|message| message.data.as_str())
        .collect()
}

/// Makes a file what it was before version 3.
fn downgrade_to_version_2(conn: &rusqlite::Connection) {
    conn.execute_batch(
        "DROP TABLE audit_packs; DROP TABLE samples; DROP TABLE marks; DROP TABLE saved; DROP TABLE hooks; DROP TABLE hook_events; DROP TABLE hook_deliveries; DROP TABLE hook_presence; DROP TABLE scheduled; DROP TABLE handlings; DROP TABLE replaceable; DROP TABLE urgent; DROP TABLE topic_states; ALTER TABLE messages DROP COLUMN handling; DROP TABLE updates; DROP TABLE people; DROP TABLE audit; DROP TABLE audit_callers; DROP TABLE audit_sizes; DROP TABLE audit_blocks; DROP TABLE audit_targets; DROP TABLE traces; DROP TABLE api_keys; DROP TABLE key_pushes; DROP TABLE revoked_tokens; DROP TABLE openings; DROP TABLE recalls; DROP TABLE replica; DROP TABLE sessions; DROP TABLE stream_marks; DROP TABLE publishers; PRAGMA user_version = 2;
         ALTER TABLE log ADD COLUMN open_unsynced INTEGER NOT NULL DEFAULT 0;",
    )
    .expect("an older file");
}
