//! The load generator from the outside: its process, the orders it is given, and its answers.

use std::{
    io::BufRead as _,
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    load::{
        self,
        orders::{Opened, Order, Tally, Target, Word},
    },
    part::Part,
};

/// How long openings and answers may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A load generator and who listens there.
pub struct Listeners {
    part: Part,
    words: mpsc::Receiver<Word>,
}

impl Listeners {
    /// Starts one, with nobody connected.
    pub fn of(target: &Target) -> Result<Self> {
        let mut part = Part::start([load::PART, &serde_json::to_string(target)?])?;
        let output = part.take_output()?;
        let (said, words) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let word = match serde_json::from_str(&line) {
                    Ok(word) => word,
                    Err(error) => return eprintln!("the load generator said {line:?}: {error}"),
                };
                if said.send(word).is_err() {
                    return;
                }
            }
        });
        Ok(Self { part, words })
    }

    /// Opens the streams of the first so many, so many at the same time, and says how it went.
    pub fn open(&mut self, listeners: usize, at_once: usize) -> Result<Opened> {
        self.begin_to_open(listeners, at_once)?;
        // It gives up by itself, a little earlier.
        self.word(PATIENCE * 2, |word| match word {
            Word::Opened(opened) => Some(opened.clone()),
            _ => None,
        })
    }

    /// The same, and does not wait for it: [`Self::has_opened`] tells.
    pub fn begin_to_open(&mut self, listeners: usize, at_once: usize) -> Result<()> {
        self.order(&Order::Open {
            listeners,
            at_once,
            seconds: PATIENCE.as_secs(),
        })
    }

    /// How the opening went, if it is at its end.
    pub fn has_opened(&mut self) -> Result<Option<Opened>> {
        loop {
            match self.words.try_recv() {
                Ok(Word::Opened(opened)) => return Ok(Some(opened)),
                Ok(_) => {}
                Err(mpsc::TryRecvError::Empty) => return Ok(None),
                Err(error) => return Err(error).context("the load generator has ended"),
            }
        }
    }

    /// Closes all but so many.
    pub fn close(&mut self, keep: usize) -> Result<()> {
        self.obeyed(&Order::Close { keep })
    }

    /// Lets the first so many read no longer.
    pub fn stall(&mut self, listeners: usize) -> Result<()> {
        self.obeyed(&Order::Stall { listeners })
    }

    /// Lets all read again.
    pub fn read(&mut self) -> Result<()> {
        self.obeyed(&Order::Read)
    }

    /// Forgets what was counted so far.
    pub fn clear(&mut self) -> Result<()> {
        self.obeyed(&Order::Clear)
    }

    /// Waits until all listeners have the next message that all get, and says its number; or that they
    /// have not had it for so long.
    pub fn complete(&mut self, patience: Duration) -> Result<Option<u64>> {
        let complete = |word: &Word| match word {
            Word::Complete { number } => Some(*number),
            _ => None,
        };
        self.next(patience, complete)
    }

    /// What was counted.
    pub fn tally(&mut self) -> Result<Tally> {
        self.order(&Order::Tell)?;
        self.word(PATIENCE, |word| match word {
            Word::Tally(tally) => Some(*tally),
            _ => None,
        })
    }

    /// Orders, and waits until it is done: what is pushed afterwards comes afterwards.
    fn obeyed(&mut self, order: &Order) -> Result<()> {
        self.order(order)?;
        self.word(PATIENCE, |word| matches!(word, Word::Done).then_some(()))
    }

    fn order(&mut self, order: &Order) -> Result<()> {
        self.part.tell(&serde_json::to_string(order)?)
    }

    fn word<T>(&mut self, patience: Duration, wanted: impl Fn(&Word) -> Option<T>) -> Result<T> {
        match self.next(patience, wanted)? {
            Some(word) => Ok(word),
            None => bail!("the load generator does not answer"),
        }
    }

    /// The next word of a kind; what else is said until then is not needed.
    fn next<T>(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&Word) -> Option<T>,
    ) -> Result<Option<T>> {
        loop {
            match self.words.recv_timeout(patience) {
                Ok(word) => {
                    if let Some(found) = wanted(&word) {
                        return Ok(Some(found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(error) => return Err(error).context("the load generator has ended"),
            }
        }
    }
}
