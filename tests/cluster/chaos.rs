//! Random faults under load. What must hold whatever happens: everything accepted reaches each reader of its audience
//! once and in order, all nodes have the same history and receipts, and the numbers of connections are right in the end.
//!
//! `TIDINGS_CHAOS_SEED` repeats a run as far as time allows. `TIDINGS_CHAOS_FAULTS` is the number of faults; `make chaos`
//! sets a large one.

use std::{
    env,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use app::wire::{MessageDetail, PushRequest, To};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::{
    harness::{Cluster, assert_ordered, follow, until},
    load::{push_end, push_until_accepted},
    support::{Endpoint, push_of, seq, within},
};

/// Faults of a run in `make test`.
const FAULTS: u64 = 5;

/// A sequence of numbers that its seed determines (xorshift, Marsaglia 2003).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What goes wrong, until it is put right.
#[derive(Clone, Copy, Debug)]
enum Fault {
    NodeKilled(usize),
    NodeStopped(usize),
    NodeRestarted(usize),
    ServerKilled(usize),
    ServerStopped(usize),
    ServerCutOff(usize),
    LeaderKilled,
    AllServersKilled,
}

impl Fault {
    fn random(dice: &mut Dice) -> Self {
        let one = dice.below(3) as usize;
        match dice.below(8) {
            0 => Self::NodeKilled(one),
            1 => Self::NodeStopped(one),
            2 => Self::NodeRestarted(one),
            3 => Self::ServerKilled(one),
            4 => Self::ServerStopped(one),
            5 => Self::ServerCutOff(one),
            6 => Self::LeaderKilled,
            _ => Self::AllServersKilled,
        }
    }

    /// Lets it happen for a time, and puts it right.
    async fn happen(self, cluster: &Cluster, time: Duration) {
        let nats = &cluster.nats;
        let wait = || tokio::time::sleep(time);
        match self {
            Self::NodeKilled(one) => {
                cluster.nodes[one].node.kill().expect("killed");
                wait().await;
                cluster.nodes[one].node.start_again().expect("started");
            }
            Self::NodeStopped(one) => {
                cluster.nodes[one].node.stop().expect("stopped");
                wait().await;
                cluster.nodes[one].node.go_on().expect("it goes on");
            }
            Self::NodeRestarted(one) => {
                cluster.nodes[one].node.terminate().expect("ended");
                cluster.nodes[one].node.start_again().expect("started");
            }
            Self::ServerKilled(one) => {
                nats.kill(one).expect("killed");
                wait().await;
                nats.start_again(one).expect("started");
            }
            Self::ServerStopped(one) => {
                nats.stop(one).expect("stopped");
                wait().await;
                nats.go_on(one).expect("it goes on");
            }
            Self::ServerCutOff(one) => {
                nats.cut_off(one);
                wait().await;
                nats.connect(one);
            }
            Self::LeaderKilled => {
                let (_, leader) = until(async || nats.stream_leader(0, |_| true)).await;
                nats.kill(leader).expect("killed");
                wait().await;
                nats.start_again(leader).expect("started");
            }
            Self::AllServersKilled => {
                nats.kill_all().expect("killed");
                wait().await;
                nats.start_all_again().expect("started");
            }
        }
    }
}

/// An accepted push: its cursor, its text, and the reader that gets it. None: everybody.
type Accepted = (String, String, Option<&'static str>);

const READERS: [&str; 3] = ["ada", "bob", "cleo"];

/// Pushes to one reader after the other, and to everybody, until it is told to stop.
fn publisher(
    number: usize,
    nodes: Vec<Endpoint>,
    mut dice: Dice,
    stop: Arc<Mutex<bool>>,
) -> JoinHandle<Vec<Accepted>> {
    tokio::spawn(async move {
        let mut accepted = Vec::new();
        while !*stop.lock() {
            let text = format!("{number}: {}", accepted.len());
            let reader = match dice.below(4) {
                0 => None,
                one => Some(READERS[one as usize - 1]),
            };
            let to = match reader {
                None => To::Everyone,
                Some(name) => To::Client(name.to_owned()),
            };
            let push = PushRequest {
                idempotency_key: Some(text.clone()),
                ..push_of(to, &text)
            };
            let id = push_until_accepted(&nodes, dice.below(3) as usize, &push).await;
            accepted.push((id, text, reader));
        }
        accepted
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_nothing_accepted_is_lost_or_doubled() {
    let number = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("TIDINGS_CHAOS_SEED").unwrap_or_else(random_seed);
    let faults = number("TIDINGS_CHAOS_FAULTS").unwrap_or(FAULTS);
    println!("TIDINGS_CHAOS_SEED={seed}");
    let mut dice = Dice(seed);

    let cluster = Cluster::with_own_servers().await;
    let start = cluster.nodes[0].push(To::Everyone, "start").await.id;
    let start = start.expect("a cursor");
    let readers: Vec<_> = READERS
        .into_iter()
        .map(|name| {
            let (nodes, start) = (cluster.endpoints(), start.clone());
            tokio::spawn(async move { follow(&nodes, name, &start, "the end").await })
        })
        .collect();
    let stop = Arc::new(Mutex::new(false));
    let publishers: Vec<_> = (0..3)
        .map(|number| {
            let dice = Dice(dice.below(u64::MAX - 1) + 1);
            publisher(number, cluster.endpoints(), dice, Arc::clone(&stop))
        })
        .collect();
    for _ in 0..faults {
        let fault = Fault::random(&mut dice);
        println!("{fault:?}");
        fault
            .happen(&cluster, Duration::from_millis(200 + dice.below(4_000)))
            .await;
        tokio::time::sleep(Duration::from_millis(dice.below(1_000))).await;
    }
    cluster.nats.until_ready().expect("ready");
    for member in &cluster.nodes {
        member.node.until_ready().expect("ready");
    }
    *stop.lock() = true;
    let mut accepted = Vec::new();
    for publisher in publishers {
        accepted.extend(within(publisher).await.expect("no panic"));
    }
    println!("{} pushes were accepted", accepted.len());
    let endpoints = cluster.endpoints();
    let end = push_end(&endpoints).await;

    for (name, reader) in READERS.into_iter().zip(readers) {
        let seen = within(reader).await.expect("no panic");
        assert_ordered(&seen);
        let mut expected: Vec<_> = accepted
            .iter()
            .filter(|(_, _, to)| to.is_none_or(|to| to == name))
            .map(|(id, text, _)| (id.clone(), text.clone()))
            .collect();
        expected.sort_by_key(|(id, _)| seq(id));
        expected.push((end.clone(), "the end".to_owned()));
        assert_eq!(seen, expected, "{name}");
        let ack = serde_json::json!({ "client_id": name, "id": end });
        let acked = endpoints[0].http.post(endpoints[0].url("/ack")).json(&ack);
        assert!(acked.send().await.expect("an answer").status().is_success());
    }
    assert_eq!(cluster.same_history().await.len(), accepted.len() + 2);
    for node in &endpoints {
        let direct = accepted.iter().filter(|(_, _, to)| to.is_some());
        for (id, ..) in direct.take(50) {
            let acked = |detail: &MessageDetail| detail.message.receipts.acknowledged == 1;
            node.until(&format!("/api/messages/{id}"), acked).await;
        }
    }
    // Nobody is connected any more.
    until(async || {
        let answer = cluster.nodes[1].push(To::Everyone, "nobody").await;
        (answer.connections == 0 && answer.missing_nodes.is_empty()).then_some(())
    })
    .await;
}

fn random_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(since.expect("after 1970").subsec_nanos()) + 1
}
