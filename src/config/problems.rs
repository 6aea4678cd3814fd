//! Everything that is wrong with the settings, not only the first mistake.

use std::{ffi::OsString, fmt, path::PathBuf};

use clap::{Args, Command};

use super::{
    ConfigError, FileError, Loaded, Settings,
    file::{self, File},
};

/// A mistake in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the setting, as it is written where it stands. None if the mistake concerns no single setting.
    pub setting: Option<String>,
    /// The file in which it stands. None: a flag or the environment.
    pub file: Option<PathBuf>,
    /// Its line in the file.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.setting {
            // A file names the setting in its text.
            Some(setting) if self.file.is_none() => write!(f, "{setting}: {}", self.text),
            _ => f.write_str(&self.text),
        }
    }
}

/// All mistakes in the file, and in the environment. If there are none, those that `read` finds when it reads all
/// settings together.
pub fn problems(
    args: &[OsString],
    read: impl FnOnce(&[OsString]) -> Result<Loaded, ConfigError>,
) -> Vec<Problem> {
    let known = Settings::augment_args(Command::new("serve"));
    let mut problems = Vec::new();
    if let Some(path) = file::find(args) {
        problems.extend(File::mistakes(&path, &known).into_iter().map(in_file));
    }
    for arg in known.get_arguments() {
        let name = format!("TIDINGS_{}", arg.get_id().as_str().to_uppercase());
        let Some(value) = std::env::var_os(&name) else {
            continue;
        };
        let text = match value.to_str() {
            Some(value) => file::check(arg, &[value.to_owned()]).err(),
            None => Some("this is not UTF-8".to_owned()),
        };
        problems.extend(text.map(|text| Problem {
            setting: Some(name),
            file: None,
            line: None,
            text,
        }));
    }
    if problems.is_empty()
        && let Err(error) = read(args)
    {
        problems.push(of_all(&error));
    }
    problems
}

fn in_file(error: FileError) -> Problem {
    Problem {
        setting: error.setting().map(str::to_owned),
        text: error.reason(),
        line: error.line,
        file: Some(error.file),
    }
}

fn of_all(error: &ConfigError) -> Problem {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let setting = match error {
        ConfigError::SecretFile { setting, .. } => Some((*setting).to_owned()),
        ConfigError::KeyFile { .. } => Some("jwt_key".to_owned()),
        _ => None,
    };
    Problem {
        setting: None,
        file: None,
        line: None,
        text: text.trim_end().to_owned(),
    }
    .of(setting)
}

impl Problem {
    /// The same, of a setting. Its text names it already.
    fn of(mut self, setting: Option<String>) -> Self {
        if let Some(setting) = setting {
            let flag = format!("--{}: ", setting.replace('_', "-"));
            if let Some(text) = self.text.strip_prefix(&flag) {
                self.text = text.to_owned();
            }
            self.setting = Some(setting);
        }
        self
    }
}
