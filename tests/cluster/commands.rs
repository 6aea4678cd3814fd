//! `tidings cluster`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use app::wire::{JobInfo, To};
use local_cluster::{Node, NodeOptions};
use serde_json::json;

use crate::{
    harness::{Cluster, Site, flags, pairs, until},
    support::{Endpoint, client},
};

/// Runs a command and returns what it has printed.
fn run(name: &str, args: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.args(["cluster", name]).args(args);
    // Not where the settings of a user may be.
    let output = command.current_dir(std::env::temp_dir()).output();
    output.expect("it runs")
}

pub fn good(name: &str, args: &[String]) -> String {
    let output = run(name, args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text")
}

fn refused(name: &str, args: &[String]) -> String {
    let output = run(name, args);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

/// The flags of a command that works on a data folder.
pub fn on(data: &Path, flags: Vec<String>) -> Vec<String> {
    let data = data.to_str().expect("a plain path").to_owned();
    ["--data-dir".to_owned(), data]
        .into_iter()
        .chain(flags)
        .collect()
}

#[tokio::test]
async fn status_tells_the_nodes_and_what_is_wrong() {
    let cluster = Cluster::start().await;
    let url = |node: usize| vec!["--url".to_owned(), cluster.nodes[node].node.url()];
    // A copy of the stream may be a little behind at the start.
    until(async || run("status", &url(0)).status.success().then_some(())).await;
    let text = good("status", &url(0));
    for name in ["node-1", "node-2", "node-3"] {
        let line = text.lines().find(|line| line.starts_with(name));
        assert!(line.is_some_and(|line| line.contains("ready")), "{text}");
    }
    cluster.nodes[2].node.terminate().expect("ended");
    let output = run("status", &[url(0), vec!["--json".to_owned()]].concat());
    assert_eq!(output.status.code(), Some(1));
    let nodes: app::wire::Nodes = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(nodes.nodes.len(), 3);
    assert_eq!(run("status", &url(2)).status.code(), Some(2));
}

#[tokio::test]
async fn create_makes_the_stream_once() {
    let site = Site::new().await;
    let flags = flags(&site.nats, &site.name);
    let first = good("create", &flags);
    assert!(first.contains("was made"), "{first}");
    let second = good("create", &flags);
    assert!(second.contains("is there"), "{second}");
    let log = |text: &str| text.split("log ").nth(1).map(|text| text[..16].to_owned());
    assert_eq!(log(&first), log(&second));
    assert!(refused("create", &[]).contains("needs --cluster"));
    let cluster = site.start();
    cluster.nodes[0].push(client("ada"), "hello").await;
    assert_eq!(cluster.same_history().await.len(), 1);
}

#[tokio::test]
async fn a_single_server_becomes_a_cluster_with_all_it_has() {
    let site = Site::new().await;
    let folder = site.folder.path().join("node-1");
    let single = NodeOptions::new(env!("CARGO_BIN_EXE_tidings"), &folder).args(["--drain", "0"]);
    let single = Node::start(single).expect("a server");
    let endpoint = Endpoint::at(single.address());
    let mut pushed = Vec::new();
    for number in 0..20 {
        let text = format!("old {number}");
        let to = if number % 2 == 0 {
            To::Everyone
        } else {
            client("ada")
        };
        pushed.push((endpoint.push(to, &text).await.id.expect("a cursor"), text));
    }
    endpoint.ack("ada", &pushed[11].0).await;
    endpoint.until_unread("ada", 4).await;
    let job = json!({"title": "a job"}).to_string();
    let job = endpoint.post("/api/jobs", &job).await;
    let job: JobInfo = job.json().await.expect("a job");
    let mut reader = endpoint.resume("eve", &pushed[0].0, &[]).await;
    let seen = pairs(reader.up_to("old 10").await);
    drop(reader);
    let (data, flags) = (folder.join("data"), flags(&site.nats, &site.name));
    let text = refused("import", &on(&data, flags.clone()));
    assert!(text.contains("in use"), "{text}");
    single.terminate().expect("ended");
    let text = good("import", &on(&data, flags.clone()));
    assert!(text.contains("20 messages"), "{text}");
    let text = refused("import", &on(&data, flags));
    assert!(text.contains("already"), "{text}");

    let cluster = site.start();
    cluster.nodes[1].push(To::Everyone, "new").await;
    assert_eq!(cluster.same_history().await.len(), 21);
    for node in &cluster.nodes {
        node.until_unread("ada", 4).await;
        let found: JobInfo = node.read(&format!("/api/jobs/{}", job.id)).await;
        assert_eq!(found.id, job.id);
        let (cursor, _) = seen.last().expect("a message");
        let mut reader = node.resume("eve", cursor, &[]).await;
        let rest = pairs(reader.up_to("new").await);
        let expected: Vec<_> = pushed[12..].iter().step_by(2).cloned().collect();
        assert_eq!(rest[..rest.len() - 1], expected);
    }
}

/// The folder in which each nats-server keeps its streams.
fn stores(cluster: &Cluster) -> Vec<PathBuf> {
    let servers = fs::read_dir(cluster.nats.folder()).expect("a folder");
    let servers = servers.map(|entry| entry.expect("an entry").path());
    servers.map(|server| server.join("store")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_goes_on_after_all_nats_servers_have_lost_everything() {
    let cluster = Cluster::with_own_servers().await;
    let mut pushed = Vec::new();
    for number in 0..20 {
        let text = format!("old {number}");
        let id = cluster.nodes[number % 3].push(To::Everyone, &text).await.id;
        pushed.push((id.expect("a cursor"), text));
    }
    assert_eq!(cluster.same_history().await.len(), 20);
    // The last node does not get the newest messages.
    cluster.nodes[2].node.terminate().expect("ended");
    let newest = cluster.nodes[0].push(To::Everyone, "newest").await.id;
    let newest = newest.expect("a cursor");
    until(async || {
        let path = format!("/api/messages/{newest}");
        let answer = cluster.nodes[1].get(&path).await;
        (answer.status() == 200).then_some(())
    })
    .await;
    let args = |node: usize| {
        let data = cluster.nodes[node].data();
        on(&data, flags(&cluster.nats, &cluster.name))
    };
    let text = refused("recover", &args(2));
    assert!(text.contains("nothing to recover"), "{text}");
    for node in [0, 1] {
        cluster.nodes[node].node.kill().expect("killed");
    }
    cluster.nats.kill_all().expect("killed");
    for store in stores(&cluster) {
        fs::remove_dir_all(store).expect("deleted");
    }
    cluster.nats.start_all_again().expect("started");

    let text = good("recover", &args(0));
    assert!(text.contains("21 messages"), "{text}");
    for node in &cluster.nodes {
        node.node.start_again().expect("started");
        node.node.until_ready().expect("ready");
    }
    let history = cluster.same_history().await;
    assert_eq!(history.len(), 21);
    cluster.nodes[2].push(To::Everyone, "after").await;
    assert_eq!(cluster.same_history().await.len(), 22);
    for node in &cluster.nodes {
        let mut reader = node.resume("eve", &pushed[18].0, &[]).await;
        let seen = pairs(reader.up_to("after").await);
        assert_eq!(
            seen[..2],
            [pushed[19].clone(), (newest.clone(), "newest".to_owned())]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_more_than_the_recovered_one_joins_only_when_it_is_told_to() {
    let cluster = Cluster::with_own_servers().await;
    let old = cluster.nodes[0].push(To::Everyone, "old").await.id;
    cluster.same_history().await;
    cluster.nodes[0].node.terminate().expect("ended");
    let lost = cluster.nodes[1].push(To::Everyone, "lost").await.id;
    let lost = lost.expect("a cursor");
    for node in [1, 2] {
        cluster.nodes[node].node.terminate().expect("ended");
    }
    let data = |node: usize| cluster.nodes[node].data();
    let args = on(&data(0), flags(&cluster.nats, &cluster.name));
    let text = refused("recover", &args);
    assert!(text.contains("--delete-stream"), "{text}");
    good(
        "recover",
        &[args, vec!["--delete-stream".to_owned()]].concat(),
    );

    cluster.nodes[0].node.start_again().expect("started");
    cluster.nodes[0].node.until_ready().expect("ready");
    cluster.nodes[1].node.start_again().expect("started");
    let ready = cluster.nodes[1].get("/health/ready").await;
    assert_eq!(ready.status(), 503);
    let text = ready.text().await.expect("a reason");
    assert!(text.contains("--cluster-rejoin"), "{text}");
    // It still serves what it has.
    cluster.nodes[1].message(&lost).await;
    cluster.nodes[1].node.terminate().expect("ended");
    for node in [1, 2] {
        let file = data(node).with_file_name("tidings.toml");
        fs::write(file, "cluster_rejoin = true").expect("written");
        cluster.nodes[node].node.start_again().expect("started");
        cluster.nodes[node].node.until_ready().expect("ready");
    }
    assert_eq!(cluster.same_history().await.len(), 1);
    cluster.nodes[2].push(To::Everyone, "new").await;
    // Who has read what is lost is told so, and who has not misses nothing.
    let mut reader = cluster.nodes[1].resume("eve", &lost, &[]).await;
    assert_eq!(reader.next().await.event, "gap");
    let mut reader = cluster.nodes[1]
        .resume("ada", &old.expect("a cursor"), &[])
        .await;
    assert_eq!(reader.text().await, "new");
}
