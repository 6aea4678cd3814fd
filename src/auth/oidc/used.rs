//! Sign-ins that were finished: each counts once.

use std::collections::HashMap;

/// The most that are remembered.
const MAX: usize = 16_384;

/// The `state` of each that was finished, with the time when it ends anyway.
///
/// Each node of a cluster has its own. If there are too many, all are forgotten: the browser has lost the cookie by then, and an
/// issuer takes a code only once too (RFC 6749, section 4.1.2).
#[derive(Debug, Default)]
pub struct Used(HashMap<String, u64>);

impl Used {
    /// Notes one. False if it was there.
    pub fn insert(&mut self, state: &str, ends_at: u64, now: u64) -> bool {
        if self.0.contains_key(state) {
            return false;
        }
        if self.0.len() >= MAX {
            self.0.retain(|_, ends_at| *ends_at > now);
        }
        if self.0.len() >= MAX {
            self.0.clear();
        }
        self.0.insert(state.to_owned(), ends_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_once_and_their_number_is_bounded() {
        let mut used = Used::default();
        assert!(used.insert("a", 10, 0));
        assert!(!used.insert("a", 10, 1));
        for i in 0..2 * MAX {
            assert!(used.insert(&i.to_string(), 100, 20));
            assert!(used.0.len() <= MAX);
        }
    }
}
