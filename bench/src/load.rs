//! The load generator: a separate process that reads many streams with one thread and one epoll set, and checks each
//! message of each stream. It shares the processors with the server, so its cost must be small.
//!
//! `bench load TARGET` reads commands ([`orders`]) from its input, and exits when its input ends.

mod cursor;
mod listener;
mod listener_set;
pub mod protocol;
mod returning;
mod tally;

use std::{
    ffi::OsString,
    io::{self, BufRead as _},
    sync::{Arc, mpsc},
};

use anyhow::{Context, Result};
use listener::Ready;
use listener_set::ListenerSet;
use mio::{Events, Poll, Token, Waker};
use protocol::Command;

/// The argument that selects this subcommand.
pub const SUBCOMMAND: &str = "load";

/// The token of the waker for commands.
const COMMANDS: Token = Token(usize::MAX);

/// Runs until its input ends.
pub fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let target = arguments.next().context("whom to listen to")?;
    let target = serde_json::from_str(&target.to_string_lossy())?;
    let mut poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), COMMANDS)?);
    let (given, protocol) = mpsc::channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if given.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(given);
        // The loop detects the end of the commands.
        let _ = waker.wake();
    });
    let mut listener_set = ListenerSet::new(target, poll.registry().try_clone()?);
    let mut events = Events::with_capacity(4_096);
    loop {
        match poll.poll(&mut events, Some(listener_set.idle_time())) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            if event.token() != COMMANDS {
                let ready = Ready {
                    writable: event.is_writable(),
                    closed: event.is_read_closed(),
                };
                listener_set.ready(event.token().0, ready);
            }
        }
        listener_set.check(reply)?;
        loop {
            match protocol.try_recv() {
                Ok(line) => listener_set.execute(serde_json::from_str::<Command>(&line)?, reply)?,
                Err(mpsc::TryRecvError::Empty) => break,
                Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
        }
    }
}

fn reply(reply: &protocol::Reply) -> Result<()> {
    println!("{}", serde_json::to_string(reply)?);
    Ok(())
}
