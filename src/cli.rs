//! The command line: a file per command.

mod arguments;
mod check;
mod cluster;
mod health;
mod job;
mod manual;
mod problem;
mod push;
mod runtime;
mod serve;
mod stderr;
mod stream;
mod tail;
mod token;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tidings::config::{self, ConfigError, Settings};

pub use stderr::print_note;

/// Tidings is a self-hosted push server: it sends messages to browsers at once.
///
/// Without a command it serves: `tidings --listen 127.0.0.1:9000` means `tidings serve --listen 127.0.0.1:9000`.
#[derive(Parser)]
#[command(name = "tidings", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    ///
    /// Every setting has a default. The file tidings.toml wins over the defaults, environment variables win over the
    /// file, and flags win over all. The defaults below include the values of the tidings.toml that was found.
    Serve(Box<Settings>),
    /// Push a message to a running server
    ///
    /// Prints the id of the message and the number of connections that it reaches now. `queued` means that it is kept
    /// for clients that are offline.
    Push(push::Push),
    /// Subscribe to a running server and print what arrives
    ///
    /// Prints a line per event: time, type, id and data. Reconnects until Ctrl-C.
    Tail(tail::Tail),
    /// Run a command as a job of a running server, or watch a job
    #[command(subcommand)]
    Job(job::Job),
    /// Check the log for damage, while no server uses it
    ///
    /// Reads the whole file: its structure, all messages, and whether its tables agree. Prints what is damaged and which
    /// messages are lost. Changes nothing. Exit codes: 0 no damage, 1 damage found, 2 the log could not be checked, for
    /// example because a server uses it.
    Check(check::Check),
    /// Show, make, import or recover a cluster
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    /// Create a stream token, for a server with a stream secret
    Token(token::Token),
    /// Ask a running server whether it is ready
    ///
    /// Prints its answer. Exit codes: 0 new connections can go there, 1 they can not, or it does not answer within five
    /// seconds. For health checks of containers and load balancers.
    Health(health::Health),
    /// Print the script with which a shell completes the command line
    #[command(hide = true)]
    Completions(manual::Completions),
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man(manual::Man),
}

/// Flags of the program itself. Any other flag in first place belongs to `serve`.
const OWN_FLAGS: [&str; 4] = ["-h", "--help", "-V", "--version"];

/// Runs a command line. Its first word is the name of the program.
pub fn run(mut args: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let first = args.get(1).map(|first| first.to_string_lossy());
    let serves = first
        .as_deref()
        .is_none_or(|first| first.starts_with('-') && !OWN_FLAGS.contains(&first));
    if serves {
        args.insert(1.min(args.len()), "serve".into());
    }
    execute(&args).map_err(|error| match error.downcast::<ConfigError>() {
        // The caller tells errors of clap from others.
        Ok(ConfigError::Flags(usage)) => usage.into(),
        Ok(error) => error.into(),
        Err(error) => error,
    })
}

fn execute(args: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command().mut_subcommand("serve", config::with_environment);
    // A wrong tidings.toml must not stop the commands that do not use it.
    if let Some(name) = args.get(1).and_then(|name| name.to_str())
        && matches!(name, "serve" | "token" | "check")
    {
        command = match config::with_file(command, name, args) {
            // Here, other codes than in other commands mean that something failed.
            Err(error) if name == "check" => {
                print_note(error);
                return Ok(ExitCode::from(check::NOT_CHECKED));
            }
            command => command?,
        };
    }
    command = with_cluster_settings(command, args)?;
    let matches = command.clone().try_get_matches_from(args)?;
    match matches.subcommand() {
        Some(("serve", matches)) => serve::run(Settings::read(matches)?)?,
        Some(("push", matches)) => push::run(push::Push::from_arg_matches(matches)?)?,
        Some(("tail", matches)) => tail::run(tail::Tail::from_arg_matches(matches)?)?,
        Some(("token", matches)) => token::run(token::Token::from_arg_matches(matches)?, matches)?,
        Some(("check", matches)) => {
            return Ok(check::run(&check::Check::from_arg_matches(matches)?));
        }
        Some(("health", matches)) => {
            return health::run(&health::Health::from_arg_matches(matches)?);
        }
        Some(("completions", matches)) => {
            manual::completions(&manual::Completions::from_arg_matches(matches)?, command)?;
        }
        Some(("man", matches)) => manual::man(&manual::Man::from_arg_matches(matches)?, command)?,
        Some(("job", matches)) => return job::run(job::Job::from_arg_matches(matches)?),
        Some(("cluster", matches)) => return cluster::run(matches),
        _ => unreachable!("clap accepts no other command"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the commands of a cluster read their settings as `serve` does.
fn with_cluster_settings(
    command: clap::Command,
    args: &[OsString],
) -> Result<clap::Command, ConfigError> {
    let is_cluster = args.get(1).is_some_and(|name| name == "cluster");
    let none: &[OsString] = &[];
    let args = if is_cluster { args } else { none };
    let mut failed = None;
    let command = command.mut_subcommand("cluster", |cluster| {
        let settings = cluster::with_settings(cluster, args);
        settings.unwrap_or_else(|error| {
            failed = Some(error);
            clap::Command::new("cluster")
        })
    });
    failed.map_or(Ok(command), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_valid() {
        let command = Cli::command().mut_subcommand("serve", config::with_environment);
        command.debug_assert();
    }
}
