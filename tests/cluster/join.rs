//! A node that can't follow the stream with what it has copies the log of another node.

use std::{fs, thread};

use app::wire::{ClientDetail, MessageDetail, Nodes, To};
use serde_json::Value;

use crate::{
    harness::{Cluster, Member, Site, pairs, until},
    support::{client, push_of, within},
};

/// The names of the files in the data folder that begin like this.
fn files(member: &Member, begin: &str) -> Vec<String> {
    let entries = fs::read_dir(member.data()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with(begin)).collect()
}

fn said(member: &Member, text: &str) -> bool {
    let log = fs::read_to_string(member.node.log()).unwrap_or_default();
    log.contains(text)
}

/// Pushes messages, and returns their cursors with their texts.
async fn push_some(cluster: &Cluster, name: &str, nodes: &[usize]) -> Vec<(String, String)> {
    let mut pushed = Vec::new();
    for number in 0..30 {
        let text = format!("{name} {number}");
        let node = &cluster.nodes[nodes[number % nodes.len()]];
        let to = match number % 2 {
            0 => To::Everyone,
            _ => client("ada"),
        };
        let id = node.push(to, &text).await.id.expect("a cursor");
        pushed.push((id, text));
    }
    pushed
}

/// What a node tells of a client and of a message, without what is only known where the client is connected.
async fn receipts(member: &Member, id: &str) -> Value {
    let detail: MessageDetail = member.read(&format!("/api/messages/{id}")).await;
    let ada: ClientDetail = member.read("/api/clients/ada").await;
    serde_json::json!([detail.recipients, ada.unread])
}

#[tokio::test]
async fn an_empty_node_joins_after_the_stream_was_purged_and_has_everything() {
    let cluster = Cluster::start().await;
    let before = push_some(&cluster, "before", &[0, 1, 2]).await;
    let acked = &before[19].0;
    cluster.nodes[0].ack("ada", acked).await;
    cluster.nodes[1].until_unread("ada", 5).await;
    cluster.nodes[2].until_unread("ada", 5).await;
    let mut reader = cluster.nodes[2].resume("eve", &before[0].0, &[]).await;
    let seen = pairs(reader.up_to("before 10").await);
    drop(reader);

    cluster.nodes[2].node.kill().expect("killed");
    fs::remove_dir_all(cluster.nodes[2].data()).expect("deleted");
    assert!(cluster.purge().await > 1);
    let after = push_some(&cluster, "after", &[0, 1]).await;
    cluster.nodes[2].node.start_again().expect("started");
    cluster.nodes[2].node.until_ready().expect("ready");

    assert!(said(&cluster.nodes[2], "copied the log of the node node-"));
    assert_eq!(cluster.same_history().await.len(), 60);
    let expected = receipts(&cluster.nodes[0], acked).await;
    assert_eq!(receipts(&cluster.nodes[2], acked).await, expected);
    // A reader goes on with the cursor that the node has given it before.
    let (cursor, _) = seen.last().expect("a message");
    let mut reader = cluster.nodes[2].resume("eve", cursor, &[]).await;
    let rest = pairs(reader.up_to("after 28").await);
    // Those with odd numbers are for ada.
    let later = before[12..].iter().chain(&after).step_by(2);
    assert_eq!(rest, later.take(24).cloned().collect::<Vec<_>>());
    let mut inbox = cluster.nodes[2].listen("ada", &[]).await;
    assert_eq!(inbox.message().await.id, before[21].0);
    // It gives and takes part as before.
    cluster.nodes[2]
        .push(client("ada"), "from the new node")
        .await;
    assert_eq!(cluster.same_history().await.len(), 61);
    assert!(files(&cluster.nodes[2], "tidings.sqlite3.").is_empty());
}

#[tokio::test]
async fn a_node_that_was_away_while_the_stream_was_purged_comes_back() {
    let cluster = Cluster::start().await;
    let before = push_some(&cluster, "before", &[0, 1, 2]).await;
    cluster.same_history().await;
    cluster.nodes[2].node.kill().expect("killed");
    push_some(&cluster, "away", &[0, 1]).await;
    cluster.purge().await;
    cluster.nodes[2].node.start_again().expect("started");
    cluster.nodes[2].node.until_ready().expect("ready");
    assert_eq!(cluster.same_history().await.len(), 60);
    assert_eq!(files(&cluster.nodes[2], "tidings.sqlite3.old-").len(), 1);
    let mut reader = cluster.nodes[2].resume("eve", &before[28].0, &[]).await;
    assert_eq!(reader.text().await, "away 0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_while_it_copies_has_nothing_half_done() {
    let cluster = Cluster::start().await;
    push_some(&cluster, "small", &[0, 1, 2]).await;
    let large = "x".repeat(200_000);
    for number in 0..100 {
        let push = push_of(To::Everyone, &format!("{number} {large}"));
        let pushed = within(cluster.nodes[number % 3].api.push(&push)).await;
        pushed.expect("accepted");
    }
    let history = cluster.same_history().await;
    let joining = &cluster.nodes[2];
    joining.node.kill().expect("killed");
    fs::remove_dir_all(joining.data()).expect("deleted");
    cluster.purge().await;
    let received = joining.data().join("tidings.sqlite3.received");
    for least in [1, 5_000_000, 10_000_000] {
        thread::scope(|scope| {
            // It does not begin to listen.
            scope.spawn(|| joining.node.start_again().expect_err("killed"));
            let size = || fs::metadata(&received).map_or(0, |file| file.len());
            while size() < least {
                thread::yield_now();
            }
            joining.node.kill().expect("killed");
        });
        assert!(received.exists());
        assert!(files(joining, "tidings.sqlite3").len() == 1);
    }
    // The other node gives up the copies of processes that are gone.
    joining.node.start_again().expect("started");
    joining.node.until_ready().expect("ready");
    assert_eq!(cluster.same_history().await, history);
    assert!(files(joining, "tidings.sqlite3.").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_becomes_too_old_while_it_runs_ends_and_comes_back_with_a_copy() {
    let site = Site::new().await;
    let link = site.nats.link().expect("proxies");
    let folder = site.folder.path().join("node-3");
    let last = site.options_with(3, folder, &link.url_list());
    let options = vec![site.options(1), site.options(2), last];
    let cluster = site.start_nodes(options);
    push_some(&cluster, "before", &[0, 1, 2]).await;
    cluster.same_history().await;
    let away = &cluster.nodes[2];
    link.cut();
    let is_lost = |nodes: &Nodes| {
        let stream = nodes.stream.as_ref();
        stream.is_some_and(|stream| stream.server.is_none())
    };
    away.until("/api/nodes", is_lost).await;
    push_some(&cluster, "away", &[0, 1]).await;
    cluster.purge().await;
    link.mend();
    let ended = until(async || away.node.ended().expect("a status")).await;
    assert!(!ended.success());
    assert!(said(away, "this node was away for too long"));
    // As its supervisor does.
    away.node.start_again().expect("started");
    away.node.until_ready().expect("ready");
    assert_eq!(cluster.same_history().await.len(), 60);
    let first = files(away, "tidings.sqlite3.old-");
    assert_eq!(first.len(), 1);

    // Of several old logs, the newest is kept.
    away.node.kill().expect("killed");
    push_some(&cluster, "again", &[0, 1]).await;
    cluster.purge().await;
    away.node.start_again().expect("started");
    away.node.until_ready().expect("ready");
    assert_eq!(cluster.same_history().await.len(), 90);
    let second = files(away, "tidings.sqlite3.old-");
    assert_eq!(second.len(), 1);
    assert_ne!(second, first);
}
