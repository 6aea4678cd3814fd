//! Settings of what a server tells about its work.

use std::{convert::Infallible, path::PathBuf, str::FromStr};

use clap::Args;

use super::HostPort;

/// What the server tells about its work.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Monitoring")]
pub struct Monitoring {
    /// Further address that answers `/metrics` (OpenMetrics, for Prometheus), such as 127.0.0.1:9464. It needs no token,
    /// so let only your monitoring reach it. At the address of the server itself, `/metrics` is for admins.
    #[arg(long, value_name = "ADDRESS")]
    pub metrics_listen: Option<HostPort>,

    /// File to write a line of JSON to for each finished request, or `-` for stdout. Tokens are left out. The file is
    /// opened again on SIGHUP, as logrotate needs it.
    #[arg(long, value_name = "FILE")]
    pub access_log: Option<AccessLogTarget>,

    /// URL of a collector of OpenTelemetry, such as http://127.0.0.1:4318: a span of each request is sent there (OTLP over
    /// HTTP). Only in programs that were built with the feature `otlp`.
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<CollectorUrl>,
}

/// See [`Monitoring::otlp_endpoint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorUrl(String);

impl FromStr for CollectorUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match reqwest::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self(text.to_owned())),
            _ => Err("must be like http://127.0.0.1:4318"),
        }
    }
}

impl CollectorUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// See [`Monitoring::access_log`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLogTarget {
    /// Standard output.
    Stdout,
    /// The end of this file.
    File(PathBuf),
}

impl FromStr for AccessLogTarget {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "-" => Self::Stdout,
            path => Self::File(path.into()),
        })
    }
}
