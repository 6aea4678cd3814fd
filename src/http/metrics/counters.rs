//! What is counted where requests are answered.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use axum::response::Response;

use crate::{
    http::Code,
    metrics::{Counter, CounterFamily},
};

/// Classes of statuses.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// See the module documentation.
#[derive(Debug)]
pub struct HttpCounters {
    requests: [Counter; CLASSES.len()],
    errors: [Counter; Code::ALL.len()],
    /// Readings of the settings on SIGHUP.
    pub reloads: CounterFamily,
    reload_failed: AtomicBool,
}

impl Default for HttpCounters {
    fn default() -> Self {
        Self {
            requests: Default::default(),
            errors: [const { Counter::new() }; Code::ALL.len()],
            reloads: CounterFamily::new(&["applied", "refused"]),
            reload_failed: AtomicBool::new(false),
        }
    }
}

impl HttpCounters {
    /// Counts an answer.
    pub fn answered(&self, response: &Response) {
        let class = usize::from(response.status().as_u16() / 100);
        if let Some(counter) = self.requests.get(class.wrapping_sub(1)) {
            counter.inc();
        }
        if class >= 4
            && let Some(code) = response.extensions().get::<Code>()
        {
            self.refused(*code);
        }
    }

    /// Counts an error that is not a whole answer, or that is answered without the router.
    pub fn refused(&self, code: Code) {
        self.errors[code as usize].inc();
    }

    /// How often something was refused with this code.
    pub fn refusals(&self, code: Code) -> u64 {
        self.errors[code as usize].get()
    }

    /// Notes that the settings were read again, and whether they are right.
    pub fn reloaded(&self, good: bool) {
        self.reload_failed.store(!good, Relaxed);
        self.reloads.inc(if good { "applied" } else { "refused" });
    }

    /// Whether the settings that were read last are wrong.
    pub fn has_reload_failed(&self) -> bool {
        self.reload_failed.load(Relaxed)
    }

    /// Answers, by the class of their status.
    pub fn requests(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CLASSES
            .into_iter()
            .zip(self.requests.iter().map(Counter::get))
    }

    /// Errors, by code.
    pub fn errors(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.errors.iter().map(Counter::get);
        Code::ALL.into_iter().map(Code::as_str).zip(counts)
    }
}
