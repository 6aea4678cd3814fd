//! Publishers that push at a steady rate, whatever happens, and repeat what failed with the same idempotency key.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use serde_json::json;
use tokio::{runtime::Runtime, task::JoinHandle};

use super::{RATE, TOPICS, topic};
use crate::{
    http::{self, Connection},
    payload::{DEFAULT_SIZE, Sequence, Stamp, now},
};

/// The timeout of an attempt, the pause before the next one, and when a push is given up.
const ATTEMPT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
const GIVE_UP: Duration = Duration::from_secs(30);

/// The running publishers.
pub struct Publishers {
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Topic>>,
}

/// What all publishers have done.
#[derive(Debug, Default)]
pub struct Pushed {
    /// The pushes of each topic.
    pub of_topics: Vec<u64>,
    /// Pushes whose first attempt failed.
    pub first_failed: u64,
    /// Pushes that were given up.
    pub failed: u64,
}

/// The publisher of one topic.
#[derive(Default)]
struct Topic {
    name: String,
    pushes: u64,
    first_failed: u64,
    failed: u64,
    connection: Option<Connection>,
}

impl Publishers {
    /// Starts a publisher for each topic.
    pub fn start(runtime: &Runtime, address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let publisher = |number: usize| {
            let topic = Topic {
                name: topic(&number.to_string()),
                ..Topic::default()
            };
            runtime.spawn(topic.run(number as u32, address, Arc::clone(&stop)))
        };
        Self {
            tasks: (0..TOPICS).map(publisher).collect(),
            stop,
        }
    }

    /// Stops them after their current push.
    pub fn stop(self, runtime: &Runtime) -> Result<Pushed> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Pushed::default();
        for task in self.tasks {
            let topic = runtime.block_on(task)?;
            all.of_topics.push(topic.pushes);
            all.first_failed += topic.first_failed;
            all.failed += topic.failed;
        }
        Ok(all)
    }
}

impl Topic {
    async fn run(mut self, number: u32, address: SocketAddr, stop: Arc<AtomicBool>) -> Self {
        let period = Duration::from_secs(1) * TOPICS as u32 / RATE;
        // The publishers take turns.
        let first = tokio::time::Instant::now() + period * number / TOPICS as u32;
        // What is late is made up for: the rate stays.
        let mut ticks = tokio::time::interval_at(first, period);
        while !stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            self.push(address).await;
        }
        self
    }

    async fn push(&mut self, address: SocketAddr) {
        self.pushes += 1;
        let request = self.request(address);
        let began = Instant::now();
        let mut attempts = 0;
        while let Err(error) = self.attempt(&request, address).await {
            self.connection = None;
            attempts += 1;
            if attempts == 1 {
                self.first_failed += 1;
            }
            if began.elapsed() > GIVE_UP {
                eprintln!("a push to {} was given up: {error:#}", self.name);
                self.failed += 1;
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn request(&self, address: SocketAddr) -> Vec<u8> {
        let stamp = Stamp {
            sequence: Sequence::Own,
            number: self.pushes,
            sent: now(),
        };
        let mut data = Vec::new();
        stamp.write(DEFAULT_SIZE, &mut data);
        let body = json!({
            "to": {"topic": self.name},
            "data": String::from_utf8_lossy(&data),
            "idempotency_key": format!("{}-{}", self.name, self.pushes),
        });
        let body = body.to_string();
        (http::post("/push", address, "application/json", body.len()) + &body).into_bytes()
    }

    /// Sends a push on the connection of the last one, if it is still there.
    async fn attempt(&mut self, request: &[u8], address: SocketAddr) -> Result<()> {
        let attempt = async {
            let connection = match self.connection.take_if(|open| !open.is_over()) {
                Some(open) => self.connection.insert(open),
                None => self.connection.insert(Connection::open(address).await?),
            };
            connection.ask(request, |_| {}).await
        };
        tokio::time::timeout(ATTEMPT, attempt).await?
    }
}
