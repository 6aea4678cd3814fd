//! Fuzz target: the first bytes of a connection of HTTP/1.1. See `src/fuzzing.rs`.

use axum::body::Bytes;

use super::whole_push::{Recognised, recognise};

/// The first bytes of a connection. What is taken for a push is a whole one: less of it is incomplete, and more of it is not
/// taken, so that nothing else is hidden behind it.
pub fn whole_push(input: &[u8]) {
    const MAX_HEAD: usize = 1_024;
    let bytes = Bytes::copy_from_slice(input);
    let Recognised::Push(request) = recognise(&bytes, MAX_HEAD) else {
        return;
    };
    assert!(request.uri().path().ends_with("/push"), "{request:?}");
    for end in 0..bytes.len() {
        let part = recognise(&bytes.slice(..end), MAX_HEAD);
        assert!(
            matches!(part, Recognised::Incomplete),
            "{end} bytes of {input:?}"
        );
    }
    let more = Bytes::from([input, b"x"].concat());
    assert!(
        matches!(recognise(&more, MAX_HEAD), Recognised::Other),
        "more than {input:?}"
    );
}
