//! Tests of a real server on a free port over real HTTP, one file per promise.

mod harness;
#[path = "../support/mod.rs"]
mod support;

mod access_log;
mod api_description;
mod audiences;
mod auth;
mod backup;
mod bad_input;
mod batch;
mod behind_proxy;
mod check_command;
mod command;
mod config_command;
mod connections;
mod content_coding;
mod damaged_log;
mod data_folder;
mod descriptors;
mod doctor;
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
mod metrics;
mod model;
mod notify;
mod pages;
mod presence;
mod proxies;
mod reload;
mod restored;
mod resume;
mod shutdown;
mod signals;
mod slow;
mod streams;
mod vanishing;
