//! Patterns of topics, for filters in pages. A server test compares them with what subscriptions match.

/// Whether a topic matches a pattern. A segment `*` is any one segment, and `**` at the end one or more. Neither is the first
/// segment of a topic that begins with `$`.
pub fn matches(pattern: &str, topic: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), topic.split('/'));
    let mut hidden = topic.starts_with('$');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("**"), Some(_)) => return !hidden,
            (Some("*"), Some(_)) if !hidden => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
        hidden = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_matched_one_by_one() {
        assert!(matches("orders/42", "orders/42"));
        assert!(matches("orders/*", "orders/42") && !matches("orders/*", "orders/42/lines"));
        assert!(matches("orders/**", "orders/42/lines") && !matches("orders/**", "orders"));
        assert!(matches("*/42", "orders/42") && matches("**", "a/b/c"));
        assert!(!matches("**", "$sys/clients") && matches("$sys/*", "$sys/clients"));
        assert!(!matches("", "a"));
    }
}
