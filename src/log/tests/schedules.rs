//! Messages that are pushed later, with a clock that the tests set.

use super::{super::writer::reply::block_on, *};

const HOUR: Duration = Duration::from_secs(3600);

/// How many may wait in these tests.
const MOST: KeptSize = KeptSize {
    messages: 100,
    bytes: 10_000,
};

fn schedule(test: &TestLog, entry: Entry, when: When) -> Scheduled {
    block_on(test.log().schedule(NewSchedule::new(entry, when, MOST))).expect("kept")
}

fn to_ada(text: &str) -> Entry {
    Entry::new(draft(to_client("ada"), text))
}

/// Stores a text for ada that is due after this time.
fn later(test: &TestLog, text: &str, delay: Duration) -> ScheduleId {
    match schedule(test, to_ada(text), When::In(delay)) {
        Scheduled::Stored(id, _) => id,
        other => panic!("{other:?}"),
    }
}

fn keyed(text: &str, key: &str) -> Entry {
    to_ada(text).with_key(IdempotencyKey::parse(key).expect("a key"))
}

/// Sends what is due, and returns all that ada has.
fn sent(test: &TestLog) -> Vec<String> {
    test.log().run_maintenance().expect("done");
    let page = test.read(&subscriptions("ada", &[]), 0);
    texts(&page).into_iter().map(str::to_owned).collect()
}

#[test]
fn messages_are_sent_in_the_order_of_their_times_and_not_before() {
    let test = TestLog::new();
    later(&test, "third", 2 * HOUR);
    let first = later(&test, "first", HOUR);
    let at = When::At(test.clock.load(Ordering::Relaxed) + 3_600_000);
    schedule(&test, to_ada("second"), at);
    test.push(to_client("ada"), "now");
    assert_eq!(test.log().scheduled_count(), 3);
    test.pass(HOUR - Duration::from_millis(1));
    assert_eq!(sent(&test), ["now"]);
    test.pass(Duration::from_millis(1));
    assert_eq!(sent(&test), ["now", "first", "second"]);
    assert_eq!(test.log().scheduled_count(), 1);
    test.pass(2 * HOUR);
    assert_eq!(sent(&test), ["now", "first", "second", "third"]);
    assert_eq!(*test.tail.lock(), [1, 2, 3, 4]);
    // The id is still good, in both directions.
    let found = test
        .log()
        .scheduled(first)
        .expect("readable")
        .expect("there");
    assert_eq!(found.state, ScheduleState::Sent(2));
    assert_eq!(test.log().schedule_of(2).expect("readable"), Some(first));
    assert_eq!(test.log().schedule_of(1).expect("readable"), None);
}

#[test]
fn a_clock_that_jumps_neither_loses_nor_doubles_a_message() {
    let test = TestLog::new();
    later(&test, "one", HOUR);
    let noon = test.clock.load(Ordering::Relaxed);
    // It jumps forward, so the message is due, and back to before it was made.
    test.pass(5 * HOUR);
    assert_eq!(sent(&test), ["one"]);
    test.clock.store(noon - 3_600_000, Ordering::Relaxed);
    assert_eq!(sent(&test), ["one"]);
    later(&test, "two", HOUR);
    assert_eq!(sent(&test), ["one"]);
    // Now it is the time at which the first one was due: the second is too, and the first is not sent again.
    test.clock.store(noon + 3_600_000, Ordering::Relaxed);
    assert_eq!(sent(&test), ["one", "two"]);
    test.pass(24 * HOUR);
    assert_eq!(sent(&test), ["one", "two"]);
    assert_eq!(*test.tail.lock(), [1, 2]);
}

#[test]
fn what_was_due_while_the_log_was_closed_is_sent_when_it_is_opened_and_once() {
    let mut test = TestLog::new();
    let ids: Vec<ScheduleId> = (0..50)
        .map(|n| later(&test, &n.to_string(), HOUR))
        .collect();
    let expected: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    test.reopen();
    assert_eq!(test.log().scheduled_count(), 50);
    assert_eq!(sent(&test), Vec::<String>::new());
    drop(test.log.take());
    test.pass(3 * HOUR);
    test.log = Some(test.open(test.options()));
    assert_eq!(sent(&test), expected);
    test.reopen();
    assert_eq!(sent(&test), expected);
    let first = test.log().scheduled(ids[0]).expect("readable");
    assert_eq!(first.expect("there").state, ScheduleState::Sent(1));
}

#[test]
fn times_can_be_changed_and_messages_cancelled_until_they_are_sent() {
    let test = TestLog::new();
    let (one, two) = (later(&test, "one", HOUR), later(&test, "two", HOUR));
    let moved = block_on(test.log().reschedule(one, When::In(3 * HOUR))).expect("done");
    assert!(matches!(moved, Scheduled::Stored(id, _) if id == one));
    let cancelled = || block_on(test.log().cancel_schedule(two)).expect("done");
    assert_eq!(cancelled(), Scheduled::Cancelled);
    assert_eq!(cancelled(), Scheduled::NotWaiting);
    assert_eq!(test.log().scheduled(two).expect("readable"), None);
    test.pass(2 * HOUR);
    assert_eq!(sent(&test), Vec::<String>::new());
    test.pass(HOUR);
    assert_eq!(sent(&test), ["one"]);
    for late in [
        block_on(test.log().reschedule(one, When::At(0))),
        block_on(test.log().cancel_schedule(one)),
    ] {
        assert_eq!(late.expect("done"), Scheduled::NotWaiting);
    }
    assert_eq!(sent(&test), ["one"]);
}

#[test]
fn a_key_stands_for_one_scheduled_message() {
    let test = TestLog::new();
    let first = schedule(&test, keyed("a", "k"), When::In(HOUR));
    let Scheduled::Stored(id, due_at) = first else {
        panic!("{first:?}");
    };
    test.pass(Duration::from_secs(5));
    // The same request again, a moment later.
    let again = || schedule(&test, keyed("a", "k"), When::In(HOUR));
    assert_eq!(again(), Scheduled::Repeated(id, due_at));
    for other in [
        schedule(&test, keyed("b", "k"), When::In(HOUR)),
        schedule(&test, keyed("a", "k"), When::In(2 * HOUR)),
        schedule(&test, keyed("a", "k"), When::At(due_at)),
    ] {
        assert_eq!(other, Scheduled::KeyReused);
    }
    let pushed = test.log().append_blocking(keyed("a", "k"));
    assert_eq!(pushed, Err(AppendError::KeyReused { seq: 0 }));
    test.pass(HOUR);
    assert_eq!(sent(&test), ["a"]);
    assert_eq!(again(), Scheduled::Repeated(id, due_at));
    // A key of a message, and a key that is released.
    test.log().append_blocking(keyed("now", "m")).expect("kept");
    assert_eq!(
        schedule(&test, keyed("now", "m"), When::In(HOUR)),
        Scheduled::KeyReused
    );
    let Scheduled::Stored(id, _) = schedule(&test, keyed("c", "c"), When::In(HOUR)) else {
        panic!("not stored");
    };
    block_on(test.log().cancel_schedule(id)).expect("done");
    let stored = schedule(&test, keyed("d", "c"), When::In(HOUR));
    assert!(matches!(stored, Scheduled::Stored(..)));
}

#[test]
fn only_so_many_wait_and_a_page_has_them_in_order() {
    let test = TestLog::new();
    for n in 0..MOST.messages {
        later(
            &test,
            &n.to_string(),
            HOUR * u32::try_from(MOST.messages - n).expect("small"),
        );
    }
    assert_eq!(
        schedule(&test, to_ada("x"), When::In(HOUR)),
        Scheduled::Full
    );
    let (mut after, mut found) = (SchedulePlace::default(), Vec::new());
    loop {
        let page = test.log().schedules(after, 7).expect("readable");
        let Some(last) = page.last() else { break };
        after = last.place();
        found.extend(page.into_iter().map(|one| match one.state {
            ScheduleState::Waiting(draft) => draft.data.as_str().to_owned(),
            ScheduleState::Sent(seq) => panic!("{seq} was sent"),
        }));
    }
    let expected: Vec<String> = (0..MOST.messages).rev().map(|n| n.to_string()).collect();
    assert_eq!(found, expected);
    test.pass(HOUR);
    sent(&test);
    assert!(matches!(
        schedule(&test, to_ada("x"), When::In(HOUR)),
        Scheduled::Stored(..)
    ));
}

#[test]
fn a_schedule_is_forgotten_with_its_message() {
    let test = TestLog::new();
    let id = later(&test, "old", HOUR);
    test.pass(HOUR);
    assert_eq!(sent(&test), ["old"]);
    test.pass(8 * 24 * HOUR);
    assert_eq!(sent(&test), Vec::<String>::new());
    assert_eq!(test.log().scheduled(id).expect("readable"), None);
}

#[test]
fn only_so_many_bytes_wait() {
    let mut test = TestLog::new();
    let large = |size: usize| schedule(&test, to_ada(&"x".repeat(size)), When::In(HOUR));
    let Scheduled::Stored(id, _) = large(6_000) else {
        panic!("not stored");
    };
    assert_eq!(large(6_000), Scheduled::Full);
    block_on(test.log().cancel_schedule(id)).expect("done");
    assert!(matches!(large(6_000), Scheduled::Stored(..)));
    test.reopen();
    let large = |size: usize| schedule(&test, to_ada(&"x".repeat(size)), When::In(HOUR));
    assert_eq!(large(6_000), Scheduled::Full);
    test.pass(HOUR);
    sent(&test);
    assert!(matches!(large(6_000), Scheduled::Stored(..)));
}
