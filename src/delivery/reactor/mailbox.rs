//! What other threads have for a thread of the reactor, besides messages.

use std::{mem, sync::Arc};

use parking_lot::Mutex;

use super::{
    Taken,
    alarm::Alarm,
    reads::{Asked, Done},
};
use crate::outbox::Bell;

/// Something that is not for now and then, but for one stream or for the thread itself.
pub enum Mail {
    /// A stream to write.
    Stream(Box<Taken>),
    /// What streams asked for of the log, and what was not got round to.
    Reads(Vec<Done>, Vec<Asked>),
    /// No more streams come: end with the last.
    Finish,
    /// End now.
    Abort,
}

/// See the module's description.
pub struct Mailbox {
    mail: Mutex<Vec<Mail>>,
    alarm: Arc<Alarm>,
}

impl Mailbox {
    /// One that wakes its thread by this alarm.
    pub fn new(alarm: Arc<Alarm>) -> Arc<Self> {
        Arc::new(Self {
            mail: Mutex::default(),
            alarm,
        })
    }

    /// Leaves something there.
    pub fn send(&self, mail: Mail) {
        self.mail.lock().push(mail);
        self.alarm.ring();
    }

    /// Takes what was left there.
    pub fn take(&self) -> Vec<Mail> {
        mem::take(&mut *self.mail.lock())
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.mail.lock().is_empty()
    }
}
