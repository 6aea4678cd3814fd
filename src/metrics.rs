//! Numbers that a server counts while it works, and their text form for monitoring (OpenMetrics 1.0).
//!
//! Counting is a relaxed addition to an atomic. Whoever counts often has counters of its own, and their sums are
//! computed when they are asked for.

mod counter;
mod exposition;
mod histogram;

pub use counter::{Counter, CounterFamily};
pub use exposition::{CONTENT_TYPE, Exposition, Kind, Metric};
pub use histogram::{DurationHistogram, HistogramSnapshot};
