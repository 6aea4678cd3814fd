//! Sessions in the log.

use super::*;
use crate::log::writer::reply::block_on;

#[test]
fn a_session_survives_a_restart_and_ends_when_it_is_closed_or_over() {
    let mut test = TestLog::new();
    let (day, hour) = (Duration::from_secs(86_400), Duration::from_secs(3_600));
    for (id, lifetime) in [(1, day), (2, day), (3, hour)] {
        block_on(test.log().open_session([id; 32], lifetime, None)).expect("opened");
    }
    block_on(test.log().close_session([2; 32])).expect("closed");
    test.reopen();
    let open = |test: &TestLog| [1, 2, 3].map(|id| test.log().session(&[id; 32]).is_some());
    assert_eq!(open(&test), [true, false, true]);
    test.pass(hour);
    assert_eq!(open(&test), [true, false, false]);
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
        let opened = test
            .log()
            .open_session(digest(id), Duration::from_secs(60), None);
        block_on(opened).expect("opened");
    }
    assert!(test.log().session(&digest(0)).is_none());
    assert!((1..=1000).all(|id| test.log().session(&digest(id)).is_some()));
}
