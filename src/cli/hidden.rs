//! Reads secrets from a terminal, or from the first line of stdin. They are never flags: other users of the machine can see
//! those.

use std::io::{self, BufRead, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Asks without showing what is typed.
pub fn ask(what: &str) -> io::Result<String> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{what}")?;
    stderr.flush()?;
    let hidden = Hidden::begin()?;
    let typed = line();
    drop(hidden);
    writeln!(stderr)?;
    typed
}

/// The first line of stdin, without its end.
pub fn line() -> io::Result<String> {
    first_line(io::stdin().lock())
}

/// The first line, without its end.
pub fn first_line(mut reader: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
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
