//! The load generator: a process of its own that listens on many streams with one thread and one epoll
//! set, and checks each message of each of them. It shares the processors with the server, so it is made
//! to cost little.
//!
//! `bench load TARGET` is told what to do by lines on its input ([`orders`]), and ends with it.

mod crowd;
mod cursor;
mod listener;
pub mod orders;
mod tally;

use std::{
    ffi::OsString,
    io::{self, BufRead as _},
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::{Context, Result};
use crowd::Crowd;
use mio::{Events, Poll, Token, Waker};
use orders::Order;

/// The argument by which this program knows that it is to be the load generator.
pub const PART: &str = "load";

/// Where an order wakes the loop.
const ORDERS: Token = Token(usize::MAX);

/// How long a wait may be: what has a deadline is looked at as often.
const LOOK: Duration = Duration::from_millis(100);

/// Generates load until its input ends.
pub fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let target = arguments.next().context("whom to listen to")?;
    let target = serde_json::from_str(&target.to_string_lossy())?;
    let mut poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), ORDERS)?);
    let (given, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if given.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(given);
        // The loop finds the end of the orders.
        let _ = waker.wake();
    });
    let mut crowd = Crowd::new(target, poll.registry().try_clone()?);
    let mut events = Events::with_capacity(4_096);
    loop {
        match poll.poll(&mut events, Some(LOOK)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            if event.token() != ORDERS {
                crowd.ready(event.token().0, event.is_writable());
            }
        }
        crowd.look(say)?;
        loop {
            match orders.try_recv() {
                Ok(line) => crowd.obey(serde_json::from_str::<Order>(&line)?, say)?,
                Err(mpsc::TryRecvError::Empty) => break,
                Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
        }
    }
}

fn say(word: &orders::Word) -> Result<()> {
    println!("{}", serde_json::to_string(word)?);
    Ok(())
}
