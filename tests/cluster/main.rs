//! Tests of several nodes that share one log over real nats-servers, one file per story.

mod harness;
mod load;
mod purge;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the tests of one server use the rest")]
mod support;

mod chaos;
mod clients;
mod commands;
mod cut_off;
mod delivery;
mod idempotency;
mod jobs;
mod join;
mod lists;
mod messages;
mod metrics;
mod nats_failure;
mod node_failure;
mod resume;
