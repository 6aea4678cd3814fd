//! A limit on wrong tokens for each address.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use super::{
    Limit, LimitReached, Quota, Refusal, RefusalKind,
    limits::{Buckets, Empty},
};
use crate::network::Network;

/// Refuses addresses that send too many wrong tokens. It protects the log and the processor, not the token: a right token
/// always passes, also from an address that has sent wrong ones. Otherwise one user behind a proxy could lock out all
/// others. So an answer tells whether a guess is right, however many there were. What protects a token is that it can't be
/// guessed: the shortest admin token has 16 characters, and one that `openssl rand -hex 32` makes has 256 random bits.
#[derive(Debug, Default)]
pub struct AttemptLimit {
    per_minute: AtomicU64,
    attempts: Buckets<Network>,
}

/// No attempts are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAttemptsLeft(LimitReached);

impl From<NoAttemptsLeft> for Refusal {
    fn from(NoAttemptsLeft(reached): NoAttemptsLeft) -> Self {
        let detail = format!(
            "too many wrong tokens came from this address: wait {} s",
            reached.retry_after()
        );
        Self::new(RefusalKind::TooManyTries, detail).limited(reached)
    }
}

impl AttemptLimit {
    /// Sets how many wrong tokens an address may send in a minute. 0: any number.
    pub fn set(&self, per_minute: u64) {
        self.per_minute.store(per_minute, Ordering::Relaxed);
    }

    /// Records a token from `remote`. A right one costs nothing, a wrong one costs an attempt.
    pub fn check(
        &self,
        remote: Option<SocketAddr>,
        right: bool,
        now: Instant,
    ) -> Result<bool, NoAttemptsLeft> {
        let amount = self.per_minute.load(Ordering::Relaxed);
        if right || amount == 0 {
            return Ok(right);
        }
        let window = Duration::from_secs(60);
        let quota = Quota { amount, window };
        let taken = self.attempts.take(Network::of(remote), 1, quota, now);
        let limit = Limit::Failures;
        taken
            .map(|()| false)
            .map_err(|Empty { wait }| NoAttemptsLeft(LimitReached { limit, quota, wait }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(address.parse().expect("an address"), 1))
    }

    fn exhausted(remote: Option<SocketAddr>, now: Instant) -> AttemptLimit {
        let attempts = AttemptLimit::default();
        attempts.set(10);
        for _ in 0..10 {
            assert_eq!(attempts.check(remote, false, now), Ok(false));
        }
        attempts
    }

    #[test]
    fn after_ten_wrong_tokens_the_right_one_still_passes() {
        let (now, here) = (Instant::now(), from("192.0.2.1"));
        let attempts = exhausted(here, now);
        let wait = |now| {
            let none = attempts.check(here, false, now).expect_err("refused");
            none.0.retry_after()
        };
        assert_eq!(wait(now), 6);
        assert_eq!(attempts.check(here, true, now), Ok(true));
        let later = now + Duration::from_millis(2500);
        assert_eq!(wait(later), 4);
        let later = now + Duration::from_secs(6);
        assert_eq!(attempts.check(here, false, later), Ok(false));
        assert_eq!(wait(later), 6);
    }

    #[test]
    fn each_address_has_its_own_attempts() {
        let now = Instant::now();
        let attempts = exhausted(from("2001:db8::1"), now);
        assert!(attempts.check(from("2001:db8::2"), false, now).is_err());
        assert_eq!(
            attempts.check(from("2001:db8:0:1::1"), false, now),
            Ok(false)
        );
        assert_eq!(attempts.check(from("192.0.2.1"), false, now), Ok(false));
    }

    #[test]
    fn without_a_limit_wrong_tokens_are_only_wrong() {
        let (now, here) = (Instant::now(), from("192.0.2.1"));
        let attempts = exhausted(here, now);
        attempts.set(0);
        assert_eq!(attempts.check(here, false, now), Ok(false));
    }
}
