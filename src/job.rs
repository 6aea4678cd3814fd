//! What a job is: one operation that a worker reports on, step by step, until it ends.
//!
//! Only types and state transitions, without I/O: the log keeps jobs, and `jobs` runs them.

mod command;
mod record;
mod report;
mod state;
mod transition;

pub use command::{Conclusion, JobCommand, NewJob, Refused, TrackedPush};
pub use record::Job;
pub use report::{InvalidLines, InvalidTitle, Lines, MAX_NUMBER, Report, Title};
pub use state::{Extent, JobId, Line, Reason, State};
