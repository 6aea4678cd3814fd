//! Reads of the log for the streams of a thread: where they hold up nobody, and a few at a time.

use std::{collections::VecDeque, sync::Arc};

use super::mailbox::{Mail, Mailbox};
use crate::{broker::Broker, connection::Read, outbox::Slot};

/// Reads at the same time. What they bring is held until its stream has written it, so that a crowd which
/// comes back together is served in turn.
const AT_ONCE: usize = 8;

/// See the module's description.
pub struct Reads {
    broker: Arc<Broker>,
    mailbox: Arc<Mailbox>,
    runtime: tokio::runtime::Handle,
    running: usize,
    waiting: VecDeque<(Slot, Read)>,
}

impl Reads {
    /// Brings what it reads to this mailbox.
    pub fn new(
        broker: Arc<Broker>,
        mailbox: Arc<Mailbox>,
        runtime: tokio::runtime::Handle,
    ) -> Self {
        Self {
            broker,
            mailbox,
            runtime,
            running: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Reads, soon.
    pub fn begin(&mut self, slot: Slot, read: Read) {
        self.waiting.push_back((slot, read));
        self.go_on();
    }

    /// Notes that one has come back.
    pub fn ended(&mut self) {
        self.running -= 1;
        self.go_on();
    }

    fn go_on(&mut self) {
        while self.running < AT_ONCE
            && let Some((slot, read)) = self.waiting.pop_front()
        {
            self.running += 1;
            let (broker, mailbox) = (Arc::clone(&self.broker), Arc::clone(&self.mailbox));
            self.runtime.spawn_blocking(move || {
                let outcome = broker.read(&read);
                drop(broker);
                mailbox.send(Mail::Read(slot, outcome));
            });
        }
    }
}
