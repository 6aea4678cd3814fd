//! Updates of Mercure: found by each of their topics, once, and by their ids.

use super::*;
use crate::log::{change::Change, check, record::version_of};

fn update(alternates: &[&str], private: bool, id: Option<&str>) -> Arc<Update> {
    let topic = |name: &&str| Topic::parse(name).expect("a topic");
    Arc::new(Update {
        alternates: alternates.iter().map(topic).collect(),
        private,
        id: id.map(|id| UpdateId::parse(id).expect("an id")),
        retry: Some(5),
    })
}

impl TestLog {
    fn publish(&self, topic: &str, text: &str, update: &Arc<Update>) -> (Seq, bool) {
        let mut draft = draft(to_topic(topic), text);
        draft.update = Some(Arc::clone(update));
        let appended = self.log().append_blocking(Entry::new(draft)).expect("kept");
        (appended.seq, appended.duplicate)
    }

    fn position(&self, id: &str) -> Option<Seq> {
        let id = UpdateId::parse(id).expect("an id");
        self.log().update_position(&id).expect("readable")
    }
}

fn with_private(filters: &[&str]) -> Subscriptions {
    Subscriptions {
        access: TopicAccess::everything(),
        ..topics(filters)
    }
}

#[test]
fn an_update_is_read_as_it_was_stored() {
    let mut test = TestLog::new();
    let sent = update(&["b", "c"], true, Some("urn:1"));
    test.publish("a", "text", &sent);
    test.publish("a", "plain", &Arc::default());
    test.reopen();
    for filter in ["a", "b", "c", "*"] {
        let page = test.read(&with_private(&[filter]), 0);
        let message = &page.messages[0];
        assert_eq!(message.update.as_ref(), Some(&sent), "{filter}");
        assert_eq!(message.audience, to_topic("a"), "{filter}");
    }
    let page = test.read(&with_private(&["a"]), 1);
    assert_eq!(page.messages[0].update, Some(Arc::default()));
    let record = test.log().message(1).expect("readable").expect("there");
    assert_eq!(record.message.update, Some(sent));
}

#[test]
fn an_update_is_replayed_once_to_a_subscriber_of_several_of_its_topics() {
    let test = TestLog::new();
    // Far apart, so that a pattern reads the topics, or all messages if there are too many topics.
    for others in [0, 100, 300] {
        let before = test.log().head();
        test.publish("x/1", "update", &update(&["y/1", "z/1"], false, None));
        for number in 0..others {
            test.push(to_topic(&format!("y/other/{number}")), "other");
        }
        for filters in [
            &["x/1", "y/1"][..],
            &["y/*"],
            &["y/*", "z/**", "x/1"],
            &["z/1"],
        ] {
            let page = test.read(&topics(filters), before);
            assert_eq!(texts(&page), ["update"], "{others} {filters:?}");
        }
        let template = TopicFilter::selector("z{/n}").expect("a selector");
        let subscriptions = Subscriptions {
            filters: vec![template],
            ..Subscriptions::default()
        };
        assert_eq!(texts(&test.read(&subscriptions, before)), ["update"]);
    }
}

#[test]
fn private_updates_are_read_by_those_who_may() {
    let test = TestLog::new();
    test.publish("a", "private", &update(&["b"], true, None));
    test.publish("a", "public", &update(&["b"], false, None));
    assert_eq!(texts(&test.read(&topics(&["a"]), 0)), ["public"]);
    assert_eq!(texts(&test.read(&topics(&["b"]), 0)), ["public"]);
    let all = ["private", "public"];
    assert_eq!(texts(&test.read(&with_private(&["b"]), 0)), all);
}

#[test]
fn an_id_is_found_until_its_update_is_removed() {
    let mut test = TestLog::new();
    test.publish("a", "one", &update(&[], false, Some("urn:1")));
    test.publish("a", "other", &update(&[], false, Some("urn:1")));
    test.publish("a", "two", &update(&["b"], false, Some("urn:2")));
    let expected = [Some(1), Some(3), None];
    let found = |test: &TestLog| ["urn:1", "urn:2", "urn:3"].map(|id| test.position(id));
    assert_eq!(found(&test), expected);
    test.reopen();
    assert_eq!(found(&test), expected);
    test.pass(Duration::from_secs(8 * 24 * 3600));
    test.push(to_topic("a"), "new");
    test.log().run_maintenance().expect("tidied");
    assert_eq!(found(&test), [None; 3]);
    drop(test.log.take());
    let report = check(test.folder.path()).expect("a report");
    assert!(
        report.structure.is_empty() && report.inconsistencies.is_empty(),
        "{report:?}"
    );
}

#[test]
fn an_update_that_is_repeated_in_the_same_commit_is_stored_once() {
    let test = TestLog::new();
    let entry = |text: &str| {
        let mut draft = draft(to_topic("a"), text);
        draft.update = Some(update(&["b"], false, Some("urn:1")));
        Entry::new(draft)
    };
    let entries = ["same", "same", "other", "same"].map(entry).to_vec();
    let appended = test.log().append_batch_blocking(entries);
    let seqs = appended.iter().map(|one| one.as_ref().expect("kept").seq);
    assert_eq!(seqs.collect::<Vec<_>>(), [1, 1, 2, 1]);
    assert_eq!(texts(&test.read(&topics(&["b"]), 0)), ["same", "other"]);
}

#[test]
fn a_repeated_update_is_stored_once_unless_it_differs() {
    let test = TestLog::new();
    let first = update(&["b"], false, Some("urn:1"));
    assert_eq!(test.publish("a", "text", &first), (1, false));
    assert_eq!(test.publish("a", "text", &first), (1, true));
    assert_eq!(test.publish("a", "another text", &first), (2, false));
    let private = update(&["b"], true, Some("urn:1"));
    assert_eq!(test.publish("a", "text", &private), (3, false));
    let other_topics = update(&["c"], false, Some("urn:1"));
    assert_eq!(test.publish("a", "text", &other_topics), (4, false));
    assert_eq!(test.publish("a", "text", &first), (1, true));
    // What was recalled can be published again.
    test.log().recall_blocking(1).expect("recalled");
    assert_eq!(test.publish("a", "text", &first), (5, false));
    // Without an id, nobody knows whether it is the same.
    let without = update(&[], false, None);
    assert_eq!(test.publish("a", "text", &without), (6, false));
    assert_eq!(test.publish("a", "text", &without), (7, false));
}

#[test]
fn a_recalled_update_is_told_to_the_readers_of_each_of_its_topics() {
    let test = TestLog::new();
    let (seq, _) = test.publish("a", "text", &update(&["b"], true, None));
    let recalled = test
        .log()
        .recall_blocking(seq)
        .expect("recalled")
        .expect("there");
    assert_eq!(recalled.update.map(|update| update.private), Some(true));
    let told = |subscriptions: &Subscriptions| {
        test.log()
            .recalls_since(subscriptions, seq)
            .expect("readable")
    };
    assert_eq!(told(&with_private(&["a"])), [seq]);
    assert_eq!(told(&with_private(&["b"])), [seq]);
    assert!(told(&topics(&["b"])).is_empty() && told(&with_private(&["c"])).is_empty());
}

#[test]
fn only_records_with_updates_need_a_node_that_knows_them() {
    let mut draft = draft(to_topic("a"), "text");
    let plain = Change::Append(Entry::new(draft.clone()));
    draft.update = Some(Arc::default());
    let update = Change::Append(Entry::new(draft));
    assert_eq!(version_of(std::slice::from_ref(&plain)), 1);
    assert_eq!(version_of(&[plain, update]), 4);
}
