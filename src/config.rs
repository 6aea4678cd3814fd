//! All settings: name, default, unit and meaning. No other room reads the environment.
//!
//! A later layer wins: defaults, `tidings.toml`, the environment (`TIDINGS_*`), flags.

mod anonymous;
mod check;
mod cluster;
mod file;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod hooks;
mod host;
mod hub_url;
mod jwt;
mod listen;
mod live;
mod mercure;
mod monitoring;
mod oidc;
mod problems;
mod proxy;
mod rate_limits;
mod read;
mod role;
mod secret;
mod secure_url;
mod service_manager;
mod tls;

pub use anonymous::AnonymousSettings;
pub use check::InvalidSettings;
pub use cluster::{AdvertisedUrl, ClusterSettings, InvalidCluster, MonitorUrl, NatsServer};
pub use file::{DEFAULT_FILE, FileError};
pub use hooks::{ConnectHookUrl, HookSettings, OnFailure};
pub use host::{AllowedOrigin, Host, InvalidHost, InvalidOrigin, Origin};
pub use jwt::{
    Algorithm, Bits, InvalidKey, JwtSettings, KeyMaterial, TokenKey, UnreadableKey, published_keys,
};
pub use listen::{HostPort, InvalidListenAddress, ListenAddress, ListenSettings};
pub use live::{Changes, Live, Loaded};
pub use mercure::{MERCURE_PATH, METADATA_PATH, MercureSettings};
pub use monitoring::{AccessLogTarget, CollectorUrl, Monitoring};
pub use oidc::{ClaimRole, InvalidOidc, IssuerUrl, OidcSettings};
pub use problems::{Problem, problems};
pub use proxy::{InvalidPublicUrl, InvalidTrustedPeer, ProxySettings, PublicUrl, TrustedPeer};
pub use rate_limits::RateLimits;
pub use read::{ConfigError, StreamSecret, with_environment, with_file};
pub use role::RoleSettings;
pub use secret::{Secret, UnreadableSecret};
pub use secure_url::SecureUrl;
pub use service_manager::ServiceManager;
pub use tls::{AcmeSettings, InvalidTls, TlsSettings};

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::RangedU64ValueParser};
use tracing_subscriber::EnvFilter;

/// The settings of `tidings serve`.
#[derive(Clone, Debug, Args)]
#[command(next_line_help = true)]
pub struct Settings {
    /// Where the server listens.
    #[command(flatten)]
    pub listening: ListenSettings,

    /// Folder for all data of the server. It is created if it does not exist. Only one process can use a folder at a
    /// time.
    #[arg(long, default_value = "tidings-data", value_name = "FOLDER")]
    pub data_dir: PathBuf,

    /// Name of this server in streams and statistics. Each node of a cluster needs a name of its own: 1 to 32 of `A-Z`,
    /// `a-z`, `0-9`, `_` and `-`.
    #[arg(long, default_value = cluster::DEFAULT_NODE, value_name = "NAME")]
    pub node: String,

    /// Seconds between two pings on a stream, 1 to 3600. Many proxies close a connection that is silent for 60 seconds,
    /// so keep it below that. A client that is gone is detected within two heartbeats.
    #[arg(long, default_value_t = 25, value_name = "SECONDS", value_parser = number::<u64>(1..=3600))]
    pub heartbeat: u64,

    /// Seconds over which clients come back at most after a shutdown by SIGTERM, 0 to 3600. Streams are told to reconnect
    /// at different times, sooner if there are few, so that not all clients come back at once. Requests that are being
    /// answered have this time to finish.
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = number::<u64>(0..=3600))]
    pub drain: u64,

    /// Threads that write the streams of plain HTTP/1.1, 0 to 64. A stream on such a thread needs a few hundred bytes
    /// of memory. With 0, each stream is written by a task, which needs more. Default: the number of processors, at
    /// most 4.
    #[arg(long, value_name = "N", value_parser = number::<u16>(0..=64))]
    pub delivery_threads: Option<u16>,

    /// TOML file with the same settings. A key is the name of the flag with `_` instead of `-`. The settings of a
    /// heading of this help may stand in a table of that name, such as `[limits]`. Environment variables and flags win
    /// over the file. Default: tidings.toml in the current folder, if it exists.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Token that is needed to push, to use the admin API and to open the panel. 16 or more printable ASCII characters.
    /// Without it, the server listens on loopback addresses only. A flag is visible in the list of processes: prefer
    /// the file or the environment.
    #[arg(long, value_name = "TOKEN", help_heading = "Access")]
    pub admin_token: Option<Secret>,

    /// File that contains the admin token, instead of `--admin-token`. A line end after the token is ignored.
    #[arg(long, value_name = "FILE", help_heading = "Access")]
    pub admin_token_file: Option<PathBuf>,

    /// Key that signs stream tokens (HS256; HS384 with 48 bytes, HS512 with 64). 32 bytes or more. If it is set, every
    /// stream needs a token that `tidings token` or your back end has signed with it.
    #[arg(long, value_name = "KEY", help_heading = "Access")]
    pub stream_secret: Option<Secret>,

    /// File that contains the stream secret, instead of `--stream-secret`. A line end after the key is ignored.
    #[arg(long, value_name = "FILE", help_heading = "Access")]
    pub stream_secret_file: Option<PathBuf>,

    /// Origin whose pages may open streams, such as https://www.example.org. `*` allows every origin. Repeat the flag
    /// or separate origins with commas.
    #[arg(
        long,
        default_value = "*",
        value_delimiter = ',',
        value_name = "ORIGIN",
        help_heading = "Access"
    )]
    pub allow_origin: Vec<AllowedOrigin>,

    /// Further host name of this server, such as push.example.org. Needed behind a proxy that changes the `Host`
    /// header. Without an admin token, requests to push and to administer are accepted only for the names of the local
    /// machine and for these. That stops web pages from reaching the server through DNS names of their own. Repeat the
    /// flag or separate names with commas.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "HOST",
        help_heading = "Access"
    )]
    pub allow_host: Vec<Host>,

    /// Own roles for API keys and people: in the file, a table `[roles.NAME]` for each. As a flag, one role as JSON.
    #[arg(long, value_name = "JSON", hide = true)]
    pub roles: Vec<RoleSettings>,

    /// Stream tokens of other issuers.
    #[command(flatten)]
    pub jwt: JwtSettings,

    /// Signing in with accounts of an issuer.
    #[command(flatten)]
    pub oidc: OidcSettings,

    /// Streams without a token.
    #[command(flatten)]
    pub anonymous: AnonymousSettings,

    /// The protocol of Mercure.
    #[command(flatten)]
    pub mercure: MercureSettings,

    /// Webhooks.
    #[command(flatten)]
    pub hooks: HookSettings,

    /// Diagnostics to write to stderr: error, warn, info, debug or trace. A level can be set for each module, as in
    /// `info,tidings::http=debug`.
    #[arg(long, default_value = "info", value_name = "FILTER", value_parser = log_filter,
          help_heading = "Diagnostics")]
    pub log: String,

    /// Format of the diagnostics.
    #[arg(
        long,
        default_value = "text",
        value_name = "FORMAT",
        help_heading = "Diagnostics"
    )]
    pub log_format: LogFormat,

    /// HTTPS.
    #[command(flatten)]
    pub tls: TlsSettings,

    /// How users reach this server if there is a proxy before it.
    #[command(flatten)]
    pub proxy: ProxySettings,

    /// How long messages are kept, and how safely.
    #[command(flatten)]
    pub retention: Retention,

    /// Limits for requests and connections.
    #[command(flatten)]
    pub limits: Limits,

    /// What the server tells about its work.
    #[command(flatten)]
    pub monitoring: Monitoring,

    /// How this server takes part in a cluster.
    #[command(flatten)]
    pub cluster: ClusterSettings,
}

/// Format of the diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line, for programs
    Json,
}

/// How long messages are kept, and how safely.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Retention")]
pub struct Retention {
    /// When a push counts as accepted, and so what it survives.
    #[arg(long, default_value = "fsync", value_name = "MODE")]
    pub durability: DurabilityMode,

    /// Hours after which a message is deleted, 1 to 87600. The default is one week, so that clients that are away for
    /// some days still get everything.
    #[arg(long, default_value_t = 7 * 24, value_name = "HOURS",
          value_parser = number::<u64>(1..=10 * 365 * 24))]
    pub max_age_hours: u64,

    /// Days for which the audit trail is kept, 0 to 3650: who pushed, recalled, and changed keys. With 0 none is written. It
    /// takes at most a quarter of the size of the log: if there is more, the oldest entries are deleted.
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = number::<u64>(0..=3650))]
    pub audit_days: u64,

    /// Size of the log on the disk, in units of 1,048,576 bytes, 1 to 16777216. If the log is larger, the oldest
    /// messages are deleted.
    #[arg(long, default_value_t = 1024, value_name = "MB",
          value_parser = number::<u64>(1..=16 * 1024 * 1024))]
    pub max_log_mb: u64,
}

/// See [`Retention::durability`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DurabilityMode {
    /// After it is on the disk. It survives a power failure
    Fsync,
    /// After the operating system has it. It survives a crash of the server, but not of the machine. Faster on slow
    /// disks
    Os,
}

/// Limits for requests and connections. Each refusal has an error code of its own.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Bytes of one push: the request body after decompression. 1 to 67108864. A browser keeps a whole event in memory
    /// before a page sees it.
    #[arg(long, default_value_t = 256 * 1024, value_name = "BYTES",
          value_parser = number::<usize>(1..=64 * 1024 * 1024))]
    pub max_message_bytes: usize,

    /// Client ids in one push, 1 to 1000000.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = number::<usize>(1..=1_000_000))]
    pub max_ids_per_push: usize,

    /// Messages that may be scheduled at the same time, 0 to 10000000. They are kept in the log until they are pushed.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = number::<u64>(0..=10_000_000))]
    pub max_scheduled: u64,

    /// Topics that may have a state, 0 to 10000000. States are kept until they are removed.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = number::<u64>(0..=10_000_000))]
    pub max_states: u64,

    /// Days for which a message may be scheduled, 1 to 3650.
    #[arg(long, default_value_t = 366, value_name = "DAYS", value_parser = number::<u64>(1..=3650))]
    pub max_schedule_days: u64,

    /// Topics of one connection, 1 to 10000. Use a pattern, such as `orders/*`, to subscribe to many topics at once.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = number::<usize>(1..=10_000))]
    pub max_topics: usize,

    /// Connections of one client id, 1 to 100000. Each tab and each device of a client has its own.
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = number::<usize>(1..=100_000))]
    pub max_connections_per_client: usize,

    /// Open streams of the server, 1 to 10000000. Each needs a file descriptor: see `ulimit -n`.
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = number::<usize>(1..=10_000_000))]
    pub max_connections: usize,

    /// Bytes of all header fields of a request together, 256 to 1048576.
    #[arg(long, default_value_t = 16 * 1024, value_name = "BYTES",
          value_parser = number::<usize>(256..=1024 * 1024))]
    pub max_header_bytes: usize,

    /// Bytes of the URL of a request, with its query. 64 to 65534.
    #[arg(long, default_value_t = 8 * 1024, value_name = "BYTES",
          value_parser = number::<usize>(64..=65_534))]
    pub max_url_bytes: usize,

    /// Seconds in which a request must arrive completely, 1 to 3600.
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = number::<u64>(1..=3600))]
    pub request_timeout: u64,

    /// Seconds after which a stream is closed if its client reads nothing, 1 to 3600. The client can reconnect and
    /// continue.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = number::<u64>(1..=3600))]
    pub write_timeout: u64,

    /// Messages that wait in memory for one connection, 1 to 65536. If more arrive, the connection reads them from the
    /// log, which is slower but needs no memory.
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = number::<usize>(1..=65_536))]
    pub outbox: usize,

    /// Bytes that wait in memory for one connection, 1 to 1073741824. A single message may be larger.
    #[arg(long, default_value_t = 256 * 1024, value_name = "BYTES",
          value_parser = number::<usize>(1..=1024 * 1024 * 1024))]
    pub outbox_bytes: usize,

    /// How often callers may do something.
    #[command(flatten)]
    pub rates: RateLimits,
}

impl Settings {
    /// Whether a stream needs a token.
    pub fn need_stream_token(&self) -> bool {
        self.stream_secret.is_some() || self.jwt.are_set()
    }

    /// Time between two pings.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat)
    }

    /// Time after which a stream is closed if its client takes nothing of what it was sent.
    pub fn stall_timeout(&self) -> Duration {
        self.heartbeat().min(self.limits.write_timeout())
    }

    /// Number of threads that write streams. 0: tasks write them.
    pub fn delivery_threads(&self) -> usize {
        let processors =
            || std::thread::available_parallelism().map_or(1, |count| count.get().min(4));
        self.delivery_threads.map_or_else(processors, usize::from)
    }

    /// Longest time of a shutdown.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }
}

impl Limits {
    /// Time in which a request must arrive completely.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout)
    }

    /// Time after which a stream is closed if its client reads nothing.
    pub fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout)
    }

    /// Bytes of a request head that are read. More than the limits allow, so that a head that is a little too
    /// large gets an error that names the limit.
    pub fn max_head(&self) -> usize {
        (2 * (self.max_header_bytes + self.max_url_bytes)).max(64 * 1024)
    }
}

/// A parser for numbers in a range.
fn number<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> RangedU64ValueParser<T> {
    RangedU64ValueParser::new().range(range)
}

/// Checks a filter here, because later an invalid one would be ignored without an error.
fn log_filter(text: &str) -> Result<String, String> {
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
