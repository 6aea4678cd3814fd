//! Reads a new password.

use std::io::{self, IsTerminal};

use crate::cli::hidden::{ask, line};

/// Asks for a new password twice, or reads it from the first line of stdin if that is no terminal.
pub fn read() -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        let password = line()?;
        anyhow::ensure!(!password.is_empty(), "there is no password on stdin");
        return Ok(password);
    }
    let password = ask("new password: ")?;
    let again = ask("the same again: ")?;
    anyhow::ensure!(password == again, "these are two different passwords");
    Ok(password)
}
