//! The HTTP API and the pages: routes, handlers, errors, and the JSON of the API.

mod access;
mod ack;
mod background;
mod batch;
mod body;
mod clients;
mod content_coding;
mod demo;
mod diagnosis;
mod error;
mod event_stream;
mod jobs;
mod layers;
mod messages;
mod nodes;
mod openapi;
mod pages;
mod public_path;
mod push;
mod redact;
mod router;
mod sample_buffer;
mod samples;
mod service;
mod session;
mod sse;
mod state;
mod stats;
mod sys;
mod topics;

pub use background::run_in_background;
pub use error::{Code, Error};
pub use layers::NoStreams;
pub use service::Service;
pub use state::AppState;
use state::off_thread;
