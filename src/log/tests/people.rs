use super::*;

fn receipts(bed: &Bed, seq: Seq) -> Receipts {
    bed.log().receipts(seq).expect("read").expect("there")
}

fn outcomes(bed: &Bed, seq: Seq) -> Vec<Receipt> {
    let recipients = bed
        .log()
        .recipients(seq, 0, 100)
        .expect("read")
        .expect("there");
    recipients.into_iter().map(|(_, receipt)| receipt).collect()
}

#[test]
fn an_inbox_begins_after_what_was_seen_or_for_want_of_that_sent_and_never_goes_back() {
    let mut bed = Bed::new();
    let a = client("a");
    for i in 0..5 {
        bed.push(to_client("a"), &i.to_string());
        bed.push(to_client("b"), "other");
    }
    let inbox = |bed: &Bed| {
        let position = bed.log().inbox_position(&a).expect("a position");
        (position, bed.log().unread_count(&a, 100).expect("a count"))
    };
    assert_eq!(inbox(&bed), (0, 5));
    bed.log().note_sent(&a, 3);
    assert_eq!(inbox(&bed), (3, 3));
    bed.log().run_maintenance().expect("written");
    assert_eq!(inbox(&bed), (3, 3));
    bed.log().note_sent(&a, 1);
    bed.log().note_acked(&a, 5);
    bed.log().run_maintenance().expect("written");
    bed.reopen();
    assert_eq!(inbox(&bed), (5, 2));
    bed.log().note_sent(&a, 7);
    assert_eq!(inbox(&bed), (5, 2), "written is not seen");
    let expected = ClientPosition { sent: 7, acked: 5 };
    assert_eq!(bed.log().client_position(&a).expect("a position"), expected);
    bed.log().note_acked(&a, 1_000_000);
    assert_eq!(
        inbox(&bed),
        (10, 0),
        "nobody has seen what is not there yet"
    );
    assert_eq!(bed.log().unread_count(&client("b"), 3).expect("a count"), 3);
}

#[test]
fn receipts_say_how_far_a_message_came_at_each_client() {
    let bed = Bed::new();
    let seq = bed.push(to_clients(&["a", "b", "c"]), "x");
    assert_eq!(outcomes(&bed, seq), [Receipt::Queued; 3]);
    bed.log().note_sent(&client("a"), seq);
    bed.log().note_sent(&client("b"), seq);
    bed.log().note_acked(&client("b"), seq);
    let expected = [Receipt::Sent, Receipt::Acknowledged, Receipt::Queued];
    assert_eq!(outcomes(&bed, seq), expected);
    bed.log().run_maintenance().expect("written");
    assert_eq!(outcomes(&bed, seq), expected);
    let counts = Receipts {
        audience: 3,
        sent: 1,
        acknowledged: 1,
        waiting: 1,
        ..Receipts::default()
    };
    assert_eq!(receipts(&bed, seq), counts);
    assert_eq!(bed.log().receipts(99).expect("read"), None);
}

#[test]
fn a_message_that_expired_before_it_was_sent_stays_expired() {
    let bed = Bed::new();
    let mut draft = draft(to_clients(&["a", "b"]), "x");
    draft.ttl = Some(Duration::from_secs(10));
    let seq = bed
        .log()
        .append_blocking(Entry::new(draft))
        .expect("kept")
        .seq;
    bed.log().note_sent(&client("a"), seq);
    bed.log().run_maintenance().expect("written");
    bed.pass(Duration::from_secs(10));
    assert_eq!(outcomes(&bed, seq), [Receipt::Sent, Receipt::Expired]);
    // Both go on past it: that does not make it sent.
    let next = bed.push(to_clients(&["a", "b"]), "y");
    bed.log().note_acked(&client("a"), next);
    bed.log().note_sent(&client("b"), next);
    bed.log().run_maintenance().expect("settled");
    assert_eq!(
        outcomes(&bed, seq),
        [Receipt::Acknowledged, Receipt::Expired]
    );
    assert_eq!(
        (
            receipts(&bed, seq).expired,
            receipts(&bed, seq).acknowledged
        ),
        (1, 1)
    );
    assert_eq!(outcomes(&bed, next), [Receipt::Acknowledged, Receipt::Sent]);
}

#[test]
fn a_recalled_message_is_gone_for_good_and_its_receipts_stay() {
    let mut bed = Bed::new();
    let seq = bed.push(to_clients(&["a", "b"]), "secret");
    bed.log().note_sent(&client("a"), seq);
    bed.log().run_maintenance().expect("written");
    let recalled = bed.log().recall_blocking(seq).expect("recalled");
    assert_eq!(recalled.expect("there").audience, to_clients(&["a", "b"]));
    assert_eq!(
        bed.log().recall_blocking(seq).expect("no error"),
        None,
        "only once"
    );
    assert_eq!(bed.log().recall_blocking(77).expect("no error"), None);
    bed.push(to_clients(&["a", "b"]), "next");
    bed.log().note_sent(&client("b"), 2);
    bed.reopen();
    let page = bed.read(&listener("b", &[]), 0);
    assert_eq!(texts(&page), ["next"]);
    assert!(page.gaps.is_empty(), "what was taken back is nobody's gap");
    assert_eq!(outcomes(&bed, seq), [Receipt::Sent, Receipt::Recalled]);
    let record = bed.log().message(seq).expect("read").expect("there");
    assert_eq!(record.ended, Some(Ended::Recalled));
    assert_eq!(record.message.data.as_str(), "");
    for kind in [to_topic("t"), Audience::Everyone] {
        let seq = bed.push(kind, "x");
        assert!(bed.log().recall_blocking(seq).expect("recalled").is_some());
        assert!(
            bed.read(&listener("q", &["t", "*"]), seq - 1)
                .messages
                .is_empty()
        );
    }
}

#[test]
fn a_message_to_many_counts_connections() {
    let bed = Bed::new();
    let seq = bed.push(to_topic("t"), "x");
    let count = |bed: &Bed| {
        (
            receipts(bed, seq).audience,
            receipts(bed, seq).sent,
            receipts(bed, seq).waiting,
        )
    };
    assert_eq!(count(&bed), (3, 0, 3));
    bed.log().note_delivered(seq, 1);
    assert_eq!(count(&bed), (3, 1, 2));
    bed.log().run_maintenance().expect("written");
    bed.log().note_delivered(seq, 1);
    assert_eq!(count(&bed), (3, 2, 1));
    bed.log().run_maintenance().expect("written");
    assert_eq!(count(&bed), (3, 2, 1));
}

#[test]
fn known_clients_are_listed_by_name_and_found_by_a_part_of_it() {
    let mut bed = Bed::new();
    bed.push(to_clients(&["carla", "Carl", "bob"]), "x");
    bed.log().note_seen(&client("anna"), None);
    assert_eq!(
        bed.log()
            .client(&client("anna"))
            .expect("read")
            .expect("known")
            .first_seen,
        Some(NOON)
    );
    bed.pass(Duration::from_secs(5));
    bed.log().note_seen(&client("anna"), Some("it went away"));
    bed.reopen();
    let list = |text: &str, after: Option<&str>, limit| {
        let after = after.map(client);
        let page = bed
            .log()
            .clients(text, after.as_ref(), limit)
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
    let anna = bed
        .log()
        .client(&client("anna"))
        .expect("read")
        .expect("known");
    assert_eq!(
        (anna.first_seen, anna.last_seen),
        (Some(NOON), Some(NOON + 5000))
    );
    assert_eq!(anna.last_reason.as_deref(), Some("it went away"));
    assert_eq!(bed.log().client(&client("nobody")).expect("read"), None);
    let bob = bed
        .log()
        .client(&client("bob"))
        .expect("read")
        .expect("known");
    assert_eq!(bob.first_seen, None);
}

#[test]
fn the_history_is_found_by_whom_what_and_when() {
    let bed = Bed::new();
    bed.push(to_client("a"), "Hello a");
    bed.push(to_clients(&["a", "b"]), "hello both");
    bed.pass(Duration::from_secs(60));
    bed.push(to_topic("commands/1"), "paid");
    bed.push_for(to_client("a"), "short", Some(1));
    bed.push(Audience::Everyone, "hello all");
    bed.pass(Duration::from_secs(60));
    bed.log().run_maintenance().expect("settled");
    let found = |filter: HistoryFilter| {
        let page = bed.log().history(&filter, None, 100).expect("a page");
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
fn the_history_is_paged_and_names_a_part_of_a_long_list() {
    let bed = Bed::new();
    let names: Vec<String> = (10..30).map(|i| format!("c{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..5 {
        bed.push(to_clients(&names), "x");
    }
    let filter = HistoryFilter::default();
    let page = bed.log().history(&filter, None, 2).expect("a page");
    assert_eq!((page.records.len(), page.next), (2, Some(4)));
    let page = bed.log().history(&filter, page.next, 10).expect("a page");
    assert_eq!((page.records.len(), page.next), (3, None));
    assert_eq!(page.records[0].clients, Some(20));
    assert_eq!(page.records[0].message.audience, to_clients(&names[..10]));
    let page = bed
        .log()
        .recipients(1, 18, 100)
        .expect("read")
        .expect("there");
    assert_eq!(page.len(), 2);
}
