//! Arguments that several commands have.

use std::path::PathBuf;

use anyhow::Context;
use app::api::Client;
use clap::{Args, ValueEnum};
use reqwest::{Certificate, ClientBuilder, Url};

use crate::{config::Secret, message::ClientId};

/// The server, and how the result is printed.
#[derive(Args)]
pub struct Common {
    #[command(flatten)]
    pub remote: Remote,

    /// Print the answer of the server as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A role, perhaps only for some clients and topics.
#[derive(Args)]
pub struct Rights {
    /// What is allowed: admin, operator, publisher, viewer, listener, or a role of the settings.
    #[arg(long, value_name = "ROLE")]
    pub role: String,

    /// Only these clients: an id, a prefix and `*` as in `shop:*`, or `*`. Repeat the flag for more. Without `--topic`, there
    /// are no topics then.
    #[arg(long, value_name = "PATTERN")]
    pub client: Vec<String>,

    /// Only these topics, with the patterns of subscriptions. Repeat the flag for more. Without `--client`, there are no
    /// clients then.
    #[arg(long, value_name = "PATTERN")]
    pub topic: Vec<String>,

    /// Also messages to everyone. Without --client and --topic, they are allowed anyway.
    #[arg(long)]
    pub everyone: bool,
}

/// The server that a command talks to.
#[derive(Args)]
pub struct Remote {
    /// URL of the server.
    #[arg(
        long,
        env = "TIDINGS_URL",
        default_value = "http://127.0.0.1:8020",
        value_name = "URL",
        value_parser = server_url
    )]
    pub url: Url,

    #[command(flatten)]
    token: AdminToken,

    #[command(flatten)]
    roots: Roots,
}

/// The data folder that a command works with.
#[derive(Args)]
pub struct DataFolder {
    /// Data folder of the server.
    #[arg(
        long,
        env = "TIDINGS_DATA_DIR",
        default_value = "tidings-data",
        value_name = "FOLDER"
    )]
    pub data_dir: PathBuf,
}

/// The admin token of the server that a command talks to.
#[derive(Args)]
pub struct AdminToken {
    /// Admin token of the server, or an API key. Not needed if the server has none.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<Secret>,

    /// File that contains the token, instead of `--token`.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "token"
    )]
    token_file: Option<PathBuf>,
}

/// The authorities that a command trusts.
#[derive(Args)]
pub struct Roots {
    /// File with further root certificates in PEM, for a server whose certificate is not from a public authority.
    #[arg(long, env = "SSL_CERT_FILE", value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Roots {
    /// A client for HTTP that trusts the server at this URL.
    pub fn http(&self, url: &Url) -> anyhow::Result<ClientBuilder> {
        let mut builder = reqwest::Client::builder();
        if let Some(path) = &self.ca
            && url.scheme() == "https"
        {
            let failed = || format!("--ca (SSL_CERT_FILE) {}", path.display());
            let pem = std::fs::read(path).with_context(failed)?;
            let roots = Certificate::from_pem_bundle(&pem).with_context(failed)?;
            for root in roots {
                builder = builder.add_root_certificate(root);
            }
        }
        Ok(builder)
    }
}

impl AdminToken {
    /// The token, from `--token` or `--token-file`.
    pub fn read(&self) -> anyhow::Result<Option<Secret>> {
        match &self.token_file {
            Some(path) => Secret::from_file(path)
                .map(Some)
                .with_context(|| format!("--token-file {}", path.display())),
            None => Ok(self.token.clone()),
        }
    }
}

impl Remote {
    /// The token, from `--token` or `--token-file`.
    pub fn token(&self) -> anyhow::Result<Option<Secret>> {
        self.token.read()
    }

    /// A client for HTTP that trusts the server.
    pub fn http(&self) -> anyhow::Result<ClientBuilder> {
        self.roots.http(&self.url)
    }

    /// A client of the API of the server.
    pub fn client(&self) -> anyhow::Result<Client> {
        let http = self.http()?.build()?;
        let client = Client::new(self.url.as_str()).with_http(http);
        Ok(match self.token()? {
            Some(token) => client.with_token(token.expose()),
            None => client,
        })
    }
}

/// The format of the output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Text for people
    Text,
    /// One JSON value per line, for programs
    Json,
}

/// Checks a client id.
pub fn client_id(text: &str) -> Result<String, String> {
    match ClientId::parse(text) {
        Ok(id) => Ok(id.as_str().to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// Checks the URL of a server.
pub fn server_url(text: &str) -> Result<Url, String> {
    match text.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("write a URL with http:// or https://, such as http://127.0.0.1:8020".to_owned()),
    }
}
