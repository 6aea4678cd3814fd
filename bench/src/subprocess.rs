//! Subprocesses of the bench: the same program with a subcommand as its first argument. A subprocess exits when its
//! input ends, so none outlives the bench.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};

/// A running subprocess.
pub struct Subprocess {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Subprocess {
    /// Starts the subprocess with these arguments.
    pub fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().map(BufReader::new);
        Ok(Self {
            child,
            input,
            output,
        })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its output.
    pub fn line(&mut self) -> Result<String> {
        let output = self.output.as_mut().context("its output was taken")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Its output, to be read elsewhere.
    pub fn take_output(&mut self) -> Result<BufReader<ChildStdout>> {
        self.output.take().context("its output was taken")
    }

    /// Writes a line to its input.
    pub fn write_line(&mut self, line: &str) -> Result<()> {
        let input = self.input.as_mut().context("it was told to end")?;
        Ok(writeln!(input, "{line}")?)
    }
}

impl Drop for Subprocess {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
