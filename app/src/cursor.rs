//! Places in the log, `<epoch>-<seq>`, as far as a page has to understand them.

/// Where in its log a cursor stands. A text that is no cursor stands before all.
pub(crate) fn seq(cursor: &str) -> u64 {
    let seq = cursor.rsplit_once('-').map(|(_, seq)| seq.parse());
    seq.and_then(Result::ok).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cursor_stands_before_all() {
        assert_eq!((seq("k3-10"), seq("a-b-7")), (10, 7));
        assert_eq!((seq(""), seq("k3"), seq("k3-x")), (0, 0, 0));
    }
}
