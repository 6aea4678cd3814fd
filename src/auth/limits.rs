//! How often callers may do something: open streams, push, and show wrong tokens. Each is limited for each address or
//! for each caller, so one does not take from others.

mod buckets;

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

pub use buckets::{Buckets, Empty, Quota};

use crate::{config::RateLimits, message::ClientId, network::Network};

/// Something that is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Streams that an address opens.
    Opens,
    /// Streams that a client with a token opens.
    OpensOfClient,
    /// Pushes of a caller.
    Pushes,
    /// Bytes that a caller pushes.
    PushBytes,
    /// Pushes of an API key on one day. It is said of each key, and not in the settings.
    PushesPerDay,
    /// Wrong tokens of an address.
    Failures,
}

impl Limit {
    /// The setting that says how much, or the field of the key.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Opens => "limit_opens",
            Self::OpensOfClient => "limit_opens_of_client",
            Self::Pushes => "limit_pushes",
            Self::PushBytes => "limit_push_bytes",
            Self::PushesPerDay => "pushes_per_day",
            Self::Failures => "limit_failures",
        }
    }
}

/// A limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitReached {
    /// Which.
    pub limit: Limit,
    /// How much is allowed.
    pub quota: Quota,
    /// The time after which the caller may try again.
    pub wait: Duration,
}

impl LimitReached {
    /// Seconds to wait, rounded up.
    pub fn retry_after(&self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

/// What was used of all limits. Its memory is bounded.
#[derive(Debug, Default)]
pub struct Limits {
    opens: Buckets<Network>,
    opens_of_client: Buckets<u64>,
    pushes: Buckets<u64>,
    push_bytes: Buckets<u64>,
    /// Callers are stored as hashes that nobody can foresee. They are short, and two that are equal are too rare to matter.
    hasher: RandomState,
}

impl Limits {
    /// A stream is opened from an address, by a client that a token names. Where no token is needed, the id of a client is
    /// no proof: others could use up what it has.
    pub fn open(
        &self,
        settings: &RateLimits,
        network: Network,
        client: Option<&ClientId>,
    ) -> Result<(), LimitReached> {
        let now = Instant::now();
        let per_minute = |amount| quota(amount, 60);
        if let Some(quota) = per_minute(settings.limit_opens).filter(|_| !network.may_be_many()) {
            let taken = self.opens.take(network, 1, quota, now);
            taken.map_err(|empty| reached(Limit::Opens, quota, empty))?;
        }
        if let (Some(quota), Some(client)) = (per_minute(settings.limit_opens_of_client), client) {
            let client = self.hasher.hash_one(client.as_str());
            let taken = self.opens_of_client.take(client, 1, quota, now);
            taken.map_err(|empty| reached(Limit::OpensOfClient, quota, empty))?;
        }
        Ok(())
    }

    /// A caller pushes a message of so many bytes. A caller may push for ten seconds in one moment.
    pub fn push(
        &self,
        settings: &RateLimits,
        caller: &str,
        bytes: usize,
    ) -> Result<(), LimitReached> {
        let (now, caller) = (Instant::now(), self.hasher.hash_one(caller));
        let per_second = |amount: u64| quota(amount.saturating_mul(10), 10);
        if let Some(quota) = per_second(settings.limit_pushes) {
            let taken = self.pushes.take(caller, 1, quota, now);
            taken.map_err(|empty| reached(Limit::Pushes, quota, empty))?;
        }
        if let Some(quota) = per_second(settings.limit_push_bytes) {
            let taken = self.push_bytes.take(caller, bytes as u64, quota, now);
            taken.map_err(|empty| reached(Limit::PushBytes, quota, empty))?;
        }
        Ok(())
    }

    /// How many addresses, clients and callers are stored, by limit.
    pub fn stored(&self) -> [(&'static str, u64); 4] {
        [
            (Limit::Opens.setting(), self.opens.len() as u64),
            (
                Limit::OpensOfClient.setting(),
                self.opens_of_client.len() as u64,
            ),
            (Limit::Pushes.setting(), self.pushes.len() as u64),
            (Limit::PushBytes.setting(), self.push_bytes.len() as u64),
        ]
    }
}

/// None: there is no limit.
fn quota(amount: u64, seconds: u64) -> Option<Quota> {
    let window = Duration::from_secs(seconds);
    (amount > 0).then_some(Quota { amount, window })
}

fn reached(limit: Limit, quota: Quota, Empty { wait }: Empty) -> LimitReached {
    LimitReached { limit, quota, wait }
}
