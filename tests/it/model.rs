//! Promises 1, 2, 4 and 5 together. Clients connect, disconnect, stall and acknowledge, and the server restarts, at
//! random. Each page must see exactly what a simple model of the pushes predicts.

use std::{collections::VecDeque, time::Duration};

use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Server, encoded, seq, within};

/// The clients and their subscriptions.
const CLIENTS: [(&str, &str); 3] = [("ada", "a"), ("bob", "b/*"), ("eve", "**")];

/// A random operation. Numbers select among what exists.
#[derive(Clone, Debug)]
enum Op {
    /// Pushes this many messages to one audience, in one batch.
    Push { to: usize, count: usize },
    /// Opens a page of a client: with the cursor of its last page, or without one.
    Come { client: usize, fresh: bool },
    /// A page reads everything. Before that, it reads nothing.
    Read { client: usize, tab: usize },
    /// A page closes after reading everything, or breaks off where it is.
    Leave {
        client: usize,
        tab: usize,
        clean: bool,
    },
    /// A page acknowledges what it has read.
    Ack { client: usize, tab: usize },
    /// The server restarts. All pages break off.
    Restart,
}

fn op() -> impl Strategy<Value = Op> {
    let (client, tab) = (|| 0..CLIENTS.len(), || 0..2_usize);
    prop_oneof![
        5 => (0..AUDIENCES, prop_oneof![Just(1), 2..40_usize])
            .prop_map(|(to, count)| Op::Push { to, count }),
        4 => (client(), any::<bool>()).prop_map(|(client, fresh)| Op::Come { client, fresh }),
        3 => (client(), tab()).prop_map(|(client, tab)| Op::Read { client, tab }),
        2 => (client(), tab(), any::<bool>())
            .prop_map(|(client, tab, clean)| Op::Leave { client, tab, clean }),
        2 => (client(), tab()).prop_map(|(client, tab)| Op::Ack { client, tab }),
        1 => Just(Op::Restart),
    ]
}

/// The number of audiences of [`audience`].
const AUDIENCES: usize = 8;

/// An audience, the clients that it names, and the clients that receive it.
fn audience(number: usize) -> (Value, [bool; 3], [bool; 3]) {
    let direct = |hears| (hears, hears);
    let (to, (direct, hears)) = match number {
        0 => (json!({"client": "ada"}), direct([true, false, false])),
        1 => (json!({"client": "bob"}), direct([false, true, false])),
        2 => (
            json!({"clients": ["ada", "eve"]}),
            direct([true, false, true]),
        ),
        3 => (json!({"client": "nobody"}), direct([false; 3])),
        4 => (json!({"topic": "a"}), ([false; 3], [true, false, true])),
        5 => (json!({"topic": "b/1"}), ([false; 3], [false, true, true])),
        6 => (json!({"topic": "c"}), ([false; 3], [false, false, true])),
        _ => (json!("everyone"), ([false; 3], [true; 3])),
    };
    (to, direct, hears)
}

/// A pushed message.
#[derive(Clone, Debug)]
struct Pushed {
    id: String,
    text: String,
    direct: [bool; 3],
    hears: [bool; 3],
}

/// An open page and what it has to see.
struct Page {
    socket: TcpStream,
    raw: Vec<u8>,
    body: String,
    /// It may see these first: the client has received them, but the server may not know it.
    may: VecDeque<Pushed>,
    must: VecDeque<Pushed>,
    /// The last message it saw.
    cursor: Option<String>,
}

impl Page {
    async fn open(server: &Server, path: &str) -> Self {
        let mut socket = TcpStream::connect(server.address).await.expect("connected");
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("sent");
        let mut page = Self {
            socket,
            raw: Vec::new(),
            body: String::new(),
            may: VecDeque::new(),
            must: VecDeque::new(),
            cursor: None,
        };
        while !page.raw.ends_with(b"\r\n\r\n") {
            let byte = within(page.socket.read_u8()).await.expect("a head");
            page.raw.push(byte);
        }
        page.raw.clear();
        let welcome = page.event().await;
        assert!(welcome.contains("event: welcome"), "{welcome}");
        page
    }

    /// The next event, as it is on the stream.
    async fn event(&mut self) -> String {
        loop {
            if let Some((event, rest)) = self.body.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.body = rest;
                return event;
            }
            let n = within(self.socket.read_buf(&mut self.raw)).await;
            assert_ne!(n.expect("read"), 0, "the stream goes on");
            self.unchunk();
        }
    }

    fn unchunk(&mut self) {
        while let Some(end) = self.raw.windows(2).position(|pair| pair == b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..end]).expect("a size");
            let size = usize::from_str_radix(size, 16).expect("a size");
            let (from, to) = (end + 2, end + 2 + size);
            if self.raw.len() < to + 2 {
                return;
            }
            self.body += std::str::from_utf8(&self.raw[from..to]).expect("UTF-8");
            self.raw.drain(..to + 2);
        }
    }

    /// Reads everything it must see, and asserts that it sees nothing else.
    async fn read(&mut self) {
        while let Some(next) = self.must.front().cloned() {
            let event = self.event().await;
            if event.contains("event: ping\n") {
                continue;
            }
            let lines = event.lines().filter(|line| !line.starts_with("topic: "));
            let event = lines.collect::<Vec<_>>().join("\n");
            let is = |pushed: &Pushed| event == format!("id: {}\ndata: {}", pushed.id, pushed.text);
            if let Some(place) = self.may.iter().position(is) {
                // It may begin anywhere in these, but must not skip any after that.
                self.may.drain(..=place);
                let rest = self.may.drain(..).rev();
                rest.for_each(|pushed| self.must.push_front(pushed));
                continue;
            }
            assert!(is(&next), "{event:?} came, and {next:?} was next");
            self.may.clear();
            self.must.pop_front();
            self.cursor = Some(next.id);
        }
    }
}

#[derive(Default)]
struct Client {
    pages: Vec<Page>,
    /// The cursor of its last page.
    cursor: Option<String>,
    /// Its pages have read everything for it up to here.
    had: u64,
    /// Acknowledged up to here.
    acked: u64,
}

struct World {
    server: Server,
    pushed: Vec<Pushed>,
    clients: [Client; 3],
}

impl World {
    async fn new() -> Self {
        let flags = ["--outbox", "4", "--heartbeat", "3600", "--durability", "os"];
        Self {
            server: Server::with(&flags).await,
            pushed: Vec::new(),
            clients: Default::default(),
        }
    }

    async fn push(&mut self, to: usize, count: usize) {
        let (to, direct, hears) = audience(to);
        let text = |number: usize| format!("message {}", self.pushed.len() + number);
        let texts: Vec<String> = (0..count).map(text).collect();
        let push = |text: &String| json!({"to": to, "data": text});
        let pushes: Vec<Value> = texts.iter().map(push).collect();
        let ids = self.server.accepted(&pushes).await;
        for (id, text) in ids.into_iter().zip(texts) {
            let pushed = Pushed {
                id,
                text,
                direct,
                hears,
            };
            for (number, client) in self.clients.iter_mut().enumerate() {
                let pages = client.pages.iter_mut().filter(|_| hears[number]);
                pages.for_each(|page| page.must.push_back(pushed.clone()));
            }
            self.pushed.push(pushed);
        }
    }

    async fn come(&mut self, number: usize, fresh: bool) {
        let (client_id, filter) = CLIENTS[number];
        let client = &mut self.clients[number];
        let mut path = format!("/sse?client_id={client_id}&topic={}", encoded(filter));
        let after = client.cursor.as_deref().filter(|_| !fresh);
        if let Some(cursor) = after {
            path += &format!("&last_event_id={cursor}");
        }
        let mut page = Page::open(&self.server, &path).await;
        let pushed = self.pushed.iter().cloned();
        match after.map(seq) {
            Some(after) => page
                .must
                .extend(pushed.filter(|pushed| pushed.hears[number] && seq(&pushed.id) > after)),
            None => {
                let had = client.had.max(client.acked);
                let unseen = |pushed: &Pushed| seq(&pushed.id) > had;
                let waiting =
                    pushed.filter(|pushed| pushed.direct[number] && seq(&pushed.id) > client.acked);
                let (must, may): (Vec<_>, Vec<_>) = waiting.partition(unseen);
                page.must.extend(must);
                page.may.extend(may);
            }
        }
        client.pages.push(page);
    }

    /// Reads everything on a page. The marker at the end proves that nothing is missing.
    async fn read(&mut self, number: usize, tab: usize) {
        if self.clients[number].pages.is_empty() {
            return;
        }
        self.push(AUDIENCES - 1, 1).await;
        let client = &mut self.clients[number];
        let tab = tab % client.pages.len();
        let page = &mut client.pages[tab];
        page.read().await;
        let mark = page.cursor.clone().expect("the mark");
        client.had = client.had.max(seq(&mark));
    }

    async fn leave(&mut self, number: usize, tab: usize, clean: bool) {
        if clean {
            self.read(number, tab).await;
        }
        let client = &mut self.clients[number];
        if client.pages.is_empty() {
            return;
        }
        let page = client.pages.swap_remove(tab % client.pages.len());
        if !clean {
            let linger = SockRef::from(&page.socket).set_linger(Some(Duration::ZERO));
            linger.expect("set");
        }
        client.cursor = page.cursor.or(client.cursor.take());
    }

    async fn ack(&mut self, number: usize, tab: usize) {
        let client = &mut self.clients[number];
        let tabs = client.pages.len().max(1);
        let Some(cursor) = client
            .pages
            .get(tab % tabs)
            .and_then(|page| page.cursor.clone())
        else {
            return;
        };
        self.server.ack(CLIENTS[number].0, &cursor).await;
        client.acked = client.acked.max(seq(&cursor));
    }

    async fn restart(mut self) -> Self {
        for number in 0..CLIENTS.len() {
            while !self.clients[number].pages.is_empty() {
                self.leave(number, 0, false).await;
            }
        }
        self.server = self.server.restarted().await;
        self
    }

    async fn act(mut self, op: &Op) -> Self {
        match *op {
            Op::Push { to, count } => self.push(to, count).await,
            Op::Come { client, fresh } => self.come(client, fresh).await,
            Op::Read { client, tab } => self.read(client, tab).await,
            Op::Leave { client, tab, clean } => self.leave(client, tab, clean).await,
            Op::Ack { client, tab } => self.ack(client, tab).await,
            Op::Restart => return self.restart().await,
        }
        self
    }
}

async fn run(ops: &[Op]) {
    let mut world = World::new().await;
    for op in ops {
        world = world.act(op).await;
    }
    // At the end, each client opens a new page, and every page reads everything.
    for number in 0..CLIENTS.len() {
        world.come(number, true).await;
        for tab in 0..world.clients[number].pages.len() {
            world.read(number, tab).await;
        }
    }
}

proptest! {
    #![proptest_config(Config {
        cases: 24,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    })]
    #[test]
    fn every_page_sees_what_the_model_predicts(ops in prop::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(run(&ops));
    }
}
