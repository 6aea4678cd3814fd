//! What is typed after `tidings`.

mod job;
mod push;
mod serve;
mod stream;
mod tail;
mod token;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Context;
use app::{api::ApiError, wire::Problem};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use tidings::{
    config::{self, ConfigError, Secret, Settings},
    message::{ClientId, TopicFilter},
};

/// A self-hosted push server: tell the browsers of your users at once.
///
/// Without a command it serves: `tidings --listen 127.0.0.1:9000` is `tidings serve --listen 127.0.0.1:9000`.
#[derive(Parser)]
#[command(name = "tidings", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve streams, pushes and the pages
    ///
    /// Every setting has a default. Above it stands tidings.toml, above that the environment, and above
    /// all the flags; the defaults shown here are those that hold with the tidings.toml found now.
    Serve(Box<Settings>),
    /// Push a message to a running server
    Push(push::Push),
    /// Listen to a running server, and print what arrives
    Tail(tail::Tail),
    /// Run a command as a job of a running server, or look on at one
    #[command(subcommand)]
    Job(job::Job),
    /// Make a stream token, for a server that has a stream secret
    Token(token::Token),
}

/// The words that the first argument may be for clap to judge; without one of them it is `serve` that
/// is meant.
const OWN_FLAGS: [&str; 4] = ["-h", "--help", "-V", "--version"];

/// Runs one command line, whose first word is the program's own name.
pub fn run(mut args: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let first = args.get(1).map(|first| first.to_string_lossy());
    let serves = first
        .as_deref()
        .is_none_or(|first| first.starts_with('-') && !OWN_FLAGS.contains(&first));
    if serves {
        args.insert(1.min(args.len()), "serve".into());
    }
    match execute(&args) {
        Err(error) => Err(match error.downcast::<ConfigError>() {
            // So that the caller sees who is speaking.
            Ok(ConfigError::Flags(usage)) => usage.into(),
            Ok(error) => error.into(),
            Err(error) => error,
        }),
        Ok(code) => Ok(code),
    }
}

fn execute(args: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command();
    // The settings' file concerns those that have settings, and can't be in the way of others.
    if let Some(name) = args.get(1).and_then(|name| name.to_str())
        && matches!(name, "serve" | "token")
    {
        command = config::with_file(command, name, args)?;
    }
    let matches = command.try_get_matches_from(args)?;
    match matches.subcommand() {
        Some(("serve", matches)) => serve::run(Settings::read(matches)?)?,
        Some(("push", matches)) => push::run(push::Push::from_arg_matches(matches)?)?,
        Some(("tail", matches)) => tail::run(tail::Tail::from_arg_matches(matches)?)?,
        Some(("token", matches)) => token::run(token::Token::from_arg_matches(matches)?, matches)?,
        Some(("job", matches)) => return job::run(job::Job::from_arg_matches(matches)?),
        _ => unreachable!("clap lets no other command through"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The server that a command speaks to.
#[derive(Args)]
struct Remote {
    /// Where the server is.
    #[arg(
        long,
        env = "TIDINGS_URL",
        default_value = "http://127.0.0.1:8020",
        value_name = "URL"
    )]
    url: String,

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
    fn token(&self) -> anyhow::Result<Option<Secret>> {
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
enum Output {
    /// Lines for people.
    Text,
    /// One JSON value a line for programs.
    Json,
}

fn client_id(text: &str) -> Result<String, String> {
    match ClientId::parse(text) {
        Ok(id) => Ok(id.as_str().to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

fn topic_filter(text: &str) -> Result<TopicFilter, String> {
    TopicFilter::parse(text).map_err(|why| why.to_string())
}

/// A refusal with all that the server says of it.
fn explained(error: ApiError) -> anyhow::Error {
    match error {
        ApiError::Problem(problem) => anyhow::anyhow!(describe(&problem)),
        error => error.into(),
    }
}

fn describe(problem: &Problem) -> String {
    let field = problem.field.as_deref();
    let field = field.map_or_else(String::new, |field| format!("{field}: "));
    format!(
        "{field}{} ({} {})",
        problem.detail, problem.status, problem.code
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_problem_is_told_with_its_field() {
        let mut problem = Problem {
            kind: String::new(),
            title: String::new(),
            status: 422,
            detail: "a topic must not be empty".to_owned(),
            code: "invalid_field".to_owned(),
            field: Some("to.topic".to_owned()),
        };
        let text = "to.topic: a topic must not be empty (422 invalid_field)";
        assert_eq!(describe(&problem), text);
        problem.field = None;
        assert_eq!(
            describe(&problem),
            "a topic must not be empty (422 invalid_field)"
        );
    }
}
