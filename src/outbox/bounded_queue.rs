//! The bounded queue of one connection.

use std::collections::VecDeque;

use super::{CloseReason, Delivery, Dequeued, QueueLimits};

/// Deliveries in order, within limits. Closing and overflow take precedence over deliveries.
#[derive(Debug, Default)]
pub struct BoundedQueue {
    deliveries: VecDeque<Delivery>,
    bytes: usize,
    behind: bool,
    lost: u64,
    close: Option<CloseReason>,
}

impl BoundedQueue {
    /// Adds a delivery. If it does not fit, everything is dropped and the connection is behind.
    pub fn put(&mut self, delivery: Delivery, limits: QueueLimits) {
        if self.has_room(delivery.size(), limits) {
            self.bytes += delivery.size();
            self.deliveries.push_back(delivery);
        } else {
            let lost = u64::from(matches!(delivery, Delivery::Ephemeral(_)));
            self.fall_behind(lost);
        }
    }

    /// Drops everything, because earlier deliveries did not get here. `lost`: ephemeral messages among them.
    pub fn fall_behind(&mut self, lost: u64) {
        self.behind = true;
        self.bytes = 0;
        let dropped = self.deliveries.drain(..);
        let ephemeral = dropped.filter(|delivery| matches!(delivery, Delivery::Ephemeral(_)));
        self.lost += lost + ephemeral.count() as u64;
    }

    /// Closes the connection when the queue is read next. The first reason counts.
    pub fn close(&mut self, reason: CloseReason) {
        self.close.get_or_insert(reason);
    }

    /// Why the connection is being closed, if it is.
    pub fn closing(&self) -> Option<CloseReason> {
        self.close
    }

    /// Takes the next item. From the moment of [`Dequeued::Behind`] on the queue collects again, so a read of the
    /// log *after* this call misses nothing.
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
                self.bytes -= delivery.size();
                Dequeued::Delivery(delivery)
            }
            None => {
                // Release the capacity that a burst allocated.
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
    use std::sync::Arc;

    use super::*;
    use crate::{
        message::{Frame, FrameWriter, Seq},
        outbox::LoggedFrame,
    };

    fn logged(seq: Seq) -> Delivery {
        Delivery::Logged(LoggedFrame::new(seq, frame().into(), false))
    }

    fn ephemeral() -> Delivery {
        Delivery::Ephemeral(Arc::new(frame().into()))
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
    fn a_full_queue_drops_its_content_and_reports_it_once() {
        let mut queue = BoundedQueue::default();
        queue.put(logged(1), TWO);
        queue.put(ephemeral(), TWO);
        queue.put(logged(2), TWO);
        queue.put(ephemeral(), TWO);
        assert!(matches!(queue.take(), Dequeued::Behind { lost: 2 }));
        assert!(matches!(queue.take(), Dequeued::Empty));
        queue.put(logged(3), TWO);
        assert!(
            matches!(queue.take(), Dequeued::Delivery(Delivery::Logged(logged)) if logged.seq == 3)
        );
    }

    #[test]
    fn closing_precedes_queued_messages_and_the_first_reason_counts() {
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
