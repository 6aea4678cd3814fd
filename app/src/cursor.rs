//! Cursors, `<epoch>-<seq>`, as far as pages have to parse them.

/// The sequence number of a cursor; 0 if the text is not a cursor.
pub(crate) fn seq(cursor: &str) -> u64 {
    let seq = cursor.rsplit_once('-').map(|(_, seq)| seq.parse());
    seq.and_then(Result::ok).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_a_cursor_has_position_0() {
        assert_eq!((seq("k3-10"), seq("a-b-7")), (10, 7));
        assert_eq!((seq(""), seq("k3"), seq("k3-x")), (0, 0, 0));
    }
}
