use super::*;

#[test]
fn each_reader_gets_its_messages_in_order_and_once() {
    let test = TestLog::new();
    test.push(to_client("a"), "a1");
    test.push(to_client("b"), "b1");
    test.push(to_clients(&["a", "b", "c"]), "abc");
    test.push(to_topic("commands/1"), "o1");
    test.push(to_topic("commands/2"), "o2");
    test.push(to_topic("update"), "n");
    test.push(Audience::Everyone, "all");
    let got = |subscriptions: &Subscriptions| texts(&test.read(subscriptions, 0)).join(" ");
    assert_eq!(got(&subscriptions("a", &[])), "a1 abc all");
    assert_eq!(got(&subscriptions("b", &["commands/2"])), "b1 abc o2 all");
    assert_eq!(
        got(&subscriptions("c", &["commands/*", "commands/1", "**"])),
        "abc o1 o2 n all"
    );
    assert_eq!(got(&subscriptions("d", &["nothing"])), "all");
    assert_eq!(got(&topics(&["commands/**"])), "o1 o2");
}

#[test]
fn a_message_is_read_as_it_was_stored() {
    let test = TestLog::new();
    let mut sent = draft(to_topic("commands/1"), "");
    sent.event = Some(crate::message::EventType::parse("order.paid").expect("a type"));
    sent.data = Data::Json(r#"{"a":"ü\n"}"#.into());
    sent.ttl = Some(Duration::from_millis(1500));
    test.log()
        .append_blocking(Entry::new(sent.clone()))
        .expect("kept");
    let message = Message {
        seq: 1,
        at: NOON,
        expires_at: Some(NOON + 1500),
        audience: sent.audience,
        event: sent.event,
        data: sent.data,
        update: None,
        handling: None,
    };
    assert_eq!(test.read(&topics(&["commands/*"]), 0).messages[0], message);
    assert_eq!(
        test.log().message(1).expect("read").expect("there").message,
        message
    );
}

#[test]
fn a_message_to_several_clients_does_not_reveal_the_others() {
    let test = TestLog::new();
    test.push(to_clients(&["a", "b"]), "x");
    assert_eq!(
        test.read(&subscriptions("b", &[]), 0).messages[0].audience,
        to_client("b")
    );
    let record = test.log().message(1).expect("read").expect("there");
    assert_eq!(record.message.audience, to_clients(&["a", "b"]));
}

#[test]
fn pages_are_limited_by_count_and_bytes() {
    let test = TestLog::new();
    for i in 0..50 {
        test.push(to_client("a"), &format!("a{i}"));
        test.push(to_client("b"), &format!("b{i}"));
    }
    let all = |limit: PageLimit, most: usize| {
        let (mut after, mut got) = (0, Vec::new());
        loop {
            let page = test
                .log()
                .read(&subscriptions("a", &[]), after, None, limit)
                .expect("a page");
            assert!(page.messages.len() <= most, "{}", page.messages.len());
            got.extend(texts(&page).into_iter().map(String::from));
            assert_eq!(page.more, page.reached < test.log().head());
            if !page.more {
                return got;
            }
            assert!(page.reached > after);
            after = page.reached;
        }
    };
    let expected: Vec<String> = (0..50).map(|i| format!("a{i}")).collect();
    let (messages, bytes) = (7, 1 << 20);
    assert_eq!(all(PageLimit { messages, bytes }, 7), expected);
    let (messages, bytes) = (100, 10);
    assert_eq!(all(PageLimit { messages, bytes }, 5), expected);
    let (messages, bytes) = (100, 1);
    assert_eq!(all(PageLimit { messages, bytes }, 1), expected);
}

#[test]
fn a_read_ends_at_the_given_position() {
    let test = TestLog::new();
    for i in 1..=5 {
        test.push(to_client("a"), &i.to_string());
    }
    let page = test
        .log()
        .read(&subscriptions("a", &[]), 1, Some(3), PageLimit::default());
    let page = page.expect("a page");
    assert_eq!((texts(&page), page.reached), (vec!["2", "3"], 3));
    let page = test
        .log()
        .read(&subscriptions("a", &[]), 4, Some(3), PageLimit::default());
    let page = page.expect("a page");
    assert_eq!((texts(&page), page.reached), (vec![], 4));
}

/// 200,000 messages, most of them for other clients.
fn large() -> TestLog {
    let test = TestLog::new();
    for batch in 0..40 {
        let entries = (0..5000).map(|i| {
            let n = batch * 5000 + i;
            let audience = match n % 4 {
                0 => Audience::Everyone,
                1 => to_client(&format!("c{}", n % 1000)),
                2 => to_topic(&format!("rooms/{}/talk", n % 2000)),
                _ => to_topic(&format!("users/{}/{n}", n % 10)),
            };
            Entry::new(draft(audience, "x"))
        });
        let outcomes = test.log().append_batch_blocking(entries.collect());
        assert!(outcomes.iter().all(Result::is_ok));
    }
    test
}

#[test]
fn the_cost_of_a_resume_depends_on_its_result() {
    let test = large();
    let head = test.log().head();
    assert_eq!(head, 200_000);
    // The last ten positions, for a client with patterns that match one topic or many.
    for filters in [
        vec![],
        vec!["rooms/2/talk"],
        vec!["users/3/**"],
        vec!["rooms/*/talk", "**"],
    ] {
        let page = test.read(&subscriptions("c997", &filters), head - 10);
        assert!(
            (2..=10).contains(&page.messages.len()),
            "{filters:?}: {}",
            page.messages.len()
        );
        assert!(page.rows_read <= 40, "{filters:?}: {} rows", page.rows_read);
        assert_eq!(page.reached, head);
    }
    // All messages of one client: 200 of 200,000.
    let mut subscriptions = subscriptions("c1", &[]);
    subscriptions.everyone = false;
    let page = test.read(&subscriptions, 0);
    assert_eq!(page.messages.len(), 200);
    assert!(page.rows_read <= 2 * 200 + 20, "{} rows", page.rows_read);
    // A client without waiting messages, and an unknown client.
    let page = test.read(
        &Subscriptions {
            client: Some(client("c1")),
            ..Subscriptions::default()
        },
        199_900,
    );
    assert!(page.rows_read <= 4, "{} rows", page.rows_read);
    let page = test.read(
        &Subscriptions {
            client: Some(client("new")),
            ..Subscriptions::default()
        },
        0,
    );
    assert!(
        page.messages.is_empty() && page.rows_read <= 4,
        "{} rows",
        page.rows_read
    );
    // A pattern that matches few of many topics. The other topics cost nothing.
    let page = test.read(&topics(&["rooms/2/*"]), 0);
    assert_eq!(page.messages.len(), 100);
    assert!(page.rows_read <= 2 * 100 + 20, "{} rows", page.rows_read);
}

#[test]
fn a_pattern_that_matches_very_many_topics_is_read_in_bounded_pages() {
    let test = large();
    let filters = topics(&["users/*/*"]);
    let (mut after, mut got) = (0, 0);
    while after < test.log().head() {
        let page = test.read(&filters, after);
        assert!(page.rows_read <= 12_000, "{} rows", page.rows_read);
        got += page.messages.len();
        after = page.reached;
    }
    assert_eq!(got, 50_000);
    // A pattern that matches no message continues in steps, too.
    let filters = topics(&["users/*/*/nothing", "rooms/*"]);
    let (mut after, mut pages) = (0, 0);
    while after < test.log().head() {
        let page = test.read(&filters, after);
        assert!(page.messages.is_empty());
        assert!(page.rows_read <= 12_000 && page.reached > after);
        (after, pages) = (page.reached, pages + 1);
    }
    assert!(pages > 1);
}

#[test]
fn the_state_of_a_cursor_is_checked() {
    let test = TestLog::new();
    for _ in 0..3 {
        test.push(Audience::Everyone, "x");
    }
    let epoch = test.log().openings().current().clone();
    let check = |epoch, seq| test.log().check(&Cursor { epoch, seq });
    assert_eq!(check(epoch.clone(), 3), Standing::Exact);
    assert_eq!(check(epoch.clone(), 0), Standing::Exact);
    let beyond = Standing::RolledBack { from: 4, to: 9 };
    assert_eq!(check(epoch.clone(), 9), beyond);
    let other = Epoch::parse("other").expect("an epoch");
    assert_eq!(check(other, 3), Standing::UnknownEpoch);
    test.pass(Duration::from_secs(8 * 24 * 60 * 60));
    test.push(Audience::Everyone, "y");
    test.log().run_maintenance().expect("tidied");
    assert_eq!(test.log().tail_start(), 4);
    assert_eq!(check(epoch.clone(), 1), Standing::Pruned { from: 2, to: 3 });
    assert_eq!(check(epoch, 3), Standing::Exact);
}

#[test]
fn a_reader_misses_nothing_during_concurrent_appends() {
    let test = TestLog::new();
    let total = 4 * 200;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| _ = test.push(Audience::Everyone, "x")));
        }
        let mut after = 0;
        while after < total {
            let page = test.read(&subscriptions("a", &[]), after);
            let seqs: Vec<Seq> = page.messages.iter().map(|message| message.seq).collect();
            assert_eq!(seqs, (after + 1..=page.reached).collect::<Vec<_>>());
            after = page.reached;
        }
    });
    assert_eq!(*test.tail.lock(), (1..=total).collect::<Vec<_>>());
}

#[test]
fn a_message_can_be_replayed_before_the_tail_gets_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seen, passed) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(Vec::new())));
    let (log, heads) = (Arc::clone(&seen), Arc::clone(&passed));
    // A connection that registers after the tail has run must find the message by replaying up to the head.
    let tail = move |_: &Openings, messages: &[Arc<Message>]| {
        let log: Option<Arc<Log>> = log.lock().clone();
        let log = log.expect("an open log");
        let page = log.read(&subscriptions("a", &[]), 0, None, PageLimit::default());
        heads
            .lock()
            .push((log.head(), page.expect("a page").messages.len()));
        vec![0; messages.len()]
    };
    let log = Log::open(LogOptions::new(folder.path()), tail, |reason| {
        panic!("{reason}")
    });
    let log = Arc::new(log.expect("a log"));
    *seen.lock() = Some(Arc::clone(&log));
    for _ in 0..3 {
        let entry = Entry::new(draft(Audience::Everyone, "x"));
        log.append_blocking(entry).expect("kept");
    }
    assert_eq!(*passed.lock(), [(1, 1), (2, 2), (3, 3)]);
    *seen.lock() = None;
}
