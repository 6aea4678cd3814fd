//! Every setting: its name, default, unit and meaning. Nothing else reads the environment.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;

/// What `tidings serve` can be told.
#[derive(Clone, Debug, Args)]
#[command(next_line_help = true)]
pub struct Settings {
    /// Address and port to listen on. Anything but loopback needs an admin token.
    #[arg(
        long,
        env = "TIDINGS_LISTEN",
        default_value = "127.0.0.1:8020",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,

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

    /// Token that opens pushes, the admin API and the panel. Without one, Tidings serves this machine only.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub admin_token: Option<Secret>,

    /// Key that signs stream tokens (HS256, 32 bytes or more). With one, every stream needs such a token.
    #[arg(
        long,
        env = "TIDINGS_STREAM_SECRET",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub stream_secret: Option<Secret>,

    /// Seconds between two pings on a stream. Proxies close what is silent for 60.
    #[arg(long, env = "TIDINGS_HEARTBEAT", default_value_t = 25, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub heartbeat: u64,

    /// Seconds to take leave on SIGTERM: streams are told to come back, spread over this time.
    #[arg(long, env = "TIDINGS_DRAIN", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub drain: u64,

    /// What one caller may ask for.
    #[command(flatten)]
    pub limits: Limits,
}

/// What one caller may ask for. Each refusal is a problem with a code of its own.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Bytes of one push, the whole request body. An EventSource holds an event in memory before anyone sees it.
    #[arg(long, env = "TIDINGS_MAX_MESSAGE_BYTES", default_value_t = 256 * 1024, value_name = "BYTES")]
    pub max_message_bytes: usize,

    /// Client ids that one push may name.
    #[arg(
        long,
        env = "TIDINGS_MAX_IDS_PER_PUSH",
        default_value_t = 10_000,
        value_name = "N"
    )]
    pub max_ids_per_push: usize,

    /// Topics of one connection. A page that needs more wants a pattern.
    #[arg(
        long,
        env = "TIDINGS_MAX_TOPICS",
        default_value_t = 100,
        value_name = "N"
    )]
    pub max_topics: usize,

    /// Connections of one client: its tabs and devices.
    #[arg(
        long,
        env = "TIDINGS_MAX_CONNECTIONS_PER_CLIENT",
        default_value_t = 32,
        value_name = "N"
    )]
    pub max_connections_per_client: usize,

    /// Streams in all. Each takes a descriptor; mind `ulimit -n`.
    #[arg(
        long,
        env = "TIDINGS_MAX_CONNECTIONS",
        default_value_t = 100_000,
        value_name = "N"
    )]
    pub max_connections: usize,

    /// Bytes of all header fields of a request together.
    #[arg(long, env = "TIDINGS_MAX_HEADER_BYTES", default_value_t = 16 * 1024, value_name = "BYTES")]
    pub max_header_bytes: usize,

    /// Bytes of a request's URL, query included.
    #[arg(long, env = "TIDINGS_MAX_URL_BYTES", default_value_t = 8 * 1024, value_name = "BYTES")]
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
    #[arg(long, env = "TIDINGS_OUTBOX", default_value_t = 64, value_name = "N")]
    pub outbox: usize,

    /// Bytes that may wait in memory for one connection. One message is taken whatever its size.
    #[arg(long, env = "TIDINGS_OUTBOX_BYTES", default_value_t = 256 * 1024, value_name = "BYTES")]
    pub outbox_bytes: usize,
}

impl Settings {
    /// Time between two pings.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat)
    }

    /// Time to take leave.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }
}

impl Limits {
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

/// A text that must not be printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever compares or signs with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
