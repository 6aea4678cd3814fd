use serde_json::value::RawValue;

use super::*;
use crate::wire::Receipts;

fn message(seq: u64, to: To, event: &str) -> Arc<MessageInfo> {
    let clients = match &to {
        To::Client(_) => Some(1),
        To::Clients(ids) => Some(ids.len() as u64),
        To::Topic(_) | To::Everyone => None,
    };
    Arc::new(MessageInfo {
        id: format!("k3-{seq}"),
        at: seq,
        expires_at: None,
        to,
        clients,
        event: (!event.is_empty()).then(|| event.to_owned()),
        data: RawValue::NULL.to_owned(),
        ended: None,
        replace: None,
        replaces: None,
        urgency: None,
        receipt: None,
        receipts: Receipts::default(),
    })
}

fn everyone(seq: u64) -> Arc<MessageInfo> {
    message(seq, To::Everyone, "")
}

fn seqs(tail: &LiveTail) -> Vec<u64> {
    let seq = |row: &Arc<TailRow>| match &row.line {
        TailLine::Message(message) => cursor::seq(&message.id),
        TailLine::Lost | TailLine::Back(_) => 0,
    };
    tail.rows().map(seq).collect()
}

fn filter(topic: &str, client: &str, event: &str) -> TailFilter {
    TailFilter {
        topic: topic.to_owned(),
        client: client.to_owned(),
        event: event.to_owned(),
    }
}

#[test]
fn the_newest_rows_are_kept() {
    let mut tail = LiveTail::default();
    let most = LiveTail::MAX_ROWS as u64;
    tail.take((1..=most + 3).map(everyone));
    assert_eq!(tail.rows().count(), LiveTail::MAX_ROWS);
    assert_eq!((seqs(&tail)[0], tail.is_full()), (most + 3, true));
    assert_eq!(seqs(&tail).last(), Some(&4));
}

#[test]
fn what_comes_during_a_pause_is_counted_and_shown_afterwards() {
    let mut tail = LiveTail::default();
    tail.take([everyone(1)]);
    assert_eq!(tail.arrived(), None);
    tail.pause_or_go_on();
    let most = LiveTail::MAX_ROWS as u64;
    tail.take((2..most + 9).map(everyone));
    assert_eq!((seqs(&tail), tail.arrived()), (vec![1], Some(most + 7)));
    tail.pause_or_go_on();
    assert_eq!((seqs(&tail)[0], tail.arrived()), (most + 8, None));
    assert_eq!(tail.rows().count(), LiveTail::MAX_ROWS);
}

#[test]
fn a_filter_selects_by_audience_and_type() {
    let all = [
        message(1, To::Topic("orders/1".to_owned()), "paid"),
        message(2, To::Topic("news".to_owned()), ""),
        message(3, To::Client("ada".to_owned()), "paid"),
        message(4, To::Clients(vec!["ada".to_owned(), "bob".to_owned()]), ""),
        everyone(5),
    ];
    for (filter, expected) in [
        (filter("", "", ""), &[5, 4, 3, 2, 1][..]),
        (filter("orders/*", "", ""), &[1]),
        (filter("", "ada", ""), &[4, 3]),
        (filter("", "bob", ""), &[4]),
        (filter("**", "bob", ""), &[4, 2, 1]),
        (filter("", "", "paid"), &[3, 1]),
        (filter("", "ada", "paid"), &[3]),
    ] {
        let mut tail = LiveTail::default();
        tail.set_filter(filter.clone());
        tail.take(all.clone());
        assert_eq!(seqs(&tail), expected, "{filter:?}");
    }
}

#[test]
fn a_new_filter_drops_what_does_not_match() {
    let mut tail = LiveTail::default();
    let ada = || To::Client("ada".to_owned());
    tail.take([everyone(1), message(2, ada(), "")]);
    tail.add(0.0, TailLine::Lost);
    tail.pause_or_go_on();
    tail.take([everyone(3), message(4, ada(), "")]);
    tail.set_filter(filter("", "ada", ""));
    assert_eq!((seqs(&tail), tail.arrived()), (vec![0, 2], Some(1)));
    tail.clear();
    tail.pause_or_go_on();
    assert_eq!(seqs(&tail), [0; 0]);
}

#[test]
fn loaded_messages_stand_before_those_that_came_meanwhile() {
    let info = |seq| Arc::unwrap_or_clone(everyone(seq));
    let mut passing = info(0);
    passing.id = String::new();
    let live = vec![everyone(6), Arc::new(passing), everyone(8)];
    let order = in_order(vec![info(7), info(6), info(5)], live);
    let ids: Vec<&str> = order.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["k3-5", "k3-6", "k3-7", "", "k3-8"]);
}
