//! Notes to the user on stderr.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Writes a line to stderr. Errors are ignored: stderr may be closed, and the command goes on without it.
pub fn print_note(text: impl Display) {
    let _ = writeln!(io::stderr(), "tidings: {text}");
}
