//! Who this node is.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::equal_settings::{self, EqualSettings};
use crate::{config::Settings, random};

/// This node, in this run.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name of the node: `--node`. It stays the same over restarts.
    pub node: String,
    /// Identifies this run of the node: random, never 0.
    pub boot: u64,
    /// When this run began, in milliseconds since 1970.
    pub started_at: u64,
    /// The same, to measure how long it has run.
    pub began: Instant,
    /// Where other nodes and people reach it: `--advertise`.
    pub advertise: Option<String>,
    /// What must be equal at all nodes.
    pub settings: EqualSettings,
}

impl Identity {
    /// The identity of a run that begins now.
    pub fn new(settings: &Settings) -> Self {
        Self {
            node: settings.node.clone(),
            boot: random::below(u64::MAX) + 1,
            started_at: now(),
            began: Instant::now(),
            settings: equal_settings::of(settings),
            advertise: (settings.cluster.advertise.as_ref()).map(|url| url.as_str().to_owned()),
        }
    }

    /// The id of a record of this run. The stream stores a record once for each id.
    pub fn record_id(&self, number: u64) -> String {
        format!("{}-{:016x}-{number}", self.node, self.boot)
    }
}

/// The time in milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
