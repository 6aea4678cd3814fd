use super::*;

#[test]
fn a_message_gets_the_next_position_and_is_passed_to_the_tail_before_the_answer() {
    let test = TestLog::new();
    let entry = Entry::new(draft(to_client("a"), "one"));
    let appended = test.log().append_blocking(entry).expect("kept");
    let expected = Appended {
        seq: 1,
        connections: 3,
        duplicate: false,
        job: None,
    };
    assert_eq!(appended, expected);
    assert_eq!(*test.tail.lock(), [1]);
    assert_eq!(test.log().head(), 1);
    assert_eq!(test.push(Audience::Everyone, "two"), 2);
}

#[test]
fn a_reopened_log_continues_with_its_messages() {
    let mut test = TestLog::new();
    test.push(to_client("a"), "one");
    test.push(to_topic("commands/1"), "two");
    let cursor = test.log().cursor(2);
    test.reopen();
    assert_eq!(test.log().cursor(2), cursor);
    assert_eq!(test.log().head(), 2);
    assert_eq!(test.log().stats().expect("numbers").messages, 2);
    assert_eq!(
        texts(&test.read(&subscriptions("a", &["commands/*"]), 0)),
        ["one", "two"]
    );
    assert_eq!(test.push(Audience::Everyone, "three"), 3);
}

#[test]
fn a_position_is_not_reused_after_all_messages_were_pruned() {
    let mut test = TestLog::new();
    test.push(to_client("a"), "one");
    test.pass(Duration::from_secs(8 * 24 * 60 * 60));
    test.log().run_maintenance().expect("tidied");
    assert_eq!(test.log().stats().expect("numbers").messages, 0);
    test.reopen();
    assert_eq!(test.push(to_client("a"), "two"), 2);
}

#[test]
fn a_folder_can_only_be_opened_once() {
    let test = TestLog::new();
    let second = Log::open(test.options(), |_, _| Vec::new(), |_| {});
    let Err(error @ OpenError::InUse(_)) = second else {
        panic!("opened twice");
    };
    assert!(
        error.to_string().contains("in use by another process"),
        "{error}"
    );
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_not_changed() {
    let mut test = TestLog::new();
    test.push(Audience::Everyone, "one");
    drop(test.log.take());
    let file = test.folder.path().join("tidings.sqlite3");
    let conn = rusqlite::Connection::open(&file).expect("a file");
    conn.pragma_update(None, "user_version", 99)
        .expect("a version");
    drop(conn);
    let before = std::fs::read(&file).expect("bytes");
    let opened = Log::open(test.options(), |_, _| Vec::new(), |_| {});
    let Err(error @ OpenError::Newer { found: 99, .. }) = opened else {
        panic!("opened");
    };
    assert!(
        error.to_string().contains("start the newer Tidings"),
        "{error}"
    );
    assert_eq!(std::fs::read(&file).expect("bytes"), before);
}

#[test]
fn a_file_of_another_program_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.sqlite3");
    std::fs::write(&file, "my diary, please keep it for me. ".repeat(100)).expect("written");
    let open = || Log::open(LogOptions::new(folder.path()), |_, _| Vec::new(), |_| {}).err();
    assert!(matches!(open(), Some(OpenError::Foreign(_))));
    assert!(
        std::fs::read(&file)
            .expect("bytes")
            .starts_with(b"my diary")
    );
    std::fs::remove_file(&file).expect("removed");
    let conn = rusqlite::Connection::open(&file).expect("a file");
    conn.execute_batch("CREATE TABLE diary (day TEXT)")
        .expect("a table");
    drop(conn);
    assert!(matches!(open(), Some(OpenError::Foreign(_))));
}

fn keyed(audience: Audience, text: &str, key: &str) -> Entry {
    let key = IdempotencyKey::parse(key).expect("a key");
    Entry::new(draft(audience, text)).with_key(key)
}

#[test]
fn a_push_that_is_repeated_with_its_key_is_stored_once() {
    let mut test = TestLog::new();
    let push = |test: &TestLog| {
        let appended = test
            .log()
            .append_blocking(keyed(to_client("a"), "pay", "k1"));
        let appended = appended.expect("kept");
        (appended.seq, appended.duplicate)
    };
    assert_eq!(push(&test), (1, false));
    assert_eq!(push(&test), (1, true));
    test.reopen();
    assert_eq!(push(&test), (1, true));
    test.pass(Duration::from_secs(24 * 60 * 60 - 1));
    assert_eq!(push(&test), (1, true));
    test.pass(Duration::from_secs(1));
    assert_eq!(push(&test), (2, false), "a key is kept for 24 hours");
    assert_eq!(
        texts(&test.read(&subscriptions("a", &[]), 0)),
        ["pay", "pay"]
    );
}

#[test]
fn a_key_can_not_be_used_for_two_pushes_even_within_one_commit() {
    let test = TestLog::new();
    let outcomes = test.log().append_batch_blocking(vec![
        keyed(to_client("a"), "pay 1", "k"),
        keyed(to_client("a"), "pay 1", "k"),
        keyed(to_client("a"), "pay 2", "k"),
        keyed(to_client("b"), "pay 1", "k"),
        keyed(to_client("a"), "pay 2", "l"),
    ]);
    let reused = Err(AppendError::KeyReused { seq: 1 });
    let kept = |seq, duplicate| {
        Ok(Appended {
            seq,
            connections: if duplicate { 0 } else { 3 },
            duplicate,
            job: None,
        })
    };
    let expected = [
        kept(1, false),
        kept(1, true),
        reused.clone(),
        reused,
        kept(2, false),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(*test.tail.lock(), [1, 2]);
}

#[test]
fn expired_keys_are_removed_from_the_file() {
    let mut test = TestLog::new();
    for i in 0..10 {
        let entry = keyed(to_client("a"), "x", &format!("k{i}"));
        test.log().append_blocking(entry).expect("kept");
    }
    test.pass(Duration::from_secs(24 * 60 * 60));
    test.log().run_maintenance().expect("tidied");
    drop(test.log.take());
    let conn = rusqlite::Connection::open(test.folder.path().join("tidings.sqlite3"));
    let count = conn
        .expect("a file")
        .query_row("SELECT count(*) FROM keys", [], |row| row.get(0));
    assert_eq!(count, Ok(0));
}

#[test]
fn assigned_positions_may_have_gaps_and_duplicates() {
    let mut test = TestLog::new();
    let follow = |test: &TestLog, seq: Seq| {
        let entry = Entry::new(draft(to_client("a"), &seq.to_string())).at(seq, NOON);
        test.log().append_blocking(entry).expect("kept").duplicate
    };
    assert!(!follow(&test, 5));
    assert!(!follow(&test, 9));
    assert!(follow(&test, 9));
    assert!(follow(&test, 7));
    test.reopen();
    assert!(follow(&test, 9));
    assert_eq!(test.push(to_client("a"), "10"), 10);
    assert_eq!(
        texts(&test.read(&subscriptions("a", &[]), 0)),
        ["5", "9", "10"]
    );
    assert_eq!(test.read(&subscriptions("a", &[]), 6).reached, 10);
}

#[test]
fn a_full_queue_returns_entries_and_signals_when_there_is_space() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = LogOptions::new(folder.path());
    options.queue_messages = 4;
    let tail = move |_: &Openings, messages: &[Arc<Message>]| {
        let _ = held.recv();
        vec![0; messages.len()]
    };
    let log = Log::open(options, tail, |reason| panic!("{reason}")).expect("a log");
    let (answered, answers) = std::sync::mpsc::channel();
    let push = |text: &str| {
        let answered = answered.clone();
        let answer = move |outcome: Result<Appended, _>| {
            let _ = answered.send(outcome.expect("kept").seq);
        };
        log.try_append(Entry::new(draft(Audience::Everyone, text)), answer)
            .map_err(Box::new)
    };
    // The writer takes some entries and blocks in the tail. Then the queue fills.
    let mut kept = 0;
    let back = loop {
        match push(&kept.to_string()) {
            Ok(()) => kept += 1,
            Err(busy) => break busy,
        }
    };
    assert!(kept >= 4, "{kept}");
    assert_eq!(back.entry.draft.data.as_str(), kept.to_string());
    drop(hold);
    writer::reply::block_on(log.wait_for_space());
    let seqs: Vec<Seq> = answers.iter().take(kept).collect();
    assert_eq!(seqs, (1..=kept as u64).collect::<Vec<_>>());
}

#[test]
fn closing_the_log_stores_and_answers_accepted_entries() {
    let mut test = TestLog::new();
    let (answered, answers) = std::sync::mpsc::channel();
    for i in 0..500 {
        let answered = answered.clone();
        let entry = Entry::new(draft(to_client("a"), &i.to_string()));
        let taken = test.log().try_append(entry, move |outcome| {
            let _ = answered.send(outcome);
        });
        assert!(taken.is_ok());
    }
    assert!(answers.recv().is_ok_and(|outcome| outcome.is_ok()));
    test.log().note_acked(&client("a"), 1);
    test.reopen();
    drop(answered);
    assert_eq!(answers.iter().filter(Result::is_ok).count(), 499);
    assert_eq!(test.log().head(), 500);
    assert_eq!(
        test.log().inbox_position(&client("a")).expect("a position"),
        1
    );
}

#[test]
fn a_panic_in_the_tail_fails_the_log_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let (told, reasons) = std::sync::mpsc::channel();
    let fatal = move |reason| {
        let _ = told.send(reason);
    };
    let log = Log::open(
        LogOptions::new(folder.path()),
        |_, _| panic!("no tail"),
        fatal,
    );
    let log = log.expect("a log");
    let push = || log.append_blocking(Entry::new(draft(Audience::Everyone, "x")));
    assert_eq!(push(), Err(AppendError::Failed));
    assert!(reasons.recv().expect("a reason").contains("no tail"));
    assert_eq!(push(), Err(AppendError::Failed));
}

#[test]
fn appends_fail_while_another_program_locks_the_file() {
    let test = TestLog::new();
    let file = test.folder.path().join("tidings.sqlite3");
    let conn = rusqlite::Connection::open(file).expect("a file");
    conn.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let push = || {
        test.log()
            .append_blocking(Entry::new(draft(Audience::Everyone, "x")))
    };
    assert_eq!(push(), Err(AppendError::Locked));
    assert!(
        test.read(&subscriptions("a", &[]), 0).messages.is_empty(),
        "reads go on"
    );
    conn.execute_batch("ROLLBACK").expect("free");
    assert_eq!(push().map(|appended| appended.seq), Ok(1));
}
