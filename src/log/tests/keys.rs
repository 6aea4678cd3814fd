//! API keys in the log.

use super::*;
use crate::log::writer::reply::block_on;

fn new_key(id: &str, digest: u8) -> KeyChange {
    KeyChange::Create(NewApiKey {
        id: id.to_owned(),
        name: format!("the key {id}"),
        digest: [digest; 32],
        access: "{}".to_owned(),
        expires_at: None,
        pushes_per_day: None,
    })
}

fn change(test: &TestLog, change: KeyChange) {
    block_on(test.log().change_key(change)).expect("changed");
}

#[test]
fn keys_survive_a_restart_as_they_were_last() {
    let mut test = TestLog::new();
    for (id, digest) in [("a", 1), ("b", 2), ("c", 3)] {
        change(&test, new_key(id, digest));
    }
    change(&test, new_key("c", 9));
    test.pass(Duration::from_secs(1));
    change(
        &test,
        KeyChange::Rotate {
            id: "a".to_owned(),
            digest: [4; 32],
            previous_until: NOON + 5,
        },
    );
    change(&test, KeyChange::Revoke("b".to_owned()));
    let (at, from) = (NOON + 7, Some("192.0.2.1".to_owned()));
    let last = KeyUse { at, from };
    let earlier = KeyUse {
        at: NOON,
        from: None,
    };
    change(&test, KeyChange::Used(vec![("a".into(), last.clone())]));
    change(&test, KeyChange::Used(vec![("a".into(), earlier)]));
    let check = |test: &TestLog| {
        let keys = test.log().keys(None, 10);
        let ids: Vec<&str> = keys.iter().map(|key| &*key.id).collect();
        assert_eq!(ids, ["c", "a"], "newest first");
        assert_eq!(keys[0].digest, [3; 32], "an id is not used twice");
        let a = test.log().key("a").expect("it is there");
        assert_eq!((a.digest, a.previous), ([4; 32], Some(([1; 32], NOON + 5))));
        assert_eq!((a.created_at, a.rotated_at), (NOON, Some(NOON + 1000)));
        assert_eq!(a.last_used.as_ref(), Some(&last));
        assert_eq!(test.log().key("b"), None);
        assert_eq!(test.log().keys(Some("c"), 10).len(), 1);
    };
    check(&test);
    test.reopen();
    check(&test);
}

#[test]
fn quotas_and_what_was_pushed_survive_a_restart_and_go_with_the_key() {
    let mut test = TestLog::new();
    change(&test, new_key("a", 1));
    let update = |pushes_per_day| KeyChange::Update {
        id: "a".to_owned(),
        name: "the key a".to_owned(),
        access: "{}".to_owned(),
        expires_at: None,
        pushes_per_day,
    };
    change(&test, update(Some(500)));
    let pushed = |node: &str, day, count| {
        let node = node.into();
        NodePushes { node, day, count }
    };
    for here in [
        pushed("one", 7, 3),
        pushed("two", 7, 9),
        pushed("one", 8, 1),
    ] {
        let unknown = ("b".into(), here.clone());
        change(&test, KeyChange::Pushed(vec![("a".into(), here), unknown]));
    }
    let check = |test: &TestLog| {
        let key = test.log().key("a").expect("it is there");
        assert_eq!(key.pushes_per_day, Some(500));
        assert_eq!(key.pushes, [pushed("one", 8, 1), pushed("two", 7, 9)]);
    };
    check(&test);
    test.reopen();
    check(&test);
    change(&test, update(None));
    assert_eq!(test.log().key("a").expect("there").pushes_per_day, None);
    change(&test, KeyChange::Revoke("a".to_owned()));
    change(&test, new_key("a", 2));
    assert_eq!(test.log().key("a").expect("there").pushes, []);
}

#[test]
fn the_tail_gets_all_keys_and_then_each_change() {
    let test = TestLog::new();
    change(&test, new_key("a", 1));
    let told: Arc<Mutex<Vec<(String, bool)>>> = Arc::default();
    let tail = Arc::clone(&told);
    test.log().set_key_tail(Box::new(move |id, key| {
        tail.lock().push((id.to_string(), key.is_some()));
    }));
    change(&test, new_key("b", 2));
    change(&test, KeyChange::Revoke("a".to_owned()));
    let expected = [("a", true), ("b", true), ("a", false)];
    let expected = expected.map(|(id, there)| (id.to_owned(), there));
    assert_eq!(*told.lock(), expected);
}

#[test]
fn records_without_keys_can_be_read_by_nodes_that_do_not_know_keys() {
    use crate::log::{change::Change, record::version_of};
    let session = |key| {
        Change::Session(SessionChange {
            digest: [1; 32],
            ends_at: Some(NOON),
            key,
            ..SessionChange::default()
        })
    };
    assert_eq!(version_of(&[Change::Expire(1), session(None)]), 1);
    assert_eq!(version_of(&[session(Some([2; 32]))]), 2);
    assert_eq!(
        version_of(&[Change::Expire(1), Change::Key(new_key("a", 1))]),
        2
    );
    let pushed = Change::Key(KeyChange::Pushed(Vec::new()));
    assert_eq!(version_of(&[pushed, session(None)]), 4);
}
