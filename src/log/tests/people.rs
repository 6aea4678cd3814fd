//! People in the log.

use super::*;
use crate::log::writer::reply::block_on;

fn add(test: &TestLog, id: &str, name: &str) {
    let name = PersonName {
        shown: name.to_owned(),
        folded: name.to_lowercase(),
    };
    let (id, password) = (id.to_owned(), Hidden("a hash".to_owned()));
    let access = "{}".to_owned();
    change(
        test,
        PersonChange::Add {
            id,
            name,
            password,
            access,
        },
    );
}

fn change(test: &TestLog, change: PersonChange) {
    block_on(test.log().change_person(change)).expect("changed");
}

/// Signs in with what was checked, and says whether a session was opened.
fn sign_in(test: &TestLog, id: &str, version: u64, step: Option<u64>, session: u8) -> bool {
    let session = SessionChange {
        digest: [session; 32],
        ends_at: Some(NOON + 86_400_000),
        ..SessionChange::default()
    };
    let digest = session.digest;
    change(
        test,
        PersonChange::SignIn {
            id: id.to_owned(),
            version,
            step,
            session,
        },
    );
    test.log().session(&digest).is_some()
}

fn names(test: &TestLog) -> Vec<String> {
    let people = test.log().people(None, 10);
    people
        .iter()
        .map(|person| person.name.shown.clone())
        .collect()
}

#[test]
fn two_people_can_not_have_the_same_name() {
    let mut test = TestLog::new();
    add(&test, "a", "Ada");
    add(&test, "b", "ADA");
    add(&test, "b", "Bob");
    let name = PersonName {
        shown: "aDA".to_owned(),
        folded: "ada".to_owned(),
    };
    let update = |id: &str| PersonChange::Update {
        id: id.to_owned(),
        name: name.clone(),
        access: "{\"role\":\"viewer\"}".to_owned(),
    };
    change(&test, update("b"));
    assert_eq!(names(&test), ["Bob", "Ada"]);
    assert_eq!(test.log().person("b").expect("it is there").access, "{}");
    change(&test, update("a"));
    test.reopen();
    assert_eq!(names(&test), ["Bob", "aDA"]);
}

#[test]
fn a_session_ends_when_the_password_changes_or_the_person_is_removed() {
    let mut test = TestLog::new();
    add(&test, "a", "ada");
    add(&test, "b", "bob");
    assert!(sign_in(&test, "a", 0, None, 1) && sign_in(&test, "b", 0, None, 2));
    test.reopen();
    let is_open = |test: &TestLog, id: u8| test.log().session(&[id; 32]).is_some();
    assert!(is_open(&test, 1) && is_open(&test, 2));
    let password = PersonChange::Password {
        id: "a".to_owned(),
        password: Hidden("another hash".to_owned()),
        session: None,
    };
    change(&test, password);
    assert!(!is_open(&test, 1) && is_open(&test, 2));
    assert!(
        !sign_in(&test, "a", 0, None, 3),
        "the old password was checked before it changed"
    );
    assert!(sign_in(&test, "a", 1, None, 4));
    change(&test, PersonChange::Remove("b".to_owned()));
    assert!(!is_open(&test, 2) && is_open(&test, 4));
    assert!(!sign_in(&test, "b", 0, None, 5));
}

#[test]
fn a_code_counts_once() {
    let test = TestLog::new();
    add(&test, "a", "ada");
    let totp = StoredTotp {
        secret: Hidden(vec![1; 20]),
        step: 10,
    };
    let totp = PersonChange::Totp {
        id: "a".to_owned(),
        totp: Some(totp),
    };
    change(&test, totp);
    assert!(!sign_in(&test, "a", 1, None, 1), "a code is needed");
    assert!(!sign_in(&test, "a", 1, Some(10), 2), "this one was used");
    assert!(sign_in(&test, "a", 1, Some(11), 3));
    assert!(!sign_in(&test, "a", 1, Some(11), 4));
    let (id, totp) = ("a".to_owned(), None);
    change(&test, PersonChange::Totp { id, totp });
    assert!(!sign_in(&test, "a", 2, Some(12), 5), "there is no factor");
    assert!(sign_in(&test, "a", 2, None, 6));
}

#[test]
fn secrets_are_not_printed() {
    let test = TestLog::new();
    add(&test, "a", "ada");
    let printed = format!("{:?}", test.log().person("a"));
    assert!(!printed.contains("a hash"), "{printed}");
}
