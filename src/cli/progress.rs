//! The progress of long work, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Bytes of a page of the log.
const PAGE: u64 = 4096;

/// A bar on stderr. It shows nothing if stderr is not a terminal.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar for copying a file, whose size is not known yet.
    pub fn copying() -> Self {
        let bar = ProgressBar::new(0);
        let style = "copying {bar:32} {bytes} of {total_bytes}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// A sign that the program works, without an end in sight.
    pub fn waiting(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Shows that this many pages of all pages of a file are copied. When all are, the copy is being checked.
    pub fn pages(&self, done: u64, all: u64) {
        self.0.set_length(all * PAGE);
        self.0.set_position(done * PAGE);
        if done == all
            && let Ok(style) = ProgressStyle::with_template("checking {total_bytes}, {elapsed}")
        {
            self.0.set_style(style);
            self.0.enable_steady_tick(Duration::from_millis(200));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
