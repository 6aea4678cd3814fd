//! Pushes at the first node for some seconds, and what the nodes and the nats-servers use for them.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::runtime::Runtime;

use super::solve::Equation;
use crate::{
    cluster::{
        batch_load::{self, Until},
        nodes::{COUNT, Nodes},
        raw_stream::RawStream,
    },
    concurrent::push_over_http,
};

/// Publishers of batches, and the pushes in a batch.
const PUBLISHERS: usize = 64;
const BATCH: usize = 100;

/// The duration of the pushes, and the time for the last ones to be applied everywhere.
const SPAN: Duration = Duration::from_secs(4);
const REST: Duration = Duration::from_millis(500);

/// The cluster that is measured.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    pub runtime: &'a Runtime,
    pub nodes: &'a Nodes,
    pub stream: &'a RawStream,
}

/// How the pushes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One publisher that waits for each answer, so each push is a record of its own.
    OneByOne,
    /// Many publishers with many pushes in a request, so the records are large.
    InBatches,
}

/// What the cluster uses while nobody pushes, in seconds of processor time per second.
#[derive(Clone, Copy, Debug)]
pub struct IdleCpu {
    /// The first node, and each other one.
    pub first: f64,
    pub other: f64,
    /// All nats-servers.
    pub nats: f64,
}

/// Counts and seconds of processor time. What an idle cluster uses is subtracted.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Of the first node, of each other one on average, and of all nats-servers.
    pub first: f64,
    pub other: f64,
    pub nats: f64,
    /// Records of the stream, and its bytes.
    pub records: f64,
    pub bytes: f64,
}

/// The result.
#[derive(Clone, Copy, Debug)]
pub struct PushRun {
    pub requests: f64,
    pub pushes: f64,
    pub requests_per_second: f64,
    pub used: Used,
}

impl Bench<'_> {
    /// What is used while `work` runs, and shortly afterwards.
    pub fn used(&self, idle: IdleCpu, work: impl FnOnce() -> Result<()>) -> Result<Used> {
        let stored = || self.runtime.block_on(self.stream.of_nodes());
        let (before, nats_before) = (self.nodes.cpu_seconds(), self.nodes.nats_cpu_seconds());
        let (stored_before, began) = (stored()?, Instant::now());
        work()?;
        sleep(REST);
        let (after, nats_after) = (self.nodes.cpu_seconds(), self.nodes.nats_cpu_seconds());
        let stored_after = stored()?;
        let seconds = began.elapsed().as_secs_f64();
        let [first, others @ ..]: [f64; COUNT] =
            std::array::from_fn(|node| after[node] - before[node]);
        let other = others.iter().sum::<f64>() / others.len() as f64;
        Ok(Used {
            first: (first - idle.first * seconds).max(0.0),
            other: (other - idle.other * seconds).max(0.0),
            nats: (nats_after - nats_before - idle.nats * seconds).max(0.0),
            records: (stored_after.records - stored_before.records) as f64,
            bytes: stored_after.bytes as f64 - stored_before.bytes as f64,
        })
    }

    /// Pushes to clients that are not connected.
    pub fn push(&self, shape: Shape, idle: IdleCpu) -> Result<PushRun> {
        let addresses = &self.nodes.addresses()[..1];
        let mut load = None;
        let used = self.used(idle, || {
            let done = match shape {
                Shape::OneByOne => {
                    let pushes = push_over_http(addresses.to_vec(), 1, SPAN);
                    self.runtime.block_on(pushes)
                }
                Shape::InBatches => {
                    let until = Until::Span(SPAN);
                    let batches = batch_load::send(addresses, PUBLISHERS, BATCH, until);
                    self.runtime.block_on(batches)
                }
            };
            load = Some(done?);
            Ok(())
        })?;
        let load = load.unwrap_or_default();
        let each = if shape == Shape::OneByOne { 1 } else { BATCH };
        Ok(PushRun {
            requests: load.count as f64,
            pushes: (load.count * each) as f64,
            requests_per_second: load.rate,
            used,
        })
    }
}

impl PushRun {
    /// What records and pushes cost together.
    pub fn by_record(&self, sum: f64) -> Equation {
        Equation {
            counts: (self.used.records, self.pushes),
            sum,
        }
    }

    /// What requests and pushes cost together.
    pub fn by_request(&self, sum: f64) -> Equation {
        Equation {
            counts: (self.requests, self.pushes),
            sum,
        }
    }
}
