//! All listeners, and the orders they are under.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::Result;
use mio::{Interest, Registry, Token};

use super::{
    listener::{Fate, Listener},
    orders::{Opened, Order, Target, Word},
    tally::Tally,
};
use crate::histogram::Histogram;

/// All listeners.
pub struct Crowd {
    target: Target,
    registry: Registry,
    listeners: Vec<Listener>,
    tally: Tally,
    opening: Option<Opening>,
    /// What all read into.
    buffer: Vec<u8>,
    /// How often listeners were opened, for their source addresses.
    visits: usize,
}

/// Listeners on their way.
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

impl Crowd {
    /// Nobody yet.
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

    /// Does what a line says.
    pub fn obey(&mut self, order: Order, say: impl Fn(&Word) -> Result<()>) -> Result<()> {
        match order {
            Order::Open {
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
                    one.had.go_on(after);
                    number
                });
                let closed = closed.collect();
                self.open(closed, at_once, seconds);
            }
            Order::Close { keep } => {
                let leaving = self.listeners.iter_mut().skip(keep);
                leaving.for_each(Listener::close);
                self.count();
                say(&Word::Done)?;
            }
            Order::Stall { listeners } => {
                let first = self.listeners.iter_mut().take(listeners);
                first
                    .filter(|one| one.is_open())
                    .try_for_each(|one| one.stall(true))?;
                self.count();
                say(&Word::Done)?;
            }
            Order::Read => {
                self.read()?;
                say(&Word::Done)?;
            }
            Order::Clear => {
                self.tally.clear();
                say(&Word::Done)?;
            }
            Order::Tell => say(&Word::Tally(self.tally.tell()))?,
        }
        self.look(say)
    }

    /// Does what a socket is ready for.
    pub fn ready(&mut self, number: usize, writable: bool) {
        let Some(listener) = self.listeners.get_mut(number) else {
            return;
        };
        let fate = listener.ready(writable, &self.target, &mut self.buffer, &mut self.tally);
        let began = listener.began;
        match (fate, &mut self.opening) {
            (Fate::Same, _) => {}
            (Fate::Opened, Some(opening)) => {
                opening.under_way -= 1;
                opening.took.note(began.elapsed().as_micros() as u64);
                self.tally.listeners += 1;
            }
            (Fate::Failed, Some(opening)) => {
                opening.under_way -= 1;
                opening.failed += 1;
                opening.why = std::mem::take(&mut listener.why);
            }
            (Fate::Opened | Fate::Failed, None) => self.count(),
            (Fate::Ended, _) => {
                self.tally.ended();
                self.count();
            }
        }
    }

    /// Says what there is to say, and lets more connect where there is room for them.
    pub fn look(&mut self, say: impl Fn(&Word) -> Result<()>) -> Result<()> {
        for number in self.tally.news.drain(..) {
            say(&Word::Complete { number })?;
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
            Some(opening) => say(&Word::Opened(self.opened(opening))),
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
        // Those that are not there in time are given up.
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

    /// Who gets what all get.
    fn count(&mut self) {
        let reading = self.listeners.iter();
        let reading = reading.filter(|one| one.is_reading());
        self.tally.listeners = reading.count() as u32;
    }
}
