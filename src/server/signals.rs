//! The signals that end a server, and the one that makes it read its settings again.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often the terminal is looked at after a SIGHUP: the signal may arrive just before the terminal is gone.
const TERMINAL_CHECKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(50),
    Duration::from_millis(500),
];

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// End the process.
    Shutdown,
    /// Read the settings again: SIGHUP, unless it means that the terminal was closed.
    Reload,
}

/// SIGTERM, SIGINT and SIGHUP.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// None where the process was started with SIGHUP ignored, as `nohup` does.
    hangup: Option<Signal>,
    terminal: Terminal,
}

impl Signals {
    /// Receives the signals from now on. Must be called on a runtime.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: match is_hangup_ignored() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
            terminal: Terminal::at_start(),
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Asked {
        {
            let Some(hangup) = &mut self.hangup else {
                tokio::select! {
                    _ = self.terminate.recv() => {}
                    _ = self.interrupt.recv() => {}
                }
                return Asked::Shutdown;
            };
            tokio::select! {
                _ = self.terminate.recv() => Asked::Shutdown,
                _ = self.interrupt.recv() => Asked::Shutdown,
                _ = hangup.recv() => if self.terminal.is_gone().await {
                    tracing::info!("SIGHUP: the terminal was closed");
                    Asked::Shutdown
                } else {
                    Asked::Reload
                }
            }
        }
    }
}

/// Whether SIGHUP was ignored when the process started. Known only on Linux.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let hangup = 1_u64 << (SignalKind::hangup().as_raw_value() - 1);
    ignored.is_some_and(|ignored| ignored & hangup != 0)
}

/// Which of the standard streams were a terminal when the process started: input, output and errors.
struct Terminal([bool; 3]);

impl Terminal {
    fn at_start() -> Self {
        Self(Self::now())
    }

    fn now() -> [bool; 3] {
        [
            io::stdin().is_terminal(),
            io::stdout().is_terminal(),
            io::stderr().is_terminal(),
        ]
    }

    /// Whether a standard stream was a terminal, and no longer is: the system answers nothing about a terminal that
    /// was closed.
    async fn is_gone(&self) -> bool {
        for wait in TERMINAL_CHECKS {
            tokio::time::sleep(wait).await;
            let streams = self.0.iter().zip(Self::now());
            if streams.into_iter().any(|(before, now)| *before && !now) {
                return true;
            }
        }
        false
    }
}
