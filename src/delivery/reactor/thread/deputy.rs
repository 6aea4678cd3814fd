//! Writes in place of the thread while it waits.

use parking_lot::Mutex;

use super::Thread;
use crate::{delivery::reactor::thread_waker::WriteFew, outbox::Next};

impl WriteFew for Mutex<Thread> {
    fn write_few(&self) -> bool {
        let Some(mut thread) = self.try_lock() else {
            return false;
        };
        while thread.write_few() {
            // Messages that came meanwhile have not woken the thread.
            if thread.waker.prepare_to_wait(|| thread.has_nothing()) {
                return true;
            }
        }
        false
    }
}

impl Thread {
    /// Writes the messages in the queue. Returns false if the thread has to do the rest.
    fn write_few(&mut self) -> bool {
        // Before the queue is read: see `Registry::fan_out_position`.
        let watermark = self.broker.registry().fan_out_position();
        loop {
            match self.queue.next_of_few() {
                Next::Delivery(delivery, recipients) => {
                    self.writer.add(delivery, recipients);
                    self.write_live();
                }
                Next::Nothing => {
                    (self.watermark, self.next_watermark) = (watermark, watermark);
                    return self.commands.is_empty();
                }
                Next::Much => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read,
        net::{TcpListener, TcpStream},
        sync::Arc,
        time::Duration,
    };

    use bytes::Bytes;
    use mio::Events;

    use crate::{
        broker::Broker,
        delivery::{
            OpenedStream,
            reactor::{
                command_queue::Command, detached_stream::DetachedStream, thread::EventLoop,
                thread_waker::WAKE,
            },
            subscribe::{Since, subscribe},
        },
        log::LogOptions,
        message::{Audience, ClientId, Encoding, FrameWriter},
        outbox::{Delivery, QueueLimits},
        registry::{Capacity, Registry, Subscriber},
    };

    const ROOM: usize = 100;

    /// A delivery thread that never runs by itself: the test runs it.
    struct TestThread {
        _folder: tempfile::TempDir,
        broker: Arc<Broker>,
        event_loop: EventLoop,
        listener: TcpListener,
        runtime: tokio::runtime::Runtime,
    }

    impl TestThread {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let capacity = Capacity {
                per_client: ROOM,
                per_address: ROOM,
                total: ROOM,
            };
            let limits = QueueLimits {
                frames: ROOM,
                bytes: 1 << 20,
            };
            let registry = Registry::new(capacity, limits);
            let fatal = |reason| panic!("{reason}");
            let broker = Broker::open(LogOptions::new(folder.path()), registry, None, fatal);
            let broker = broker.expect("a log");
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let handle = runtime.handle().clone();
            let event_loop = EventLoop::new(&broker, Duration::from_secs(3_600), handle);
            Self {
                _folder: folder,
                broker,
                event_loop: event_loop.expect("a thread"),
                listener: TcpListener::bind("127.0.0.1:0").expect("a port"),
                runtime,
            }
        }

        /// Opens a stream. Returns its other end when the stream is up to date.
        fn connect(&self, name: &str) -> TcpStream {
            let address = self.listener.local_addr().expect("an address");
            let peer = TcpStream::connect(address).expect("connected");
            let (socket, _) = self.listener.accept().expect("accepted");
            socket.set_nonblocking(true).expect("set");
            let subscriber = Subscriber::unknown(client(name), Box::default());
            let since = Since::Latest;
            let pending = subscribe(&self.broker, subscriber, &since, Encoding::Fields, None);
            let mut thread = self.event_loop.thread.lock();
            let key = thread.streams.next();
            thread.run_command(Command::AddStream(Box::new(DetachedStream {
                opened: OpenedStream {
                    pending: pending.expect("admitted"),
                    opening: Vec::new(),
                    expires_at: None,
                },
                socket,
                layer: None,
                head: Bytes::new(),
                permit: None,
            })));
            while thread.streams.stream(key).expect("open").behind().is_some() {
                thread.run_once(&Events::with_capacity(1));
                std::thread::yield_now();
            }
            peer
        }

        /// Whether the thread waits for its waker and its sockets.
        fn prepare_to_wait(&self) -> bool {
            self.event_loop.waker.prepare_to_wait(|| true)
        }

        fn push(&self, names: &[&str], text: &str) {
            let ids = names.iter().map(|name| client(name)).collect();
            let frame = FrameWriter::new().data(text).finish();
            let delivery = Delivery::Ephemeral(Arc::new(frame.into()));
            let audience = Audience::clients(ids);
            let reached = self.broker.registry().fan_out(&audience, &delivery);
            assert_eq!(reached, names.len() as u64);
        }

        fn has_unwritten(&self) -> bool {
            !self.event_loop.thread.lock().queue.is_empty()
        }

        fn was_woken(&mut self) -> bool {
            let mut events = Events::with_capacity(64);
            let now = Some(Duration::ZERO);
            self.event_loop.poll.poll(&mut events, now).expect("polled");
            events.iter().any(|event| event.token() == WAKE)
        }
    }

    fn client(name: &str) -> ClientId {
        ClientId::parse(name).expect("an id")
    }

    /// Reads until this text has arrived. Returns everything that was read.
    fn read_until(peer: &mut TcpStream, text: &str) -> String {
        let (mut all, mut bytes) = (String::new(), vec![0; 1 << 16]);
        while !all.contains(text) {
            let read = peer.read(&mut bytes).expect("readable");
            assert!(read > 0, "closed after {all:?}");
            all += &String::from_utf8_lossy(&bytes[..read]);
        }
        all
    }

    #[test]
    fn a_publisher_writes_few_messages_in_place_of_a_waiting_thread() {
        let mut test = TestThread::new();
        let mut peer = test.connect("ada");
        assert!(!test.was_woken());
        assert!(test.prepare_to_wait());
        for text in ["<1>", "<2>"] {
            test.push(&["ada"], text);
            // Nobody runs the thread.
            read_until(&mut peer, text);
        }
        assert!(!test.was_woken());
        test.runtime.shutdown_background();
    }

    #[test]
    fn a_message_to_many_streams_wakes_the_thread_and_later_ones_stay_behind_it() {
        let mut test = TestThread::new();
        let names: Vec<String> = (0..9).map(|number| format!("client-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut peers: Vec<_> = names.iter().map(|name| test.connect(name)).collect();
        assert!(test.prepare_to_wait());
        test.push(&names, "<many>");
        assert!(test.was_woken());
        test.push(&names[..1], "<one>");
        assert!(test.has_unwritten());
        test.event_loop
            .thread
            .lock()
            .run_once(&Events::with_capacity(1));
        let text = read_until(&mut peers[0], "<one>");
        let (many, one) = (text.find("<many>"), text.find("<one>"));
        assert!(many.is_some() && many < one, "{text}");
        test.runtime.shutdown_background();
    }

    #[test]
    fn a_thread_that_runs_is_not_disturbed() {
        let mut test = TestThread::new();
        let mut peer = test.connect("ada");
        // It has not announced that it waits: it will look at its queue itself.
        test.push(&["ada"], "<1>");
        assert!(test.has_unwritten());
        assert!(!test.was_woken());
        test.event_loop
            .thread
            .lock()
            .run_once(&Events::with_capacity(1));
        read_until(&mut peer, "<1>");
        test.runtime.shutdown_background();
    }
}
