//! A bounded queue of one connection.

use std::collections::VecDeque;

use super::{Bounds, CloseReason, Delivery, Taken};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Queue {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    behind: bool,
    lost: u64,
    close: Option<CloseReason>,
}

impl Queue {
    /// Puts a delivery in, or notes that the connection fell behind.
    pub fn put(&mut self, delivery: Delivery, bounds: Bounds) {
        if self.has_room(delivery.len(), bounds) {
            self.bytes += delivery.len();
            self.deliveries.push_back(delivery);
        } else {
            let lost = u64::from(matches!(delivery, Delivery::Ephemeral(_)));
            self.fall_behind(lost);
        }
    }

    /// Forgets what it held, for some of it never came. So many of those were only here.
    pub fn fall_behind(&mut self, lost: u64) {
        self.behind = true;
        self.bytes = 0;
        let dropped = self.deliveries.drain(..);
        let ephemeral = dropped.filter(|delivery| matches!(delivery, Delivery::Ephemeral(_)));
        self.lost += lost + ephemeral.count() as u64;
    }

    /// Ends the connection once it next looks. The first reason stays.
    pub fn close(&mut self, reason: CloseReason) {
        self.close.get_or_insert(reason);
    }

    /// Why the connection is to end, if it is.
    pub fn closing(&self) -> Option<CloseReason> {
        self.close
    }

    /// What to do next. After [`Taken::Behind`] the queue collects anew from this moment on, so whoever
    /// reads the log *after* this call misses nothing.
    pub fn take(&mut self) -> Taken {
        if let Some(reason) = self.close {
            return Taken::Close(reason);
        }
        if std::mem::take(&mut self.behind) {
            return Taken::Behind {
                lost: std::mem::take(&mut self.lost),
            };
        }
        match self.deliveries.pop_front() {
            Some(delivery) => {
                self.bytes -= delivery.len();
                Taken::Delivery(delivery)
            }
            None => {
                // A burst must not cost memory for as long as the connection lasts.
                self.deliveries = VecDeque::new();
                Taken::Empty
            }
        }
    }

    fn has_room(&self, len: usize, bounds: Bounds) -> bool {
        let fits = self.deliveries.len() < bounds.frames && self.bytes + len <= bounds.bytes;
        !self.behind && (self.deliveries.is_empty() || fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::{Frame, FrameWriter, Seq},
        outbox::Logged,
    };

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
        let bounds = Bounds {
            frames: 8,
            bytes: frame().bytes().len() - 1,
        };
        let mut queue = Queue::default();
        queue.put(logged(1), bounds);
        assert!(matches!(queue.take(), Taken::Delivery(_)));
        queue.put(logged(2), bounds);
        queue.put(logged(3), bounds);
        assert!(matches!(queue.take(), Taken::Behind { lost: 0 }));
    }

    #[test]
    fn a_full_queue_forgets_and_says_so_once() {
        let mut queue = Queue::default();
        queue.put(logged(1), TWO);
        queue.put(Delivery::Ephemeral(frame()), TWO);
        queue.put(logged(2), TWO);
        queue.put(Delivery::Ephemeral(frame()), TWO);
        assert!(matches!(queue.take(), Taken::Behind { lost: 2 }));
        assert!(matches!(queue.take(), Taken::Empty));
        queue.put(logged(3), TWO);
        assert!(
            matches!(queue.take(), Taken::Delivery(Delivery::Logged(logged)) if logged.seq == 3)
        );
    }

    #[test]
    fn closing_goes_before_what_waits_and_the_first_reason_stays() {
        let mut queue = Queue::default();
        queue.put(logged(1), TWO);
        queue.close(CloseReason::Disconnected);
        queue.close(CloseReason::TokenExpired);
        assert!(matches!(
            queue.take(),
            Taken::Close(CloseReason::Disconnected)
        ));
    }
}
