//! Every setting: its name, default, unit and meaning. Nothing else reads the environment.
//!
//! The layers are the defaults, then `tidings.toml`, then `TIDINGS_*`, then the flags.

mod check;
mod file;
mod host;
mod listen;
mod read;
mod secret;

pub use check::InvalidSettings;
pub use file::{DEFAULT_FILE, FileError};
pub use host::{AllowedOrigin, Host, InvalidHost, InvalidOrigin, Origin};
pub use listen::{InvalidListenAddress, ListenAddress};
pub use read::{ConfigError, StreamSecret, with_file};
pub use secret::{Secret, UnreadableSecret};

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::RangedU64ValueParser};
use tracing_subscriber::EnvFilter;

/// What `tidings serve` can be told.
#[derive(Clone, Debug, Args)]
#[command(next_line_help = true)]
pub struct Settings {
    /// Host and port to listen on: 127.0.0.1:8020, [::1]:8020 or localhost:8020. A name is resolved, and all its
    /// addresses are listened on. A port alone (8020 or :8020) is this machine only: 127.0.0.1 and ::1. An address
    /// that other machines can reach needs an admin token.
    #[arg(
        long,
        env = "TIDINGS_LISTEN",
        default_value = "127.0.0.1:8020",
        value_name = "ADDRESS"
    )]
    pub listen: ListenAddress,

    /// Folder that holds everything Tidings keeps. Made when it is missing.
    #[arg(
        long,
        env = "TIDINGS_DATA_DIR",
        default_value = "tidings-data",
        value_name = "FOLDER"
    )]
    pub data_dir: PathBuf,

    /// Name of this node, as streams and statistics show it.
    #[arg(
        long,
        env = "TIDINGS_NODE",
        default_value = "tidings",
        value_name = "NAME"
    )]
    pub node: String,

    /// Seconds between two pings on a stream. Proxies close what is silent for 60.
    #[arg(long, env = "TIDINGS_HEARTBEAT", default_value_t = 25, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub heartbeat: u64,

    /// Seconds to take leave on SIGTERM: streams are told to come back, spread over this time.
    #[arg(long, env = "TIDINGS_DRAIN", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub drain: u64,

    /// Threads that write the streams of plain HTTP/1.1, at some hundred bytes a stream; 0: streams are
    /// written by tasks, as requests are. Default: one for each processor, at most 4.
    #[arg(long, env = "TIDINGS_DELIVERY_THREADS", value_name = "N",
          value_parser = clap::value_parser!(u16).range(0..=64))]
    pub delivery_threads: Option<u16>,

    /// TOML file with the same settings: keys are the flags with `_` for `-`, and those of a heading below
    /// may stand in a table of its name, such as `[limits]`. `TIDINGS_*` and flags win over it. Default:
    /// tidings.toml, if there is one.
    #[arg(long, env = "TIDINGS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Token that opens pushes, the admin API and the panel: 16 characters or more. Without one, Tidings
    /// serves this machine only.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Access"
    )]
    pub admin_token: Option<Secret>,

    /// File that holds the admin token, instead of `--admin-token`.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN_FILE",
        value_name = "FILE",
        help_heading = "Access"
    )]
    pub admin_token_file: Option<PathBuf>,

    /// Key that signs stream tokens (HS256, 32 bytes or more). With one, every stream needs such a token:
    /// `tidings token` makes it.
    #[arg(
        long,
        env = "TIDINGS_STREAM_SECRET",
        hide_env_values = true,
        value_name = "KEY",
        help_heading = "Access"
    )]
    pub stream_secret: Option<Secret>,

    /// File that holds the stream secret, instead of `--stream-secret`.
    #[arg(
        long,
        env = "TIDINGS_STREAM_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Access"
    )]
    pub stream_secret_file: Option<PathBuf>,

    /// Origin whose pages may listen, such as https://www.example.org; `*` is every page. May be given
    /// more than once, or as a list with commas.
    #[arg(
        long,
        env = "TIDINGS_ALLOW_ORIGIN",
        default_value = "*",
        value_delimiter = ',',
        value_name = "ORIGIN",
        help_heading = "Access"
    )]
    pub allow_origin: Vec<AllowedOrigin>,

    /// Host name that browsers may know this server by besides the one they connect to, such as
    /// push.example.org behind a proxy that changes `Host`. Without an admin token only the names of
    /// this machine and these may push and administer. May be given more than once, or as a list with
    /// commas.
    #[arg(
        long,
        env = "TIDINGS_ALLOW_HOST",
        value_delimiter = ',',
        value_name = "HOST",
        help_heading = "Access"
    )]
    pub allow_host: Vec<Host>,

    /// What is told on stderr: error, warn, info, debug or trace, also by module, as in
    /// `info,tidings::http=debug`.
    #[arg(long, env = "TIDINGS_LOG", default_value = "info", value_name = "FILTER",
          value_parser = log_filter, help_heading = "Diagnostics")]
    pub log: String,

    /// How it is told: lines for people, or one JSON object a line for programs.
    #[arg(
        long,
        env = "TIDINGS_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT",
        help_heading = "Diagnostics"
    )]
    pub log_format: LogFormat,

    /// What is kept, and how surely.
    #[command(flatten)]
    pub retention: Retention,

    /// What one caller may ask for.
    #[command(flatten)]
    pub limits: Limits,
}

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What is kept, and how surely.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Retention")]
pub struct Retention {
    /// What an accepted push survives. fsync: everything, power loss included. os: the end of this process,
    /// but not of the machine; faster on slow disks.
    #[arg(
        long,
        env = "TIDINGS_DURABILITY",
        default_value = "fsync",
        value_name = "MODE"
    )]
    pub durability: DurabilityMode,

    /// Hours that a message is kept at most. A week: long enough for a holiday, short enough for the disk.
    #[arg(long, env = "TIDINGS_MAX_AGE_HOURS", default_value_t = 7 * 24, value_name = "HOURS",
          value_parser = clap::value_parser!(u64).range(1..=10 * 365 * 24))]
    pub max_age_hours: u64,

    /// Megabytes (of 1,048,576 bytes) that the log may take on the disk; the oldest messages go first.
    #[arg(long, env = "TIDINGS_MAX_LOG_MB", default_value_t = 1024, value_name = "MB",
          value_parser = clap::value_parser!(u64).range(1..=16 * 1024 * 1024))]
    pub max_log_mb: u64,
}

/// See [`Retention::durability`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DurabilityMode {
    /// Written through to the disk before the answer.
    Fsync,
    /// Given to the operating system before the answer.
    Os,
}

/// What one caller may ask for. Each refusal is a problem with a code of its own.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Bytes of one push, the whole request body. An EventSource holds an event in memory before anyone sees it.
    #[arg(long, env = "TIDINGS_MAX_MESSAGE_BYTES", default_value_t = 256 * 1024, value_name = "BYTES",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=64 * 1024 * 1024))]
    pub max_message_bytes: usize,

    /// Client ids that one push may name.
    #[arg(
        long,
        env = "TIDINGS_MAX_IDS_PER_PUSH",
        default_value_t = 10_000,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    pub max_ids_per_push: usize,

    /// Topics of one connection. A page that needs more wants a pattern.
    #[arg(
        long,
        env = "TIDINGS_MAX_TOPICS",
        default_value_t = 100,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000)
    )]
    pub max_topics: usize,

    /// Connections of one client: its tabs and devices.
    #[arg(
        long,
        env = "TIDINGS_MAX_CONNECTIONS_PER_CLIENT",
        default_value_t = 32,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000)
    )]
    pub max_connections_per_client: usize,

    /// Streams in all. Each takes a descriptor; mind `ulimit -n`.
    #[arg(
        long,
        env = "TIDINGS_MAX_CONNECTIONS",
        default_value_t = 100_000,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000_000)
    )]
    pub max_connections: usize,

    /// Bytes of all header fields of a request together.
    #[arg(long, env = "TIDINGS_MAX_HEADER_BYTES", default_value_t = 16 * 1024, value_name = "BYTES",
          value_parser = RangedU64ValueParser::<usize>::new().range(256..=1024 * 1024))]
    pub max_header_bytes: usize,

    /// Bytes of a request's URL, query included.
    #[arg(long, env = "TIDINGS_MAX_URL_BYTES", default_value_t = 8 * 1024, value_name = "BYTES",
          value_parser = RangedU64ValueParser::<usize>::new().range(64..=65_534))]
    pub max_url_bytes: usize,

    /// Seconds in which a request must have arrived whole.
    #[arg(long, env = "TIDINGS_REQUEST_TIMEOUT", default_value_t = 15, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub request_timeout: u64,

    /// Seconds after which a connection that takes nothing is closed; it may resume.
    #[arg(long, env = "TIDINGS_WRITE_TIMEOUT", default_value_t = 30, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub write_timeout: u64,

    /// Messages that may wait in memory for one connection before it goes on from the log.
    #[arg(long, env = "TIDINGS_OUTBOX", default_value_t = 64, value_name = "N",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_536))]
    pub outbox: usize,

    /// Bytes that may wait in memory for one connection. One message is taken whatever its size.
    #[arg(long, env = "TIDINGS_OUTBOX_BYTES", default_value_t = 256 * 1024, value_name = "BYTES",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024 * 1024 * 1024))]
    pub outbox_bytes: usize,
}

impl Settings {
    /// Time between two pings.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat)
    }

    /// Threads that write streams.
    pub fn delivery_threads(&self) -> usize {
        let processors =
            || std::thread::available_parallelism().map_or(1, |count| count.get().min(4));
        self.delivery_threads.map_or_else(processors, usize::from)
    }

    /// Time to take leave.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }
}

impl Limits {
    /// Time in which a request must have arrived whole.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout)
    }

    /// Time after which a connection that takes nothing is closed.
    pub fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.write_timeout)
    }

    /// Bytes of a request head that are read at all: enough that one which is somewhat too large is
    /// told so by name.
    pub fn max_head(&self) -> usize {
        (2 * (self.max_header_bytes + self.max_url_bytes)).max(64 * 1024)
    }
}

/// Refuses a filter that would be silently ignored.
fn log_filter(text: &str) -> Result<String, String> {
    match text.parse::<EnvFilter>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
