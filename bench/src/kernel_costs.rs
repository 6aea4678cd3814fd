//! What the kernel takes for the two things that a push needs most: a write to a socket, and waking a thread. They differ
//! more between machines than anything else that the bench measures, so a ratio to the floor from one machine can be
//! compared with that from another only beside them.

use std::{
    fmt,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use mio::{Events, Poll, Token, Waker};
use serde::Serialize;

use crate::median::median;

/// Bytes of a write, as many as a message of the load has.
const BYTES: usize = 200;

/// Writes before the other end reads.
const WRITES: usize = 64;

/// Rounds. The result is the median.
const ROUNDS: usize = 200;

/// Wake-ups of a round.
const WAKES: usize = 50;

/// The longest wait for a wake-up.
const LONGEST: Duration = Duration::from_millis(100);

/// Times in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct KernelCosts {
    /// A `write` of 200 bytes to a TCP socket on loopback, which includes the way to the receiving socket.
    write_us: f64,
    /// From the call that wakes a thread until it runs: one `write` to an eventfd and a return of `epoll_wait`.
    wake_us: f64,
}

impl KernelCosts {
    /// Measures them: about a tenth of a second.
    pub fn measure() -> Result<Self> {
        Ok(Self {
            write_us: write()?,
            wake_us: wake()?,
        })
    }
}

impl fmt::Display for KernelCosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { write_us, wake_us } = self;
        write!(
            f,
            "a write to a socket takes {write_us:.1} us, waking a thread {wake_us:.1} us"
        )
    }
}

fn write() -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut writer = TcpStream::connect(listener.local_addr()?)?;
    writer.set_nodelay(true)?;
    let (mut reader, _) = listener.accept()?;
    let (message, mut received) = ([b'x'; BYTES], [0; BYTES * WRITES]);
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..WRITES {
            writer.write_all(&message)?;
        }
        times.push(began.elapsed().as_secs_f64() * 1e6 / WRITES as f64);
        reader.read_exact(&mut received)?;
    }
    Ok(median(&times))
}

fn wake() -> Result<f64> {
    let (mut here, mut there) = (Poll::new()?, Poll::new()?);
    let wake_here = Waker::new(here.registry(), Token(0))?;
    let wake_there = Waker::new(there.registry(), Token(0))?;
    let done = Arc::new(AtomicBool::new(false));
    let is_done = Arc::clone(&done);
    let answers = std::thread::spawn(move || -> Result<()> {
        while !is_done.load(Ordering::Acquire) {
            wait(&mut there)?;
            wake_here.wake()?;
        }
        Ok(())
    });
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..WAKES {
            wake_there.wake()?;
            wait(&mut here)?;
        }
        // There and back.
        times.push(began.elapsed().as_secs_f64() * 1e6 / (2 * WAKES) as f64);
    }
    done.store(true, Ordering::Release);
    wake_there.wake()?;
    match answers.join() {
        Ok(outcome) => outcome?,
        Err(panic) => std::panic::resume_unwind(panic),
    }
    Ok(median(&times))
}

/// Waits for an event. The kernel may report one wake-up twice, or two as one, so an answer can be missing: then the wait
/// ends after a while, and the median does not show it.
fn wait(poll: &mut Poll) -> Result<()> {
    match poll.poll(&mut Events::with_capacity(1), Some(LONGEST)) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error.into()),
        _ => Ok(()),
    }
}
