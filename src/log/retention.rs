//! Removes what the log no longer needs: messages, idempotency keys, names, jobs, and free pages of the file. Runs on
//! the writer's thread between commits, in steps of a few milliseconds.

mod around_damage;
pub(in crate::log) mod audit;
pub(in crate::log) mod ending;
pub(in crate::log) mod file_space;
pub(in crate::log) mod hooks;
mod inbox;
mod jobs;
pub(in crate::log) mod message_row;
pub(in crate::log) mod messages;
pub(in crate::log) mod names;
