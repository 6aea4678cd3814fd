//! Reads of the log for the streams of a thread, in batches on blocking threads.

use std::{collections::VecDeque, sync::Arc};

use super::command_queue::{Command, CommandQueue, ReadRequest, ReadResult};
use crate::{
    broker::Broker,
    delivery::connection::{Backlog, LogRead},
    outbox::StreamKey,
};

/// The number of batches that run at the same time.
const AT_ONCE: usize = 2;

/// The maximum number of reads in a batch. Most reads return little, and starting a batch costs as much as a read.
const MAX_BATCH: usize = 64;

/// A batch ends when it has read this many bytes. They are in memory until the streams have written them, so this
/// bounds the memory when many clients return at the same time.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// See the module documentation.
pub struct ReadScheduler {
    broker: Arc<Broker>,
    commands: Arc<CommandQueue>,
    runtime: tokio::runtime::Handle,
    running: usize,
    waiting: VecDeque<ReadRequest>,
}

impl ReadScheduler {
    /// A scheduler that sends results to this queue.
    pub fn new(
        broker: Arc<Broker>,
        commands: Arc<CommandQueue>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self {
            broker,
            commands,
            runtime,
            running: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Queues a read.
    pub fn ask(&mut self, key: StreamKey, read: LogRead) {
        self.waiting.push_back((key, read));
    }

    /// Records the end of a batch. Reads that it did not start are queued again, first.
    pub fn ended(&mut self, left: Vec<ReadRequest>) {
        self.running -= 1;
        for asked in left.into_iter().rev() {
            self.waiting.push_front(asked);
        }
    }

    /// Starts as many batches as may run.
    pub fn start(&mut self) {
        while self.running < AT_ONCE && !self.waiting.is_empty() {
            self.running += 1;
            let share = self.waiting.len().div_ceil(AT_ONCE).min(MAX_BATCH);
            let asked: Vec<ReadRequest> = self.waiting.drain(..share).collect();
            let (broker, commands) = (Arc::clone(&self.broker), Arc::clone(&self.commands));
            self.runtime.spawn_blocking(move || {
                let (done, left) = run_batch(&broker, asked);
                drop(broker);
                commands.send(Command::ReadsDone(done, left));
            });
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }
}

fn run_batch(broker: &Broker, asked: Vec<ReadRequest>) -> (Vec<ReadResult>, Vec<ReadRequest>) {
    let (mut done, mut bytes) = (Vec::new(), 0);
    let mut asked = asked.into_iter();
    while bytes < MAX_BATCH_BYTES
        && let Some((key, read)) = asked.next()
    {
        let outcome = read.run(broker.log());
        bytes += outcome.as_ref().map_or(0, Backlog::bytes);
        done.push((key, outcome));
    }
    (done, asked.collect())
}
