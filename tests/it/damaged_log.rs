//! Damaged pages in the file of the log: unreadable messages are reported, and all others are delivered.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use app::{
    api::Client,
    wire::{BatchAnswer, Gap, MessagesPage, Stats, To},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    command::{Running, server},
    harness::{Listener, push_of, seq, within},
    support::damaged_file::{self, PAGE},
};

/// A data folder whose server can be stopped, so that the test can damage the file.
pub struct Place {
    pub folder: tempfile::TempDir,
    http: reqwest::Client,
}

/// A running server on this folder.
pub struct Server<'p> {
    place: &'p Place,
    running: Running,
    url: String,
}

impl Place {
    pub fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().build();
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            http: http.expect("a client"),
        }
    }

    pub fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("tidings-data/tidings.sqlite3")
    }

    pub fn start(&self) -> Server<'_> {
        self.start_with(&[])
    }

    fn start_with(&self, flags: &[&str]) -> Server<'_> {
        self.try_start(flags)
            .unwrap_or_else(|told| panic!("{told}"))
    }

    /// Starts a server. If it ends first, returns its output.
    fn try_start(&self, flags: &[&str]) -> Result<Server<'_>, String> {
        let running = Running::start(server(self.folder.path(), flags));
        let url = running.try_url()?;
        Ok(Server {
            place: self,
            running,
            url,
        })
    }

    /// Fills a log with this many messages to everyone, to topics and to clients. Returns their texts by position.
    pub async fn filled(count: usize) -> (Self, BTreeMap<u64, (String, String)>) {
        let place = Self::new();
        let server = place.start();
        let messages = server.fill(count).await;
        server.stop();
        (place, messages)
    }

    /// The pages of a table or an index, in order.
    pub fn pages(&self, name: &str, kind: &str) -> Vec<u64> {
        damaged_file::pages(&self.file(), name, kind)
    }

    pub fn page_count(&self) -> u64 {
        fs::metadata(self.file()).expect("a file").len() / PAGE
    }

    /// Pages without data that matters.
    pub fn unused_pages(&self) -> BTreeSet<u64> {
        let conn = Connection::open(self.file()).expect("a database");
        let mut find = conn.prepare("SELECT pageno FROM dbstat").expect("dbstat");
        let used = find.query_map([], |row| row.get(0)).expect("pages");
        let used: BTreeSet<u64> = used.collect::<Result<_, _>>().expect("pages");
        (2..=self.page_count())
            .filter(|page| !used.contains(page))
            .collect()
    }

    /// Changes the database directly.
    pub fn change(&self, statement: &str) {
        let conn = Connection::open(self.file()).expect("a database");
        conn.execute_batch(statement).expect("changed");
    }

    /// Overwrites a page with random bytes.
    pub fn damage(&self, page: u64) {
        damaged_file::damage(&self.file(), page);
    }
}

impl Server<'_> {
    async fn get(&self, path: &str) -> reqwest::Response {
        let request = self.place.http.get(format!("{}{path}", self.url));
        within(request.send()).await.expect("an answer")
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        within(answer.json()).await.expect("its JSON")
    }

    async fn fill(&self, count: usize) -> BTreeMap<u64, (String, String)> {
        let text = |i: usize| format!("{i} {}", "x".repeat(300));
        let lines: String = (0..count)
            .map(|i| {
                let to = match i % 4 {
                    0 => json!("everyone"),
                    1 => json!({"topic": format!("orders/{}", i % 8)}),
                    2 => json!({"client": "ada"}),
                    _ => json!({"clients": ["ada", "bob"]}),
                };
                format!("{}\n", json!({"to": to, "data": text(i)}))
            })
            .collect();
        let id = |answer| match answer {
            BatchAnswer::Accepted(answer) => answer.id.expect("a cursor"),
            other => panic!("not accepted: {other:?}"),
        };
        let ids = self.batch(lines).await.into_iter().map(id);
        ids.enumerate()
            .map(|(i, id)| (seq(&id), (id, text(i))))
            .collect()
    }

    async fn batch(&self, lines: String) -> Vec<BatchAnswer> {
        let request = self.place.http.post(format!("{}/push/batch", self.url));
        let request = request.header("content-type", "application/x-ndjson");
        let answers = within(request.body(lines).send()).await.expect("an answer");
        let answers = within(answers.text()).await.expect("answers");
        let answer = |line| serde_json::from_str(line).expect("an answer");
        answers.lines().map(answer).collect()
    }

    pub async fn push(&self, text: &str) -> bool {
        let push = push_of(To::Everyone, text);
        within(Client::new(&self.url).push(&push)).await.is_ok()
    }

    /// Reads everything for ada and all topics, up to a message that is pushed now: texts by position, and gaps.
    pub async fn everything(&self) -> (BTreeMap<u64, String>, Vec<Gap>) {
        let answer = self.get("/sse?client_id=ada&topic=**&since=earliest").await;
        assert_eq!(answer.status(), 200);
        let mut listener = Listener::of(answer);
        assert_eq!(listener.next().await.event, "welcome");
        // The first ping comes when the stream has reached the head of the log.
        let mut messages = BTreeMap::new();
        let mut gaps = Vec::new();
        loop {
            let event = listener.next().await;
            match event.event.as_str() {
                "ping" => break,
                "gap" => gaps.push(serde_json::from_str(&event.data).expect("a gap")),
                "message" => {
                    messages.insert(seq(&event.id), event.data);
                }
                other => panic!("{other}: {}", event.data),
            }
        }
        (messages, gaps)
    }

    /// Ends the process at once.
    pub fn kill(self) {
        drop(self.running);
    }

    /// Pushes messages of all kinds: some with a time to live, one that is recalled, a job with a log, and an
    /// acknowledgement.
    pub async fn run_all_kinds(&self) {
        let ids: Vec<String> = self
            .fill(50)
            .await
            .into_values()
            .map(|(id, _)| id)
            .collect();
        let post = async |path: &str, body: Value| {
            let request = self
                .place
                .http
                .post(format!("{}{path}", self.url))
                .json(&body);
            within(request.send()).await.expect("an answer")
        };
        for to in [
            json!("everyone"),
            json!({"client": "eve"}),
            json!({"topic": "t"}),
        ] {
            let push = json!({"to": to, "data": "x", "ttl": 1, "idempotency_key": to.to_string()});
            assert_eq!(post("/push", push).await.status(), 200);
        }
        let recall = self
            .place
            .http
            .delete(format!("{}/api/messages/{}", self.url, ids[9]));
        assert_eq!(
            within(recall.send()).await.expect("an answer").status(),
            200
        );
        let ack = json!({"client_id": "ada", "id": ids[20]});
        assert_eq!(post("/ack", ack).await.status(), 204);
        let push = json!({"to": {"client": "ada"}, "data": "x", "track": true});
        assert_eq!(post("/push", push).await.status(), 200);
        assert_eq!(
            post("/api/jobs", json!({"title": "a job"})).await.status(),
            201
        );
        self.everything().await;
    }

    /// Stops it. Returns the lines of its log that were not read before.
    pub fn stop(self) -> String {
        let (code, told) = self.running.signalled("-TERM");
        assert_eq!(code, Some(0), "{told}");
        told
    }
}

/// The range of positions of a gap.
fn range(gap: &Gap) -> std::ops::RangeInclusive<u64> {
    let place = |cursor: &Option<String>| seq(cursor.as_deref().expect("a cursor"));
    place(&gap.from)..=place(&gap.to)
}

/// Asserts that every message was delivered or is in a gap. Returns the positions that were not delivered.
fn assert_complete(
    all: &BTreeMap<u64, (String, String)>,
    (messages, gaps): &(BTreeMap<u64, String>, Vec<Gap>),
) -> BTreeSet<u64> {
    let mut missing = BTreeSet::new();
    for (place, (_, text)) in all {
        match messages.get(place) {
            Some(found) => assert_eq!(found, text),
            None => {
                let told = gaps.iter().any(|gap| range(gap).contains(place));
                assert!(told, "{place} is missing in silence: {gaps:?}");
                missing.insert(*place);
            }
        }
    }
    assert!(
        gaps.iter().all(|gap| gap.reason == "unreadable"),
        "{gaps:?}"
    );
    missing
}

#[tokio::test]
async fn messages_on_a_bad_page_are_a_gap_and_readers_continue_after_it() {
    let (place, all) = Place::filled(400).await;
    let leaves = place.pages("messages", "leaf");
    place.damage(leaves[leaves.len() / 2]);
    let server = place.start();
    for _ in 0..3 {
        let read = server.everything().await;
        let missing = assert_complete(&all, &read);
        assert!(
            (2..30).contains(&missing.len()),
            "a page of them: {missing:?}"
        );
        let [gap] = &read.1[..] else {
            panic!("one gap: {:?}", read.1);
        };
        assert!(
            missing.iter().copied().eq(range(gap)),
            "{missing:?} {gap:?}"
        );
    }
    assert!(server.push("goes on").await);
    let (messages, gaps) = server.everything().await;
    let missing = assert_complete(&all, &(messages.clone(), gaps.clone()));
    assert_eq!(
        messages.last_key_value().map(|(_, text)| text.as_str()),
        Some("goes on")
    );

    let ready = server.get("/health/ready").await;
    assert_eq!(ready.status(), 200);
    let ready = ready.text().await.expect("a text");
    assert!(ready.contains("the log is damaged"), "{ready}");
    let (first, last) = (missing.first().expect("one"), missing.last().expect("one"));
    assert!(
        ready.contains(&format!("messages {first} to {last} can't be read")),
        "{ready}"
    );
    assert!(ready.contains("tidings check"), "{ready}");
    let stats: Stats = server.read("/api/stats").await;
    let damage = stats.log_damage.expect("a damage");
    assert_eq!(damage.unreadable.len(), 1);
    assert_eq!(seq(&damage.unreadable[0].from), *first);
    assert_eq!(seq(&damage.unreadable[0].to), *last);

    let told = server.stop();
    let lines = told.lines().filter(|line| line.contains("damaged")).count();
    assert_eq!(lines, 1, "{told}");
    assert!(told.contains(&format!("from={first} to={last}")), "{told}");
}

#[tokio::test]
async fn the_history_lists_readable_messages_and_unreadable_ranges() {
    let (place, all) = Place::filled(400).await;
    let leaves = place.pages("messages", "leaf");
    place.damage(leaves[leaves.len() / 2]);
    let server = place.start();
    let mut found = BTreeSet::new();
    let mut unreadable = BTreeSet::new();
    let mut path = "/api/messages?limit=100".to_owned();
    loop {
        let page: MessagesPage = server.read(&path).await;
        found.extend(page.messages.iter().map(|message| seq(&message.id)));
        for range in &page.unreadable {
            unreadable.extend(seq(&range.from)..=seq(&range.to));
        }
        let Some(next) = page.next else { break };
        path = format!("/api/messages?limit=100&before={next}");
    }
    let missing: BTreeSet<u64> = all
        .keys()
        .copied()
        .filter(|seq| !found.contains(seq))
        .collect();
    assert!(!missing.is_empty());
    assert_eq!(missing, unreadable);
    let id = &all[missing.first().expect("one")].0;
    let answer = server.get(&format!("/api/messages/{id}")).await;
    assert_eq!(answer.status(), 503);
    let problem: Value = answer.json().await.expect("a problem");
    assert_eq!(problem["code"], "log_damaged");
    assert!(
        problem["detail"]
            .as_str()
            .expect("a text")
            .contains("tidings check")
    );
}

#[tokio::test]
async fn no_message_is_lost_if_only_the_index_is_damaged() {
    let (place, all) = Place::filled(4000).await;
    let leaves = place.pages("posts", "leaf");
    assert!(leaves.len() > 8, "{leaves:?}");
    for leaf in leaves.iter().step_by(3) {
        place.damage(*leaf);
    }
    let server = place.start();
    let read = server.everything().await;
    let missing = assert_complete(&all, &read);
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn a_page_that_is_damaged_while_the_server_runs_is_a_gap() {
    let (place, all) = Place::filled(400).await;
    let leaves = place.pages("messages", "leaf");
    // Streams are written by tasks here. The other tests use delivery threads.
    let server = place.start_with(&["--delivery-threads", "0"]);
    place.damage(leaves[leaves.len() / 3]);
    place.damage(leaves[leaves.len() / 2]);
    let read = server.everything().await;
    let missing = assert_complete(&all, &read);
    assert!(
        (4..60).contains(&missing.len()),
        "two pages of them: {missing:?}"
    );
    assert_eq!(read.1.len(), 2);
    assert!(server.push("goes on").await);
}

#[tokio::test]
async fn a_push_is_accepted_though_the_audit_trail_can_not_index_it() {
    // The index is written when 1,024 entries are complete, from these entries.
    for (table, count) in [("audit_packs", 1_000), ("audit_targets", 3_000)] {
        let (place, _) = Place::filled(count).await;
        let leaves = place.pages(table, "leaf");
        assert!(leaves.len() > 4, "{table}: {leaves:?}");
        // Not the page to which entries are added.
        let bad = match table {
            "audit_packs" => &leaves[1..3],
            _ => &leaves[..],
        };
        bad.iter().for_each(|leaf| place.damage(*leaf));
        let server = place.start();
        for n in 0..100 {
            assert!(server.push("goes on").await, "{table}: push {n}");
        }
        let ready = server.get("/health/ready").await;
        assert_eq!(ready.status(), 200, "{table}");
        let told = server.get("/api/stats/health").await.text().await;
        assert!(told.expect("a text").contains("log_damaged"), "{table}");
    }
}

#[tokio::test]
async fn sessions_that_can_not_be_read_are_told() {
    let (place, _) = Place::filled(5).await;
    for page in place.pages("sessions", "leaf") {
        place.damage(page);
    }
    let server = place.start_with(&[]);
    let ready = server.get("/health/ready").await;
    assert_eq!(ready.status(), 200);
    let told = ready.text().await.expect("a text");
    assert!(told.contains("the sessions can't be read"), "{told}");
    assert!(server.push("goes on").await);
}

#[tokio::test]
async fn readers_get_a_gap_and_the_server_continues_whichever_page_is_bad() {
    let (place, all) = Place::filled(60).await;
    let sound = fs::read(place.file()).expect("the file");
    let mut refused = 0;
    for page in 2..=place.page_count() {
        fs::write(place.file(), &sound).expect("written");
        place.damage(page);
        let server = match place.try_start(&[]) {
            Ok(server) => server,
            // If the end of the messages is damaged, it is unknown which positions were assigned.
            Err(told) => {
                refused += 1;
                assert!(told.contains("tidings check"), "page {page}: {told}");
                continue;
            }
        };
        let read = server.everything().await;
        assert_complete(&all, &read);
        let accepted = server.push("more").await;
        let ready = server.get("/health/ready").await;
        assert_eq!(
            ready.status(),
            if accepted { 200 } else { 503 },
            "page {page}"
        );
        let read = server.everything().await;
        assert_complete(&all, &read);
        assert_eq!(
            server.get("/health/live").await.status(),
            200,
            "page {page}"
        );
        server.stop();
    }
    // Those of the schema, of the end of the messages, and of the tokens that are revoked: without them, the server would take
    // tokens that it must refuse.
    assert!(
        refused <= 7,
        "{refused} pages without which no server starts"
    );
}

#[tokio::test]
async fn damage_that_is_found_at_the_start_is_reported() {
    let (place, all) = Place::filled(10).await;
    let sound = fs::read(place.file()).expect("the file");
    for (name, text) in [
        ("openings", "the table of openings can't be read"),
        ("recalls_by_head", "the table of recalls can't be read"),
    ] {
        fs::write(place.file(), &sound).expect("written");
        place.damage(place.pages(name, "leaf")[0]);
        let server = place.start();
        let ready = server.get("/health/ready").await;
        assert_eq!(ready.status(), 200);
        let told = within(ready.text()).await.expect("a text");
        assert!(told.contains(text), "{told}");
        assert_complete(&all, &server.everything().await);
        server.stop();
    }
}

#[tokio::test]
async fn only_the_pushes_of_a_batch_that_need_a_bad_page_are_refused() {
    let place = Place::new();
    let server = place.start();
    // Enough clients for several pages of names.
    let line = |i| {
        format!(
            "{}\n",
            json!({"to": {"client": format!("client-{i:04}")}, "data": "x"})
        )
    };
    let lines: String = (0..600).map(line).collect();
    server.batch(lines.clone()).await;
    server.stop();
    let names = place.pages("sqlite_autoindex_audiences_1", "leaf");
    place.damage(names[names.len() / 2]);
    let server = place.start();
    let answers = server.batch(lines).await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| refusal(answer).is_some())
        .collect();
    assert!(
        (5..400).contains(&refused.len()),
        "{} of 600",
        refused.len()
    );
    assert!(
        refused
            .iter()
            .all(|answer| refusal(answer) == Some("log_damaged"))
    );
    assert!(server.push("goes on").await);
}

fn refusal(answer: &BatchAnswer) -> Option<&str> {
    match answer {
        BatchAnswer::Accepted(_) => None,
        BatchAnswer::Refused(problem) => Some(&problem.code),
    }
}

#[tokio::test]
async fn pruning_continues_after_a_bad_page() {
    let place = Place::new();
    let server = place.start_with(&["--max-log-mb", "1"]);
    server.fill(1500).await;
    server.stop();
    let leaves = place.pages("messages", "leaf");
    place.damage(leaves[2]);
    place.damage(leaves[40]);
    let server = place.start_with(&["--max-log-mb", "1"]);
    // Much more than the maximum size.
    for _ in 0..6 {
        server.fill(1500).await;
    }
    let kept = within(async {
        loop {
            let stats: Stats = server.read("/api/stats").await;
            if stats.log_messages < 4000 {
                return stats.log_messages;
            }
            tokio::task::yield_now().await;
        }
    });
    assert!(kept.await > 100);
    let (messages, _) = server.everything().await;
    assert!(messages.len() > 100, "{}", messages.len());
    server.stop();
}
