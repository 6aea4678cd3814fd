//! Reads a new password. It is never a flag: other users of the machine can see those.

use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

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

/// Asks without showing what is typed.
fn ask(what: &str) -> io::Result<String> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{what}")?;
    stderr.flush()?;
    let hidden = Hidden::begin()?;
    let typed = line();
    drop(hidden);
    writeln!(stderr)?;
    typed
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}

/// The terminal does not show what is typed, until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
