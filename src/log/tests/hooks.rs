//! Webhooks in the log: what is written for them, and how far each has come.

use super::*;
use crate::log::writer::reply::block_on;

fn change(test: &TestLog, change: HookChange) {
    block_on(test.log().change_hook(change)).expect("changed");
}

fn create(test: &TestLog, id: &str, kinds: &[EventKind]) {
    change(
        test,
        HookChange::Create {
            id: id.to_owned(),
            config: "{}".to_owned(),
            kinds: kinds.iter().copied().collect(),
            secrets: HiddenText("s".to_owned()),
        },
    );
}

fn hook(test: &TestLog, id: &str) -> Arc<StoredHook> {
    test.log().hook(id).expect("it is there")
}

/// What was written, in order: the kind and whom it is about.
fn events(test: &TestLog) -> Vec<(EventKind, String)> {
    let events = test.log().hook_events(0, 1000).expect("readable");
    let about = |event: HookEvent| (event.kind, event.client.or(event.topic).unwrap_or_default());
    events.into_iter().map(about).collect()
}

fn at_node(node: &str, came: &[&str], gone: &[&str]) -> HookChange {
    let clients = |names: &[&str]| {
        let client = |name: &&str| Present::Client((*name).to_owned());
        names.iter().map(client).collect()
    };
    HookChange::Events(NodeEvents {
        node: node.to_owned(),
        came: clients(came),
        gone: clients(gone),
        ..NodeEvents::default()
    })
}

#[test]
fn an_acknowledgement_is_written_with_the_position_of_the_client() {
    let test = TestLog::new();
    let first = test.push(to_client("ada"), "1");
    test.log().note_acked(&client("ada"), first);
    block_on(test.log().write_positions()).expect("written");
    create(&test, "h", &[EventKind::MessageAcknowledged]);
    let second = test.push(to_client("ada"), "2");
    let third = test.push(to_clients(&["ada", "bob"]), "3");
    test.push(to_topic("t"), "4");
    test.log().note_acked(&client("ada"), third);
    // What was acknowledged before is no event, and neither is what was sent.
    test.log().note_acked(&client("ada"), first);
    test.log().note_sent(&client("bob"), third);
    block_on(test.log().write_positions()).expect("written");
    let events = test.log().hook_events(0, 10).expect("readable");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].messages, [third, second, third]);
    assert_eq!(hook(&test, "h").cursor, 0);
}

#[test]
fn an_expired_message_is_written_for_each_client_that_did_not_get_it() {
    let test = TestLog::new();
    create(&test, "h", &[EventKind::MessageExpired]);
    let seq = test.push_for(to_clients(&["ada", "bob", "cid"]), "1", Some(1));
    test.log().note_sent(&client("bob"), seq);
    test.pass(Duration::from_secs(2));
    test.log().run_maintenance().expect("maintained");
    let mut told = events(&test);
    told.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    let expired = |name: &str| (EventKind::MessageExpired, name.to_owned());
    assert_eq!(told, [expired("ada"), expired("cid")]);
}

#[test]
fn a_client_is_online_while_it_is_at_some_node() {
    let mut test = TestLog::new();
    create(
        &test,
        "h",
        &[EventKind::ClientOnline, EventKind::ClientOffline],
    );
    change(&test, at_node("n1", &["ada"], &[]));
    change(&test, at_node("n2", &["ada", "bob"], &[]));
    change(&test, at_node("n1", &[], &["ada"]));
    change(&test, at_node("n1", &[], &["ada", "bob"]));
    test.reopen();
    change(&test, at_node("n2", &[], &["ada"]));
    let is = |kind, name: &str| (kind, name.to_owned());
    let expected = [
        is(EventKind::ClientOnline, "ada"),
        is(EventKind::ClientOnline, "bob"),
        is(EventKind::ClientOffline, "ada"),
    ];
    assert_eq!(events(&test), expected);
    let present = test.log().hook_presence("n2", 10).expect("readable");
    assert_eq!(present, [Present::Client("bob".to_owned())]);
    change(&test, HookChange::Remove("h".to_owned()));
    assert!(
        test.log().hook_nodes().expect("readable").is_empty(),
        "nobody wants to know"
    );
}

#[test]
fn events_are_kept_for_a_time_and_those_that_a_hook_has_not_got_are_counted() {
    let test = TestLog::new();
    create(&test, "fast", &[EventKind::ClientOnline]);
    create(&test, "slow", &[EventKind::ClientOnline]);
    create(&test, "other", &[EventKind::JobEnded]);
    for name in ["a", "b", "c"] {
        change(&test, at_node("n", &[name], &[]));
    }
    let progress = |id: &str, cursor| HookProgress {
        id: id.to_owned(),
        cursor,
        ..HookProgress::default()
    };
    change(&test, HookChange::Progress(progress("fast", 3)));
    test.pass(Duration::from_secs(73 * 3600));
    change(&test, at_node("n", &["d"], &[]));
    test.log().run_maintenance().expect("maintained");
    assert_eq!(events(&test).len(), 1);
    let state = |id| {
        let hook = hook(&test, id);
        (hook.cursor, hook.lost)
    };
    assert_eq!(
        (state("fast"), state("slow"), state("other")),
        ((3, 0), (3, 3), (3, 0))
    );
    // A number is not used again, also when all are gone.
    test.pass(Duration::from_secs(73 * 3600));
    test.log().run_maintenance().expect("maintained");
    change(&test, at_node("n", &["e"], &[]));
    let newest = test.log().hook_events(0, 10).expect("readable");
    assert_eq!(
        newest.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [5]
    );
}

#[test]
fn progress_of_an_earlier_run_is_not_noted_and_a_replay_goes_back() {
    let test = TestLog::new();
    create(&test, "h", &[EventKind::ClientOnline]);
    change(&test, at_node("n", &["a"], &[]));
    test.pass(Duration::from_secs(60));
    change(&test, at_node("n", &["b"], &[]));
    let progress = |run, cursor| {
        HookChange::Progress(HookProgress {
            id: "h".to_owned(),
            run,
            cursor,
            ..HookProgress::default()
        })
    };
    change(&test, progress(0, 2));
    assert_eq!(hook(&test, "h").cursor, 2);
    change(&test, HookChange::Replay("h".to_owned(), NOON + 1));
    assert_eq!((hook(&test, "h").cursor, hook(&test, "h").run), (1, 1));
    change(&test, progress(0, 2));
    assert_eq!(hook(&test, "h").cursor, 1, "it belongs to the run before");
    change(&test, progress(1, 2));
    assert_eq!(hook(&test, "h").cursor, 2);
    change(&test, HookChange::Replay("h".to_owned(), u64::MAX));
    let now = hook(&test, "h");
    assert_eq!((now.cursor, now.run), (2, 1), "nothing is so new");
    // What was delivered before a pause was delivered.
    change(&test, at_node("n", &["c"], &[]));
    change(
        &test,
        HookChange::Pause("h".to_owned(), Some("by hand".to_owned())),
    );
    change(&test, progress(1, 3));
    assert_eq!((hook(&test, "h").cursor, hook(&test, "h").run), (3, 2));
}
