//! Places in the log, `<epoch>-<seq>`, as far as a page has to understand them.

/// The parts of a cursor; none when the text is no cursor.
fn parts(cursor: &str) -> Option<(&str, u64)> {
    let (epoch, seq) = cursor.rsplit_once('-')?;
    Some((epoch, seq.parse().ok()?))
}

/// Where in its log a cursor stands. A text that is no cursor stands before all.
pub(crate) fn seq(cursor: &str) -> u64 {
    parts(cursor).map_or(0, |(_, seq)| seq)
}

/// Whether a message with the id `id` was there already for somebody who has had all up to `had`.
/// Cursors of two logs say nothing of each other.
pub(crate) fn is_repeat(id: &str, had: &str) -> bool {
    match (parts(id), parts(had)) {
        (Some((epoch, seq)), Some((known, had))) => epoch == known && seq <= had,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_repeat_only_within_its_log() {
        assert!(is_repeat("k3-9", "k3-10"));
        assert!(is_repeat("k3-10", "k3-10"));
        assert!(!is_repeat("k3-11", "k3-10"));
        assert!(!is_repeat("k4-9", "k3-10"));
        assert!(!is_repeat("k3-9", ""));
        assert_eq!((seq("k3-10"), seq("")), (10, 0));
    }
}
