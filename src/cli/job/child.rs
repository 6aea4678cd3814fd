//! The command itself: its process group, what it prints, and how it ends.

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

/// A command that runs, with everything that it has started.
pub struct Child {
    process: Process,
    group: Option<Pid>,
    outputs: JoinSet<()>,
}

impl Child {
    /// Starts it in a process group of its own, so that a signal reaches what it starts too. Its input is
    /// ours, unless that is a terminal: only the group in the foreground may read there.
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

    /// Waits until it has ended. May be called off and called again.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Waits until all that it has printed was taken. What it left behind may hold its outputs open.
    pub async fn printed(&mut self) {
        while self.outputs.join_next().await.is_some() {}
    }

    /// Sends a signal to it and to what it has started.
    pub fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may just have ended.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// Passes on what is printed, and takes its lines.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    backlog: Arc<Backlog>,
) {
    let mut splitter = Splitter::default();
    let mut bytes = vec![0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        // Nobody may be there to read it: the job goes on.
        let _ = to.write_all(&bytes[..count]).await;
        let _ = to.flush().await;
        splitter.push(&bytes[..count], |line| backlog.take(line));
    }
    splitter.finish(|line| backlog.take(line));
}

/// What a command's end means for the job. `stopped`: it was asked to end.
pub fn outcome(status: ExitStatus, stopped: bool) -> Outcome {
    let message = match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit code {code}")),
        (None, Some(signal)) => Some(signal_name(signal)),
        (None, None) => Some("ended, nobody knows how".to_owned()),
    };
    let state = match (stopped, status.success()) {
        (true, _) => JobState::Cancelled,
        (false, true) => JobState::Done,
        (false, false) => JobState::Failed,
    };
    Outcome { state, message }
}

/// The exit code that says the same, as shells have it.
pub fn exit_code(status: ExitStatus) -> u8 {
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal);
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn signal_name(signal: i32) -> String {
    let name = match Signal::from_named_raw(signal) {
        Some(Signal::ABORT) => "SIGABRT",
        Some(Signal::ALARM) => "SIGALRM",
        Some(Signal::BUS) => "SIGBUS",
        Some(Signal::FPE) => "SIGFPE",
        Some(Signal::HUP) => "SIGHUP",
        Some(Signal::ILL) => "SIGILL",
        Some(Signal::INT) => "SIGINT",
        Some(Signal::KILL) => "SIGKILL",
        Some(Signal::PIPE) => "SIGPIPE",
        Some(Signal::QUIT) => "SIGQUIT",
        Some(Signal::SEGV) => "SIGSEGV",
        Some(Signal::TERM) => "SIGTERM",
        Some(Signal::XCPU) => "SIGXCPU",
        Some(Signal::XFSZ) => "SIGXFSZ",
        _ => return format!("signal {signal}"),
    };
    format!("signal {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_command_is_told_as_shells_do() {
        let ended = |raw, stopped| {
            let status = ExitStatus::from_raw(raw);
            let Outcome { state, message } = outcome(status, stopped);
            (state, message.unwrap_or_default(), exit_code(status))
        };
        let said = |state, message: &str, code| (state, message.to_owned(), code);
        assert_eq!(ended(0, false), said(JobState::Done, "", 0));
        let three = said(JobState::Failed, "exit code 3", 3);
        assert_eq!(ended(3 << 8, false), three);
        let killed = said(JobState::Failed, "signal SIGKILL", 137);
        assert_eq!(ended(9, false), killed);
        let stopped = said(JobState::Cancelled, "signal SIGTERM", 143);
        assert_eq!(ended(15, true), stopped);
        assert_eq!(ended(0, true), said(JobState::Cancelled, "", 0));
    }
}
