//! All listeners, and the execution of commands.

use std::{
    collections::VecDeque,
    io,
    time::{Duration, Instant},
};

use anyhow::Result;
use mio::{Interest, Registry, Token};

use super::{
    listener::{Listener, Outcome, Ready},
    protocol::{self, Command, Opened, Reply, Silence, Target},
    returning::Returning,
    tally::Tally,
};
use crate::{histogram::Histogram, payload};

/// The maximum time between two checks of deadlines.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// All listeners.
pub struct ListenerSet {
    target: Target,
    registry: Registry,
    listeners: Vec<Listener>,
    tally: Tally,
    opening: Option<Opening>,
    /// When listeners come back by themselves.
    returning: Returning,
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
            returning: Returning::default(),
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
                let all = self.listeners.iter_mut();
                all.for_each(|one| one.received.clear_silence());
                reply(&Reply::Done)?;
            }
            Command::Tell => {
                let open = self.open_count();
                reply(&Reply::Tally(protocol::Tally {
                    open,
                    ..self.tally.totals()
                }))?;
            }
            Command::TellSilence => reply(&Reply::Silence(self.silence()))?,
        }
        self.check(reply)
    }

    /// Handles a socket that is ready.
    pub fn ready(&mut self, number: usize, ready: Ready) {
        let Some(listener) = self.listeners.get_mut(number) else {
            return;
        };
        let fate = listener.ready(ready, &self.target, &mut self.buffer, &mut self.tally);
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
            (Outcome::Opened, None) => self.tally.listeners += 1,
            (Outcome::Failed, None) => self.come_back(number),
            (Outcome::Ended, _) => {
                self.tally.ended();
                // A stalled one can't end, so it was counted.
                self.tally.listeners -= 1;
                self.come_back(number);
            }
        }
    }

    /// Notes when a listener comes back by itself, if it does.
    fn come_back(&mut self, number: usize) {
        if self.target.returns
            && let Some(after) = self.listeners[number].comes_back_after()
        {
            self.returning.add(number, after);
        }
    }

    /// How long nothing is due.
    pub fn idle_time(&self) -> Duration {
        let next = self.returning.idle_time();
        next.map_or(CHECK_INTERVAL, |next| next.min(CHECK_INTERVAL))
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
            match connect(
                &mut self.listeners[number],
                &self.target,
                self.visits,
                &self.registry,
            ) {
                Ok(()) => opening.under_way += 1,
                Err(error) => {
                    opening.failed += 1;
                    opening.why = error.to_string();
                }
            }
        }
        self.bring_back();
        let opened = self.opening.take_if(|opening| {
            let late = Instant::now() >= opening.deadline;
            late || opening.under_way == 0 && opening.waiting.is_empty()
        });
        match opened {
            Some(opening) => reply(&Reply::Opened(self.opened(opening))),
            None => Ok(()),
        }
    }

    /// Connects the listeners that come back by themselves, and whose time has come.
    fn bring_back(&mut self) {
        while let Some(number) = self.returning.take_due() {
            let listener = &mut self.listeners[number];
            listener.returns += 1;
            let visit = self.visits + listener.returns;
            if let Err(error) = connect(listener, &self.target, visit, &self.registry) {
                listener.why = error.to_string();
                self.come_back(number);
            }
        }
    }

    fn open_count(&self) -> usize {
        self.listeners.iter().filter(|one| one.is_open()).count()
    }

    fn silence(&self) -> Silence {
        let (mut longest, now) = (Histogram::default(), payload::now());
        for listener in &self.listeners {
            longest.note(listener.received.silence(now) / 1_000);
        }
        let ms = |share| longest.quantile(share) / 1_000.0;
        Silence {
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            max_ms: ms(1.0),
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
            listeners: self.open_count(),
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
                self.ready(number, Ready::default());
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

/// Starts to connect a listener. It stays closed if that fails.
fn connect(
    listener: &mut Listener,
    target: &Target,
    visit: usize,
    registry: &Registry,
) -> io::Result<()> {
    let token = Token(listener.number);
    let connected = listener.connect(target, visit).and_then(|socket| {
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(socket, token, both)
    });
    connected.inspect_err(|_| listener.close())
}
