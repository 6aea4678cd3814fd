//! Tidings, a self-hosted push server.

pub mod message;
