//! Arguments that several commands have.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tidings::{
    config::Secret,
    message::{ClientId, TopicFilter},
};

/// The server that a command speaks to.
#[derive(Args)]
pub struct Remote {
    /// Where the server is.
    #[arg(
        long,
        env = "TIDINGS_URL",
        default_value = "http://127.0.0.1:8020",
        value_name = "URL"
    )]
    pub url: String,

    /// Its admin token, if it has one.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    token: Option<Secret>,

    /// File that holds the token, instead of `--token`.
    #[arg(
        long,
        env = "TIDINGS_ADMIN_TOKEN_FILE",
        value_name = "FILE",
        conflicts_with = "token"
    )]
    token_file: Option<PathBuf>,
}

impl Remote {
    /// The admin token, from `--token` or `--token-file`.
    pub fn token(&self) -> anyhow::Result<Option<Secret>> {
        match &self.token_file {
            Some(path) => Secret::from_file(path)
                .map(Some)
                .with_context(|| format!("--token-file {}", path.display())),
            None => Ok(self.token.clone()),
        }
    }
}

/// How a command prints what it has to say.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Lines for people.
    Text,
    /// One JSON value a line for programs.
    Json,
}

/// Checks a client id.
pub fn client_id(text: &str) -> Result<String, String> {
    match ClientId::parse(text) {
        Ok(id) => Ok(id.as_str().to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// Checks a topic or a pattern.
pub fn topic_filter(text: &str) -> Result<TopicFilter, String> {
    TopicFilter::parse(text).map_err(|why| why.to_string())
}
