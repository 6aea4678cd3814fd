//! A limit on guesses of passwords.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    LimitReached, Quota,
    limits::{Buckets, Empty, Limit},
};
use crate::network::Network;

/// How many wrong passwords of one person from one address are free.
const FREE: u32 = 5;

/// The wait after the first one that is not free. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// After this time without a wrong password, all of them are forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// The most pairs of a person and an address that are stored.
const MAX_PAIRS: usize = 65_536;

/// Wrong passwords of one person from all addresses together.
const OF_PERSON: Quota = Quota {
    amount: 100,
    window: Duration::from_secs(3600),
};

/// Slows down guesses. Passwords are weaker than tokens, so the rule of tokens, that a right one always passes, would
/// protect none. A guess that comes too early is refused without a look at the password, so it tells nothing. Nobody may be
/// able to lock out somebody else, so there are three limits:
///
/// - of a person **from one address**: after 5 wrong passwords each further one has to wait, 5 seconds at first and twice as
///   long each time, up to 15 minutes. This slows down whoever guesses, and nobody who is elsewhere.
/// - of **one address** for all people (`--limit-failures` a minute), and
/// - of **one person** from all addresses (100 an hour). Both hold only where the person has not signed in from before: so
///   guesses from elsewhere, and of others at the same address, do not lock anybody out of where they usually are.
///
/// A name that nobody has is limited in the same way, so an answer does not tell whether there is such a person. Each node of
/// a cluster counts for itself.
#[derive(Debug, Default)]
pub(super) struct GuessLimit {
    pairs: Mutex<HashMap<u64, Pair>>,
    addresses: Buckets<Network>,
    people: Buckets<u64>,
    /// Names are stored as hashes that nobody can foresee.
    hasher: RandomState,
    per_minute: AtomicU64,
}

#[derive(Debug)]
struct Pair {
    wrong: u32,
    last: Instant,
    /// No guess is looked at before.
    next: Instant,
}

/// Whose password is shown, and from where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess<'a> {
    /// The name in lower case.
    pub name: &'a str,
    pub network: Network,
    /// Whether the person has signed in from there before.
    pub is_familiar: bool,
}

impl GuessLimit {
    /// Sets how many wrong passwords an address may send in a minute. 0: any number.
    pub fn set(&self, per_minute: u64) {
        self.per_minute.store(per_minute, Ordering::Relaxed);
    }

    fn of_address(&self) -> Option<Quota> {
        let amount = self.per_minute.load(Ordering::Relaxed);
        let window = Duration::from_secs(60);
        (amount > 0).then_some(Quota { amount, window })
    }

    /// A guess comes. It counts as wrong until [`GuessLimit::right`] says otherwise: so it does not help to send many at
    /// once.
    pub fn begin(&self, guess: Guess<'_>, now: Instant) -> Result<(), LimitReached> {
        let pair = self.hasher.hash_one((guess.name, guess.network));
        self.check_pair(pair, now)?;
        if !guess.is_familiar {
            if let Some(quota) = self.of_address() {
                take(&self.addresses, guess.network, quota, now)?;
            }
            let name = self.hasher.hash_one(guess.name);
            take(&self.people, name, OF_PERSON, now)?;
        }
        self.count(pair, now);
        Ok(())
    }

    /// The guess was right: it does not count, and neither do earlier ones from there.
    pub fn right(&self, guess: Guess<'_>) {
        let pair = self.hasher.hash_one((guess.name, guess.network));
        self.pairs.lock().remove(&pair);
        self.give_back(guess);
    }

    /// The guess was right as far as it went: it does not count, but earlier ones from there do. Otherwise whoever knows the
    /// password could show it alone between wrong codes, and guess codes without a limit.
    pub fn not_wrong(&self, guess: Guess<'_>) {
        let pair = self.hasher.hash_one((guess.name, guess.network));
        if let Some(pair) = self.pairs.lock().get_mut(&pair) {
            pair.wrong = pair.wrong.saturating_sub(1);
            // It was looked at, so the wait of the wrong ones before it was over.
            pair.next = pair.last;
        }
        self.give_back(guess);
    }

    fn give_back(&self, guess: Guess<'_>) {
        if !guess.is_familiar {
            if let Some(quota) = self.of_address() {
                self.addresses.give_back(guess.network, 1, quota);
            }
            let name = self.hasher.hash_one(guess.name);
            self.people.give_back(name, 1, OF_PERSON);
        }
    }

    fn check_pair(&self, pair: u64, now: Instant) -> Result<(), LimitReached> {
        let pairs = self.pairs.lock();
        let next = pairs.get(&pair).map_or(now, |pair| pair.next);
        let wait = next.saturating_duration_since(now);
        let amount = FREE.into();
        match wait.is_zero() {
            true => Ok(()),
            false => Err(LimitReached {
                limit: Limit::Failures,
                quota: Quota {
                    amount,
                    window: LONGEST_WAIT,
                },
                wait,
            }),
        }
    }

    fn count(&self, pair: u64, now: Instant) {
        let mut pairs = self.pairs.lock();
        if pairs.len() >= MAX_PAIRS {
            make_room(&mut pairs, now);
        }
        let (wrong, last, next) = (0, now, now);
        let pair = pairs.entry(pair).or_insert(Pair { wrong, last, next });
        if now.saturating_duration_since(pair.last) > FORGET {
            pair.wrong = 0;
        }
        pair.wrong += 1;
        pair.last = now;
        if let Some(further) = pair.wrong.checked_sub(FREE) {
            let wait = FIRST_WAIT * (1 << further.min(16));
            pair.next = now + wait.min(LONGEST_WAIT);
        }
    }
}

fn take<K: Copy + Eq + std::hash::Hash>(
    buckets: &Buckets<K>,
    key: K,
    quota: Quota,
    now: Instant,
) -> Result<(), LimitReached> {
    let limit = Limit::Failures;
    let taken = buckets.take(key, 1, quota, now);
    taken.map_err(|Empty { wait }| LimitReached { limit, quota, wait })
}

/// Forgets old pairs, and if that is not enough, those that need not wait now. Whoever makes very many pairs comes from very
/// many addresses, and the limit of the person still holds.
fn make_room(pairs: &mut HashMap<u64, Pair>, now: Instant) {
    pairs.retain(|_, pair| now.saturating_duration_since(pair.last) <= FORGET);
    if pairs.len() >= MAX_PAIRS / 2 {
        pairs.retain(|_, pair| pair.next > now);
    }
    if pairs.len() >= MAX_PAIRS / 2 {
        pairs.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Network {
        let address = address.parse().expect("an address");
        Network::of(Some(std::net::SocketAddr::new(address, 1)))
    }

    fn guess(name: &'static str, address: &str) -> Guess<'static> {
        Guess {
            name,
            network: from(address),
            is_familiar: false,
        }
    }

    fn seconds(limit: &GuessLimit, guess: Guess<'_>, now: Instant) -> Option<u64> {
        limit
            .begin(guess, now)
            .err()
            .map(|reached| reached.retry_after())
    }

    #[test]
    fn each_further_wrong_password_waits_twice_as_long() {
        let (limit, mut now) = (GuessLimit::default(), Instant::now());
        let here = guess("ada", "192.0.2.1");
        (0..5).for_each(|_| assert_eq!(seconds(&limit, here, now), None));
        for wait in [5, 10, 20, 40, 80, 160, 320, 640, 900, 900] {
            assert_eq!(seconds(&limit, here, now), Some(wait));
            now += Duration::from_secs(wait);
            assert_eq!(seconds(&limit, here, now), None);
        }
        assert_eq!(seconds(&limit, guess("ada", "192.0.2.2"), now), None);
        assert_eq!(seconds(&limit, guess("bob", "192.0.2.1"), now), None);
        limit.right(here);
        (0..5).for_each(|_| assert_eq!(seconds(&limit, here, now), None));
    }

    #[test]
    fn an_address_and_a_person_have_limits_but_not_where_the_person_usually_is() {
        let (limit, now) = (GuessLimit::default(), Instant::now());
        limit.set(10);
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        for name in names {
            assert_eq!(seconds(&limit, guess(name, "192.0.2.1"), now), None);
        }
        assert_eq!(seconds(&limit, guess("ada", "192.0.2.1"), now), Some(6));
        for n in 0..100 {
            let guess = guess("ada", &format!("198.51.100.{n}"));
            assert_eq!(seconds(&limit, guess, now), None);
        }
        assert_eq!(seconds(&limit, guess("ada", "203.0.113.1"), now), Some(36));
        let usual = Guess {
            is_familiar: true,
            ..guess("ada", "192.0.2.1")
        };
        assert_eq!(seconds(&limit, usual, now), None);
    }

    #[test]
    fn a_right_password_without_its_code_does_not_forget_wrong_codes() {
        let (limit, mut now) = (GuessLimit::default(), Instant::now());
        let usual = Guess {
            is_familiar: true,
            ..guess("ada", "192.0.2.1")
        };
        for _ in 0..5 {
            assert_eq!(seconds(&limit, usual, now), None);
            limit.not_wrong(usual);
            assert_eq!(seconds(&limit, usual, now), None);
        }
        for wait in [5, 10, 20] {
            assert_eq!(seconds(&limit, usual, now), Some(wait));
            now += Duration::from_secs(wait);
            assert_eq!(seconds(&limit, usual, now), None, "the password alone");
            limit.not_wrong(usual);
            assert_eq!(seconds(&limit, usual, now), None, "a wrong code");
        }
    }

    #[test]
    fn right_passwords_cost_nothing() {
        let (limit, now) = (GuessLimit::default(), Instant::now());
        limit.set(10);
        for _ in 0..200 {
            let here = guess("ada", "192.0.2.1");
            assert_eq!(seconds(&limit, here, now), None);
            limit.right(here);
        }
    }
}
