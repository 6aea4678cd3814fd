//! The command line: a file per command.

mod arguments;
mod audit;
mod backup;
mod check;
mod cluster;
mod config;
mod doctor;
mod duration;
mod health;
mod hidden;
mod hook;
mod import;
mod job;
mod key;
mod manual;
mod person;
mod problem;
mod progress;
mod push;
mod restore;
mod runtime;
mod scheduled;
mod serve;
mod stderr;
mod stream;
mod table;
mod tail;
mod token;
mod upgrade_check;

use std::{ffi::OsString, process::ExitCode};

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    auth::{Anonymous, Roles},
    config::{self as settings, ConfigError, InvalidSettings, Loaded, Settings},
};

use stderr::print_note;

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
    /// Make, list, try, change and remove webhooks of a running server
    #[command(subcommand)]
    Hook(hook::Hook),
    /// Make, list, test, rotate and revoke API keys of a running server
    #[command(subcommand)]
    Key(key::Key),
    /// List and cancel messages that a running server will push later
    #[command(subcommand)]
    Scheduled(scheduled::Scheduled),
    /// Show who did what with a running server
    ///
    /// Pushes, recalls, changes of keys, and what was refused: who, from which address, to whom, with which outcome. Needs the
    /// admin token, or a key that may manage everything.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Add, list and remove people who sign in to the panel of a running server
    #[command(subcommand)]
    Person(person::Person),
    /// Check the log for damage, while no server uses it
    ///
    /// Reads the whole file: its structure, all messages, and whether its tables agree. Prints what is damaged and which
    /// messages are lost. Changes nothing. Exit codes: 0 no damage, 1 damage found, 2 the log could not be checked, for
    /// example because a server uses it.
    Check(check::Check),
    /// Back up the log to a new file, while the server runs or not
    ///
    /// The file has everything: messages, positions of clients, receipts, jobs and who is signed in. It is checked when it is
    /// complete. Exit codes: 0 the backup is good, 1 it is made but the log is damaged, 2 there is no backup.
    Backup(backup::Backup),
    /// Make a backup the log of a data folder, while no server uses it
    ///
    /// The backup is checked first. A process that is killed leaves either the old log or the complete new one.
    Restore(restore::Restore),
    /// Take over what another server keeps
    #[command(subcommand)]
    Import(import::Import),
    /// Say what this version of the program will do with the data and the settings of another one
    ///
    /// Run it with the new program before you replace the old one, which may be running. Changes nothing. Exit codes: 0 the
    /// new program can start, 1 it would refuse to.
    UpgradeCheck(upgrade_check::UpgradeCheck),
    /// Check the settings without starting a server
    #[command(subcommand)]
    Config(config::Config),
    /// Check a running server through its public URL, and say what to change
    ///
    /// Opens a stream and pushes through everything that is between here and the server. Prints a line per check: `ok`,
    /// `warn` or `fail`, what was found, and what to change. Exit codes: 0 everything is right, 1 something should be
    /// changed, 2 something does not work.
    Doctor(doctor::Doctor),
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

/// Runs a command line, and says what went wrong. Its first word is the name of the program.
///
/// This is all that the program does. It is not generic, so that everything is compiled with the library, while the site is
/// built.
pub fn main(args: Vec<OsString>) -> ExitCode {
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            // clap prints its errors and --help itself, on several lines.
            if let Some(usage) = error.downcast_ref::<clap::Error>() {
                usage.exit();
            }
            print_note(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Vec<OsString>) -> anyhow::Result<ExitCode> {
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

/// Reads the settings of `tidings serve` as it does at the start.
fn read_settings(args: &[OsString]) -> Result<Loaded, ConfigError> {
    let command = Cli::command().mut_subcommand("serve", settings::with_environment);
    let command = settings::with_file(command, "serve", args)?;
    let matches = command.try_get_matches_from(args)?;
    match matches.subcommand() {
        Some(("serve", matches)) => load(matches),
        _ => unreachable!("the settings are those of `serve`"),
    }
}

/// The checked settings of a command line.
fn load(matches: &ArgMatches) -> Result<Loaded, ConfigError> {
    let loaded = Loaded::read(matches)?;
    // What a role means is not known where settings are read.
    let roles = Roles::new(&loaded.settings.roles);
    let roles = roles.map_err(|why| InvalidSettings::Access(why.to_string()))?;
    for role in loaded.settings.oidc.roles() {
        if roles.get(role).is_none() {
            let names = roles.names();
            let why = format!("--oidc-role: there is no role {role:?}: use {names}");
            return Err(InvalidSettings::Access(why).into());
        }
    }
    let anonymous = Anonymous::new(&loaded.settings);
    anonymous.map_err(|why| InvalidSettings::Access(why.to_string()))?;
    Ok(loaded)
}

fn execute(args: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command().mut_subcommand("serve", settings::with_environment);
    // A wrong tidings.toml must not stop the commands that do not use it.
    if let Some(name) = args.get(1).and_then(|name| name.to_str())
        && matches!(
            name,
            "serve" | "token" | "check" | "backup" | "restore" | "upgrade-check"
        )
    {
        command = match settings::with_file(command, name, args) {
            // Here, other codes than in other commands mean that something failed.
            Err(error) if matches!(name, "check" | "backup") => {
                print_note(error);
                return Ok(ExitCode::from(check::NOT_CHECKED));
            }
            command => command?,
        };
    }
    command = with_cluster_settings(command, args)?;
    let matches = command.clone().try_get_matches_from(args)?;
    match matches.subcommand() {
        Some(("serve", matches)) => {
            serve::run(load(matches)?, args.to_vec(), read_settings)?;
        }
        Some(("config", matches)) => {
            return Ok(config::run(
                &config::Config::from_arg_matches(matches)?,
                read_settings,
            ));
        }
        Some(("push", matches)) => push::run(push::Push::from_arg_matches(matches)?)?,
        Some(("tail", matches)) => tail::run(tail::Tail::from_arg_matches(matches)?)?,
        Some(("token", matches)) => token::run(token::Token::from_arg_matches(matches)?, matches)?,
        Some(("check", matches)) => {
            return Ok(check::run(&check::Check::from_arg_matches(matches)?));
        }
        Some(("backup", matches)) => {
            return Ok(backup::run(&backup::Backup::from_arg_matches(matches)?));
        }
        Some(("restore", matches)) => restore::run(&restore::Restore::from_arg_matches(matches)?)?,
        Some(("upgrade-check", matches)) => {
            upgrade_check::run(&upgrade_check::UpgradeCheck::from_arg_matches(matches)?)?;
        }
        Some(("health", matches)) => {
            return health::run(&health::Health::from_arg_matches(matches)?);
        }
        Some(("completions", matches)) => {
            manual::completions(&manual::Completions::from_arg_matches(matches)?, command)?;
        }
        Some(("man", matches)) => manual::man(&manual::Man::from_arg_matches(matches)?, command)?,
        Some(("job", matches)) => return job::run(job::Job::from_arg_matches(matches)?),
        Some(("hook", matches)) => hook::run(hook::Hook::from_arg_matches(matches)?)?,
        Some(("key", matches)) => key::run(key::Key::from_arg_matches(matches)?)?,
        Some(("scheduled", matches)) => {
            scheduled::run(scheduled::Scheduled::from_arg_matches(matches)?)?;
        }
        Some(("audit", matches)) => audit::run(audit::Audit::from_arg_matches(matches)?)?,
        Some(("import", matches)) => import::run(import::Import::from_arg_matches(matches)?)?,
        Some(("person", matches)) => person::run(person::Person::from_arg_matches(matches)?)?,
        Some(("doctor", matches)) => {
            return doctor::run(&doctor::Doctor::from_arg_matches(matches)?);
        }
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
        let command = Cli::command().mut_subcommand("serve", settings::with_environment);
        command.debug_assert();
    }
}
