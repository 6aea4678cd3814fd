//! The thread that writes the lines.

use std::{
    io::{self, BufWriter, Write},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    line_queue::{Job, Shared},
    target::Target,
};
use crate::timestamp::now;

/// How often a failure to write is reported at most.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

type Output = BufWriter<Box<dyn Write + Send>>;

/// See the module documentation.
pub(super) struct Writer {
    target: Target,
    out: Output,
    shared: Arc<Shared>,
    /// Dropped lines that the log says already.
    told: u64,
    reported: Option<Instant>,
}

impl Writer {
    pub fn new(target: Target, out: Box<dyn Write + Send>, shared: Arc<Shared>) -> Self {
        Self {
            target,
            out: BufWriter::new(out),
            shared,
            told: 0,
            reported: None,
        }
    }

    /// Runs until nobody can add lines any more.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let mut next = Ok(job);
            while let Ok(job) = next {
                self.execute(job);
                next = jobs.try_recv();
            }
            self.tell_dropped();
            let flushed = self.out.flush();
            self.check(flushed);
            if matches!(next, Err(TryRecvError::Disconnected)) {
                return;
            }
        }
    }

    fn execute(&mut self, job: Job) {
        if self.shared.reopen.swap(false, Ordering::AcqRel) {
            self.reopen();
        }
        match job {
            Job::Line(line) => {
                let written = writeln!(self.out, "{line}");
                self.check(written);
            }
            Job::Wake => {}
            Job::Flush(answer) => {
                self.tell_dropped();
                let flushed = self.out.flush();
                self.check(flushed);
                let _ = answer.send(());
            }
        }
    }

    fn reopen(&mut self) {
        let flushed = self.out.flush();
        self.check(flushed);
        match self.target.open() {
            Ok(out) => {
                // What could not be written to the old file is lost, and was reported.
                let old = std::mem::replace(&mut self.out, BufWriter::new(out));
                drop(old.into_parts());
            }
            Err(error) => self.report(&error, "the access log can't be opened again"),
        }
    }

    /// Writes how many lines were dropped since that was written last.
    fn tell_dropped(&mut self) {
        let dropped = self.shared.dropped.get();
        if dropped > self.told {
            let line = json!({ "time": now(), "dropped_lines": dropped - self.told });
            self.told = dropped;
            let written = writeln!(self.out, "{line}");
            self.check(written);
        }
    }

    fn check(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.report(&error, "the access log can't be written");
        }
    }

    fn report(&mut self, error: &io::Error, what: &str) {
        let recently = |at: Instant| at.elapsed() < REPORT_INTERVAL;
        if !self.reported.is_some_and(recently) {
            self.reported = Some(Instant::now());
            tracing::warn!(%error, "{what}");
        }
    }
}
