//! The settings of a cluster: the NATS servers that link its nodes, how to sign in there, and what is asked of them.

mod address;

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

pub use address::{AdvertisedUrl, MonitorUrl, NatsServer};

/// The value of `--node` that is not a choice: each node of a cluster needs a name of its own.
pub(super) const DEFAULT_NODE: &str = "tidings";

/// The longest name of a node or of a cluster, in bytes.
const MAX_NAME: usize = 32;

/// How this server takes part in a cluster.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterSettings {
    /// NATS servers (version 2.12 or newer, with JetStream) that link the nodes of a cluster, such as
    /// nats://a:4222,nats://b:4222,nats://c:4222, or tls:// for encrypted connections. All nodes follow one stream of
    /// these servers, so each of them has all messages and serves every client. Repeat the flag or separate the servers
    /// with commas. Without it, this server is alone and no connection is made.
    #[arg(
        id = "cluster",
        long = "cluster",
        value_delimiter = ',',
        value_name = "URL"
    )]
    pub servers: Vec<NatsServer>,

    /// Name of the cluster: 1 to 32 of `a-z`, `0-9` and `-`. Nodes with the same name share their messages. The stream
    /// in NATS is called TIDINGS_ and this name in upper case.
    #[arg(id = "cluster_name", long = "cluster-name", default_value = "tidings", value_name = "NAME", value_parser = cluster_name)]
    pub name: String,

    /// Credentials file (.creds, a JWT with its seed) to sign in to NATS.
    #[arg(id = "cluster_creds", long = "cluster-creds", value_name = "FILE")]
    pub creds: Option<PathBuf>,

    /// File with the seed of an NKey to sign in to NATS.
    #[arg(id = "cluster_nkey", long = "cluster-nkey", value_name = "FILE")]
    pub nkey: Option<PathBuf>,

    /// User to sign in to NATS. Needs `--cluster-password-file`.
    #[arg(id = "cluster_user", long = "cluster-user", value_name = "NAME")]
    pub user: Option<String>,

    /// File with the password of `--cluster-user`. A line end after the password is ignored.
    #[arg(
        id = "cluster_password_file",
        long = "cluster-password-file",
        value_name = "FILE"
    )]
    pub password_file: Option<PathBuf>,

    /// PEM file with the certificates of the authorities that sign the certificates of the NATS servers. Default: those
    /// that the system trusts.
    #[arg(id = "cluster_ca", long = "cluster-ca", value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// PEM file with a certificate that this node shows to the NATS servers. Needs `--cluster-key`.
    #[arg(id = "cluster_cert", long = "cluster-cert", value_name = "FILE")]
    pub cert: Option<PathBuf>,

    /// PEM file with the private key of `--cluster-cert`.
    #[arg(id = "cluster_key", long = "cluster-key", value_name = "FILE")]
    pub key: Option<PathBuf>,

    /// NATS servers that keep a copy of each message: 1, 3 or 5. A push is accepted when more than half of them have it
    /// on their disks. With 1, messages are lost with that server's disk.
    #[arg(id = "cluster_replicas", long = "cluster-replicas", default_value_t = 3, value_name = "N", value_parser = RangedU64ValueParser::<u16>::new().range(1..=5))]
    pub replicas: u16,

    /// HTTP monitoring addresses of the NATS servers, such as http://a:8222,http://b:8222,http://c:8222. This server
    /// asks there at the start and later whether each NATS server writes to the disk before it confirms
    /// (`sync_interval: always`). Repeat the flag or separate the addresses with commas.
    #[arg(
        id = "cluster_monitor",
        long = "cluster-monitor",
        value_delimiter = ',',
        value_name = "URL"
    )]
    pub monitors: Vec<MonitorUrl>,

    /// Start although NATS servers may confirm a message before it is on their disks. A power failure of several of
    /// them can then lose messages that were accepted. The panel and `/health/ready` name it as a weakness.
    #[arg(id = "cluster_allow_weak_sync", long = "cluster-allow-weak-sync", action = clap::ArgAction::Set,
          default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, hide_possible_values = true,
          hide_default_value = true, value_name = "true|false")]
    pub allow_weak_sync: bool,

    /// Replace the log of this node by a copy of another node's log if it does not belong to the stream, for example
    /// after `tidings cluster recover` on that node. The old log is kept in the data folder under another name: messages
    /// that only this node has are in it, and nowhere else.
    #[arg(id = "cluster_rejoin", long = "cluster-rejoin", action = clap::ArgAction::Set,
          default_value_t = false, default_missing_value = "true", num_args = 0..=1, require_equals = true, hide_possible_values = true,
          hide_default_value = true, value_name = "true|false")]
    pub rejoin: bool,

    /// URL at which people and the other nodes reach this node, such as http://10.0.0.5:8020. It is shown in the list of
    /// nodes.
    #[arg(id = "advertise", long = "advertise", value_name = "URL")]
    pub advertise: Option<AdvertisedUrl>,
}

impl ClusterSettings {
    /// Whether this server is a node of a cluster.
    pub fn is_on(&self) -> bool {
        !self.servers.is_empty()
    }

    /// Refuses settings with which a command of a cluster can't connect.
    pub fn check_connection(&self) -> Result<(), InvalidCluster> {
        match self.is_on() {
            true => self.check("command"),
            false => Err(InvalidCluster::NoServers("this command")),
        }
    }

    /// Refuses settings that do not go together. `node` is the name of this server.
    pub(super) fn check(&self, node: &str) -> Result<(), InvalidCluster> {
        if !self.is_on() {
            return self
                .needs_cluster()
                .map_or(Ok(()), |flag| Err(InvalidCluster::NoServers(flag)));
        }
        if node == DEFAULT_NODE {
            return Err(InvalidCluster::NoNode);
        }
        if !is_name(node, |c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
            return Err(InvalidCluster::Node);
        }
        if ![1, 3, 5].contains(&self.replicas) {
            return Err(InvalidCluster::Replicas);
        }
        let ways = [
            self.creds.is_some(),
            self.nkey.is_some(),
            self.user.is_some(),
        ];
        if ways.iter().filter(|way| **way).count() > 1 {
            return Err(InvalidCluster::SeveralCredentials);
        }
        both(
            (&self.user, "--cluster-user"),
            (&self.password_file, "--cluster-password-file"),
        )?;
        both((&self.cert, "--cluster-cert"), (&self.key, "--cluster-key"))
    }

    /// A flag that is set and has no meaning without `--cluster`.
    fn needs_cluster(&self) -> Option<&'static str> {
        let flags = [
            (self.creds.is_some(), "--cluster-creds"),
            (self.nkey.is_some(), "--cluster-nkey"),
            (self.user.is_some(), "--cluster-user"),
            (self.password_file.is_some(), "--cluster-password-file"),
            (self.ca.is_some(), "--cluster-ca"),
            (self.cert.is_some(), "--cluster-cert"),
            (self.key.is_some(), "--cluster-key"),
            (!self.monitors.is_empty(), "--cluster-monitor"),
        ];
        flags.iter().find(|(set, _)| *set).map(|(_, flag)| *flag)
    }
}

/// Refuses one of two settings without the other.
fn both<A, B>(
    (a, a_flag): (&Option<A>, &'static str),
    (b, b_flag): (&Option<B>, &'static str),
) -> Result<(), InvalidCluster> {
    match (a.is_some(), b.is_some()) {
        (true, false) => Err(InvalidCluster::Needs(a_flag, b_flag)),
        (false, true) => Err(InvalidCluster::Needs(b_flag, a_flag)),
        _ => Ok(()),
    }
}

fn is_name(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.chars().all(allowed)
}

fn cluster_name(text: &str) -> Result<String, &'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match is_name(text, allowed) {
        true => Ok(text.to_owned()),
        false => Err("must have 1 to 32 of a-z, 0-9 and -"),
    }
}

/// Why a server does not start as a node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCluster {
    /// A setting of a cluster without a cluster.
    #[error("{0} needs --cluster (TIDINGS_CLUSTER) with the addresses of the NATS servers")]
    NoServers(&'static str),
    /// The node has no name of its own.
    #[error(
        "--cluster needs --node (TIDINGS_NODE): each node needs a name of its own that stays the same over restarts, such as node1"
    )]
    NoNode,
    /// The name of the node has other characters, or too many.
    #[error("--node (TIDINGS_NODE) must have 1 to 32 of A-Z, a-z, 0-9, _ and - with --cluster")]
    Node,
    /// An even number of replicas.
    #[error("--cluster-replicas (TIDINGS_CLUSTER_REPLICAS) must be 1, 3 or 5")]
    Replicas,
    /// Several ways to sign in.
    #[error("set only one of --cluster-creds, --cluster-nkey and --cluster-user")]
    SeveralCredentials,
    /// A setting that needs another one.
    #[error("{0} needs {1}")]
    Needs(&'static str, &'static str),
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;

    const CLUSTER: [&str; 4] = ["--cluster", "nats://a:4222,tls://b:4222", "--node", "n1"];

    fn refusal(flags: &[&str]) -> String {
        match Settings::from_flags(flags) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    fn with(flags: &[&str]) -> String {
        refusal(&[&CLUSTER[..], flags].concat())
    }

    #[test]
    fn a_cluster_is_off_by_default() {
        let settings = Settings::from_flags::<&str>([]).expect("settings");
        assert!(!settings.cluster.is_on());
        assert_eq!(
            refusal(&["--cluster-creds", "f"]),
            "--cluster-creds needs --cluster (TIDINGS_CLUSTER) with the addresses of the NATS servers"
        );
    }

    #[test]
    fn servers_may_be_separated_by_commas() {
        let settings = Settings::from_flags(CLUSTER).expect("settings");
        let servers: Vec<_> = settings
            .cluster
            .servers
            .iter()
            .map(|s| s.as_str())
            .collect();
        assert_eq!(servers, ["nats://a:4222", "tls://b:4222"]);
        assert_eq!(settings.cluster.replicas, 3);
        assert!(!settings.cluster.allow_weak_sync);
    }

    #[test]
    fn a_password_in_the_url_is_refused() {
        let text = refusal(&["--cluster", "nats://me:secret@a:4222", "--node", "n1"]);
        assert!(text.contains("--cluster-password-file"), "{text}");
        assert!(refusal(&["--cluster", "http://a", "--node", "n1"]).contains("nats://"));
    }

    #[test]
    fn a_node_needs_a_name_of_its_own() {
        assert!(refusal(&["--cluster", "nats://a"]).contains("needs --node"));
        let long = "n".repeat(33);
        for name in ["a.b", "", "ä", &long] {
            let text = refusal(&["--cluster", "nats://a", "--node", name]);
            assert!(text.contains("--node"), "{name}: {text}");
        }
        assert!(with(&["--cluster-name", "Big"]).contains("a-z"));
    }

    #[test]
    fn settings_that_do_not_go_together_are_refused() {
        assert!(with(&["--cluster-replicas", "2"]).contains("1, 3 or 5"));
        assert!(with(&["--cluster-user", "u"]).contains("needs --cluster-password-file"));
        assert!(with(&["--cluster-key", "k"]).contains("--cluster-key needs --cluster-cert"));
        assert!(with(&["--cluster-creds", "c", "--cluster-nkey", "n"]).contains("only one"));
        assert_eq!(with(&["--cluster-nkey", "n"]), "");
    }

    #[test]
    fn weak_sync_is_a_switch() {
        let allowed = |flags: &[&str]| {
            let all = [&CLUSTER[..], flags].concat();
            Settings::from_flags(all)
                .expect("settings")
                .cluster
                .allow_weak_sync
        };
        assert!(allowed(&["--cluster-allow-weak-sync"]));
        assert!(allowed(&["--cluster-allow-weak-sync=true"]));
        assert!(!allowed(&["--cluster-allow-weak-sync=false"]));
    }
}
