//! Tests of a real server on a free port over real HTTP, one file per promise.

mod certificates;
mod harness;
#[path = "../support/mod.rs"]
mod support;

mod acme;
mod api_description;
mod audiences;
mod auth;
mod bad_input;
mod batch;
mod check_command;
mod command;
mod connections;
mod content_coding;
mod damaged_log;
mod data_folder;
mod descriptors;
mod durability;
mod envelope;
mod full_disk;
mod gaps;
mod history;
mod http2;
mod inbox;
mod job_command;
mod jobs;
mod limits;
mod listen;
mod lost_files;
mod model;
mod pages;
mod presence;
mod restored;
mod resume;
mod shutdown;
mod signals;
mod slow;
mod streams;
mod tls;
mod unix_socket;
mod vanishing;
