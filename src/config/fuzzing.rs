//! Fuzz target: settings files. See `src/fuzzing.rs`.

use std::sync::OnceLock;

use clap::{Args, Command};

pub use super::jwt::fuzzing::issuer_keys;
use super::{Settings, file::File};

/// A settings file. Its settings are given to the command line, which reads or refuses them.
pub fn settings_file(input: &[u8]) {
    static KNOWN: OnceLock<Command> = OnceLock::new();
    let known = KNOWN.get_or_init(|| Settings::augment_args(Command::new("serve")));
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let (read, mistakes) = match File::collect(text, known) {
        Ok(read) => read,
        Err((place, _)) => return assert!(text.get(place).is_some()),
    };
    assert!(
        mistakes
            .iter()
            .all(|(place, _)| text.get(place.clone()).is_some())
    );
    let _ = read.apply(known.clone()).try_get_matches_from(["serve"]);
}
