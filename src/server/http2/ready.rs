//! Which streams of a connection can go on. So a connection that is woken looks at these only, and not at all its streams.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

/// The streams of one connection that can go on.
#[derive(Default)]
pub struct Ready {
    streams: Mutex<Vec<u32>>,
    connection: AtomicWaker,
}

impl Ready {
    /// Wakes the connection from now on when a stream can go on.
    pub fn register(&self, waker: &Waker) {
        self.connection.register(waker);
    }

    /// Moves the streams that can go on to the end of a list.
    pub fn append_to(&self, list: &mut Vec<u32>) {
        list.append(&mut self.streams.lock());
    }
}

/// Says that one stream can go on.
pub struct StreamWaker {
    stream: u32,
    /// The stream is in the list.
    is_listed: AtomicBool,
    ready: Arc<Ready>,
}

impl StreamWaker {
    /// For a stream of this connection.
    pub fn new(stream: u32, ready: &Arc<Ready>) -> Arc<Self> {
        Arc::new(Self {
            stream,
            is_listed: AtomicBool::new(false),
            ready: Arc::clone(ready),
        })
    }

    /// The stream was taken from the list. Called before it is looked at, so nothing that happens after it is missed.
    pub fn taken(&self) {
        self.is_listed.store(false, Ordering::Release);
    }
}

impl Wake for StreamWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_listed.swap(true, Ordering::AcqRel) {
            self.ready.streams.lock().push(self.stream);
            self.ready.connection.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_stream_is_listed_once_until_it_is_taken() {
        let count = Arc::new(Count::default());
        let ready = Arc::new(Ready::default());
        ready.register(&Waker::from(Arc::clone(&count)));
        let (first, second) = (StreamWaker::new(1, &ready), StreamWaker::new(3, &ready));
        first.wake_by_ref();
        first.wake_by_ref();
        second.wake_by_ref();
        let mut streams = Vec::new();
        ready.append_to(&mut streams);
        assert_eq!(streams, [1, 3]);
        first.wake_by_ref();
        first.taken();
        first.wake_by_ref();
        ready.append_to(&mut streams);
        assert_eq!(streams, [1, 3, 1]);
        assert!(count.0.load(Ordering::Relaxed) > 0);
    }
}
