//! The settings in `tidings.toml`. They become the defaults of the command line. So the environment and the flags win
//! over the file, and `--help` shows the values that apply.

use std::{
    any::TypeId,
    ffi::OsString,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use clap::{Arg, Command};
use toml::{
    Spanned,
    de::{DeInteger, DeString, DeTable, DeValue},
};

use super::{Secret, role};

/// The file that is read if no other is named.
pub const DEFAULT_FILE: &str = "tidings.toml";

/// Finds the file to read: `--config`, then `TIDINGS_CONFIG`, then [`DEFAULT_FILE`] if it exists.
pub fn find(args: &[OsString]) -> Option<PathBuf> {
    let named = flag(args).or_else(|| std::env::var_os("TIDINGS_CONFIG").filter(|v| !v.is_empty()));
    named.map(PathBuf::from).or_else(|| {
        let default = PathBuf::from(DEFAULT_FILE);
        default.exists().then_some(default)
    })
}

/// The value of `--config`. It is needed before clap parses the command line, because the file sets defaults.
fn flag(args: &[OsString]) -> Option<OsString> {
    let mut args = args.iter().take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next().cloned();
        }
        if let Some(value) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(value.into());
        }
    }
    None
}

/// The settings of the file: names, with values as the command line would give them.
#[derive(Debug)]
pub struct File(Vec<(String, Vec<String>)>);

impl File {
    /// Reads a file whose keys are the flags of `command`, with `_` for `-`. A key stands at the top, or in a table
    /// with the name of its heading in `--help`, such as `[limits]`.
    pub fn read(path: &Path, command: &Command) -> Result<Self, FileError> {
        let error = |line, reason| FileError {
            file: path.to_owned(),
            line,
            reason,
        };
        let text = fs::read_to_string(path).map_err(|why| error(None, Reason::Unreadable(why)))?;
        Self::parse(&text, command).map_err(|(place, reason)| {
            let before = text.get(..place.start).unwrap_or_default();
            error(Some(before.matches('\n').count() + 1), reason)
        })
    }

    /// All mistakes in a file, in the order of the file.
    pub fn mistakes(path: &Path, command: &Command) -> Vec<FileError> {
        let error = |line, reason| FileError {
            file: path.to_owned(),
            line,
            reason,
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(why) => return vec![error(None, Reason::Unreadable(why))],
        };
        let line = |place: &Range<usize>| {
            let before = text.get(..place.start).unwrap_or_default();
            before.matches('\n').count() + 1
        };
        let located = match Self::collect(&text, command) {
            Ok((_, mistakes)) => mistakes,
            Err(syntax) => vec![syntax],
        };
        let located = located.into_iter();
        located
            .map(|(place, reason)| error(Some(line(&place)), reason))
            .collect()
    }

    fn parse(text: &str, command: &Command) -> Result<Self, Located> {
        let (file, mistakes) = Self::collect(text, command)?;
        mistakes.into_iter().next().map_or(Ok(file), Err)
    }

    /// Reads everything that is right, and lists what is not.
    pub(super) fn collect(text: &str, command: &Command) -> Result<(Self, Vec<Located>), Located> {
        let table = DeTable::parse(text).map_err(|error| {
            let reason = Reason::Syntax(error.message().to_owned());
            (error.span().unwrap_or_default(), reason)
        })?;
        let (mut file, mut mistakes) = (Self(Vec::new()), Vec::new());
        for (key, value) in in_order(table.get_ref()) {
            match value.get_ref() {
                DeValue::Table(roles) if key.get_ref() == role::TABLE => {
                    let (read, wrong) = role::read(roles);
                    file.0.push((role::TABLE.to_owned(), read));
                    mistakes.extend(
                        wrong
                            .into_iter()
                            .map(|(place, key, why)| (place, Reason::Invalid { key, why })),
                    );
                }
                DeValue::Table(inner) => file.add_table(key, inner, command, &mut mistakes),
                _ => {
                    let added = file.add(key, key.get_ref(), value, command.get_arguments());
                    mistakes.extend(added.err());
                }
            }
        }
        Ok((file, mistakes))
    }

    fn add_table(
        &mut self,
        name: &Key,
        table: &DeTable,
        command: &Command,
        mistakes: &mut Vec<Located>,
    ) {
        let in_table = |arg: &&Arg| {
            let heading = arg.get_help_heading();
            heading.is_some_and(|heading| heading.eq_ignore_ascii_case(name.get_ref()))
        };
        if !command.get_arguments().any(|arg| in_table(&arg)) {
            let unknown = Reason::UnknownKey(name.get_ref().to_string());
            return mistakes.push((name.span(), unknown));
        }
        for (key, value) in in_order(table) {
            let args = command.get_arguments().filter(in_table);
            let full_name = format!("{}.{}", name.get_ref(), key.get_ref());
            mistakes.extend(self.add(key, &full_name, value, args).err());
        }
    }

    fn add<'a>(
        &mut self,
        key: &Key,
        full_name: &str,
        value: &Spanned<DeValue>,
        mut args: impl Iterator<Item = &'a Arg>,
    ) -> Result<(), Located> {
        let name: &str = key.get_ref();
        let key_error = |reason: fn(String) -> Reason| (key.span(), reason(full_name.to_owned()));
        // The file can't name another file.
        let arg = args
            .find(|arg| {
                arg.get_id() == name
                    && arg.get_long().is_some()
                    && name != "config"
                    && !arg.is_hide_set()
            })
            .ok_or_else(|| key_error(Reason::UnknownKey))?;
        if self.0.iter().any(|(known, _)| known == name) {
            return Err(key_error(Reason::Duplicate));
        }
        let value_error = |reason| (value.span(), reason);
        let values = texts(arg, value.get_ref()).ok_or_else(|| {
            value_error(Reason::WrongType {
                key: full_name.to_owned(),
                expected: expected_type(arg),
                found: value.get_ref().type_str(),
            })
        })?;
        check(arg, &values).map_err(|why| {
            let key = full_name.to_owned();
            value_error(Reason::Invalid { key, why })
        })?;
        self.0.push((name.to_owned(), values));
        Ok(())
    }

    /// Makes the values of the file the defaults of the arguments that `command` has.
    pub fn apply(&self, mut command: Command) -> Command {
        for (key, values) in &self.0 {
            if command.get_arguments().any(|arg| arg.get_id() == key) {
                command = command.mut_arg(key, |arg| {
                    let hidden = is_a::<Secret>(&arg);
                    arg.default_values(values).hide_default_value(hidden)
                });
            }
        }
        command
    }
}

/// The entries as they stand in the file. The table itself is sorted by name.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn is_a<T: 'static>(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<T>()
}

fn is_number(arg: &Arg) -> bool {
    is_a::<u16>(arg) || is_a::<u64>(arg) || is_a::<usize>(arg)
}

fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

fn expected_type(arg: &Arg) -> &'static str {
    match (is_number(arg), is_list(arg)) {
        _ if is_a::<bool>(arg) => "true or false",
        (true, _) => "an integer",
        (_, true) => "a string or an array of strings",
        _ => "a string",
    }
}

/// The value as the command line would give it; `None` if it has the wrong type.
fn texts(arg: &Arg, value: &DeValue) -> Option<Vec<String>> {
    match value {
        DeValue::Integer(number) if is_number(arg) => Some(vec![decimal(number)]),
        DeValue::Boolean(yes) if is_a::<bool>(arg) => Some(vec![yes.to_string()]),
        DeValue::String(text) if !is_number(arg) && !is_a::<bool>(arg) => {
            Some(vec![text.to_string()])
        }
        DeValue::Array(items) if is_list(arg) => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

/// The number as the flag takes it. A number that is too large stays as it is, and the flag refuses it.
fn decimal(number: &DeInteger) -> String {
    match i64::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) => value.to_string(),
        Err(_) => number.as_str().to_owned(),
    }
}

/// Checks the values with the parser of the flag, so that the file accepts what the flag accepts. This is done here,
/// and not with the command line, so that the error can name the file, the line and the key.
pub(super) fn check(arg: &Arg, values: &[String]) -> Result<(), String> {
    let name = arg.get_long().unwrap_or_default().to_owned();
    let command = Command::new("file").no_binary_name(true).arg(arg.clone());
    let words = values.iter().map(|value| format!("--{name}={value}"));
    match command.try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let possible = || possible_values(arg);
            Err(source.unwrap_or_else(possible))
        }
    }
}

fn possible_values(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    let names: Vec<_> = values.iter().map(|value| value.get_name()).collect();
    match names.is_empty() {
        true => "this value is not valid".to_owned(),
        false => format!("must be one of: {}", names.join(", ")),
    }
}

type Key<'a> = Spanned<DeString<'a>>;

/// An error with its place in the text, in bytes.
type Located = (Range<usize>, Reason);

/// What is wrong with the file, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}{reason}", file.display(), line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct FileError {
    pub(super) file: PathBuf,
    /// None: the file could not be read.
    pub(super) line: Option<usize>,
    reason: Reason,
}

impl FileError {
    /// What is wrong, without the place.
    pub(super) fn reason(&self) -> String {
        self.reason.to_string()
    }

    /// The name of the setting, if the error concerns one.
    pub(super) fn setting(&self) -> Option<&str> {
        match &self.reason {
            Reason::UnknownKey(key)
            | Reason::Duplicate(key)
            | Reason::WrongType { key, .. }
            | Reason::Invalid { key, .. } => Some(key),
            Reason::Unreadable(_) | Reason::Syntax(_) => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    #[error("{0}")]
    Unreadable(io::Error),
    #[error("{0}")]
    Syntax(String),
    #[error("unknown key `{0}`: see `tidings serve --help` for all keys")]
    UnknownKey(String),
    #[error("the key `{0}` is set twice")]
    Duplicate(String),
    #[error("`{key}` must be {expected}, but is of type {found}")]
    WrongType {
        key: String,
        expected: &'static str,
        found: &'static str,
    },
    #[error("`{key}`: {why}")]
    Invalid { key: String, why: String },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use clap::{Args, FromArgMatches};

    fn command() -> Command {
        Settings::augment_args(Command::new("serve"))
    }

    fn settings(toml: &str, flags: &[&str]) -> Settings {
        let file = File::parse(toml, &command()).expect("a good file");
        let words = [&["serve"], flags].concat();
        let matches = file.apply(command()).try_get_matches_from(words);
        Settings::from_arg_matches(&matches.expect("good flags")).expect("settings")
    }

    fn refusal(toml: &str) -> String {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), toml).expect("written");
        let error = File::read(file.path(), &command()).expect_err("a bad file");
        let place = format!("{}: ", file.path().display());
        let text = error.to_string();
        text.strip_prefix(&place).expect("the file").to_owned()
    }

    #[test]
    fn the_file_wins_over_defaults_and_flags_win_over_the_file() {
        let toml = "heartbeat = 7\nnode = \"a\"\n[limits]\nmax_topics = 5";
        let settings = settings(toml, &["--node", "b"]);
        assert_eq!(settings.heartbeat, 7);
        assert_eq!(settings.node, "b");
        assert_eq!(settings.limits.max_topics, 5);
        assert_eq!(settings.drain, 10, "the default");
    }

    #[test]
    fn a_setting_of_a_table_may_stand_at_the_top() {
        assert_eq!(settings("max_topics = 5", &[]).limits.max_topics, 5);
    }

    #[test]
    fn flags_replace_a_list_of_the_file() {
        let toml = "allow_host = [\"a.example\", \"b.example\"]";
        let hosts = |flags: &[&str]| {
            let settings = settings(toml, flags);
            settings
                .allow_host
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(hosts(&[]), ["a.example", "b.example"]);
        assert_eq!(hosts(&["--allow-host", "c.example"]), ["c.example"]);
    }

    #[test]
    fn numbers_are_numbers_in_the_file_for_every_setting_that_takes_one() {
        let settings = settings(
            "delivery_threads = 2\nheartbeat = 0x10\nmax_topics = 1_000",
            &[],
        );
        assert_eq!(settings.delivery_threads, Some(2));
        assert_eq!(settings.heartbeat, 16);
        assert_eq!(settings.limits.max_topics, 1_000);
    }

    #[test]
    fn a_switch_is_true_or_false() {
        let weak = |toml: &str| settings(toml, &[]).cluster.allow_weak_sync;
        assert!(weak("[cluster]\ncluster_allow_weak_sync = true"));
        assert!(!weak("cluster_allow_weak_sync = false"));
        assert_eq!(
            refusal("cluster_allow_weak_sync = \"yes\""),
            "line 1: `cluster_allow_weak_sync` must be true or false, but is of type string"
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let refused = |toml: &str, line: usize, key: &str| {
            let expected = format!("line {line}: unknown key `{key}`: ");
            let text = refusal(toml);
            assert!(text.starts_with(&expected), "{text}");
        };
        refused("heartbeet = 7", 1, "heartbeet");
        refused("\n[limits]\nheartbeat = 7", 3, "limits.heartbeat");
        refused("drain = 1\n[nothing]\nheartbeat = 7", 2, "nothing");
        refused("config = \"other.toml\"", 1, "config");
        refused("help = \"x\"", 1, "help");
    }

    #[test]
    fn a_key_that_is_set_twice_is_named_with_its_line() {
        let text = refusal("max_topics = 1\n[limits]\nmax_topics = 2");
        assert_eq!(text, "line 3: the key `limits.max_topics` is set twice");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_its_line() {
        assert_eq!(
            refusal("heartbeat = \"7\""),
            "line 1: `heartbeat` must be an integer, but is of type string"
        );
        assert_eq!(
            refusal("\nnode = 7"),
            "line 2: `node` must be a string, but is of type integer"
        );
        assert_eq!(
            refusal("allow_host = [1]"),
            "line 1: `allow_host` must be a string or an array of strings, but is of type array"
        );
    }

    #[test]
    fn an_invalid_value_is_named_with_its_line() {
        let text = refusal("heartbeat = 0");
        assert!(text.starts_with("line 1: `heartbeat`: "), "{text}");
        assert!(text.contains("1..="), "{text}");
        assert!(refusal("drain = 99999999999999999999").starts_with("line 1: `drain`: "));
        assert!(refusal("listen = \"here\"").starts_with("line 1: `listen`: "));
        assert_eq!(
            refusal("durability = \"disk\""),
            "line 1: `durability`: must be one of: fsync, os"
        );
    }

    #[test]
    fn a_syntax_error_is_named_with_its_line() {
        assert!(refusal("a = 1\nb = = 2").starts_with("line 2: "));
    }

    #[test]
    fn help_shows_the_values_of_the_file_but_no_secret() {
        let toml = "heartbeat = 7\nadmin_token = \"the secret of all\"";
        let file = File::parse(toml, &command()).expect("a good file");
        let help = file.apply(command()).render_long_help().to_string();
        assert!(help.contains("[default: 7]"), "{help}");
        assert!(!help.contains("the secret of all"), "{help}");
    }

    #[test]
    fn the_config_flag_is_found_before_a_double_dash() {
        let find = |words: &[&str]| flag(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(
            find(&["tidings", "serve", "--config", "a"]),
            Some("a".into())
        );
        assert_eq!(find(&["tidings", "--config=b"]), Some("b".into()));
        assert_eq!(find(&["tidings", "push", "--", "--config", "a"]), None);
    }
}
