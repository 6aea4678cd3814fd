//! What other threads have for a thread of the reactor, and how it is woken.

use std::{
    io, mem,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use mio::{Poll, Token, Waker};
use parking_lot::Mutex;

use super::Opened;
use crate::{connection::Backlog, log::ReadError, outbox::Bell};

/// The token of the waker; those of streams count from 0.
pub const WAKE: Token = Token(usize::MAX);

/// Something that is not for now and then, but for one stream or for the thread itself.
pub enum Mail {
    /// A stream to write, its socket, and the head of its response.
    Stream(Box<Opened>, TcpStream, Bytes),
    /// What a stream asked for of the log.
    Read(Place, Result<Backlog, ReadError>),
    /// No more streams come: end with the last.
    Finish,
    /// End now.
    Abort,
}

/// A stream's place in its thread. The number says whether it is still the same stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where.
    pub token: usize,
    /// Which of those that were there.
    pub number: u64,
}

/// See the module's description.
pub struct Mailbox {
    mail: Mutex<Vec<Mail>>,
    /// Streams that have something in their outbox.
    rung: Mutex<Vec<usize>>,
    asleep: AtomicBool,
    waker: Waker,
}

impl Mailbox {
    /// One that wakes whoever waits on this poll.
    pub fn new(poll: &Poll) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            mail: Mutex::default(),
            rung: Mutex::default(),
            asleep: AtomicBool::new(false),
            waker: Waker::new(poll.registry(), WAKE)?,
        }))
    }

    /// Leaves something there.
    pub fn send(&self, mail: Mail) {
        self.mail.lock().push(mail);
        self.wake();
    }

    /// Takes what was left there.
    pub fn mail(&self) -> Vec<Mail> {
        mem::take(&mut *self.mail.lock())
    }

    /// Takes which streams have something, into a list that is empty.
    pub fn rung(&self, tokens: &mut Vec<usize>) {
        mem::swap(&mut *self.rung.lock(), tokens);
    }

    /// Says that the thread is about to wait; false: there is something, do not.
    pub fn fall_asleep(&self) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        let nothing = self.mail.lock().is_empty() && self.rung.lock().is_empty();
        if !nothing {
            self.wake_up();
        }
        nothing
    }

    /// Says that the thread does not wait any more.
    pub fn wake_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    fn wake(&self) {
        if self.asleep.swap(false, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a thread that writes streams can't be woken");
        }
    }
}

impl Bell for Mailbox {
    fn ring(&self, token: usize) {
        self.rung.lock().push(token);
        self.wake();
    }
}
