//! Tidings, a self-hosted push server.

pub mod config;
pub mod http;
pub mod message;
