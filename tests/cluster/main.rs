//! Tests of several nodes that share one log over real nats-servers, one file per story.

mod harness;
mod load;
mod purge;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the tests of one server use the rest")]
mod support;

mod audit;
mod chaos;
mod clients;
mod commands;
mod cut_off;
mod damaged_log;
mod delivery;
mod deployments;
mod full_disk;
mod hooks;
mod idempotency;
mod jobs;
mod join;
mod keys;
mod lists;
mod many_clients;
mod mercure;
mod messages;
mod metrics;
mod names;
mod nats_failure;
mod newer_records;
mod node_failure;
mod other_cluster;
mod people;
mod read_your_writes;
mod restored_nats;
mod resume;
mod saved;
mod scheduled;
mod settings;
mod tokens;
