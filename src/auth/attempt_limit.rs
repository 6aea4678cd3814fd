//! A limit on wrong tokens for each address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// How many wrong tokens an address may send at once: a person who types it needs a few attempts.
const AT_ONCE: u32 = 10;

/// After this time one more attempt is allowed: ten a minute.
const EACH: Duration = Duration::from_secs(6);

/// The maximum number of addresses that are stored. When there are more, the one that recovers first is removed.
const MAX_ADDRESSES: usize = 4096;

/// Refuses addresses that have sent too many wrong tokens. Each address has its own limit, so a right token from another
/// address is never refused. While an address has no attempts left, right tokens are refused as well. Otherwise the
/// response would tell which guess is right.
#[derive(Debug, Default)]
pub struct AttemptLimit {
    // When each address will have all its attempts again. An address that is not in the map has them all.
    whole_at: Mutex<HashMap<IpAddr, Instant>>,
}

/// No attempts are left; the next one is allowed after this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAttemptsLeft {
    /// Seconds, rounded up.
    pub retry_after: u64,
}

impl AttemptLimit {
    /// Records a token from `remote`. A right one costs nothing, a wrong one costs an attempt.
    pub fn check(
        &self,
        remote: Option<SocketAddr>,
        right: bool,
        now: Instant,
    ) -> Result<bool, NoAttemptsLeft> {
        let address = network(remote);
        let mut whole_at = self.whole_at.lock();
        let whole = whole_at.get(&address).map_or(now, |&whole| whole.max(now));
        let next = whole + EACH;
        let full = now + EACH * AT_ONCE;
        if next > full {
            let wait = next.duration_since(full);
            let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Err(NoAttemptsLeft { retry_after });
        }
        if !right {
            make_room(&mut whole_at, &address, now);
            whole_at.insert(address, next);
        }
        Ok(right)
    }
}

/// Keeps the map bounded: an address that has all its attempts again needs no entry.
fn make_room(whole_at: &mut HashMap<IpAddr, Instant>, address: &IpAddr, now: Instant) {
    if whole_at.len() < MAX_ADDRESSES || whole_at.contains_key(address) {
        return;
    }
    whole_at.retain(|_, whole| *whole > now);
    if whole_at.len() == MAX_ADDRESSES {
        let earliest = whole_at.iter().min_by_key(|(_, whole)| **whole);
        if let Some(address) = earliest.map(|(address, _)| *address) {
            whole_at.remove(&address);
        }
    }
}

/// What counts as one address: for IPv6 the first 64 bits, because a network usually has all addresses of such a prefix.
/// Connections from unknown addresses share one limit.
fn network(remote: Option<SocketAddr>) -> IpAddr {
    let unknown = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    match remote.map_or(unknown, |remote| remote.ip().to_canonical()) {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !u128::from(u64::MAX),
        )),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(address.parse().expect("an address"), 1))
    }

    fn exhaust(attempts: &AttemptLimit, remote: Option<SocketAddr>, now: Instant) {
        for _ in 0..AT_ONCE {
            assert_eq!(attempts.check(remote, false, now), Ok(false));
        }
    }

    #[test]
    fn after_ten_wrong_tokens_even_the_right_one_is_refused() {
        let (attempts, now, here) = (AttemptLimit::default(), Instant::now(), from("192.0.2.1"));
        exhaust(&attempts, here, now);
        let none = Err(NoAttemptsLeft { retry_after: 6 });
        assert_eq!(attempts.check(here, false, now), none);
        assert_eq!(attempts.check(here, true, now), none);
        let half = now + Duration::from_millis(2500);
        assert_eq!(
            attempts.check(here, true, half),
            Err(NoAttemptsLeft { retry_after: 4 })
        );
        assert_eq!(attempts.check(here, true, now + EACH), Ok(true));
        assert_eq!(attempts.check(here, false, now + EACH), Ok(false));
        assert!(
            attempts.check(here, false, now + EACH).is_err(),
            "one more was allowed"
        );
    }

    #[test]
    fn addresses_are_limited_separately() {
        let (attempts, now) = (AttemptLimit::default(), Instant::now());
        exhaust(&attempts, from("192.0.2.1"), now);
        assert_eq!(attempts.check(from("192.0.2.2"), true, now), Ok(true));
        assert_eq!(attempts.check(None, true, now), Ok(true));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let (attempts, now) = (AttemptLimit::default(), Instant::now());
        exhaust(&attempts, from("2001:db8::1"), now);
        assert!(attempts.check(from("2001:db8::2"), true, now).is_err());
        assert_eq!(attempts.check(from("2001:db8:0:1::1"), true, now), Ok(true));
        exhaust(&attempts, from("192.0.2.1"), now);
        assert!(attempts.check(from("::ffff:192.0.2.1"), true, now).is_err());
    }

    #[test]
    fn right_tokens_are_not_counted() {
        let (attempts, now, here) = (AttemptLimit::default(), Instant::now(), from("192.0.2.1"));
        for _ in 0..1000 {
            assert_eq!(attempts.check(here, true, now), Ok(true));
        }
        assert!(attempts.whole_at.lock().is_empty());
    }

    #[test]
    fn the_number_of_stored_addresses_is_bounded() {
        let (attempts, now) = (AttemptLimit::default(), Instant::now());
        exhaust(&attempts, from("192.0.2.1"), now);
        for n in 0..10_000u32 {
            let address = IpAddr::from((0x0a00_0000 + n).to_be_bytes());
            let _ = attempts.check(Some(SocketAddr::new(address, 1)), false, now);
        }
        assert_eq!(attempts.whole_at.lock().len(), MAX_ADDRESSES);
        assert!(
            attempts.check(from("192.0.2.1"), true, now).is_err(),
            "the worst is not forgotten"
        );
    }
}
