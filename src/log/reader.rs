//! Reads the log: pages of a replay, the history, and lookups. Each read is a SQLite transaction of its own.

pub(in crate::log) mod audit;
mod audit_pushes;
mod audit_record;
mod audit_span;
pub(in crate::log) mod history;
pub(in crate::log) mod history_filter;
pub(in crate::log) mod page;
pub(in crate::log) mod pool;
pub(in crate::log) mod posting_cursor;
pub(in crate::log) mod queries;
pub(in crate::log) mod recalled;
pub(in crate::log) mod replay;
pub(in crate::log) mod salvage;
pub(in crate::log) mod urgent;
