//! What a command has said and the server does not know yet. Bounded: while the server does not answer, the
//! oldest lines go.

use std::collections::VecDeque;

use app::wire::JobState;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::output::{Line, progress};

/// Lines that are kept.
const MOST_LINES: usize = 10_000;
/// Their bytes.
const MOST_BYTES: usize = 4 << 20;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final state.
    pub state: JobState,
    /// The last line of the log.
    pub message: Option<String>,
}

/// See the module's description.
#[derive(Default)]
pub struct Backlog {
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Default)]
struct Inner {
    lines: VecDeque<String>,
    bytes: usize,
    lost: u64,
    progress: Option<(u64, u64)>,
    outcome: Option<Outcome>,
}

/// Some of what there is.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The oldest lines.
    pub lines: Vec<String>,
    /// The newest progress.
    pub progress: Option<(u64, u64)>,
    /// How it ended, once these are the last lines.
    pub outcome: Option<Outcome>,
}

impl Backlog {
    /// Takes a line of output.
    pub fn take(&self, line: Line) {
        let mut inner = self.inner.lock();
        let first = line.text.first();
        if let Some(progress) = first.and_then(|text| progress(text)) {
            inner.progress = Some(progress);
        }
        if !line.transient {
            line.text.into_iter().for_each(|text| inner.push(text));
        }
        drop(inner);
        self.news.notify_one();
    }

    /// Says how it ended. Nothing comes after it.
    pub fn finish(&self, outcome: Outcome) {
        let mut inner = self.inner.lock();
        if let Some(message) = outcome.message.clone() {
            inner.push(message);
        }
        inner.outcome = Some(outcome);
        drop(inner);
        self.news.notify_one();
    }

    /// Puts lines back that were taken out last, to be taken out again first.
    pub fn give_back(&self, lines: Vec<String>) {
        let mut inner = self.inner.lock();
        for line in lines.into_iter().rev() {
            inner.bytes += line.len();
            inner.lines.push_front(line);
        }
        drop(inner);
        self.news.notify_one();
    }

    /// Waits until something was said since the last call.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Whether it has ended: then nothing more is worth waiting for.
    pub fn is_finished(&self) -> bool {
        self.inner.lock().outcome.is_some()
    }

    /// Takes out the oldest lines, at most so many and of so many bytes together, but one at least.
    pub fn batch(&self, lines: usize, bytes: usize) -> Batch {
        let mut inner = self.inner.lock();
        let mut batch = Batch::default();
        let mut taken = 0;
        if inner.lost > 0 {
            let lost = std::mem::take(&mut inner.lost);
            let note = format!("({lost} lines were let go while the server did not answer)");
            batch.lines.push(note);
        }
        while let Some(line) = inner.lines.front() {
            taken += line.len() + 1;
            if batch.lines.len() == lines || (taken > bytes && !batch.lines.is_empty()) {
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
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let gone = self.lines.pop_front().unwrap_or_default();
            self.bytes -= gone.len();
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line {
            text: vec![text.to_owned()],
            transient: false,
        }
    }

    #[test]
    fn a_batch_is_bounded_and_the_end_comes_with_the_last() {
        let backlog = Backlog::default();
        for number in 0..5 {
            backlog.take(line(&number.to_string()));
        }
        backlog.finish(Outcome {
            state: JobState::Failed,
            message: Some("exit code 3".to_owned()),
        });
        let first = backlog.batch(3, 1_000);
        assert_eq!(first.lines, ["0", "1", "2"]);
        assert_eq!(first.outcome, None);
        let second = backlog.batch(3, 1);
        assert_eq!(second.lines, ["3"], "one at least");
        let last = backlog.batch(3, 1_000);
        assert_eq!(last.lines, ["4", "exit code 3"]);
        assert!(last.outcome.is_some());
    }

    #[test]
    fn the_oldest_lines_go_and_that_is_told() {
        let backlog = Backlog::default();
        for number in 0..MOST_LINES + 7 {
            backlog.take(line(&format!("{number}% of many")));
        }
        let batch = backlog.batch(2, 1_000);
        assert!(batch.lines[0].starts_with("(7 lines"), "{:?}", batch.lines);
        assert_eq!(batch.lines[1], "7% of many");
        assert_eq!(
            batch.progress,
            Some((100, 100)),
            "of the newest that says it"
        );
    }

    #[test]
    fn what_was_written_over_is_progress_and_no_line() {
        let backlog = Backlog::default();
        backlog.take(Line {
            text: vec!["12%".to_owned()],
            transient: true,
        });
        let batch = backlog.batch(10, 1_000);
        assert_eq!((batch.lines.len(), batch.progress), (0, Some((12, 100))));
    }
}
