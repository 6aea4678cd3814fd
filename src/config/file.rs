//! The layer of `tidings.toml`: its values become the defaults of the command line, so that the
//! environment and the flags win by themselves, and `--help` shows what holds here.

use std::{
    any::TypeId,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Arg, Command};
use toml::{Table, Value};

use super::Secret;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "tidings.toml";

/// Which file to read: `--config`, then `TIDINGS_CONFIG`, then [`DEFAULT_FILE`] if there is one.
pub fn find(args: &[OsString]) -> Option<PathBuf> {
    let named = flag(args).or_else(|| std::env::var_os("TIDINGS_CONFIG").filter(|v| !v.is_empty()));
    named.map(PathBuf::from).or_else(|| {
        let default = PathBuf::from(DEFAULT_FILE);
        default.exists().then_some(default)
    })
}

/// The value of `--config`, before the command line is parsed: its defaults depend on the answer.
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

/// What the file sets: the name of each setting with its values as a command line would give them.
#[derive(Debug)]
pub struct File(Vec<(String, Vec<String>)>);

impl File {
    /// Reads a file whose keys are the settings of `command`, with `_` for `-`. They may stand at the
    /// top, or in a table named like their heading in `--help`, such as `[limits]`.
    pub fn read(path: &Path, command: &Command) -> Result<Self, FileError> {
        let text = fs::read_to_string(path).map_err(|source| FileError {
            file: path.to_owned(),
            what: What::Unreadable(source),
        })?;
        Self::parse(&text, command).map_err(|what| FileError {
            file: path.to_owned(),
            what,
        })
    }

    fn parse(text: &str, command: &Command) -> Result<Self, What> {
        let table = text.parse::<Table>().map_err(|error| What::Syntax {
            line: line_of(text, error.span()),
            message: error.message().to_owned(),
        })?;
        let mut file = Self(Vec::new());
        for (key, value) in &table {
            match value {
                Value::Table(inner) => file.take_table(key, inner, command)?,
                value => file.take(key, key, value, command.get_arguments())?,
            }
        }
        Ok(file)
    }

    fn take_table(&mut self, name: &str, table: &Table, command: &Command) -> Result<(), What> {
        let in_table = |arg: &&Arg| {
            let heading = arg.get_help_heading();
            heading.is_some_and(|heading| heading.eq_ignore_ascii_case(name))
        };
        if !command.get_arguments().any(|arg| in_table(&arg)) {
            return Err(What::UnknownKey(name.to_owned()));
        }
        for (key, value) in table {
            let args = command.get_arguments().filter(in_table);
            self.take(key, &format!("{name}.{key}"), value, args)?;
        }
        Ok(())
    }

    fn take<'a>(
        &mut self,
        key: &str,
        shown: &str,
        value: &Value,
        mut args: impl Iterator<Item = &'a Arg>,
    ) -> Result<(), What> {
        // The file can't name another file in its place.
        let arg = args
            .find(|arg| arg.get_id() == key && arg.get_long().is_some() && key != "config")
            .ok_or_else(|| What::UnknownKey(shown.to_owned()))?;
        if self.0.iter().any(|(known, _)| known == key) {
            return Err(What::Twice(shown.to_owned()));
        }
        let values = texts(arg, value).ok_or_else(|| What::WrongType {
            key: shown.to_owned(),
            expected: expected(arg),
            found: value.type_str(),
        })?;
        check(arg, &values).map_err(|why| What::Invalid {
            key: shown.to_owned(),
            why,
        })?;
        self.0.push((key.to_owned(), values));
        Ok(())
    }

    /// Makes the file's values the defaults of those that `command` takes.
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

fn is_a<T: 'static>(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<T>()
}

fn is_number(arg: &Arg) -> bool {
    is_a::<u64>(arg) || is_a::<usize>(arg)
}

fn is_list(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

fn expected(arg: &Arg) -> &'static str {
    match (is_number(arg), is_list(arg)) {
        (true, _) => "an integer",
        (_, true) => "a string or an array of strings",
        _ => "a string",
    }
}

/// The value as the words of a command line, if it is of the right type.
fn texts(arg: &Arg, value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Integer(number) if is_number(arg) => Some(vec![number.to_string()]),
        Value::String(text) if !is_number(arg) => Some(vec![text.clone()]),
        Value::Array(items) if is_list(arg) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

/// Asks the flag's own parser, so that the file takes what the flag takes; here, and not when the
/// command line is parsed, so that the error names the file and the key.
fn check(arg: &Arg, values: &[String]) -> Result<(), String> {
    let name = arg.get_long().unwrap_or_default().to_owned();
    let alone = Command::new("file")
        .no_binary_name(true)
        .arg(arg.clone().env(None::<&'static str>));
    let words = values.iter().map(|value| format!("--{name}={value}"));
    match alone.try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            Err(source.unwrap_or_else(|| "this is not a value that it can have".to_owned()))
        }
    }
}

fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or("");
    before.matches('\n').count() + 1
}

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", file.display())]
pub struct FileError {
    file: PathBuf,
    what: What,
}

#[derive(Debug, thiserror::Error)]
enum What {
    #[error("{0}")]
    Unreadable(io::Error),
    #[error("line {line}: {message}")]
    Syntax { line: usize, message: String },
    #[error("nobody knows the key `{0}`: `tidings serve --help` names them all")]
    UnknownKey(String),
    #[error("`{0}` is there twice")]
    Twice(String),
    #[error("`{key}` must be {expected}, not {found}")]
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
        Settings::augment_args(Command::new("serve")).mut_args(|arg| arg.env(None::<&'static str>))
    }

    fn settings(toml: &str, flags: &[&str]) -> Settings {
        let file = File::parse(toml, &command()).expect("a good file");
        let words = [&["serve"], flags].concat();
        let matches = file.apply(command()).try_get_matches_from(words);
        Settings::from_arg_matches(&matches.expect("good flags")).expect("settings")
    }

    fn refusal(toml: &str) -> String {
        File::parse(toml, &command())
            .expect_err("a bad file")
            .to_string()
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
    fn a_limit_may_stand_at_the_top_too() {
        assert_eq!(settings("max_topics = 5", &[]).limits.max_topics, 5);
    }

    #[test]
    fn a_list_in_the_file_gives_way_to_flags_as_a_whole() {
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
    fn a_slip_of_the_pen_is_named() {
        assert!(refusal("heartbeet = 7").contains("the key `heartbeet`"));
        assert!(refusal("[limits]\nheartbeat = 7").contains("the key `limits.heartbeat`"));
        assert!(refusal("[nothing]\nheartbeat = 7").contains("the key `nothing`"));
        assert!(refusal("config = \"other.toml\"").contains("the key `config`"));
        assert!(refusal("help = \"x\"").contains("the key `help`"));
        assert!(
            refusal("max_topics = 1\n[limits]\nmax_topics = 2")
                .contains("max_topics` is there twice")
        );
    }

    #[test]
    fn a_wrong_type_is_named() {
        assert_eq!(
            refusal("heartbeat = \"7\""),
            "`heartbeat` must be an integer, not string"
        );
        assert_eq!(refusal("node = 7"), "`node` must be a string, not integer");
        assert_eq!(
            refusal("allow_host = [1]"),
            "`allow_host` must be a string or an array of strings, not array"
        );
    }

    #[test]
    fn a_wrong_value_is_named() {
        let why = refusal("heartbeat = 0");
        assert!(
            why.starts_with("`heartbeat`: ") && why.contains("1..="),
            "{why}"
        );
        assert!(refusal("listen = \"here\"").starts_with("`listen`: "));
        assert!(refusal("a = 1\nb = = 2").starts_with("line 2: "));
    }

    #[test]
    fn help_shows_what_the_file_set_but_no_secret() {
        let toml = "heartbeat = 7\nadmin_token = \"the secret of all\"";
        let file = File::parse(toml, &command()).expect("a good file");
        let help = file.apply(command()).render_long_help().to_string();
        assert!(help.contains("[default: 7]"), "{help}");
        assert!(!help.contains("the secret of all"), "{help}");
    }

    #[test]
    fn the_flag_names_the_file_wherever_it_stands() {
        let find = |words: &[&str]| flag(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(
            find(&["tidings", "serve", "--config", "a"]),
            Some("a".into())
        );
        assert_eq!(find(&["tidings", "--config=b"]), Some("b".into()));
        assert_eq!(find(&["tidings", "push", "--", "--config", "a"]), None);
    }
}
