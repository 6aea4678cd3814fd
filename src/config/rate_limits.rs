//! How often something may be done. 0: as often as one likes.

use clap::{Args, value_parser};

/// The largest number that a limit may be.
const MAX: u64 = 1_000_000_000_000;

/// How often callers may do something. What is limited for each address is not limited for this machine, because a proxy
/// may run on it: name it by `--trusted-proxy`. IPv6 addresses count by their first 64 bits.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct RateLimits {
    /// Streams that one address may open in a minute, and at once. 0: no limit. Many users may share an address, so it is
    /// large.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = value_parser!(u64).range(0..=MAX))]
    pub limit_opens: u64,

    /// Streams that one client may open in a minute, and at once, where streams need a token. 0: no limit.
    #[arg(long, default_value_t = 120, value_name = "N", value_parser = value_parser!(u64).range(0..=MAX))]
    pub limit_opens_of_client: u64,

    /// Streams that one address may have open. 0: no limit.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = value_parser!(u64).range(0..=MAX))]
    pub limit_streams: u64,

    /// Messages that one caller may push in a second. Ten times as many may come at once. 0: no limit. Whoever may push
    /// without a limit: see `--limit-admin`.
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = value_parser!(u64).range(0..=MAX))]
    pub limit_pushes: u64,

    /// Bytes of data that one caller may push in a second. Ten times as many may come at once. 0: no limit.
    #[arg(long, default_value_t = 0, value_name = "BYTES", value_parser = value_parser!(u64).range(0..=MAX))]
    pub limit_push_bytes: u64,

    /// Wrong tokens that one address may send in a minute, and at once. More are answered by 429 instead of 401. A right
    /// token is never refused. 0: no limit.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = value_parser!(u64).range(0..=MAX))]
    pub limit_failures: u64,

    /// Limit also the admin token, and programs of this machine where no admin token is set.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub limit_admin: bool,
}
