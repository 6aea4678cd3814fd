//! Publishers that commit in place of the writer's thread.

use std::thread::{self, ThreadId};

use super::*;

/// A log whose tail notes its threads. It panics at the text `bad`.
fn open(folder: &TempDir, threads: &Arc<Mutex<Vec<ThreadId>>>, fatal: &Arc<Mutex<String>>) -> Log {
    let (threads, fatal) = (Arc::clone(threads), Arc::clone(fatal));
    let tail = move |_: &Openings, messages: &[Arc<Message>]| {
        threads.lock().push(thread::current().id());
        for message in messages {
            assert_ne!(message.data.as_str(), "bad", "a panic on purpose");
        }
        Vec::new()
    };
    let on_fatal = move |reason| *fatal.lock() = reason;
    Log::open(LogOptions::new(folder.path()), tail, on_fatal).expect("a log")
}

async fn push(log: &Log, text: &str) -> Result<Appended, AppendError> {
    log.append(Entry::new(draft(to_client("a"), text))).await
}

/// Pushes until this thread has committed a message itself. The writer's thread may be slow to wait.
async fn push_until_deputy(log: &Log, threads: &Mutex<Vec<ThreadId>>) {
    for _ in 0..10_000 {
        push(log, "good").await.expect("kept");
        if threads.lock().last() == Some(&thread::current().id()) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the writer's thread does all by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_without_company_commits_its_message_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let (threads, fatal) = (Arc::default(), Arc::default());
    let log = open(&folder, &threads, &fatal);
    push_until_deputy(&log, &threads).await;
    let head = log.head();
    drop(log);
    let log = open(&folder, &threads, &fatal);
    assert_eq!(log.head(), head, "what a deputy has answered is kept");
}

#[tokio::test]
async fn where_other_tasks_would_have_to_wait_the_thread_of_the_writer_commits() {
    let folder = tempfile::tempdir().expect("a folder");
    let (threads, fatal) = (Arc::default(), Arc::default());
    let log = open(&folder, &threads, &fatal);
    for _ in 0..20 {
        push(&log, "good").await.expect("kept");
    }
    let here = thread::current().id();
    assert!(threads.lock().iter().all(|thread| *thread != here));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn messages_of_deputies_and_of_the_thread_have_one_order() {
    let test = TestLog::new();
    let tail = Arc::clone(&test.tail);
    let log = Arc::new(test.log.expect("a log"));
    let publishers = (0..4).map(|publisher: u64| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut last = 0;
            for _ in 0..50 + 50 * publisher {
                let seq = push(&log, "good").await.expect("kept").seq;
                assert!(seq > last, "{seq} after {last}");
                last = seq;
            }
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.expect("no panic");
    }
    // The last publisher is alone at the end.
    assert_eq!(*tail.lock(), (1..=500).collect::<Vec<_>>());
    let log = Arc::into_inner(log).expect("no other user");
    assert_eq!(log.head(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_fails_when_a_deputy_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let (threads, fatal) = (Arc::default(), Arc::default());
    let log = open(&folder, &threads, &fatal);
    push_until_deputy(&log, &threads).await;
    assert_eq!(push(&log, "bad").await, Err(AppendError::Failed));
    while push(&log, "good").await.is_ok() {}
    drop(log);
    let reason = fatal.lock();
    assert!(reason.contains("a panic on purpose"), "{reason}");
}
