//! The process of a command: its process group, its output and its end.

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use app::wire::JobState;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    process::{Child as Process, Command},
    task::JoinSet,
};

use super::{
    backlog::{Backlog, Outcome},
    output::Splitter,
};

/// A running command and the processes that it started.
pub struct Child {
    process: Process,
    group: Option<Pid>,
    outputs: JoinSet<()>,
}

impl Child {
    /// Starts the command in a process group of its own, so that a signal reaches the processes that it starts too. It
    /// inherits our input, unless that is a terminal: only the foreground process group may read from a terminal.
    pub fn start(
        command: &[OsString],
        job: Option<&str>,
        backlog: &Arc<Backlog>,
    ) -> io::Result<Self> {
        let (program, args) = match command {
            [program, args @ ..] => (program, args),
            [] => return Err(io::ErrorKind::InvalidInput.into()),
        };
        let input = match io::stdin().is_terminal() {
            true => Stdio::null(),
            false => Stdio::inherit(),
        };
        let mut command = Command::new(program);
        command.args(args).process_group(0).stdin(input);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(id) = job {
            command.env("TIDINGS_JOB_ID", id);
        }
        let mut process = command.spawn()?;
        let mut outputs = JoinSet::new();
        if let Some(stdout) = process.stdout.take() {
            outputs.spawn(copy(stdout, tokio::io::stdout(), Arc::clone(backlog)));
        }
        if let Some(stderr) = process.stderr.take() {
            outputs.spawn(copy(stderr, tokio::io::stderr(), Arc::clone(backlog)));
        }
        let id = process.id().and_then(|id| i32::try_from(id).ok());
        Ok(Self {
            process,
            group: id.and_then(Pid::from_raw),
            outputs,
        })
    }

    /// Waits for the end of the command. Cancel safe.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Waits until all output was read. Processes that the command left running may keep the output open.
    pub async fn output_read(&mut self) {
        while self.outputs.join_next().await.is_some() {}
    }

    /// Sends a signal to the process group.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // An error means that it has just ended.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// Prints the output and adds its lines to the backlog.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    backlog: Arc<Backlog>,
) {
    let mut splitter = Splitter::default();
    let mut bytes = vec![0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        // Our own output may be closed. The job continues.
        let _ = to.write_all(&bytes[..count]).await;
        let _ = to.flush().await;
        splitter.push(&bytes[..count], |line| backlog.add(line));
    }
    splitter.finish(|line| backlog.add(line));
}

/// What the end of a command means for the job. `stopped`: the command was asked to end.
pub fn outcome(status: ExitStatus, stopped: bool) -> Outcome {
    let message = match status.code() {
        Some(0) => None,
        Some(code) => Some(format!("exit code {code}")),
        // Such as "signal: 9 (SIGKILL)".
        None => Some(status.to_string()),
    };
    let state = match (stopped, status.success()) {
        (true, _) => JobState::Cancelled,
        (false, true) => JobState::Done,
        (false, false) => JobState::Failed,
    };
    Outcome { state, message }
}

/// The exit code for a status, as in a shell: 128 and the number of a signal.
pub fn exit_code(status: ExitStatus) -> u8 {
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal);
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        let ended = |raw, stopped| {
            let status = ExitStatus::from_raw(raw);
            let Outcome { state, message } = outcome(status, stopped);
            (state, message.unwrap_or_default(), exit_code(status))
        };
        let expected = |state, message: &str, code| (state, message.to_owned(), code);
        assert_eq!(ended(0, false), expected(JobState::Done, "", 0));
        let three = expected(JobState::Failed, "exit code 3", 3);
        assert_eq!(ended(3 << 8, false), three);
        let killed = expected(JobState::Failed, "signal: 9 (SIGKILL)", 137);
        assert_eq!(ended(9, false), killed);
        let stopped = expected(JobState::Cancelled, "signal: 15 (SIGTERM)", 143);
        assert_eq!(ended(15, true), stopped);
        assert_eq!(ended(0, true), expected(JobState::Cancelled, "", 0));
    }
}
