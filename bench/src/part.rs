//! Parts of the bench that are processes of their own: this same program, told what to be by its first
//! argument. A part ends when its input does, so none outlives the bench.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result};

/// A running part.
pub struct Part {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Part {
    /// Starts the part that these arguments ask for.
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

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it says.
    pub fn line(&mut self) -> Result<String> {
        let output = self.output.as_mut().context("its output was taken")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// What it will say, for who reads it elsewhere.
    pub fn take_output(&mut self) -> Result<BufReader<ChildStdout>> {
        self.output.take().context("its output was taken")
    }

    /// Tells it a line.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let input = self.input.as_mut().context("it was told to end")?;
        Ok(writeln!(input, "{line}")?)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
