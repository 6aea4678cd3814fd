//! Tests of a real server on a free port over real HTTP, one file per promise.

mod harness;
#[path = "../support/mod.rs"]
mod support;

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
mod inbox;
mod job_command;
mod jobs;
mod limits;
mod listen;
mod lost_files;
mod model;
mod package_commands;
mod pages;
mod presence;
mod restored;
mod resume;
mod shutdown;
mod signals;
mod slow;
mod streams;
mod vanishing;
