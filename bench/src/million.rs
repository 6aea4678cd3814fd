//! The cost of a connection for Tidings itself, with a thousand, a hundred thousand and a million of them: the registry
//! and the delivery loop with simulated sockets, in this process.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tidings::{
    delivery::reactor::{CountingSocket, SimulatedThread},
    message::{Audience, ClientId, TopicFilter},
};

use crate::{
    Setting, fill,
    median::median,
    processes,
    report::{Row, number},
};

/// Numbers of connections.
const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];

/// The minimum number of timed writes for each size.
const WRITES: u32 = 2_000_000;

/// The number of timed messages to one connection.
const DIRECT: u32 = 20_000;

/// The target in bytes per connection.
const BYTES: f64 = 614.4;

/// The time for freed memory to return to the system.
const SETTLE: Duration = Duration::from_secs(3);

/// The results for one size.
struct Found {
    bytes: f64,
    /// Nanoseconds of a message to all, per connection.
    nanoseconds: f64,
    /// Microseconds of a message to one.
    direct: f64,
}

/// Runs the scenario.
pub fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut first: Option<Found> = None;
    for size in SIZES {
        let found = look(size, setting.rounds)?;
        let of = number(f64::from(size));
        let title = |what: &str| format!("{what}, {of} connections without sockets");
        let bytes = Row::new(title("memory of one"), found.bytes, "B");
        let each = Row::new(title("a message to all, for each"), found.nanoseconds, "ns");
        let direct = Row::new(title("a message to one"), found.direct, "us");
        match &first {
            // With few connections, other changes of the memory are larger.
            None => rows.extend([each, direct]),
            Some(few) => {
                let than = format!("of {}", number(f64::from(SIZES[0])));
                rows.extend([
                    bytes.at_most(BYTES),
                    each.against(&than, few.nanoseconds),
                    direct.against(&than, few.direct),
                ]);
            }
        }
        first.get_or_insert(found);
    }
    Ok(rows)
}

fn look(size: u32, rounds: u64) -> Result<Found> {
    let mut simulation = SimulatedThread::default();
    let counter = CountingSocket::default();
    std::thread::sleep(SETTLE);
    let before = processes::memory(std::process::id());
    for number in 0..size {
        let topics = [format!("protocol/{number}"), "news".to_owned()];
        let topics = topics.iter().map(|topic| TopicFilter::parse(topic));
        let topics: Box<[TopicFilter]> = topics.collect::<Result<_, _>>()?;
        simulation.connect(ClientId::parse(&name(number))?, topics, counter.clone())?;
    }
    std::thread::sleep(SETTLE);
    let bytes = (processes::memory(std::process::id()) - before) / f64::from(size);
    let (mut all, mut one) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        all.push(to_all(&mut simulation, &counter, size)?);
        one.push(to_one(&mut simulation, &counter, size)?);
    }
    Ok(Found {
        bytes,
        nanoseconds: median(&all),
        direct: median(&one),
    })
}

/// Nanoseconds per connection, for messages to everyone and to a topic of all.
fn to_all(
    simulation: &mut SimulatedThread<CountingSocket>,
    counter: &CountingSocket,
    size: u32,
) -> Result<f64> {
    let news = fill::topic("news")?;
    let messages = (WRITES / size).max(2);
    let before = counter.writes();
    let began = Instant::now();
    for number in 0..messages {
        let audience = if number % 2 == 0 {
            &news
        } else {
            &Audience::Everyone
        };
        let reached = simulation.publish(audience, "something new");
        ensure!(reached == u64::from(size), "reached {reached} of {size}");
    }
    let took = began.elapsed().as_nanos() as f64;
    let writes = counter.writes() - before;
    ensure!(
        writes == u64::from(messages) * u64::from(size),
        "{writes} writes"
    );
    Ok(took / writes as f64)
}

/// Microseconds of a message to one client, with a different client each time.
fn to_one(
    simulation: &mut SimulatedThread<CountingSocket>,
    counter: &CountingSocket,
    size: u32,
) -> Result<f64> {
    // A step without a common divisor with the sizes, which skips many clients.
    let whom = (0..DIRECT).map(|number| u64::from(number) * 7_919 % u64::from(size));
    let whom: Vec<Audience> = whom
        .map(|number| fill::client(&name(number as u32)))
        .collect::<Result<_>>()?;
    let before = counter.writes();
    let began = Instant::now();
    for audience in &whom {
        black_box(simulation.publish(audience, "something for you"));
    }
    let took = began.elapsed().as_micros() as f64;
    ensure!(
        counter.writes() - before == u64::from(DIRECT),
        "not all came"
    );
    Ok(took / f64::from(DIRECT))
}

/// An id as pages create them: as long as a UUID, and in no order.
fn name(number: u32) -> String {
    let mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:08x}-0000-4000-8000-{number:012x}", mixed >> 32)
}
