//! Sessions in the log.

use super::*;
use crate::log::writer::reply::block_on;

fn open(test: &TestLog, digest: SessionDigest, lifetime: Duration) {
    let ends_at = Some(test.log().now() + lifetime.as_millis() as u64);
    let session = SessionChange {
        digest,
        ends_at,
        from: Some("192.0.2.1".to_owned()),
        program: Some("a browser".to_owned()),
        ..SessionChange::default()
    };
    block_on(test.log().open_session(session)).expect("opened");
}

#[test]
fn a_session_survives_a_restart_and_ends_when_it_is_closed_or_over() {
    let mut test = TestLog::new();
    let (day, hour) = (Duration::from_secs(86_400), Duration::from_secs(3_600));
    for (id, lifetime) in [(1, day), (2, day), (3, hour)] {
        open(&test, [id; 32], lifetime);
    }
    block_on(test.log().close_session([2; 32])).expect("closed");
    test.reopen();
    let are_open = |test: &TestLog| [1, 2, 3].map(|id| test.log().session(&[id; 32]).is_some());
    assert_eq!(are_open(&test), [true, false, true]);
    let session = test.log().session(&[1; 32]).expect("open");
    assert_eq!(
        (session.opened_at, session.ends_at),
        (NOON, NOON + 86_400_000)
    );
    assert_eq!(session.from.as_deref(), Some("192.0.2.1"));
    assert_eq!(session.program.as_deref(), Some("a browser"));
    test.pass(hour);
    assert_eq!(are_open(&test), [true, false, false]);
}

#[test]
fn the_session_that_ends_first_is_closed_if_there_are_too_many() {
    let test = TestLog::new();
    let digest = |id: u16| {
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&id.to_be_bytes());
        digest
    };
    for id in 0..=1000 {
        test.pass(Duration::from_millis(1));
        open(&test, digest(id), Duration::from_secs(60));
    }
    assert!(test.log().session(&digest(0)).is_none());
    assert!((1..=1000).all(|id| test.log().session(&digest(id)).is_some()));
}
