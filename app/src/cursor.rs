//! Cursors, `<epoch>-<seq>`, as far as pages have to parse them.

/// The sequence number of a cursor; 0 if the text is not a cursor.
pub(crate) fn seq(cursor: &str) -> u64 {
    let seq = cursor.rsplit_once('-').map(|(_, seq)| seq.parse());
    seq.and_then(Result::ok).unwrap_or(0)
}

/// Whether a reader that has received everything up to `had` has received `cursor` too. An empty `had`: nothing was
/// received yet. `app/js/tidings/position.js` compares in the same way.
pub(crate) fn covers(had: &str, cursor: &str) -> bool {
    let Some((one, other)) = epoch(had).zip(epoch(cursor)) else {
        return false;
    };
    let ((log, opened), (other_log, other_opened)) = (opening(one), opening(other));
    // A later opening of the same log: numbers without leading zeros, so the longer is the greater.
    let is_later = (opened.len(), opened) > (other_opened.len(), other_opened);
    log == other_log && (one == other || is_later) && seq(cursor) <= seq(had)
}

fn epoch(cursor: &str) -> Option<&str> {
    cursor.rsplit_once('-').map(|(epoch, _)| epoch)
}

/// The id of the log in an epoch, and the time at which a server opened it, in hexadecimal. Epochs of earlier versions
/// have no time.
fn opening(epoch: &str) -> (&str, &str) {
    let parts = epoch.split_once('o');
    let parts = parts.and_then(|(log, rest)| Some((log, rest.split_once('r')?.0)));
    parts.unwrap_or((epoch, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cursors_of_one_log_can_be_compared() {
        assert!(covers("k3-10", "k3-10"));
        assert!(covers("k3-10", "k3-9"));
        assert!(!covers("k3-9", "k3-10"));
        assert!(!covers("k3-10", "k4-9"));
        assert!(!covers("", "k3-1"));
        assert!(!covers("k3-1", ""));
        assert!(!covers("", ""));
    }

    #[test]
    fn a_later_opening_of_a_log_covers_an_earlier_one() {
        assert!(covers("k3o9ra1-10", "k3o9ra1-10"));
        assert!(covers("k3o10rff-10", "k3o9ra1-10"));
        assert!(covers("k3o9ra1-10", "k3-9"));
        assert!(!covers("k3o9ra1-10", "k3o10rff-9"));
        assert!(!covers("k3o9ra1-10", "k3o9rff-9"));
        assert!(!covers("k3o10rff-10", "k4o9ra1-9"));
    }

    #[test]
    fn a_text_that_is_not_a_cursor_has_position_0() {
        assert_eq!((seq("k3-10"), seq("a-b-7")), (10, 7));
        assert_eq!((seq(""), seq("k3"), seq("k3-x")), (0, 0, 0));
    }
}
