use super::*;
use crate::log::writer::reply::block_on;

fn receipts(test: &TestLog, seq: Seq) -> Receipts {
    test.log().receipts(seq).expect("read").expect("there")
}

fn outcomes(test: &TestLog, seq: Seq) -> Vec<Receipt> {
    let recipients = test
        .log()
        .recipients(seq, 0, 100)
        .expect("read")
        .expect("there");
    recipients.into_iter().map(|(_, receipt)| receipt).collect()
}

#[test]
fn an_inbox_begins_after_the_acknowledged_or_else_the_sent_position() {
    let mut test = TestLog::new();
    let a = client("a");
    for i in 0..5 {
        test.push(to_client("a"), &i.to_string());
        test.push(to_client("b"), "other");
    }
    let inbox = |test: &TestLog| {
        let position = test.log().inbox_position(&a).expect("a position");
        (position, test.log().unread_count(&a, 100).expect("a count"))
    };
    assert_eq!(inbox(&test), (0, 5));
    test.log().note_sent(&a, 3);
    assert_eq!(inbox(&test), (3, 3));
    test.log().run_maintenance().expect("written");
    assert_eq!(inbox(&test), (3, 3));
    test.log().note_sent(&a, 1);
    test.log().note_acked(&a, 5);
    test.log().run_maintenance().expect("written");
    test.reopen();
    assert_eq!(inbox(&test), (5, 2));
    test.log().note_sent(&a, 7);
    assert_eq!(inbox(&test), (5, 2), "written is not seen");
    let expected = ClientPosition { sent: 7, acked: 5 };
    assert_eq!(
        test.log().client_position(&a).expect("a position"),
        expected
    );
    test.log().note_acked(&a, 1_000_000);
    assert_eq!(
        inbox(&test),
        (10, 0),
        "later messages can not be acknowledged"
    );
    assert_eq!(
        test.log().unread_count(&client("b"), 3).expect("a count"),
        3
    );
}

#[test]
fn receipts_show_the_delivery_state_for_each_client() {
    let test = TestLog::new();
    let seq = test.push(to_clients(&["a", "b", "c"]), "x");
    assert_eq!(outcomes(&test, seq), [Receipt::Queued; 3]);
    test.log().note_sent(&client("a"), seq);
    test.log().note_sent(&client("b"), seq);
    test.log().note_acked(&client("b"), seq);
    let expected = [Receipt::Sent, Receipt::Acknowledged, Receipt::Queued];
    assert_eq!(outcomes(&test, seq), expected);
    test.log().run_maintenance().expect("written");
    assert_eq!(outcomes(&test, seq), expected);
    let counts = Receipts {
        audience: 3,
        sent: 1,
        acknowledged: 1,
        waiting: 1,
        ..Receipts::default()
    };
    assert_eq!(receipts(&test, seq), counts);
    assert_eq!(test.log().receipts(99).expect("read"), None);
}

#[test]
fn a_message_that_expired_before_it_was_sent_stays_expired() {
    let test = TestLog::new();
    let mut draft = draft(to_clients(&["a", "b"]), "x");
    draft.ttl = Some(Duration::from_secs(10));
    let seq = test
        .log()
        .append_blocking(Entry::new(draft))
        .expect("kept")
        .seq;
    test.log().note_sent(&client("a"), seq);
    test.log().run_maintenance().expect("written");
    test.pass(Duration::from_secs(10));
    assert_eq!(outcomes(&test, seq), [Receipt::Sent, Receipt::Expired]);
    // Both positions move past it, which does not make it sent.
    let next = test.push(to_clients(&["a", "b"]), "y");
    test.log().note_acked(&client("a"), next);
    test.log().note_sent(&client("b"), next);
    test.log().run_maintenance().expect("settled");
    assert_eq!(
        outcomes(&test, seq),
        [Receipt::Acknowledged, Receipt::Expired]
    );
    assert_eq!(
        (
            receipts(&test, seq).expired,
            receipts(&test, seq).acknowledged
        ),
        (1, 1)
    );
    assert_eq!(
        outcomes(&test, next),
        [Receipt::Acknowledged, Receipt::Sent]
    );
}

#[test]
fn a_recalled_message_is_never_delivered_and_keeps_its_receipts() {
    let mut test = TestLog::new();
    let seq = test.push(to_clients(&["a", "b"]), "secret");
    test.log().note_sent(&client("a"), seq);
    test.log().run_maintenance().expect("written");
    let recalled = test.log().recall_blocking(seq).expect("recalled");
    assert_eq!(recalled.expect("there").audience, to_clients(&["a", "b"]));
    assert_eq!(
        test.log().recall_blocking(seq).expect("no error"),
        None,
        "only once"
    );
    assert_eq!(test.log().recall_blocking(77).expect("no error"), None);
    test.push(to_clients(&["a", "b"]), "next");
    test.log().note_sent(&client("b"), 2);
    test.reopen();
    let page = test.read(&subscriptions("b", &[]), 0);
    assert_eq!(texts(&page), ["next"]);
    assert!(page.gaps.is_empty(), "a recalled message is not a gap");
    assert_eq!(outcomes(&test, seq), [Receipt::Sent, Receipt::Recalled]);
    let record = test.log().message(seq).expect("read").expect("there");
    assert_eq!(record.ended, Some(Ended::Recalled));
    assert_eq!(record.message.data.as_str(), "");
    for kind in [to_topic("t"), Audience::Everyone] {
        let seq = test.push(kind, "x");
        assert!(test.log().recall_blocking(seq).expect("recalled").is_some());
        assert!(
            test.read(&subscriptions("q", &["t", "*"]), seq - 1)
                .messages
                .is_empty()
        );
    }
}

#[test]
fn a_message_to_a_topic_counts_connections() {
    let test = TestLog::new();
    let seq = test.push(to_topic("t"), "x");
    let count = |test: &TestLog| {
        (
            receipts(test, seq).audience,
            receipts(test, seq).sent,
            receipts(test, seq).waiting,
        )
    };
    assert_eq!(count(&test), (3, 0, 3));
    test.log().note_delivered(seq, 1);
    assert_eq!(count(&test), (3, 1, 2));
    test.log().run_maintenance().expect("written");
    test.log().note_delivered(seq, 1);
    assert_eq!(count(&test), (3, 2, 1));
    test.log().run_maintenance().expect("written");
    assert_eq!(count(&test), (3, 2, 1));
}

#[test]
fn known_clients_are_sorted_and_searchable_by_id() {
    let mut test = TestLog::new();
    test.push(to_clients(&["carla", "Carl", "bob"]), "x");
    test.log().note_seen(&client("anna"), None);
    assert_eq!(
        test.log()
            .client(&client("anna"))
            .expect("read")
            .expect("known")
            .first_seen,
        Some(NOON)
    );
    test.pass(Duration::from_secs(5));
    test.log().note_seen(&client("anna"), Some("it went away"));
    test.reopen();
    let list = |text: &str, after: Option<&str>, limit| {
        let after = after.map(client);
        let page = test
            .log()
            .clients(text, after.as_ref(), limit, &|_| true)
            .expect("a page");
        let names: Vec<String> = page
            .clients
            .iter()
            .map(|known| known.id.to_string())
            .collect();
        (names.join(" "), page.next.map(|id| id.to_string()))
    };
    assert_eq!(list("", None, 10), ("Carl anna bob carla".into(), None));
    assert_eq!(list("", None, 2), ("Carl anna".into(), Some("anna".into())));
    assert_eq!(list("", Some("anna"), 10), ("bob carla".into(), None));
    assert_eq!(list("CARL", None, 10), ("Carl carla".into(), None));
    let anna = test
        .log()
        .client(&client("anna"))
        .expect("read")
        .expect("known");
    assert_eq!(
        (anna.first_seen, anna.last_seen),
        (Some(NOON), Some(NOON + 5000))
    );
    assert_eq!(anna.last_reason.as_deref(), Some("it went away"));
    assert_eq!(test.log().client(&client("nobody")).expect("read"), None);
    let bob = test
        .log()
        .client(&client("bob"))
        .expect("read")
        .expect("known");
    assert_eq!(bob.first_seen, None);
}

#[test]
fn the_history_can_be_filtered_by_audience_content_and_time() {
    let test = TestLog::new();
    test.push(to_client("a"), "Hello a");
    test.push(to_clients(&["a", "b"]), "hello both");
    test.pass(Duration::from_secs(60));
    test.push(to_topic("commands/1"), "paid");
    test.push_for(to_client("a"), "short", Some(1));
    test.push(Audience::Everyone, "hello all");
    test.pass(Duration::from_secs(60));
    test.log().run_maintenance().expect("settled");
    let found = |filter: HistoryFilter| {
        let page = test.log().history(&filter, None, 100).expect("a page");
        page.records
            .iter()
            .map(|record| record.message.seq)
            .collect::<Vec<_>>()
    };
    let of = |audience| {
        found(HistoryFilter {
            audience: Some(audience),
            ..HistoryFilter::default()
        })
    };
    assert_eq!(found(HistoryFilter::default()), [5, 4, 3, 2, 1]);
    assert_eq!(
        of(HistoryAudience::Client(client("a"))),
        [4, 2, 1],
        "the expired one too"
    );
    assert_eq!(of(HistoryAudience::Client(client("nobody"))), [0; 0]);
    assert_eq!(of(HistoryAudience::Direct), [4, 2, 1]);
    assert_eq!(of(HistoryAudience::Topics), [3]);
    assert_eq!(
        of(HistoryAudience::Topic(
            Topic::parse("commands/1").expect("a topic")
        )),
        [3]
    );
    assert_eq!(of(HistoryAudience::Everyone), [5]);
    let text = Some("HELLO".into());
    assert_eq!(
        found(HistoryFilter {
            text,
            ..HistoryFilter::default()
        }),
        [5, 2, 1]
    );
    let since = Some(NOON + 60_000);
    assert_eq!(
        found(HistoryFilter {
            since,
            ..HistoryFilter::default()
        }),
        [5, 4, 3]
    );
    let until = Some(NOON + 59_999);
    assert_eq!(
        found(HistoryFilter {
            until,
            ..HistoryFilter::default()
        }),
        [2, 1]
    );
}

#[test]
fn a_range_of_time_costs_as_much_as_its_messages() {
    let test = TestLog::new();
    for _ in 0..300 {
        test.push(Audience::Everyone, "old");
    }
    test.pass(Duration::from_secs(60));
    let first = test.push(Audience::Everyone, "new");
    test.pass(Duration::from_secs(60));
    for _ in 0..300 {
        test.push(Audience::Everyone, "newer");
    }
    let filter = HistoryFilter {
        since: Some(NOON + 60_000),
        until: Some(NOON + 60_000),
        ..HistoryFilter::default()
    };
    let page = test.log().history(&filter, None, 100).expect("a page");
    let found: Vec<Seq> = page.records.iter().map(|one| one.message.seq).collect();
    assert_eq!((found, page.next), (vec![first], None));
    assert_eq!(page.rows_read, 2, "neither the older nor the newer ones");
}

#[test]
fn the_history_is_paged_and_shortens_long_audiences() {
    let test = TestLog::new();
    let names: Vec<String> = (10..30).map(|i| format!("c{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..5 {
        test.push(to_clients(&names), "x");
    }
    let filter = HistoryFilter::default();
    let page = test.log().history(&filter, None, 2).expect("a page");
    assert_eq!((page.records.len(), page.next), (2, Some(4)));
    let page = test.log().history(&filter, page.next, 10).expect("a page");
    assert_eq!((page.records.len(), page.next), (3, None));
    assert_eq!(page.records[0].clients, Some(20));
    assert_eq!(page.records[0].message.audience, to_clients(&names[..10]));
    let page = test
        .log()
        .recipients(1, 18, 100)
        .expect("read")
        .expect("there");
    assert_eq!(page.len(), 2);
}

#[test]
fn an_inbox_that_is_cleared_expires_for_its_client_only() {
    let test = TestLog::new();
    test.push(to_client("ada"), "got");
    test.log().note_sent(&client("ada"), 1);
    test.push(to_client("ada"), "alone");
    test.push(to_clients(&["ada", "bob"]), "with bob");
    test.push(to_client("bob"), "for bob");
    block_on(test.log().write_positions()).expect("written");
    let head = test.log().head();
    let clear = || {
        let cleared = test.log().clear_inbox(client("ada"), head);
        block_on(cleared).expect("cleared");
    };
    clear();
    let ada = subscriptions("ada", &[]);
    let page = test.read(&ada, 1);
    assert_eq!(texts(&page), [""; 0]);
    assert_eq!(page.gaps.len(), 1, "the client is told");
    assert_eq!(page.gaps[0].reason, LogGapReason::Expired);
    let unread = |name| test.log().unread_count(&client(name), 9).expect("read");
    assert_eq!((unread("ada"), unread("bob")), (0, 2));
    let bob = test.read(&subscriptions("bob", &[]), 0);
    assert_eq!(texts(&bob), ["with bob", "for bob"]);
    assert_eq!(receipts(&test, 1).sent, 1);
    assert_eq!(receipts(&test, 2).expired, 1);
    let shared = receipts(&test, 3);
    assert_eq!((shared.expired, shared.waiting), (1, 1));
    // What ends later for all others stays what it was for this client, also after it has got newer ones.
    test.push(to_client("ada"), "new");
    test.log().note_sent(&client("ada"), 5);
    block_on(test.log().write_positions()).expect("written");
    assert_eq!(receipts(&test, 3).expired, 1);
    block_on(test.log().recall_and_release_key(3, None)).expect("recalled");
    assert_eq!(receipts(&test, 3).recalled, 2);
    // Clearing what is empty changes nothing, and retention removes all that is left.
    clear();
    test.pass(Duration::from_secs(8 * 24 * 3600));
    test.log().run_maintenance().expect("tidied");
    let mut test = test;
    drop(test.log.take());
    let report = check(test.folder.path()).expect("a report");
    assert!(report.is_good(), "{report:?}");
}
