//! The bounded queue of one connection, between the thread that fans out and whoever writes.
//!
//! It never blocks whoever fills it. When it is full it forgets what it held and says *behind*: what
//! stands in the log is read from there, at the reader's own pace.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    sync::{Arc, atomic::AtomicU64},
    task::{Poll, Waker},
};

use parking_lot::Mutex;

use crate::message::{Frame, Seq};

/// A message of the log on its way to all its connections, which share it.
#[derive(Debug)]
pub struct Logged {
    /// Its place.
    pub seq: Seq,
    /// Its bytes.
    pub frame: Frame,
    /// Whether it is for clients by name, and so waits for them.
    pub direct: bool,
    /// Connections that it was given out to since somebody last took the number away.
    pub written: AtomicU64,
}

impl Logged {
    /// A message that nobody has had yet.
    pub fn new(seq: Seq, frame: Frame, direct: bool) -> Arc<Self> {
        Arc::new(Self {
            seq,
            frame,
            direct,
            written: AtomicU64::new(0),
        })
    }
}

/// Something to write to one connection.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A message of the log.
    Logged(Arc<Logged>),
    /// A message that was never in the log: who misses it now misses it for good.
    Ephemeral(Frame),
}

/// Why the server ends a connection. Every way there is, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The server is on its way down; come back after so many milliseconds.
    Shutdown {
        /// How long to wait.
        after_ms: u64,
    },
    /// Somebody closed it by `DELETE /api/clients/{id}`.
    Disconnected,
    /// The token that opened the stream has ended.
    TokenExpired,
    /// The log can't be read.
    LogUnreadable,
}

impl CloseReason {
    /// The reason as it stands in `event: reconnect`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown { .. } => "shutdown",
            Self::Disconnected => "disconnected",
            Self::TokenExpired => "token_expired",
            Self::LogUnreadable => "log_unreadable",
        }
    }
}

/// What an outbox has for its connection.
#[derive(Debug)]
pub enum Taken {
    /// Write this.
    Delivery(Delivery),
    /// It overflowed: go on from the log. So many ephemeral messages are lost.
    Behind {
        /// Messages that were only here.
        lost: u64,
    },
    /// Say why, and end.
    Close(CloseReason),
    /// Nothing now.
    Empty,
}

/// Rung when there is something for a connection whose writer had taken everything.
pub trait Bell: Send + Sync {
    /// Says for which. It is called while outboxes are being filled: it must be quick, and must not look
    /// into one.
    fn ring(&self, token: usize);
}

/// See the module's description.
pub struct Outbox {
    inner: Mutex<Inner>,
    bounds: Bounds,
}

/// What one outbox may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Frames.
    pub frames: usize,
    /// Their bytes. One frame is taken whatever its size.
    pub bytes: usize,
}

#[derive(Default)]
struct Inner {
    queue: VecDeque<Delivery>,
    bytes: usize,
    waiter: Waiter,
    /// Everything that was put in has been taken, and its taker waits.
    idle: bool,
    place: Seq,
    behind: bool,
    lost: u64,
    close: Option<CloseReason>,
}

/// Who is to be told that there is something to take.
#[derive(Default)]
enum Waiter {
    #[default]
    Nobody,
    Task(Waker),
    Bell(Arc<dyn Bell>, usize),
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl Outbox {
    /// An empty one.
    pub fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            bounds,
        })
    }

    /// Has this bell rung, with this token, whenever there is something again after [`Taken::Empty`]. What
    /// is there already is not told.
    pub fn ring(&self, bell: Arc<dyn Bell>, token: usize) {
        self.inner.lock().waiter = Waiter::Bell(bell, token);
    }

    /// Puts a delivery in, or notes that the connection fell behind. Never waits.
    pub fn put(&self, delivery: Delivery) {
        let mut inner = self.inner.lock();
        if inner.has_room(delivery.len(), self.bounds) {
            inner.bytes += delivery.len();
            inner.queue.push_back(delivery);
        } else {
            inner.overflow(delivery);
        }
        inner.tell();
    }

    /// Ends the connection once it next looks. The first reason stays.
    pub fn close(&self, reason: CloseReason) {
        let mut inner = self.inner.lock();
        inner.close.get_or_insert(reason);
        inner.tell();
    }

    /// What to do next. After [`Taken::Behind`] the outbox collects anew from this moment on, so
    /// whoever reads the log *after* this call misses nothing.
    pub fn take(&self) -> Taken {
        let mut inner = self.inner.lock();
        if let Some(reason) = inner.close {
            return Taken::Close(reason);
        }
        if inner.behind {
            inner.behind = false;
            return Taken::Behind {
                lost: std::mem::take(&mut inner.lost),
            };
        }
        match inner.queue.pop_front() {
            Some(delivery) => {
                inner.bytes -= delivery.len();
                Taken::Delivery(delivery)
            }
            None => {
                inner.idle = true;
                // A burst must not cost memory for as long as the connection lasts.
                inner.queue = VecDeque::new();
                Taken::Empty
            }
        }
    }

    /// Notes the place up to which the connection has been served.
    pub fn served(&self, seq: Seq) {
        self.inner.lock().place = seq;
    }

    /// How many places of the log the connection is behind `head`.
    pub fn behind(&self, head: Seq) -> u64 {
        let inner = self.inner.lock();
        match inner.idle {
            true => 0,
            false => head.saturating_sub(inner.place),
        }
    }

    /// Why the connection is to end, if it is.
    pub fn closing(&self) -> Option<CloseReason> {
        self.inner.lock().close
    }

    /// Waits until there is something to take.
    pub async fn filled(&self) {
        poll_fn(|context| {
            let mut inner = self.inner.lock();
            if inner.idle {
                inner.waiter = Waiter::Task(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

impl Delivery {
    fn len(&self) -> usize {
        match self {
            Self::Logged(logged) => logged.frame.size(),
            Self::Ephemeral(frame) => frame.size(),
        }
    }
}

impl Inner {
    /// Tells whoever waits, once.
    fn tell(&mut self) {
        if !std::mem::take(&mut self.idle) {
            return;
        }
        match &self.waiter {
            Waiter::Nobody => {}
            Waiter::Task(waker) => waker.wake_by_ref(),
            Waiter::Bell(bell, token) => bell.ring(*token),
        }
    }

    fn has_room(&self, len: usize, bounds: Bounds) -> bool {
        let fits = self.queue.len() < bounds.frames && self.bytes + len <= bounds.bytes;
        !self.behind && (self.queue.is_empty() || fits)
    }

    fn overflow(&mut self, delivery: Delivery) {
        self.behind = true;
        self.bytes = 0;
        let dropped = self.queue.drain(..).chain([delivery]);
        self.lost += dropped
            .filter(|delivery| matches!(delivery, Delivery::Ephemeral(_)))
            .count() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::FrameWriter;

    fn logged(seq: Seq) -> Delivery {
        Delivery::Logged(Logged::new(seq, frame(), false))
    }

    fn frame() -> Frame {
        FrameWriter::new().data("x").finish()
    }

    const TWO: Bounds = Bounds {
        frames: 2,
        bytes: 1024,
    };

    #[test]
    fn bytes_count_too_but_one_frame_always_fits() {
        let outbox = Outbox::new(Bounds {
            frames: 8,
            bytes: frame().bytes().len() - 1,
        });
        outbox.put(logged(1));
        assert!(matches!(outbox.take(), Taken::Delivery(_)));
        outbox.put(logged(2));
        outbox.put(logged(3));
        assert!(matches!(outbox.take(), Taken::Behind { lost: 0 }));
    }

    #[test]
    fn a_full_outbox_forgets_and_says_so_once() {
        let outbox = Outbox::new(TWO);
        outbox.put(logged(1));
        outbox.put(Delivery::Ephemeral(frame()));
        outbox.put(logged(2));
        outbox.put(Delivery::Ephemeral(frame()));
        assert!(matches!(outbox.take(), Taken::Behind { lost: 2 }));
        assert!(matches!(outbox.take(), Taken::Empty));
        outbox.put(logged(3));
        assert!(
            matches!(outbox.take(), Taken::Delivery(Delivery::Logged(logged)) if logged.seq == 3)
        );
    }

    #[test]
    fn closing_goes_before_what_waits_and_the_first_reason_stays() {
        let outbox = Outbox::new(TWO);
        outbox.put(logged(1));
        outbox.close(CloseReason::Disconnected);
        outbox.close(CloseReason::TokenExpired);
        assert!(matches!(
            outbox.take(),
            Taken::Close(CloseReason::Disconnected)
        ));
    }
}
