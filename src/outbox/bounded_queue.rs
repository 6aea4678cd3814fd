//! A bounded queue of one connection.

use std::collections::VecDeque;

use super::{CloseReason, Delivery, Dequeued, QueueLimits};

/// See the module's description.
#[derive(Debug, Default)]
pub struct BoundedQueue {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    behind: bool,
    lost: u64,
    close: Option<CloseReason>,
}

impl BoundedQueue {
    /// Puts a delivery in, or notes that the connection fell behind.
    pub fn put(&mut self, delivery: Delivery, limits: QueueLimits) {
        if self.has_room(delivery.len(), limits) {
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

    /// What to do next. After [`Dequeued::Behind`] the queue collects anew from this moment on, so whoever
    /// reads the log *after* this call misses nothing.
    pub fn take(&mut self) -> Dequeued {
        if let Some(reason) = self.close {
            return Dequeued::Close(reason);
        }
        if std::mem::take(&mut self.behind) {
            return Dequeued::Behind {
                lost: std::mem::take(&mut self.lost),
            };
        }
        match self.deliveries.pop_front() {
            Some(delivery) => {
                self.bytes -= delivery.len();
                Dequeued::Delivery(delivery)
            }
            None => {
                // A burst must not cost memory for as long as the connection lasts.
                self.deliveries = VecDeque::new();
                Dequeued::Empty
            }
        }
    }

    fn has_room(&self, len: usize, limits: QueueLimits) -> bool {
        let fits = self.deliveries.len() < limits.frames && self.bytes + len <= limits.bytes;
        !self.behind && (self.deliveries.is_empty() || fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::{Frame, FrameWriter, Seq},
        outbox::LoggedFrame,
    };

    fn logged(seq: Seq) -> Delivery {
        Delivery::Logged(LoggedFrame::new(seq, frame(), false))
    }

    fn frame() -> Frame {
        FrameWriter::new().data("x").finish()
    }

    const TWO: QueueLimits = QueueLimits {
        frames: 2,
        bytes: 1024,
    };

    #[test]
    fn bytes_count_too_but_one_frame_always_fits() {
        let limits = QueueLimits {
            frames: 8,
            bytes: frame().bytes().len() - 1,
        };
        let mut queue = BoundedQueue::default();
        queue.put(logged(1), limits);
        assert!(matches!(queue.take(), Dequeued::Delivery(_)));
        queue.put(logged(2), limits);
        queue.put(logged(3), limits);
        assert!(matches!(queue.take(), Dequeued::Behind { lost: 0 }));
    }

    #[test]
    fn a_full_queue_forgets_and_says_so_once() {
        let mut queue = BoundedQueue::default();
        queue.put(logged(1), TWO);
        queue.put(Delivery::Ephemeral(frame()), TWO);
        queue.put(logged(2), TWO);
        queue.put(Delivery::Ephemeral(frame()), TWO);
        assert!(matches!(queue.take(), Dequeued::Behind { lost: 2 }));
        assert!(matches!(queue.take(), Dequeued::Empty));
        queue.put(logged(3), TWO);
        assert!(
            matches!(queue.take(), Dequeued::Delivery(Delivery::Logged(logged)) if logged.seq == 3)
        );
    }

    #[test]
    fn closing_goes_before_what_waits_and_the_first_reason_stays() {
        let mut queue = BoundedQueue::default();
        queue.put(logged(1), TWO);
        queue.close(CloseReason::Disconnected);
        queue.close(CloseReason::TokenExpired);
        assert!(matches!(
            queue.take(),
            Dequeued::Close(CloseReason::Disconnected)
        ));
    }
}
