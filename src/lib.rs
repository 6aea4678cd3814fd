//! Tidings, a self-hosted push server. ARCHITECTURE.md says which module may use which.

pub mod access_log;
pub mod auth;
pub mod broker;
pub mod change_feed;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod delivery;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod hooks;
pub mod http;
pub mod job;
pub mod jobs;
pub mod log;
pub mod message;
pub mod metrics;
pub mod network;
pub mod outbox;
mod panic_text;
mod private_file;
mod query;
mod random;
pub mod registry;
pub mod server;
pub mod timestamp;
pub mod traces;
