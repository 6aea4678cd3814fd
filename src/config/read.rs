//! Reads the settings from all layers, and secrets from their files.

use std::{
    any::TypeId,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Args, Command, FromArgMatches, parser::ValueSource};

use super::{
    FileError, InvalidSettings, Secret, Settings, UnreadableKey, UnreadableSecret,
    check::check_stream_secret,
    file::{self, File},
};

/// Lets `command`, which has the arguments of [`Settings`], read them from the environment too: `--data-dir` from
/// `TIDINGS_DATA_DIR`. Help does not show the values of secrets.
pub fn with_environment(command: Command) -> Command {
    command.mut_args(|arg| {
        let is_secret = arg.get_value_parser().type_id() == TypeId::of::<Secret>();
        let name = format!("TIDINGS_{}", arg.get_id().as_str().to_uppercase());
        arg.env(name).hide_env_values(is_secret)
    })
}

/// Makes the values of `tidings.toml` the defaults of a subcommand of `command` that has settings of `serve`.
///
/// A wrong file is not an error if help is asked for: help is needed to repair the file.
pub fn with_file(
    command: Command,
    subcommand: &str,
    args: &[OsString],
) -> Result<Command, ConfigError> {
    let Some(path) = file::find(args) else {
        return Ok(command);
    };
    let known = Settings::augment_args(Command::new("serve"));
    let file = match File::read(&path, &known) {
        Ok(file) => file,
        Err(_) if args.iter().any(|arg| arg == "--help" || arg == "-h") => return Ok(command),
        Err(error) => return Err(error.into()),
    };
    Ok(command.mut_subcommand(subcommand, |subcommand| file.apply(subcommand)))
}

impl Settings {
    /// The checked settings of a parsed command line, with secrets read from their files.
    pub fn read(matches: &ArgMatches) -> Result<Self, ConfigError> {
        let mut settings = Self::from_arg_matches(matches)?;
        settings.admin_token = choose(matches, ADMIN_TOKEN, settings.admin_token)?;
        settings.stream_secret = choose(matches, STREAM_SECRET, settings.stream_secret)?;
        let secret = settings.oidc.oidc_client_secret.take();
        settings.oidc.oidc_client_secret = choose(matches, OIDC_CLIENT_SECRET, secret)?;
        let mercure = &mut settings.mercure;
        let given = mercure.mercure_publisher_key.take();
        mercure.mercure_publisher_key = choose(matches, MERCURE_PUBLISHER_KEY, given)?;
        let given = mercure.mercure_subscriber_key.take();
        mercure.mercure_subscriber_key = choose(matches, MERCURE_SUBSCRIBER_KEY, given)?;
        let given = settings.hooks.connect_hook_secret.take();
        settings.hooks.connect_hook_secret = choose(matches, CONNECT_HOOK_SECRET, given)?;
        let mercure = &mut settings.mercure;
        let parsed = mercure.parse_keys();
        parsed.map_err(|(whose, why)| InvalidSettings::MercureKey(whose, why))?;
        let read = settings.jwt.read_keys();
        read.map_err(|(path, why)| ConfigError::KeyFile { path, why })?;
        settings.validate()?;
        Ok(settings)
    }

    /// Settings from flags alone, without a file and the environment. For tests and for programs that embed Tidings.
    pub fn from_flags<T>(flags: impl IntoIterator<Item = T>) -> Result<Self, ConfigError>
    where
        T: Into<OsString> + Clone,
    {
        let command = Self::augment_args(Command::new("serve").no_binary_name(true));
        Self::read(&command.try_get_matches_from(flags)?)
    }
}

/// The key that signs stream tokens, as `tidings token` reads it.
#[derive(Clone, Debug, Args)]
pub struct StreamSecret {
    /// Key that signs stream tokens (HS256): the `--stream-secret` of the server. 32 bytes or more.
    #[arg(
        long,
        env = "TIDINGS_STREAM_SECRET",
        hide_env_values = true,
        value_name = "KEY"
    )]
    stream_secret: Option<Secret>,

    /// File that contains the stream secret, instead of `--stream-secret`.
    #[arg(long, env = "TIDINGS_STREAM_SECRET_FILE", value_name = "FILE")]
    stream_secret_file: Option<PathBuf>,

    /// TOML file of the server, to read the stream secret from it. Default: tidings.toml in the current folder, if it
    /// exists.
    #[arg(long, env = "TIDINGS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl StreamSecret {
    /// The key, if one is set.
    pub fn read(self, matches: &ArgMatches) -> Result<Option<Secret>, ConfigError> {
        let secret = choose(matches, STREAM_SECRET, self.stream_secret)?;
        secret.as_ref().map_or(Ok(()), check_stream_secret)?;
        Ok(secret)
    }
}

/// The name of a secret, and of the setting that names its file.
type Pair = (&'static str, &'static str);

const ADMIN_TOKEN: Pair = ("admin_token", "admin_token_file");
const STREAM_SECRET: Pair = ("stream_secret", "stream_secret_file");
const OIDC_CLIENT_SECRET: Pair = ("oidc_client_secret", "oidc_client_secret_file");
const CONNECT_HOOK_SECRET: Pair = ("connect_hook_secret", "connect_hook_secret_file");
const MERCURE_PUBLISHER_KEY: Pair = ("mercure_publisher_key", "mercure_publisher_key_file");
const MERCURE_SUBSCRIBER_KEY: Pair = ("mercure_subscriber_key", "mercure_subscriber_key_file");

/// Takes a secret from the layer that wins. A layer may set the secret or its file, but not both.
fn choose(
    matches: &ArgMatches,
    (name, file_name): Pair,
    given: Option<Secret>,
) -> Result<Option<Secret>, ConfigError> {
    let Some(file) = matches.get_one::<PathBuf>(file_name) else {
        return Ok(given);
    };
    let layer = |name| matches.value_source(name).map_or(0, rank);
    match (given, layer(name), layer(file_name)) {
        (Some(_), direct, by_file) if direct == by_file => Err(ConfigError::Both(name, file_name)),
        (Some(secret), direct, by_file) if direct > by_file => Ok(Some(secret)),
        _ => secret_from(file_name, file).map(Some),
    }
}

fn rank(source: ValueSource) -> u8 {
    match source {
        ValueSource::CommandLine => 3,
        ValueSource::EnvVariable => 2,
        _ => 1,
    }
}

fn secret_from(setting: &'static str, path: &Path) -> Result<Secret, ConfigError> {
    Secret::from_file(path).map_err(|why| ConfigError::SecretFile {
        setting,
        path: path.to_owned(),
        why,
    })
}

/// Why the settings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The command line is wrong, or asks for help.
    #[error(transparent)]
    Flags(#[from] clap::Error),
    /// `tidings.toml` is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// The settings do not go together, or are not safe.
    #[error(transparent)]
    Invalid(#[from] InvalidSettings),
    /// The file of a secret could not be read.
    #[error("{}: {}: {why}", flag(setting), path.display())]
    SecretFile {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: UnreadableSecret,
    },
    /// A file with keys for tokens can't be used.
    #[error("--jwt-key: {}: {why}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: UnreadableKey,
    },
    /// One layer sets a secret and its file.
    #[error("{} and {} are both set: set one of them", flag(.0), flag(.1))]
    Both(&'static str, &'static str),
}

/// A setting as it is written on the command line.
fn flag(setting: &str) -> String {
    format!("--{}", setting.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    fn path(file: &tempfile::NamedTempFile) -> &str {
        file.path().to_str().expect("a plain path")
    }

    #[test]
    fn a_secret_can_be_read_from_a_file() {
        let file = file_with("0123456789abcdef\n");
        let settings = Settings::from_flags(["--admin-token-file", path(&file)]).expect("settings");
        let token = settings.admin_token.expect("a token");
        assert_eq!(token.expose(), "0123456789abcdef");
    }

    #[test]
    fn a_missing_secret_file_is_named() {
        let error = Settings::from_flags(["--stream-secret-file", "/nowhere/key"]);
        let text = error.expect_err("refused").to_string();
        assert!(
            text.starts_with("--stream-secret-file: /nowhere/key: "),
            "{text}"
        );
        let empty = file_with("\n");
        let error = Settings::from_flags(["--admin-token-file", path(&empty)]);
        assert!(
            error
                .expect_err("refused")
                .to_string()
                .ends_with("the file is empty")
        );
    }

    #[test]
    fn a_secret_and_its_file_on_one_layer_are_refused() {
        let file = file_with("0123456789abcdef\n");
        let flags = [
            "--admin-token",
            "fedcba9876543210",
            "--admin-token-file",
            path(&file),
        ];
        let text = Settings::from_flags(flags)
            .expect_err("refused")
            .to_string();
        assert_eq!(
            text,
            "--admin-token and --admin-token-file are both set: set one of them"
        );
    }

    #[test]
    fn a_secret_file_flag_wins_over_a_secret_in_the_settings_file() {
        let token = file_with("token of the flag\n".replace(' ', "-").as_str());
        let config = file_with("admin_token = \"token-of-the-file\"");
        let command = Settings::augment_args(Command::new("serve"));
        let file = File::read(config.path(), &command).expect("a good file");
        let command = file.apply(command);
        let args = ["serve", "--admin-token-file", path(&token)];
        let settings = Settings::read(&command.get_matches_from(args)).expect("settings");
        let token = settings.admin_token.expect("a token");
        assert_eq!(token.expose(), "token-of-the-flag");
    }
}
