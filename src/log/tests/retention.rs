use super::*;

const DAY: u64 = 24 * 60 * 60;

fn gap(from: Seq, to: Seq, reason: LogGapReason) -> LogGap {
    LogGap { from, to, reason }
}

#[test]
fn an_expired_message_is_a_gap() {
    let test = TestLog::new();
    test.push_for(to_client("a"), "short", Some(10));
    test.push_for(to_client("b"), "other", Some(10));
    test.push(to_client("a"), "long");
    assert_eq!(
        texts(&test.read(&subscriptions("a", &[]), 0)),
        ["short", "long"]
    );
    test.pass(Duration::from_secs(10));
    let expected = [gap(1, 1, LogGapReason::Expired)];
    let look = || {
        let page = test.read(&subscriptions("a", &[]), 0);
        assert_eq!(texts(&page), ["long"]);
        assert_eq!(page.gaps, expected);
        assert!(test.read(&subscriptions("a", &[]), 1).gaps.is_empty());
        assert!(test.read(&subscriptions("c", &[]), 0).gaps.is_empty());
    };
    // Before and after the writer has marked it as expired.
    look();
    test.log().run_maintenance().expect("tidied");
    look();
    assert_eq!(
        test.log().tail_start(),
        1,
        "expiry does not move the line of retention"
    );
}

#[test]
fn pruned_messages_are_a_gap_for_their_recipients() {
    let mut test = TestLog::new();
    test.push(to_client("a"), "old");
    test.push(to_clients(&["b", "c"]), "old");
    test.push(to_topic("commands/1"), "old");
    test.pass(Duration::from_secs(7 * DAY + 1));
    test.push(to_client("a"), "new");
    test.log().run_maintenance().expect("tidied");
    assert_eq!(test.log().stats().expect("numbers").messages, 1);
    test.reopen();
    let gaps = |subscriptions: &Subscriptions, after| test.read(subscriptions, after).gaps;
    assert_eq!(
        gaps(&subscriptions("a", &[]), 0),
        [gap(1, 1, LogGapReason::Pruned)]
    );
    assert_eq!(gaps(&subscriptions("a", &[]), 1), []);
    assert_eq!(
        gaps(&subscriptions("c", &[]), 1),
        [gap(2, 2, LogGapReason::Pruned)]
    );
    assert_eq!(
        gaps(&subscriptions("d", &["commands/1"]), 0),
        [gap(1, 3, LogGapReason::Pruned)]
    );
    assert_eq!(
        gaps(&subscriptions("d", &["commands/*"]), 1),
        [gap(2, 3, LogGapReason::Pruned)]
    );
    assert_eq!(gaps(&subscriptions("d", &["update/*"]), 1), []);
    assert_eq!(gaps(&subscriptions("d", &["commands/*"]), 3), []);
}

#[test]
fn messages_pruned_between_two_pages_are_a_gap() {
    let test = TestLog::new();
    for i in 0..4 {
        test.push(to_client("a"), &i.to_string());
    }
    let (messages, bytes) = (2, 1000);
    let page = test.log().read(
        &subscriptions("a", &[]),
        0,
        None,
        PageLimit { messages, bytes },
    );
    assert_eq!(page.expect("a page").reached, 2);
    test.pass(Duration::from_secs(7 * DAY + 1));
    test.log().run_maintenance().expect("tidied");
    let page = test.read(&subscriptions("a", &[]), 2);
    assert_eq!(page.gaps, [gap(3, 4, LogGapReason::Pruned)]);
    assert_eq!(page.reached, 4);
}

#[test]
fn a_too_large_log_removes_ended_messages_first_and_then_the_oldest() {
    let test = TestLog::with(|options| options.max_bytes = 3 << 20);
    let text = "x".repeat(1000);
    let push = |ttl: Option<u64>| {
        let entry = || {
            let mut draft = draft(to_client("a"), &text);
            draft.ttl = ttl.map(Duration::from_secs);
            Entry::new(draft)
        };
        let outcomes = test
            .log()
            .append_batch_blocking((0..1000).map(|_| entry()).collect());
        assert!(outcomes.iter().all(Result::is_ok));
    };
    push(None);
    push(Some(10));
    test.pass(Duration::from_secs(10));
    test.log().run_maintenance().expect("tidied");
    push(None);
    test.log().run_maintenance().expect("tidied");
    assert!(test.log().stats().expect("numbers").messages < 3000);
    assert_eq!(
        test.log().tail_start(),
        1,
        "what has ended made room enough"
    );
    push(None);
    test.log().run_maintenance().expect("tidied");
    assert!(
        (2..1000).contains(&test.log().tail_start()),
        "{}",
        test.log().tail_start()
    );
    let page = test.read(&subscriptions("a", &[]), 0);
    assert_eq!(page.gaps.len(), 2);
    assert_eq!(page.messages[0].seq, test.log().tail_start());
    let (head, mut after, mut got) = (test.log().head(), 0, Vec::new());
    while after < head {
        let page = test.read(&subscriptions("a", &[]), after);
        got.extend(page.messages.iter().map(|message| message.seq));
        after = page.reached;
    }
    let kept = (test.log().tail_start()..=1000).chain(2001..=4000);
    assert_eq!(got, kept.collect::<Vec<_>>());
}

#[test]
fn free_space_is_returned_to_the_file_system() {
    let mut test = TestLog::new();
    let text = "x".repeat(10_000);
    for _ in 0..5 {
        let entries = (0..400).map(|_| Entry::new(draft(to_client("a"), &text)));
        test.log().append_batch_blocking(entries.collect());
    }
    test.reopen();
    let full = test.log().stats().expect("numbers").bytes;
    assert!(full > 20_000_000, "{full}");
    test.pass(Duration::from_secs(7 * DAY + 1));
    test.log().run_maintenance().expect("tidied");
    test.reopen();
    let stats = test.log().stats().expect("numbers");
    assert!(stats.bytes < 2_000_000, "{}", stats.bytes);
    assert_eq!(stats.messages, 0);
}

#[test]
fn the_writer_prunes_while_messages_are_appended() {
    let test = TestLog::with(|options| options.max_bytes = 1 << 20);
    let text = "x".repeat(1000);
    for _ in 0..20 {
        let entries = (0..500).map(|_| Entry::new(draft(to_client("a"), &text)));
        test.log().append_batch_blocking(entries.collect());
    }
    assert!(test.log().tail_start() > 1);
    let messages = test.log().stats().expect("numbers").messages;
    assert!(messages < 9000, "{messages}");
}

#[test]
fn an_unused_name_is_pruned_and_old_cursors_still_get_the_gap() {
    let test = TestLog::new();
    test.push(to_topic("gone"), "x");
    test.push(to_client("gone"), "x");
    test.log().note_seen(&client("seen"), None);
    let names = || {
        let page = test.log().clients("", None, 10, &|_| true).expect("a page");
        page.clients
            .iter()
            .map(|known| known.id.to_string())
            .collect::<Vec<_>>()
    };
    test.log().run_maintenance().expect("tidied");
    assert_eq!(names(), ["gone", "seen"]);
    for _ in 0..4 {
        test.pass(Duration::from_secs(7 * DAY + 1));
        test.log().run_maintenance().expect("tidied");
    }
    assert_eq!(names(), ["seen"]);
    test.push(to_topic("gone"), "y");
    let page = test.read(&topics(&["gone"]), 1);
    assert_eq!(texts(&page), ["y"]);
    assert!(test.read(&topics(&["gone"]), 3).gaps.is_empty());
    // A cursor from before gets the gap even for a name that was pruned.
    assert_eq!(
        test.read(&topics(&["other"]), 1).gaps,
        [gap(2, 2, LogGapReason::Pruned)]
    );
}

#[test]
fn the_position_of_a_message_that_was_removed_is_not_assigned_again() {
    let mut test = TestLog::with(|options| options.max_bytes = 1);
    let newest = test.push(to_topic("t"), "recalled");
    let recalled = test.log().recall_blocking(newest).expect("a log");
    recalled.expect("there");
    test.log().run_maintenance().expect("tidied");
    assert!(test.log().message(newest).expect("read").is_none());
    test.reopen();
    assert!(test.push(to_topic("t"), "next") > newest);
}
