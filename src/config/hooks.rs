//! Settings of webhooks.

use std::{str::FromStr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Args, ValueEnum, value_parser};

use super::Secret;

/// Webhooks: a back end is told what happened.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Webhooks")]
pub struct HookSettings {
    /// Let webhooks use http://, and addresses that the internet does not reach: of this machine, of private networks,
    /// link-local ones. Without it, whoever may manage this server could make it send requests into your network.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub hook_allow_private: bool,

    /// Seconds that the endpoint of a webhook has to answer, 1 to 60.
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = value_parser!(u64).range(1..=60))]
    pub hook_timeout: u64,

    /// Hours for which events are kept for webhooks, 1 to 720: so long may an endpoint be down, and so far back can events
    /// be sent again. At most 1,000,000 are kept.
    #[arg(long, default_value_t = 72, value_name = "HOURS", value_parser = value_parser!(u64).range(1..=720))]
    pub hook_keep_hours: u64,

    /// Hours after which a webhook is paused if every delivery fails, 1 to 720.
    #[arg(long, default_value_t = 24, value_name = "HOURS", value_parser = value_parser!(u64).range(1..=720))]
    pub hook_pause_hours: u64,

    /// Seconds after its last connection is gone until a client counts as offline, and a topic as vacated, 0 to 3600. A page
    /// that is loaded again opens a connection meanwhile.
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = value_parser!(u64).range(0..=3600))]
    pub hook_grace: u64,

    /// URL that is asked before a client gets a stream: your back end decides whether it may, and to which topics. The URL may
    /// be in your own network.
    #[arg(long, value_name = "URL")]
    pub connect_hook: Option<ConnectHookUrl>,

    /// Secret that signs these questions, as Standard Webhooks do: whsec_ and Base64 of 24 to 64 bytes.
    #[arg(long, value_name = "SECRET")]
    pub connect_hook_secret: Option<Secret>,

    /// File that contains that secret, instead of `--connect-hook-secret`.
    #[arg(long, value_name = "FILE")]
    pub connect_hook_secret_file: Option<std::path::PathBuf>,

    /// Milliseconds that the answer may take, 10 to 60000.
    #[arg(long, default_value_t = 2000, value_name = "MS", value_parser = value_parser!(u64).range(10..=60_000))]
    pub connect_hook_timeout: u64,

    /// What happens to the stream if there is no valid answer in that time.
    #[arg(
        long,
        default_value = "deny",
        value_name = "deny|allow",
        hide_possible_values = true
    )]
    pub connect_hook_on_failure: OnFailure,

    /// Seconds for which an answer holds for the same client, topics and token, 0 to 3600. With 0, every stream asks.
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = value_parser!(u64).range(0..=3600))]
    pub connect_hook_cache: u64,
}

/// See [`HookSettings::connect_hook_on_failure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnFailure {
    /// It is refused.
    Deny,
    /// It is opened as if there were no connect hook.
    Allow,
}

/// See [`HookSettings::connect_hook`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectHookUrl(reqwest::Url);

impl FromStr for ConnectHookUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match reqwest::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self(url)),
            _ => Err("must be like https://api.example.org/connect"),
        }
    }
}

impl ConnectHookUrl {
    /// The URL.
    pub fn url(&self) -> &reqwest::Url {
        &self.0
    }
}

impl HookSettings {
    /// Whether the secret of the connect hook is one of Standard Webhooks, or there is none.
    pub(super) fn has_good_secret(&self) -> bool {
        let is_good = |secret: &Secret| {
            let bytes = secret.expose().strip_prefix("whsec_");
            let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
            bytes.is_some_and(|bytes| (24..=64).contains(&bytes.len()))
        };
        self.connect_hook_secret.as_ref().is_none_or(is_good)
    }

    /// See [`Self::hook_timeout`].
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.hook_timeout)
    }

    /// See [`Self::hook_keep_hours`].
    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.hook_keep_hours * 3600)
    }

    /// See [`Self::hook_pause_hours`].
    pub fn pause_after(&self) -> Duration {
        Duration::from_secs(self.hook_pause_hours * 3600)
    }

    /// See [`Self::hook_grace`].
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.hook_grace)
    }
}
