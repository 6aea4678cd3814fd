//! A process that can be killed, stopped and started again.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        LazyLock,
        mpsc::{self, Sender, SyncSender},
    },
    thread,
};

use anyhow::{Context, Result, bail};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::patience::until;

/// What to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables that it gets in addition to those of this process.
    pub env: Vec<(OsString, OsString)>,
    /// Variables that it does not get.
    pub without: Vec<OsString>,
    /// The folder in which it runs.
    pub folder: PathBuf,
    /// Where its output goes. It is appended.
    pub log: PathBuf,
}

/// A process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    program: Program,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// Starts a program.
    pub fn start(program: Program) -> Result<Self> {
        let process = Self {
            program,
            child: Mutex::new(None),
        };
        process.start_again()?;
        Ok(process)
    }

    /// Starts it again. It must have ended.
    pub fn start_again(&self) -> Result<()> {
        let mut child = self.child.lock();
        if let Some(running) = child.as_mut()
            && running.try_wait()?.is_none()
        {
            bail!("{} runs already", self.program.path.display());
        }
        *child = Some(spawn(self.program.command()?).with_context(|| {
            let program = self.program.path.display();
            format!("{program} can't be started by setpriv, of util-linux")
        })?);
        Ok(())
    }

    /// What was started.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The process id.
    pub fn id(&self) -> Option<u32> {
        self.child.lock().as_ref().map(Child::id)
    }

    /// Whether it runs, or is stopped.
    pub fn is_running(&self) -> bool {
        matches!(
            self.child.lock().as_mut().map(Child::try_wait),
            Some(Ok(None))
        )
    }

    /// How it ended, if it has ended by itself or by a signal.
    pub fn ended(&self) -> Result<Option<ExitStatus>> {
        let mut child = self.child.lock();
        let child = child.as_mut().context("it was not started")?;
        Ok(child.try_wait()?)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let mut child = self.child.lock();
        let child = child.as_mut().context("it was not started")?;
        // Without this check the id could be that of another process by now.
        if let Some(status) = child.try_wait()? {
            bail!("{} has ended: {status}", self.program.path.display());
        }
        Ok(kill_process(Pid::from_child(child), signal)?)
    }

    /// Stops it where it is, as SIGSTOP does, and waits until it has stopped. On a busy machine its threads run on for a while
    /// after the signal was sent.
    pub fn stop(&self) -> Result<()> {
        self.signal(Signal::STOP)?;
        let id = self.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let id = id.context("it was not started")?;
        // It stays waitable, so that a second call finds it stopped.
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let name = self.program.path.display();
        until(&format!("{name} has not stopped"), || {
            Ok(waitid(WaitId::Pid(id), options)?.map(drop))
        })
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.wait()?;
        Ok(())
    }

    /// Sends SIGTERM, and waits for its end.
    pub fn terminate(&self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait()
    }

    /// Waits for its end.
    pub fn wait(&self) -> Result<ExitStatus> {
        let name = self.program.path.display();
        until(&format!("{name} has not ended"), || self.ended())
    }

    /// The end of its log, for the text of an error.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.program.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Program {
    fn command(&self) -> Result<Command> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.with_context(|| self.log.display().to_string())?;
        // The kernel kills it when this process ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(&self.path);
        command.args(&self.args).current_dir(&self.folder);
        for name in &self.without {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        // Ctrl-C in a terminal must not reach it: this process decides what ends first.
        command.process_group(0).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }
}

type Order = (Command, SyncSender<io::Result<Child>>);

/// Starts a process from a thread that never ends. What `setpriv` sets is for the end of the thread that has started
/// the process, and the thread of a test ends with the test.
fn spawn(command: Command) -> io::Result<Child> {
    static STARTER: LazyLock<Sender<Order>> = LazyLock::new(|| {
        let (orders, received) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, answer) in received {
                let _ = answer.send(command.spawn());
            }
        });
        orders
    });
    let (answer, answered) = mpsc::sync_channel(1);
    let order = STARTER.send((command, answer));
    order.map_err(io::Error::other)?;
    answered.recv().map_err(io::Error::other)?
}
