//! Saved lists and templates in the log.

use super::*;
use crate::log::writer::reply::block_on;

fn new(id: &str, kind: SavedKind, name: &str, by: &str) -> NewSaved {
    NewSaved {
        id: id.to_owned(),
        kind,
        name: name.to_owned(),
        folded: name.to_lowercase(),
        summary: format!("summary of {name}"),
        content: format!("content of {name}"),
        by: by.to_owned(),
    }
}

fn change(test: &TestLog, change: SavedChange) {
    block_on(test.log().change_saved(change)).expect("changed");
}

fn names(test: &TestLog, kind: SavedKind) -> Vec<String> {
    let heads = test.log().saved_heads(kind).expect("readable");
    heads.into_iter().map(|head| head.name).collect()
}

#[test]
fn saved_items_survive_a_restart_and_name_who_made_and_changed_them() {
    let mut test = TestLog::new();
    change(
        &test,
        SavedChange::Add(new("a", SavedKind::List, "testers", "ada")),
    );
    test.pass(Duration::from_secs(5));
    change(
        &test,
        SavedChange::Replace(new("a", SavedKind::List, "Beta", "bob")),
    );
    test.reopen();
    let item = test.log().saved_item(SavedKind::List, "a");
    let item = item.expect("readable").expect("there");
    let expected = SavedHead {
        id: "a".to_owned(),
        name: "Beta".to_owned(),
        summary: "summary of Beta".to_owned(),
        made_by: "ada".to_owned(),
        made_at: NOON,
        changed_by: "bob".to_owned(),
        changed_at: NOON + 5_000,
    };
    assert_eq!(item.head, expected);
    assert_eq!(item.content, "content of Beta");
    let other = test.log().saved_item(SavedKind::Template, "a");
    assert_eq!(other.expect("readable"), None, "it is of another kind");
}

#[test]
fn two_of_a_kind_do_not_have_the_same_name() {
    let test = TestLog::new();
    let add = |id: &str, kind, name: &str| {
        change(&test, SavedChange::Add(new(id, kind, name, "ada")));
    };
    add("a", SavedKind::List, "one");
    add("b", SavedKind::List, "ONE");
    add("c", SavedKind::Template, "one");
    add("d", SavedKind::List, "two");
    assert_eq!(names(&test, SavedKind::List), ["one", "two"]);
    assert_eq!(names(&test, SavedKind::Template), ["one"]);
    // A name that is taken changes nothing of the item.
    change(
        &test,
        SavedChange::Replace(new("d", SavedKind::List, "One", "bob")),
    );
    let item = test.log().saved_item(SavedKind::List, "d");
    let item = item.expect("readable").expect("there");
    assert_eq!(
        (&*item.head.name, &*item.content),
        ("two", "content of two")
    );
    change(
        &test,
        SavedChange::Remove(SavedKind::Template, "a".to_owned()),
    );
    assert_eq!(names(&test, SavedKind::List), ["one", "two"]);
    change(&test, SavedChange::Remove(SavedKind::List, "a".to_owned()));
    assert_eq!(names(&test, SavedKind::List), ["two"]);
}
