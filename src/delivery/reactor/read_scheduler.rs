//! Reads of the log for the streams of a thread: where they hold up nobody, and some at a time.

use std::{collections::VecDeque, sync::Arc};

use super::command_queue::{Command, CommandQueue, ReadRequest, ReadResult};
use crate::{
    broker::Broker,
    delivery::connection::{Backlog, LogRead},
    outbox::StreamKey,
};

/// Turns of reading that run at the same time.
const AT_ONCE: usize = 2;

/// ReadScheduler in a turn at most. Most bring little, and a turn costs as much as a read.
const IN_A_TURN: usize = 64;

/// Bytes after which a turn ends. What reads bring is held until its streams have written it, so that a crowd
/// which comes back together is served in turn.
const ENOUGH: usize = 1 << 20;

/// See the module's description.
pub struct ReadScheduler {
    broker: Arc<Broker>,
    commands: Arc<CommandQueue>,
    runtime: tokio::runtime::Handle,
    running: usize,
    waiting: VecDeque<ReadRequest>,
}

impl ReadScheduler {
    /// Brings what it reads to this commands.
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

    /// Will read, in the next turn.
    pub fn ask(&mut self, key: StreamKey, read: LogRead) {
        self.waiting.push_back((key, read));
    }

    /// Notes that a turn is over, and what it did not get writer to.
    pub fn ended(&mut self, left: Vec<ReadRequest>) {
        self.running -= 1;
        for asked in left.into_iter().rev() {
            self.waiting.push_front(asked);
        }
    }

    /// Begins as many turns as may run.
    pub fn go_on(&mut self) {
        while self.running < AT_ONCE && !self.waiting.is_empty() {
            self.running += 1;
            let share = self.waiting.len().div_ceil(AT_ONCE).min(IN_A_TURN);
            let asked: Vec<ReadRequest> = self.waiting.drain(..share).collect();
            let (broker, commands) = (Arc::clone(&self.broker), Arc::clone(&self.commands));
            self.runtime.spawn_blocking(move || {
                let (done, left) = turn(&broker, asked);
                drop(broker);
                commands.send(Command::ReadsDone(done, left));
            });
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }
}

fn turn(broker: &Broker, asked: Vec<ReadRequest>) -> (Vec<ReadResult>, Vec<ReadRequest>) {
    let (mut done, mut bytes) = (Vec::new(), 0);
    let mut asked = asked.into_iter();
    while bytes < ENOUGH
        && let Some((key, read)) = asked.next()
    {
        let outcome = read.run(broker.log());
        bytes += outcome.as_ref().map_or(0, Backlog::bytes);
        done.push((key, outcome));
    }
    (done, asked.collect())
}
