//! Fans out the messages of a commit. A delivery thread is woken once for many of them: it would write the first one and wait
//! again before the next one is put into its queue.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;

use super::connection_table::{ConnectionTable, ThreadQueueList};
use crate::{
    message::Audience,
    outbox::{Delivery, LoggedFrame},
};

/// Messages after which the threads are woken, so that they write while the rest of a large commit is fanned out.
const WAKE_AFTER: usize = 64;

/// See the module documentation. Dropping it wakes the threads that have messages.
pub struct GroupFanOut<'r> {
    pub(super) table: &'r Mutex<ConnectionTable>,
    /// The position of the last message that was fanned out.
    pub(super) position: &'r AtomicU64,
    /// Counts the connections that were reached.
    pub(super) deliveries: &'r AtomicU64,
    pub(super) waiting: WaitingThreads,
}

/// The threads that have messages and were not woken.
#[derive(Default)]
pub(super) struct WaitingThreads {
    /// Queues whose threads have to be woken.
    queues: ThreadQueueList,
    /// Messages since threads were woken.
    messages: usize,
}

impl GroupFanOut<'_> {
    /// Puts a message into the target of each recipient. Returns the number of connections.
    pub fn fan_out(&mut self, audience: &Audience, logged: &Arc<LoggedFrame>) -> u64 {
        let delivery = Delivery::Logged(Arc::clone(logged));
        let queues = &mut self.waiting.queues;
        let reached = self.table.lock().put(audience, &delivery, queues);
        self.position.fetch_max(logged.seq, Ordering::Release);
        self.deliveries.fetch_add(reached, Ordering::Relaxed);
        self.waiting.messages += 1;
        if self.waiting.messages == WAKE_AFTER {
            self.waiting.wake();
        }
        reached
    }
}

impl WaitingThreads {
    fn wake(&mut self) {
        self.messages = 0;
        for queue in mem::take(&mut self.queues) {
            queue.waker().wake();
        }
    }
}

impl Drop for WaitingThreads {
    fn drop(&mut self) {
        self.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::{
        message::{ClientId, FrameWriter, Seq},
        outbox::{QueueLimits, StreamKey, ThreadQueue, Wake},
        registry::{Capacity, DeliveryTarget, Registration, Registry, Subscriber},
    };

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Wakes {
        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// A registry with a thread that has a stream of Ada, and another thread without streams.
    fn registry() -> (Arc<Registry>, Registration, [Arc<Wakes>; 2]) {
        let capacity = Capacity {
            per_client: 1,
            per_address: 1,
            total: 1,
        };
        let limits = QueueLimits {
            frames: 1,
            bytes: 1,
        };
        let registry = Registry::new(capacity, limits);
        let wakes: [Arc<Wakes>; 2] = Default::default();
        let add = |wake: &Arc<Wakes>| {
            let wake: Arc<Wakes> = Arc::clone(wake);
            registry.add_thread_queue(ThreadQueue::new(wake))
        };
        let [thread, _] = wakes.each_ref().map(add);
        let admission = registry.admit(Subscriber::unknown(ada(), Box::default()));
        let key = StreamKey {
            index: 0,
            generation: 0,
        };
        let target = DeliveryTarget::Thread(thread, key);
        let registration = admission.expect("admitted").register(target);
        (registry, registration, wakes)
    }

    fn ada() -> ClientId {
        ClientId::parse("ada").expect("an id")
    }

    fn fan_out(group: &mut GroupFanOut<'_>, seq: Seq) -> u64 {
        let frame = FrameWriter::new().data("x").finish();
        let logged = LoggedFrame::new(seq, frame.into(), true);
        group.fan_out(&Audience::Client(ada()), &logged)
    }

    #[test]
    fn a_thread_is_woken_once_after_the_messages_of_a_commit() {
        let (registry, _registration, [wakes, others]) = registry();
        let mut group = registry.fan_out_group();
        for seq in 1..=3 {
            assert_eq!(fan_out(&mut group, seq), 1);
        }
        assert_eq!(wakes.count(), 0);
        assert_eq!(registry.fan_out_position(), 3);
        drop(group);
        assert_eq!((wakes.count(), others.count()), (1, 0));
    }

    #[test]
    fn a_thread_does_not_wait_for_the_end_of_a_large_commit() {
        let (registry, _registration, [wakes, _]) = registry();
        let mut group = registry.fan_out_group();
        let messages = 2 * WAKE_AFTER as Seq;
        for seq in 1..=messages {
            assert_eq!(fan_out(&mut group, seq), 1);
        }
        assert_eq!(wakes.count(), 2);
        drop(group);
        assert_eq!(wakes.count(), 2);
    }
}
