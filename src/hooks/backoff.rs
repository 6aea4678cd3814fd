//! How long to wait before an attempt is made again.

use std::time::Duration;

use crate::random;

/// The wait after the first failure.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait, unless the endpoint asks for more.
const LONGEST: Duration = Duration::from_secs(300);

/// The longest wait that an endpoint may ask for by `Retry-After`.
const ASKED: Duration = Duration::from_secs(3600);

/// The wait after so many failures in a row, at least 1: it doubles, and half of it is random, so that many hooks of one
/// endpoint do not come back at the same time. `asked` is the `Retry-After` of the answer.
pub(super) fn wait(failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let half = doubled.min(LONGEST) / 2;
    let random = random::below(u64::try_from(half.as_millis()).unwrap_or(u64::MAX));
    let wait = half + Duration::from_millis(random);
    wait.max(asked.unwrap_or_default().min(ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_half_of_them_is_random() {
        for (failures, least, most) in [(1, 500, 1000), (2, 1000, 2000), (5, 8000, 16_000)] {
            for _ in 0..50 {
                let wait = wait(failures, None).as_millis();
                assert!((least..most).contains(&wait), "{failures}: {wait}");
            }
        }
        for failures in [10, 20, u32::MAX] {
            let wait = wait(failures, None);
            assert!(
                (LONGEST / 2..LONGEST).contains(&wait),
                "{failures}: {wait:?}"
            );
        }
        let some: std::collections::HashSet<_> = (0..50).map(|_| wait(5, None)).collect();
        assert!(some.len() > 10, "they differ");
    }

    #[test]
    fn an_endpoint_may_ask_for_a_longer_wait_but_not_for_ever() {
        assert_eq!(
            wait(1, Some(Duration::from_secs(60))),
            Duration::from_secs(60)
        );
        assert!(wait(10, Some(Duration::from_secs(1))) >= LONGEST / 2);
        assert_eq!(wait(1, Some(Duration::MAX)), ASKED);
    }
}
