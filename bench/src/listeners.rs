//! Controls the load generator: its process, the commands, and the replies.

use std::{
    io::BufRead as _,
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    load::{
        self,
        protocol::{Command, Opened, Reply, Silence, Tally, Target},
    },
    subprocess::Subprocess,
};

/// The timeout for openings and replies.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A load generator and its listeners.
pub struct Listeners {
    subprocess: Subprocess,
    words: mpsc::Receiver<Reply>,
}

impl Listeners {
    /// Starts a load generator without listeners.
    pub fn of(target: &Target) -> Result<Self> {
        let mut subprocess =
            Subprocess::start([load::SUBCOMMAND, &serde_json::to_string(target)?])?;
        let output = subprocess.take_output()?;
        let (said, words) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let reply = match serde_json::from_str(&line) {
                    Ok(reply) => reply,
                    Err(error) => return eprintln!("the load generator said {line:?}: {error}"),
                };
                if said.send(reply).is_err() {
                    return;
                }
            }
        });
        Ok(Self { subprocess, words })
    }

    /// Opens the streams of the first `listeners`, `at_once` of them at the same time. Returns the result.
    pub fn open(&mut self, listeners: usize, at_once: usize) -> Result<Opened> {
        self.begin_to_open(listeners, at_once)?;
        // The load generator times out first.
        self.reply(TIMEOUT * 2, |reply| match reply {
            Reply::Opened(opened) => Some(opened.clone()),
            _ => None,
        })
    }

    /// Starts to open streams, without waiting. [`Self::has_opened`] returns the result.
    pub fn begin_to_open(&mut self, listeners: usize, at_once: usize) -> Result<()> {
        self.command(&Command::Open {
            listeners,
            at_once,
            seconds: TIMEOUT.as_secs(),
        })
    }

    /// The result of the opening, if it is complete.
    pub fn has_opened(&mut self) -> Result<Option<Opened>> {
        loop {
            match self.words.try_recv() {
                Ok(Reply::Opened(opened)) => return Ok(Some(opened)),
                Ok(_) => {}
                Err(mpsc::TryRecvError::Empty) => return Ok(None),
                Err(error) => return Err(error).context("the load generator has ended"),
            }
        }
    }

    /// Closes all streams but the first `keep`.
    pub fn close(&mut self, keep: usize) -> Result<()> {
        self.execute(&Command::Close { keep })
    }

    /// Stops reading from the first `listeners`.
    pub fn stall(&mut self, listeners: usize) -> Result<()> {
        self.execute(&Command::Stall { listeners })
    }

    /// Reads from all again.
    pub fn read(&mut self) -> Result<()> {
        self.execute(&Command::Read)
    }

    /// Resets the counts.
    pub fn clear(&mut self) -> Result<()> {
        self.execute(&Command::Clear)
    }

    /// Waits until all listeners have the next message to all. Returns its number, or none after the timeout.
    pub fn complete(&mut self, timeout: Duration) -> Result<Option<u64>> {
        let complete = |reply: &Reply| match reply {
            Reply::Complete { number } => Some(*number),
            _ => None,
        };
        self.next(timeout, complete)
    }

    /// The counts.
    pub fn tally(&mut self) -> Result<Tally> {
        self.command(&Command::Tell)?;
        self.reply(TIMEOUT, |reply| match reply {
            Reply::Tally(tally) => Some(*tally),
            _ => None,
        })
    }

    /// The longest time without a message that the listeners have had.
    pub fn silence(&mut self) -> Result<Silence> {
        self.command(&Command::TellSilence)?;
        self.reply(TIMEOUT, |reply| match reply {
            Reply::Silence(silence) => Some(*silence),
            _ => None,
        })
    }

    /// Sends a command, and waits until it is executed, so that it precedes later pushes.
    fn execute(&mut self, command: &Command) -> Result<()> {
        self.command(command)?;
        self.reply(TIMEOUT, |reply| matches!(reply, Reply::Done).then_some(()))
    }

    fn command(&mut self, command: &Command) -> Result<()> {
        self.subprocess.write_line(&serde_json::to_string(command)?)
    }

    fn reply<T>(&mut self, timeout: Duration, wanted: impl Fn(&Reply) -> Option<T>) -> Result<T> {
        match self.next(timeout, wanted)? {
            Some(reply) => Ok(reply),
            None => bail!("the load generator does not answer"),
        }
    }

    /// The next reply of a kind. Other replies are skipped.
    fn next<T>(
        &mut self,
        timeout: Duration,
        wanted: impl Fn(&Reply) -> Option<T>,
    ) -> Result<Option<T>> {
        loop {
            match self.words.recv_timeout(timeout) {
                Ok(reply) => {
                    if let Some(found) = wanted(&reply) {
                        return Ok(Some(found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(error) => return Err(error).context("the load generator has ended"),
            }
        }
    }
}
