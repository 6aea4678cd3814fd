//! Promise 1: accepted messages survive the process.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use app::{api::Client, wire::To};
use eventsource_stream::Event;

use crate::{
    command::{Running, server, tidings},
    harness::{Listener, Server, client, push_of, seq, topic, within},
};

/// The number of concurrent pushers.
const PUSHERS: usize = 6;
/// The process is killed after this many answers.
const ANSWERS: usize = 120;

/// The answers to a pusher: texts and cursors.
type Answered = Vec<(String, String)>;

/// Pushes until the server ends.
async fn push_until_the_server_ends(
    url: String,
    name: String,
    count: Arc<AtomicUsize>,
) -> Answered {
    let api = Client::new(url);
    let mut answered = Vec::new();
    for number in 0.. {
        let to = match number % 3 {
            0 => client("all"),
            1 => topic("orders/1"),
            _ => To::Everyone,
        };
        let text = format!("{name} {number}");
        match api.push(&push_of(to, &text)).await {
            Ok(answer) => answered.push((text, answer.id.expect("a cursor"))),
            Err(_) => break,
        }
        count.fetch_add(1, Ordering::Relaxed);
    }
    answered
}

/// Runs a server under load until it is killed. Returns the answers.
async fn push_until_killed(folder: &Path, round: usize) -> Answered {
    let server = Running::start(server(folder, &[]));
    let url = server.url();
    let count = Arc::new(AtomicUsize::new(0));
    let pushers: Vec<_> = (0..PUSHERS)
        .map(|pusher| {
            let name = format!("{round}.{pusher}");
            tokio::spawn(push_until_the_server_ends(
                url.clone(),
                name,
                Arc::clone(&count),
            ))
        })
        .collect();
    within(async {
        while count.load(Ordering::Relaxed) < ANSWERS {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(server.signalled("-KILL").0, None);
    let mut answered = Vec::new();
    for pusher in pushers {
        answered.extend(within(pusher).await.expect("no panic"));
    }
    answered
}

/// Reads everything up to a last message that is pushed now.
async fn everything(folder: &Path, last: &str) -> Vec<Event> {
    let server = Running::start(server(folder, &[]));
    let url = server.url();
    let http = reqwest::Client::builder().no_proxy().build().expect("one");
    let request = http.get(format!("{url}/sse?client_id=all&topic=**&since=earliest"));
    let mut listener = Listener::of(within(request.send()).await.expect("a stream"));
    assert_eq!(listener.next().await.event, "welcome");
    let push = push_of(To::Everyone, last);
    within(Client::new(url).push(&push))
        .await
        .expect("accepted");
    listener.up_to(last).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answered_push_survives_repeated_kills_in_order_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut answered = Answered::new();
    for round in 0..4 {
        answered.extend(push_until_killed(folder.path(), round).await);
        let last = format!("after {round}");
        let events = everything(folder.path(), &last).await;

        let places: Vec<u64> = events.iter().map(|event| seq(&event.id)).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "in order: {places:?}");
        let by_text: HashMap<&str, &Event> = events
            .iter()
            .map(|event| (event.data.as_str(), event))
            .collect();
        assert_eq!(by_text.len(), events.len(), "each once");
        for (text, id) in &answered {
            assert_eq!(&by_text[text.as_str()].id, id, "{text}");
        }
        let own = by_text[last.as_str()].id.clone();
        answered.push((last, own));
    }
    assert!(answered.len() > 4 * ANSWERS);
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Running::start(server(folder.path(), &[]));
    let url = first.url();
    let output = tidings(folder.path(), &["--listen", "127.0.0.1:0"]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.contains("in use by another process"), "{told}");
    assert!(told.contains("--data-dir"), "{told}");
    let push = push_of(client("ada"), "goes on");
    within(Client::new(url).push(&push))
        .await
        .expect("accepted");
}

#[tokio::test]
async fn order_and_ids_stay_the_same_after_a_restart() {
    let server = Server::start().await;
    let before = server.push(To::Everyone, "before").await.id.expect("an id");
    let server = server.restarted().await;
    let after = server.push(To::Everyone, "after").await.id.expect("an id");
    assert_eq!(seq(&before) + 1, seq(&after));
    assert_eq!(server.message(&before).await.message.id, before);
    let mut ada = server.stream("/sse?client_id=ada&since=earliest").await;
    assert_eq!(ada.texts(2).await, ["before", "after"]);
}
