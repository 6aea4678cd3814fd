//! A job: an operation of a worker that reports its progress until it ends.
//!
//! Only types and state transitions, without I/O. The log stores jobs, and `jobs` runs them.

mod command;
mod record;
mod report;
mod retry;
mod state;
mod transition;

pub use command::{Conclusion, JobCommand, NewJob, Refused, TrackedPush};
pub use record::Job;
pub use report::{InvalidLines, InvalidTitle, Lines, MAX_NUMBER, Report, Title};
pub use retry::{Retry, RetryTooLong};
pub use state::{Extent, JobId, Line, Reason, State};
