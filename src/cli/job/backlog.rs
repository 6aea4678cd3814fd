//! The output of a command that was not sent to the server yet. It is bounded: while the server does not answer, the
//! oldest lines are dropped.

use std::collections::VecDeque;

use app::wire::JobState;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::output::{Line, progress};

/// The most lines that are kept.
const MAX_LINES: usize = 10_000;
/// The most bytes that are kept.
const MAX_BYTES: usize = 4 << 20;

/// How the command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final state of the job.
    pub state: JobState,
    /// The last line of the log, if there is more to say.
    pub message: Option<String>,
}

/// Output that was not sent yet. Written by the readers of the output, read by the reporter.
#[derive(Default)]
pub struct Backlog {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    lines: VecDeque<String>,
    bytes: usize,
    dropped: u64,
    progress: Option<(u64, u64)>,
    outcome: Option<Outcome>,
}

/// A part of the backlog, for one report.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The oldest lines.
    pub lines: Vec<String>,
    /// The newest progress, if it changed.
    pub progress: Option<(u64, u64)>,
    /// How the command ended, if these are the last lines.
    pub outcome: Option<Outcome>,
}

impl Backlog {
    /// Adds a line of output.
    pub fn add(&self, line: Line) {
        let mut inner = self.inner.lock();
        let first = line.pieces.first();
        if let Some(progress) = first.and_then(|text| progress(text)) {
            inner.progress = Some(progress);
        }
        if !line.overwritten {
            line.pieces.into_iter().for_each(|text| inner.push(text));
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Sets how the command ended. No line comes after this.
    pub fn finish(&self, outcome: Outcome) {
        let mut inner = self.inner.lock();
        if let Some(message) = outcome.message.clone() {
            inner.push(message);
        }
        inner.outcome = Some(outcome);
        drop(inner);
        self.changed.notify_one();
    }

    /// Puts lines back that were taken last. They are taken next.
    pub fn put_back(&self, lines: Vec<String>) {
        let mut inner = self.inner.lock();
        for line in lines.into_iter().rev() {
            inner.bytes += line.len();
            inner.lines.push_front(line);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Waits until something was added since the last call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether the command has ended, so that no more lines come.
    pub fn is_finished(&self) -> bool {
        self.inner.lock().outcome.is_some()
    }

    /// Takes the oldest lines: at least one if there is one, and at most so many lines and bytes.
    pub fn take(&self, max_lines: usize, max_bytes: usize) -> Batch {
        let mut inner = self.inner.lock();
        let mut batch = Batch::default();
        let mut size = 0;
        if inner.dropped > 0 {
            let dropped = std::mem::take(&mut inner.dropped);
            let note = format!("({dropped} lines were dropped while the server did not answer)");
            batch.lines.push(note);
        }
        while let Some(line) = inner.lines.front() {
            size += line.len() + 1;
            if batch.lines.len() == max_lines || (size > max_bytes && !batch.lines.is_empty()) {
                break;
            }
            let line = inner.lines.pop_front().unwrap_or_default();
            inner.bytes -= line.len();
            batch.lines.push(line);
        }
        batch.progress = inner.progress.take();
        if inner.lines.is_empty() {
            batch.outcome = inner.outcome.clone();
        }
        batch
    }
}

impl Inner {
    fn push(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let oldest = self.lines.pop_front().unwrap_or_default();
            self.bytes -= oldest.len();
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            pieces: vec![text.to_owned()],
            overwritten: false,
        }
    }

    #[test]
    fn a_batch_is_bounded_and_the_last_one_has_the_outcome() {
        let backlog = Backlog::default();
        for number in 0..5 {
            backlog.add(line(&number.to_string()));
        }
        backlog.finish(Outcome {
            state: JobState::Failed,
            message: Some("exit code 3".to_owned()),
        });
        let first = backlog.take(3, 1_000);
        assert_eq!(first.lines, ["0", "1", "2"]);
        assert_eq!(first.outcome, None);
        let second = backlog.take(3, 1);
        assert_eq!(second.lines, ["3"], "at least one");
        let last = backlog.take(3, 1_000);
        assert_eq!(last.lines, ["4", "exit code 3"]);
        assert!(last.outcome.is_some());
    }

    #[test]
    fn the_oldest_lines_are_dropped_and_counted() {
        let backlog = Backlog::default();
        for number in 0..MAX_LINES + 7 {
            backlog.add(line(&format!("{number}% of many")));
        }
        let batch = backlog.take(2, 1_000);
        assert!(batch.lines[0].starts_with("(7 lines"), "{:?}", batch.lines);
        assert_eq!(batch.lines[1], "7% of many");
        assert_eq!(
            batch.progress,
            Some((100, 100)),
            "of the newest line that has one"
        );
    }

    #[test]
    fn an_overwritten_line_is_progress_only() {
        let backlog = Backlog::default();
        backlog.add(Line {
            pieces: vec!["12%".to_owned()],
            overwritten: true,
        });
        let batch = backlog.take(10, 1_000);
        assert_eq!((batch.lines.len(), batch.progress), (0, Some((12, 100))));
    }
}
