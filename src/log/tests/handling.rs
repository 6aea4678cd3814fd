//! Messages that take the place of others, urgent ones, and states of topics.

use super::{super::writer::reply::block_on, *};
use crate::message::{Handling, ReplaceKey, Replaced, Urgency};

/// More than any test stores for later.
const MANY: KeptSize = KeptSize {
    messages: 10,
    bytes: 10_000,
};

fn with(audience: Audience, text: &str, handling: Handling) -> Entry {
    let mut draft = draft(audience, text);
    draft.handling = handling.unless_usual();
    Entry::new(draft)
}

/// A message that takes the place of others with this key.
fn keyed(audience: Audience, text: &str, key: &str) -> Entry {
    let handling = Handling {
        replace: Some(ReplaceKey::parse(key).expect("a key")),
        ..Handling::default()
    };
    with(audience, text, handling)
}

fn push(test: &TestLog, entry: Entry) -> Seq {
    test.log().append_blocking(entry).expect("kept").seq
}

fn state(test: &TestLog, topic: &str, data: Data) -> Seq {
    let handling = Handling {
        is_state: true,
        ..Handling::default()
    };
    let mut entry = with(to_topic(topic), "", handling);
    entry.draft.data = data;
    push(test, entry)
}

fn text(text: &str) -> Data {
    Data::Text(text.into())
}

fn ended(test: &TestLog, seq: Seq) -> Option<Ended> {
    let record = test.log().message(seq).expect("readable");
    record.expect("there").ended
}

fn replaced(test: &TestLog, seq: Seq) -> Option<Replaced> {
    let record = test.log().message(seq).expect("readable");
    record.expect("there").message.handling.as_ref()?.replaces
}

#[test]
fn a_newer_message_takes_the_place_of_an_older_one_with_its_key_and_audience() {
    for (audience, reader) in [
        (to_client("ada"), subscriptions("ada", &[])),
        (to_clients(&["ada", "bob"]), subscriptions("ada", &[])),
        (to_topic("scores/7"), topics(&["scores/7"])),
        (to_topic("scores/7"), topics(&["scores/*"])),
        (Audience::Everyone, subscriptions("ada", &[])),
    ] {
        let test = TestLog::new();
        let first = push(&test, keyed(audience.clone(), "one", "k"));
        let second = push(&test, keyed(audience.clone(), "two", "k"));
        push(&test, keyed(audience.clone(), "other", "l"));
        let third = push(&test, keyed(audience.clone(), "three", "k"));
        let page = test.read(&reader, 0);
        assert_eq!(texts(&page), ["other", "three"], "{audience:?}");
        assert_eq!(page.gaps, [], "{audience:?}");
        let replaces = |last| Some(Replaced { first, last });
        assert_eq!(page.messages[1].replaces(), Some(first));
        assert_eq!(replaced(&test, first), None);
        assert_eq!(replaced(&test, second), replaces(first));
        assert_eq!(replaced(&test, third), replaces(second));
        assert_eq!(ended(&test, second), Some(Ended::Replaced));
        assert_eq!(ended(&test, third), None);
    }
}

#[test]
fn another_audience_keeps_its_message() {
    let test = TestLog::new();
    for audience in [
        to_client("ada"),
        to_client("bob"),
        to_clients(&["ada", "bob"]),
        to_topic("ada"),
        Audience::Everyone,
    ] {
        let seq = push(&test, keyed(audience, "x", "k"));
        assert_eq!(replaced(&test, seq), None);
    }
    let page = test.read(&subscriptions("ada", &["ada"]), 0);
    assert_eq!(page.messages.len(), 4);
}

#[test]
fn messages_of_one_commit_replace_each_other_too() {
    let test = TestLog::new();
    let entries = ["one", "two", "three"].map(|text| keyed(to_client("ada"), text, "k"));
    let appended = test.log().append_batch_blocking(entries.to_vec());
    assert!(appended.iter().all(Result::is_ok));
    assert_eq!(texts(&test.read(&subscriptions("ada", &[]), 0)), ["three"]);
    assert_eq!(
        test.log().unread_count(&client("ada"), 10).expect("read"),
        1
    );
}

#[test]
fn whoever_has_the_older_one_keeps_its_receipt() {
    let test = TestLog::new();
    let both = to_clients(&["ada", "bob"]);
    let first = push(&test, keyed(both.clone(), "one", "k"));
    test.log().note_sent(&client("ada"), first);
    push(&test, keyed(both, "two", "k"));
    let receipts = test.log().receipts(first).expect("read").expect("there");
    let expected = Receipts {
        audience: 2,
        sent: 1,
        replaced: 1,
        ..Receipts::default()
    };
    assert_eq!(receipts, expected);
}

#[test]
fn what_has_expired_stays_expired_and_what_was_pruned_is_forgotten() {
    let test = TestLog::new();
    let mut short = keyed(to_client("ada"), "one", "k");
    short.draft.ttl = Some(Duration::from_secs(5));
    let first = push(&test, short);
    test.pass(Duration::from_secs(6));
    let second = push(&test, keyed(to_client("ada"), "two", "k"));
    assert_eq!(ended(&test, first), Some(Ended::Expired));
    assert_eq!(replaced(&test, second).map(|one| one.first), Some(first));
    test.pass(Duration::from_secs(8 * 24 * 3600));
    test.log().run_maintenance().expect("done");
    let third = push(&test, keyed(to_client("ada"), "three", "k"));
    assert_eq!(replaced(&test, third), None);
}

#[test]
fn a_repeated_push_replaces_nothing() {
    let test = TestLog::new();
    let once =
        || keyed(to_client("ada"), "one", "k").with_key(IdempotencyKey::parse("i").expect("a key"));
    let first = push(&test, once());
    let second = push(&test, keyed(to_client("ada"), "two", "k"));
    let again = test.log().append_blocking(once()).expect("kept");
    assert_eq!((again.seq, again.duplicate), (first, true));
    assert_eq!(ended(&test, second), None);
}

#[test]
fn a_scheduled_message_replaces_when_it_is_sent() {
    let test = TestLog::new();
    push(&test, keyed(to_client("ada"), "one", "k"));
    let later = keyed(to_client("ada"), "two", "k");
    let new = NewSchedule::new(later, When::In(Duration::from_secs(5)), MANY);
    block_on(test.log().schedule(new)).expect("kept");
    assert_eq!(texts(&test.read(&subscriptions("ada", &[]), 0)), ["one"]);
    test.pass(Duration::from_secs(5));
    test.log().run_maintenance().expect("done");
    assert_eq!(texts(&test.read(&subscriptions("ada", &[]), 0)), ["two"]);
}

#[test]
fn urgent_messages_of_a_client_are_found_in_order() {
    let mut test = TestLog::new();
    let urgent = |audience, text| {
        let handling = Handling {
            urgency: Urgency::High,
            ..Handling::default()
        };
        with(audience, text, handling)
    };
    assert!(!test.log().has_urgent());
    test.push(to_client("ada"), "usual");
    push(&test, urgent(to_client("ada"), "one"));
    push(&test, urgent(to_client("bob"), "for bob"));
    push(&test, urgent(to_topic("t"), "to a topic"));
    push(&test, urgent(to_clients(&["ada", "bob"]), "two"));
    let mut short = urgent(to_client("ada"), "short");
    short.draft.ttl = Some(Duration::from_secs(1));
    push(&test, short);
    test.pass(Duration::from_secs(2));
    test.reopen();
    assert!(test.log().has_urgent());
    let found = |range| {
        let found = test.log().urgent(&client("ada"), range).expect("readable");
        let text = |message: &Message| message.data.as_str().to_owned();
        found.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(found((0, 100)), ["one", "two"]);
    assert_eq!(found((2, 100)), ["two"]);
    assert_eq!(found((0, 4)), ["one"]);
}

#[test]
fn a_topic_keeps_its_newest_state() {
    let mut test = TestLog::new();
    let states = |test: &TestLog, filters: &[&str]| {
        let (page, until) = test
            .log()
            .states(&topics(filters).filters, "")
            .expect("readable");
        assert_eq!(until, test.log().head());
        assert_eq!(page.next, None);
        let one = |state: TopicState| (state.topic.to_string(), state.data.as_str().to_owned());
        page.states.into_iter().map(one).collect::<Vec<_>>()
    };
    let pair = |topic: &str, data: &str| (topic.to_owned(), data.to_owned());
    assert!(!test.log().has_states());
    state(&test, "a/1", text("old"));
    state(&test, "a/2", text("two"));
    state(&test, "a/1", Data::Json("{\"n\":1}".into()));
    state(&test, "b", text("three"));
    test.push(to_topic("a/1"), "no state");
    test.reopen();
    assert!(test.log().has_states());
    assert_eq!(states(&test, &["a/1"]), [pair("a/1", "{\"n\":1}")]);
    let all = [
        pair("a/1", "{\"n\":1}"),
        pair("a/2", "two"),
        pair("b", "three"),
    ];
    assert_eq!(states(&test, &["**"]), all);
    assert_eq!(states(&test, &["b", "a/*", "a/1"]), all);
    assert_eq!(states(&test, &["c", "a"]), []);
    let two = state(&test, "b", text("gone"));
    test.log()
        .recall_blocking(two)
        .expect("done")
        .expect("recalled");
    state(&test, "a/2", Data::Json("null".into()));
    assert_eq!(states(&test, &["**"]), [pair("a/1", "{\"n\":1}")]);
    // It outlives its message.
    test.pass(Duration::from_secs(8 * 24 * 3600));
    test.log().run_maintenance().expect("done");
    assert_eq!(states(&test, &["a/*"]), [pair("a/1", "{\"n\":1}")]);
}

#[test]
fn states_have_room_up_to_a_limit_and_a_state_can_always_become_smaller_or_go() {
    let mut test = TestLog::new();
    let handling = Handling {
        is_state: true,
        ..Handling::default()
    };
    let most = KeptSize {
        messages: 2,
        bytes: 10,
    };
    let null = || Data::Json("null".into());
    let entry = |topic: &str, data: Data| {
        let mut entry = with(to_topic(topic), "", handling.clone());
        entry.draft.data = data;
        entry.with_most_states(Some(most))
    };
    let set = |test: &TestLog, topic: &str, data: Data| {
        let appended = test.log().append_blocking(entry(topic, data));
        appended.map(|appended| appended.seq)
    };
    let full = Err(AppendError::TooManyStates(most));
    let usual = Entry::new(draft(to_topic("a"), "no state"));
    assert_eq!(usual.with_most_states(Some(most)).most_states, None);
    set(&test, "a", text("12345678")).expect("kept");
    assert_eq!(set(&test, "b", text("123")), full, "11 bytes");
    set(&test, "b", text("12")).expect("kept");
    assert_eq!(set(&test, "c", text("")), full, "three states");
    let head = test.log().head();
    test.reopen();
    assert_eq!(test.log().state_count(), 2);
    assert_eq!(set(&test, "c", text("")), full);
    assert_eq!(test.log().head(), head, "nothing is stored");
    let later = NewSchedule::new(entry("c", text("")), When::At(1), most);
    let later = block_on(test.log().schedule(later)).expect("an answer");
    assert_eq!(later, Scheduled::StatesFull(most));
    assert_eq!(set(&test, "b", text("123")), full, "it is larger");
    set(&test, "b", text("1")).expect("it is smaller");
    let of_a = set(&test, "a", text("1234567")).expect("it is smaller");
    set(&test, "none", null()).expect("it needs no room");
    test.log().recall_blocking(of_a).expect("done");
    assert_eq!(test.log().state_count(), 1);
    set(&test, "c", text("123456789")).expect("there is room again");
    set(&test, "b", null()).expect("removed");
    assert_eq!(test.log().state_count(), 1);
    // A refusal leaves the other pushes of its commit alone.
    let batch = ["d", "e", "f"].map(|topic| entry(topic, text("")));
    let outcomes = test.log().append_batch_blocking(batch.into());
    let kept: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(kept, [true, false, false]);
    // What was stored for later has been let in.
    let later = NewSchedule::new(entry("c", text("")), When::In(Duration::from_secs(5)), MANY);
    block_on(test.log().schedule(later)).expect("stored");
    set(&test, "c", null()).expect("removed");
    set(&test, "g", text("")).expect("kept");
    test.pass(Duration::from_secs(5));
    test.log().run_maintenance().expect("done");
    assert_eq!(test.log().state_count(), 3);
}

#[test]
fn many_states_come_in_pages() {
    let test = TestLog::new();
    let handling = Handling {
        is_state: true,
        ..Handling::default()
    };
    let entries = (0..600).map(|n| with(to_topic(&format!("t/{n:03}")), "x", handling.clone()));
    let appended = test.log().append_batch_blocking(entries.collect());
    assert!(appended.iter().all(Result::is_ok));
    for filters in [&["t/*"][..], &["t/*", "t/5*", "t/599"]] {
        let filters = topics(filters).filters;
        let (mut after, mut found) = (String::new(), Vec::new());
        loop {
            let (page, _) = test.log().states(&filters, &after).expect("readable");
            found.extend(page.states.into_iter().map(|state| state.topic.to_string()));
            match page.next {
                Some(next) => after = next.into(),
                None => break,
            }
        }
        let expected: Vec<String> = (0..600).map(|n| format!("t/{n:03}")).collect();
        assert_eq!(found, expected);
    }
}
