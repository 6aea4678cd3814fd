//! What is typed after `tidings`.

mod arguments;
mod job;
mod problem;
mod push;
mod serve;
mod stream;
mod tail;
mod token;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tidings::config::{self, ConfigError, Settings};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        Cli::command().debug_assert();
    }
}
