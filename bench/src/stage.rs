//! A server with listeners and publishers, for the scenarios with streams. Messages are numbered here, so that
//! listeners can check them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::{
    Setting,
    contender::{Contender, Kind, Push},
    listeners::Listeners,
    load::protocol::{Opened, Tally},
    notes::Notes,
    payload::{self, DEFAULT_SIZE},
    publisher::{self, Publisher, Pushed},
};

/// The number of streams opened at the same time, unless that is measured.
const AT_ONCE: usize = 100;

/// The timeout for the delivery of a message.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A server and its listeners.
pub struct Stage {
    pub server: Contender,
    pub listeners: Listeners,
    publisher: Publisher,
    /// Whether messages are stored in the log, if the server has one.
    pub kept: bool,
    /// The size of a message in bytes.
    pub size: usize,
    /// The number of the last message to all.
    all: u64,
    /// The number of listeners that must receive it.
    pub present: usize,
    /// The number of the last message to each listener alone.
    own: Vec<u64>,
    request: Vec<u8>,
    notes: Notes,
}

/// The result of a closed loop to all.
#[derive(Clone, Copy, Debug)]
pub struct Loop {
    pub events_per_second: f64,
    /// Processor time of the server in microseconds.
    pub cpu_per_event: f64,
    /// Processor time of the load generator in microseconds.
    pub load_per_event: f64,
}

/// The result of pushes to one listener each.
#[derive(Clone, Copy, Debug)]
pub struct Direct {
    pub pushes_per_second: f64,
    /// Processor time of the server in microseconds.
    pub cpu_per_push: f64,
    pub p99_ms: f64,
}

impl Stage {
    /// Starts a server without listeners.
    pub fn set(kind: Kind, setting: &Setting) -> Result<Self> {
        Self::set_with(kind, setting, false)
    }

    /// The same, with listeners that store their cursors.
    pub fn set_with(kind: Kind, setting: &Setting, cursors: bool) -> Result<Self> {
        Self::before(kind.start(setting)?, setting, cursors)
    }

    /// Uses a running server.
    pub fn before(server: Contender, setting: &Setting, cursors: bool) -> Result<Self> {
        let listeners = Listeners::of(&server.target(cursors))?;
        let publisher = Publisher::connect(server.pushes())?;
        Ok(Self {
            server,
            listeners,
            publisher,
            kept: false,
            size: DEFAULT_SIZE,
            all: 0,
            present: 0,
            own: Vec::new(),
            request: Vec::new(),
            notes: setting.notes.clone(),
        })
    }

    /// Opens streams until there are this many.
    pub fn open(&mut self, listeners: usize) -> Result<Opened> {
        self.open_at_once(listeners, AT_ONCE)
    }

    /// The same, with this many openings at the same time. All must succeed. Failures of a peer are noted.
    pub fn open_at_once(&mut self, listeners: usize, at_once: usize) -> Result<Opened> {
        let opened = self.listeners.open(listeners, at_once)?;
        // The server may have closed an idle connection meanwhile.
        self.publisher = Publisher::connect(self.server.pushes())?;
        let all = opened.failed == 0 && opened.listeners == listeners;
        self.fault(all, || {
            let (came, why) = (opened.listeners, &opened.why);
            format!("{came} of {listeners} came; the last that did not: {why}")
        })?;
        self.present = opened.listeners;
        self.own.resize(listeners.max(self.own.len()), 0);
        Ok(opened)
    }

    /// Fails if a condition is not met. For a peer, adds a note instead.
    fn fault(&self, is_so: bool, what: impl FnOnce() -> String) -> Result<()> {
        if is_so {
            return Ok(());
        }
        let what = format!("{}: {}", self.server.kind.name(), what());
        ensure!(self.server.kind.is_peer(), "{what}");
        self.notes.add(what);
        Ok(())
    }

    /// Pushes the next message to all with this time stamp, and waits for the response.
    pub fn push(&mut self, sent: u64) -> Result<()> {
        self.all += 1;
        self.request.clear();
        let push = Push {
            whom: None,
            number: self.all,
            sent,
            size: self.size,
            kept: self.kept,
        };
        self.server.push(push, &mut self.request);
        self.publisher.ask(&self.request)
    }

    /// Pushes this many messages to all, one after the other, and waits until all listeners have them.
    pub fn push_and_wait(&mut self, messages: u64) -> Result<()> {
        for _ in 0..messages {
            self.push(payload::now())?;
            if !self.wait(1)? {
                break;
            }
        }
        Ok(())
    }

    /// Waits until all listeners have this many more messages. False if they did not arrive from a peer.
    pub fn wait(&mut self, messages: u64) -> Result<bool> {
        for _ in 0..messages {
            if self.listeners.complete(TIMEOUT)?.is_none() {
                let tally = self.listeners.tally()?;
                let what = || format!("a message did not come to all {}: {tally:?}", self.present);
                self.fault(false, what)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Pushes messages to all for this time, each as soon as all listeners have the previous one.
    pub fn closed_loop(&mut self, span: Duration) -> Result<Loop> {
        self.listeners.clear()?;
        let loaded = self.listeners.tally()?.cpu_seconds;
        let (began, used) = (Instant::now(), self.server.cpu_seconds());
        let mut pushed = 0;
        while began.elapsed() < span {
            self.push_and_wait(1)?;
            pushed += 1;
        }
        let seconds = began.elapsed().as_secs_f64();
        let used = self.server.cpu_seconds() - used;
        let tally = self.verify(pushed, 0)?;
        let events = tally.all as f64;
        Ok(Loop {
            events_per_second: events / seconds,
            cpu_per_event: used * 1e6 / events,
            load_per_event: (tally.cpu_seconds - loaded) * 1e6 / events,
        })
    }

    /// Pushes messages to all at this rate for this time. Latencies are measured from the scheduled time. Returns the
    /// number of messages.
    pub fn steady(&mut self, per_second: u32, span: Duration) -> Result<u64> {
        self.listeners.clear()?;
        let every = Duration::from_secs(1) / per_second;
        let (began, clock) = (Instant::now(), payload::now());
        let messages = (span.as_secs_f64() * f64::from(per_second)) as u32;
        for number in 0..messages {
            let due = every * number;
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            self.push(clock + due.as_nanos() as u64)?;
        }
        self.wait(u64::from(messages))?;
        Ok(u64::from(messages))
    }

    /// Pushes messages to one listener each, to the first `among` in turn, with this many publishers for this time.
    pub fn direct(&mut self, among: usize, publishers: usize, span: Duration) -> Result<Direct> {
        self.listeners.clear()?;
        let (began, used) = (Instant::now(), self.server.cpu_seconds());
        let pushed = self.push_in_turn(among, publishers, |_| began.elapsed() < span)?;
        let tally = self.arrive(pushed.pushes)?;
        let used = self.server.cpu_seconds() - used;
        self.check(&tally, 0, pushed.pushes)?;
        Ok(Direct {
            pushes_per_second: pushed.pushes as f64 / pushed.seconds,
            cpu_per_push: used * 1e6 / pushed.pushes as f64,
            p99_ms: tally.p99_ms,
        })
    }

    /// The same, with a number of messages for each, without waiting until they have arrived.
    pub fn push_to_each(&mut self, messages: u64) -> Result<()> {
        let last = self.own.iter().max().copied().unwrap_or_default() + messages;
        let publishers = 64;
        self.push_in_turn(self.own.len(), publishers, |own| own < last)?;
        Ok(())
    }

    fn push_in_turn(
        &mut self,
        among: usize,
        publishers: usize,
        more: impl Fn(u64) -> bool,
    ) -> Result<Pushed> {
        let mut turn: Vec<_> = (0..publishers).collect();
        let (server, own, kept, size) = (&self.server, &mut self.own, self.kept, self.size);
        publisher::closed_loop(server.pushes(), publishers, |who, request| {
            // Each listener belongs to one publisher, so its messages are in order.
            let whom = turn[who];
            if !more(own[whom]) {
                return;
            }
            own[whom] += 1;
            let next = whom + publishers;
            turn[who] = if next < among { next } else { who };
            let push = Push {
                whom: Some(whom),
                number: own[whom],
                sent: payload::now(),
                size,
                kept,
            };
            server.push(push, request);
        })
    }

    /// Waits until this many messages to single listeners have arrived.
    fn arrive(&mut self, messages: u64) -> Result<Tally> {
        self.until(|tally| tally.own >= messages)
    }

    /// The counts, as soon as they are sufficient or the timeout has passed.
    pub fn until(&mut self, enough: impl Fn(&Tally) -> bool) -> Result<Tally> {
        let began = Instant::now();
        loop {
            let tally = self.listeners.tally()?;
            if enough(&tally) || began.elapsed() > TIMEOUT {
                return Ok(tally);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asserts that exactly these messages have arrived: to all listeners, and to single ones.
    pub fn verify(&mut self, all: u64, own: u64) -> Result<Tally> {
        self.verify_events(all * self.present as u64, own)
    }

    /// The same, if not all listeners were meant to get the same messages.
    pub fn verify_events(&mut self, all: u64, own: u64) -> Result<Tally> {
        let tally = self.listeners.tally()?;
        self.check(&tally, all, own)?;
        Ok(tally)
    }

    /// Waits for this many messages to each listener alone, and none to all.
    pub fn verify_own(&mut self, messages: u64) -> Result<()> {
        let own = messages * self.present as u64;
        let tally = self.arrive(own)?;
        self.check(&tally, 0, own)
    }

    fn check(&self, tally: &Tally, all: u64, own: u64) -> Result<()> {
        let wrong = tally.double + tally.unordered + tally.missing + tally.damaged + tally.ended;
        let exact = wrong == 0 && tally.all == all && tally.own == own;
        self.fault(exact, || {
            format!("{all} events to all and {own} to one were to come: {tally:?}")
        })
    }
}
