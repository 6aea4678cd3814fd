//! Revoked stream tokens in the log.

use super::*;
use crate::log::{RevokedTokens, writer::reply::block_on};

const HOUR: u64 = 60 * 60 * 1000;

fn client(name: &str) -> ClientId {
    ClientId::parse(name).expect("an id")
}

#[test]
fn revoked_tokens_stay_revoked_until_none_of_them_can_be_valid() {
    let mut test = TestLog::new();
    for (tokens, after) in [
        (RevokedTokens::WithId("one".to_owned()), HOUR),
        (RevokedTokens::OfClient(client("ada")), 2 * HOUR),
    ] {
        let revoked = test.log().revoke(tokens, NOON + after);
        block_on(revoked).expect("revoked");
    }
    let now = NOON / 1000;
    let is = |test: &TestLog, name: &str, id: Option<&str>, issued| {
        test.log().is_revoked(&client(name), id, issued)
    };
    let check = |test: &TestLog| {
        assert!(is(test, "bob", Some("one"), Some(now + 100)));
        assert!(!is(test, "bob", Some("two"), Some(now - 100)));
        assert!(is(test, "ada", None, Some(now)) && is(test, "ada", Some("two"), None));
        assert!(!is(test, "ada", None, Some(now + 1)));
    };
    check(&test);
    test.reopen();
    check(&test);
    test.pass(Duration::from_millis(HOUR + 1));
    assert!(!is(&test, "bob", Some("one"), None) && is(&test, "ada", None, None));
    test.pass(Duration::from_millis(HOUR));
    assert!(!is(&test, "ada", None, None));
}

#[test]
fn whoever_waits_for_revocations_is_told() {
    let test = TestLog::new();
    let mut changes = test.log().revocations();
    assert!(!changes.has_changed().expect("open"));
    let revoked = test
        .log()
        .revoke(RevokedTokens::WithId("one".to_owned()), NOON + HOUR);
    block_on(revoked).expect("revoked");
    assert!(changes.has_changed().expect("open"));
    changes.mark_unchanged();
    assert!(test.log().is_revoked(&client("ada"), Some("one"), None));
}
