//! Tidings, a self-hosted push server.

pub mod broker;
pub mod changes;
pub mod config;
pub mod connection;
pub mod descriptors;
pub mod http;
pub mod job;
pub mod jobs;
pub mod log;
pub mod message;
pub mod outbox;
mod random;
pub mod registry;
mod roomy;
