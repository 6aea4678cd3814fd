//! All listeners, and the execution of commands.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::Result;
use mio::{Interest, Registry, Token};

use super::{
    listener::{Listener, Outcome},
    protocol::{Command, Opened, Reply, Target},
    tally::Tally,
};
use crate::histogram::Histogram;

/// All listeners.
pub struct ListenerSet {
    target: Target,
    registry: Registry,
    listeners: Vec<Listener>,
    tally: Tally,
    opening: Option<Opening>,
    /// The read buffer, shared by all.
    buffer: Vec<u8>,
    /// The number of openings, for the choice of source addresses.
    visits: usize,
}

/// An opening in progress.
struct Opening {
    waiting: VecDeque<usize>,
    under_way: usize,
    at_once: usize,
    failed: usize,
    why: String,
    began: Instant,
    deadline: Instant,
    took: Histogram,
}

impl ListenerSet {
    /// Without listeners.
    pub fn new(target: Target, registry: Registry) -> Self {
        Self {
            target,
            registry,
            listeners: Vec::new(),
            tally: Tally::default(),
            opening: None,
            buffer: vec![0; 64 * 1024],
            visits: 0,
        }
    }

    /// Executes a command.
    pub fn execute(
        &mut self,
        command: Command,
        reply: impl Fn(&Reply) -> Result<()>,
    ) -> Result<()> {
        match command {
            Command::Open {
                listeners,
                at_once,
                seconds,
            } => {
                let (after, cursors) = (self.tally.newest(), self.target.cursors);
                let new = self.listeners.len()..listeners;
                self.listeners
                    .extend(new.map(|number| Listener::new(number, after, cursors)));
                let first = self.listeners.iter_mut().take(listeners).enumerate();
                let closed = first.filter(|(_, one)| one.is_closed());
                let closed = closed.map(|(number, one)| {
                    one.received.reopen(after);
                    number
                });
                let closed = closed.collect();
                self.open(closed, at_once, seconds);
            }
            Command::Close { keep } => {
                let leaving = self.listeners.iter_mut().skip(keep);
                leaving.for_each(Listener::close);
                self.count();
                reply(&Reply::Done)?;
            }
            Command::Stall { listeners } => {
                let first = self.listeners.iter_mut().take(listeners);
                first
                    .filter(|one| one.is_open())
                    .try_for_each(|one| one.stall(true))?;
                self.count();
                reply(&Reply::Done)?;
            }
            Command::Read => {
                self.read()?;
                reply(&Reply::Done)?;
            }
            Command::Clear => {
                self.tally.clear();
                reply(&Reply::Done)?;
            }
            Command::Tell => reply(&Reply::Tally(self.tally.totals()))?,
        }
        self.check(reply)
    }

    /// Handles a socket that is ready.
    pub fn ready(&mut self, number: usize, writable: bool) {
        let Some(listener) = self.listeners.get_mut(number) else {
            return;
        };
        let fate = listener.ready(writable, &self.target, &mut self.buffer, &mut self.tally);
        let began = listener.began;
        match (fate, &mut self.opening) {
            (Outcome::Same, _) => {}
            (Outcome::Opened, Some(opening)) => {
                opening.under_way -= 1;
                opening.took.note(began.elapsed().as_micros() as u64);
                self.tally.listeners += 1;
            }
            (Outcome::Failed, Some(opening)) => {
                opening.under_way -= 1;
                opening.failed += 1;
                opening.why = std::mem::take(&mut listener.why);
            }
            (Outcome::Opened | Outcome::Failed, None) => self.count(),
            (Outcome::Ended, _) => {
                self.tally.ended();
                self.count();
            }
        }
    }

    /// Sends replies that are due, and starts more connections of an opening.
    pub fn check(&mut self, reply: impl Fn(&Reply) -> Result<()>) -> Result<()> {
        for number in self.tally.news.drain(..) {
            reply(&Reply::Complete { number })?;
        }
        while let Some(opening) = &mut self.opening {
            if opening.under_way >= opening.at_once {
                break;
            }
            let Some(number) = opening.waiting.pop_front() else {
                break;
            };
            let listener = &mut self.listeners[number];
            let connected = listener
                .connect(&self.target, self.visits)
                .and_then(|socket| {
                    let both = Interest::READABLE | Interest::WRITABLE;
                    self.registry.register(socket, Token(number), both)
                });
            match connected {
                Ok(()) => opening.under_way += 1,
                Err(error) => {
                    listener.close();
                    opening.failed += 1;
                    opening.why = error.to_string();
                }
            }
        }
        let opened = self.opening.take_if(|opening| {
            let late = Instant::now() >= opening.deadline;
            late || opening.under_way == 0 && opening.waiting.is_empty()
        });
        match opened {
            Some(opening) => reply(&Reply::Opened(self.opened(opening))),
            None => Ok(()),
        }
    }

    fn open(&mut self, waiting: VecDeque<usize>, at_once: usize, seconds: u64) {
        self.visits += 1;
        let began = Instant::now();
        self.opening = Some(Opening {
            waiting,
            under_way: 0,
            at_once,
            failed: 0,
            why: "not there in time".to_owned(),
            began,
            deadline: began + Duration::from_secs(seconds),
            took: Histogram::default(),
        });
    }

    fn opened(&mut self, opening: Opening) -> Opened {
        let seconds = opening.began.elapsed().as_secs_f64();
        // Connections that are not open yet are given up.
        let late = self.listeners.iter_mut().filter(|one| !one.is_open());
        late.for_each(Listener::close);
        self.count();
        Opened {
            listeners: self.listeners.iter().filter(|one| one.is_open()).count(),
            failed: opening.failed + opening.under_way + opening.waiting.len(),
            why: opening.why,
            seconds,
            p99_ms: opening.took.quantile(0.99) / 1_000.0,
        }
    }

    fn read(&mut self) -> Result<()> {
        for number in 0..self.listeners.len() {
            let listener = &mut self.listeners[number];
            if listener.is_open() && !listener.is_reading() {
                listener.stall(false)?;
                self.ready(number, false);
            }
        }
        self.count();
        Ok(())
    }

    /// Updates the number of listeners that receive messages to all.
    fn count(&mut self) {
        let reading = self.listeners.iter();
        let reading = reading.filter(|one| one.is_reading());
        self.tally.listeners = reading.count() as u32;
    }
}
