use super::*;

#[test]
fn everybody_gets_what_is_theirs_in_order_and_once() {
    let bed = Bed::new();
    bed.push(to_client("a"), "a1");
    bed.push(to_client("b"), "b1");
    bed.push(to_clients(&["a", "b", "c"]), "abc");
    bed.push(to_topic("commands/1"), "o1");
    bed.push(to_topic("commands/2"), "o2");
    bed.push(to_topic("update"), "n");
    bed.push(Audience::Everyone, "all");
    let got = |subscriptions: &Subscriptions| texts(&bed.read(subscriptions, 0)).join(" ");
    assert_eq!(got(&listener("a", &[])), "a1 abc all");
    assert_eq!(got(&listener("b", &["commands/2"])), "b1 abc o2 all");
    assert_eq!(
        got(&listener("c", &["commands/*", "commands/1", "**"])),
        "abc o1 o2 n all"
    );
    assert_eq!(got(&listener("d", &["nothing"])), "all");
    assert_eq!(got(&topics(&["commands/**"])), "o1 o2");
}

#[test]
fn a_message_comes_back_as_it_went_in() {
    let bed = Bed::new();
    let mut sent = draft(to_topic("commands/1"), "");
    sent.event = Some(crate::message::EventType::parse("order.paid").expect("a type"));
    sent.data = Data::Json(r#"{"a":"ü\n"}"#.into());
    sent.ttl = Some(Duration::from_millis(1500));
    bed.log()
        .append_blocking(Entry::new(sent.clone()))
        .expect("kept");
    let message = Message {
        seq: 1,
        at: NOON,
        expires_at: Some(NOON + 1500),
        audience: sent.audience,
        event: sent.event,
        data: sent.data,
    };
    assert_eq!(bed.read(&topics(&["commands/*"]), 0).messages[0], message);
    assert_eq!(
        bed.log().message(1).expect("read").expect("there").message,
        message
    );
}

#[test]
fn a_message_for_several_tells_its_reader_of_no_other() {
    let bed = Bed::new();
    bed.push(to_clients(&["a", "b"]), "x");
    assert_eq!(
        bed.read(&listener("b", &[]), 0).messages[0].audience,
        to_client("b")
    );
    let record = bed.log().message(1).expect("read").expect("there");
    assert_eq!(record.message.audience, to_clients(&["a", "b"]));
}

#[test]
fn pages_are_bounded_by_count_and_bytes_and_follow_each_other() {
    let bed = Bed::new();
    for i in 0..50 {
        bed.push(to_client("a"), &format!("a{i}"));
        bed.push(to_client("b"), &format!("b{i}"));
    }
    let all = |limit: PageLimit, most: usize| {
        let (mut after, mut got) = (0, Vec::new());
        loop {
            let page = bed
                .log()
                .read(&listener("a", &[]), after, None, limit)
                .expect("a page");
            assert!(page.messages.len() <= most, "{}", page.messages.len());
            got.extend(texts(&page).into_iter().map(String::from));
            assert_eq!(page.more, page.reached < bed.log().head());
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
fn a_read_ends_where_it_was_told_to() {
    let bed = Bed::new();
    for i in 1..=5 {
        bed.push(to_client("a"), &i.to_string());
    }
    let page = bed
        .log()
        .read(&listener("a", &[]), 1, Some(3), PageLimit::default());
    let page = page.expect("a page");
    assert_eq!((texts(&page), page.reached), (vec!["2", "3"], 3));
    let page = bed
        .log()
        .read(&listener("a", &[]), 4, Some(3), PageLimit::default());
    let page = page.expect("a page");
    assert_eq!((texts(&page), page.reached), (vec![], 4));
}

/// 200,000 messages, most of them for others.
fn large() -> Bed {
    let bed = Bed::new();
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
        let outcomes = bed.log().append_batch_blocking(entries.collect());
        assert!(outcomes.iter().all(Result::is_ok));
    }
    bed
}

#[test]
fn a_resume_costs_what_it_returns_and_not_what_the_log_holds() {
    let bed = large();
    let head = bed.log().head();
    assert_eq!(head, 200_000);
    // Ten from the end, by a client with topics, by patterns that match one and many topics.
    for filters in [
        vec![],
        vec!["rooms/2/talk"],
        vec!["users/3/**"],
        vec!["rooms/*/talk", "**"],
    ] {
        let page = bed.read(&listener("c997", &filters), head - 10);
        assert!(
            (2..=10).contains(&page.messages.len()),
            "{filters:?}: {}",
            page.messages.len()
        );
        assert!(page.rows_read <= 40, "{filters:?}: {} rows", page.rows_read);
        assert_eq!(page.reached, head);
    }
    // All that one client ever got: 200 of 200,000.
    let mut subscriptions = listener("c1", &[]);
    subscriptions.everyone = false;
    let page = bed.read(&subscriptions, 0);
    assert_eq!(page.messages.len(), 200);
    assert!(page.rows_read <= 2 * 200 + 20, "{} rows", page.rows_read);
    // A client with nothing waiting, and one whom nobody knows.
    let page = bed.read(
        &Subscriptions {
            client: Some(client("c1")),
            ..Subscriptions::default()
        },
        199_900,
    );
    assert!(page.rows_read <= 4, "{} rows", page.rows_read);
    let page = bed.read(
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
    // A pattern over few topics of many: the others cost nothing.
    let page = bed.read(&topics(&["rooms/2/*"]), 0);
    assert_eq!(page.messages.len(), 100);
    assert!(page.rows_read <= 2 * 100 + 20, "{} rows", page.rows_read);
}

#[test]
fn a_pattern_over_very_many_topics_gets_them_all_in_bounded_pages() {
    let bed = large();
    let filters = topics(&["users/*/*"]);
    let (mut after, mut got) = (0, 0);
    while after < bed.log().head() {
        let page = bed.read(&filters, after);
        assert!(page.rows_read <= 12_000, "{} rows", page.rows_read);
        got += page.messages.len();
        after = page.reached;
    }
    assert_eq!(got, 50_000);
    // One that matches nothing among them goes on in steps, too.
    let filters = topics(&["users/*/*/nothing", "rooms/*"]);
    let (mut after, mut pages) = (0, 0);
    while after < bed.log().head() {
        let page = bed.read(&filters, after);
        assert!(page.messages.is_empty());
        assert!(page.rows_read <= 12_000 && page.reached > after);
        (after, pages) = (page.reached, pages + 1);
    }
    assert!(pages > 1);
}

#[test]
fn a_cursor_is_told_where_it_stands() {
    let bed = Bed::new();
    for _ in 0..3 {
        bed.push(Audience::Everyone, "x");
    }
    let epoch = bed.log().openings().current().clone();
    let check = |epoch, seq| bed.log().check(&Cursor { epoch, seq });
    assert_eq!(check(epoch.clone(), 3), Standing::Exact);
    assert_eq!(check(epoch.clone(), 0), Standing::Exact);
    let beyond = Standing::RolledBack { from: 4, to: 9 };
    assert_eq!(check(epoch.clone(), 9), beyond);
    let other = Epoch::parse("other").expect("an epoch");
    assert_eq!(check(other, 3), Standing::UnknownEpoch);
    bed.pass(Duration::from_secs(8 * 24 * 60 * 60));
    bed.push(Audience::Everyone, "y");
    bed.log().run_maintenance().expect("tidied");
    assert_eq!(bed.log().tail_start(), 4);
    assert_eq!(check(epoch.clone(), 1), Standing::Pruned { from: 2, to: 3 });
    assert_eq!(check(epoch, 3), Standing::Exact);
}

#[test]
fn a_reader_beside_many_publishers_misses_nothing_and_the_tail_is_in_order() {
    let bed = Bed::new();
    let total = 4 * 200;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| _ = bed.push(Audience::Everyone, "x")));
        }
        let mut after = 0;
        while after < total {
            let page = bed.read(&listener("a", &[]), after);
            let seqs: Vec<Seq> = page.messages.iter().map(|message| message.seq).collect();
            assert_eq!(seqs, (after + 1..=page.reached).collect::<Vec<_>>());
            after = page.reached;
        }
    });
    assert_eq!(*bed.tail.lock(), (1..=total).collect::<Vec<_>>());
}

#[test]
fn a_message_is_found_by_a_replay_before_the_tail_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (seen, passed) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(Vec::new())));
    let (log, heads) = (Arc::clone(&seen), Arc::clone(&passed));
    // Whoever registers after the tail has passed must find the message by replaying up to the head.
    let tail = move |_: &Epoch, messages: &[Arc<Message>]| {
        let log: Option<Arc<Log>> = log.lock().clone();
        let log = log.expect("an open log");
        let page = log.read(&listener("a", &[]), 0, None, PageLimit::default());
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
