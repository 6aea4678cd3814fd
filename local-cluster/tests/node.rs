//! A real node, without a cluster.

use std::path::PathBuf;

use local_cluster::{Balancer, Node, NodeOptions};

/// The debug build of the server, beside the folder of this program.
fn tidings() -> PathBuf {
    let itself = std::env::current_exe().expect("this program");
    let binary = itself
        .parent()
        .and_then(|deps| deps.parent())
        .expect("a folder")
        .join("tidings");
    assert!(
        binary.exists(),
        "run `scripts/cargo build --workspace` first"
    );
    binary
}

#[test]
fn a_node_keeps_its_port_and_data_through_kill_and_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = NodeOptions::new(tidings(), folder.path()).args(["--drain", "0"]);
    let node = Node::start(options.env("TIDINGS_NODE", "ada")).expect("a node");
    node.until_ready().expect("ready");
    let (address, id) = (node.address(), node.id());

    node.kill().expect("killed");
    assert!(
        node.ended()
            .expect("a status")
            .is_some_and(|status| !status.success())
    );
    assert!(node.kill().is_err(), "it is gone");
    node.start_again().expect("started");
    assert!(node.start_again().is_err(), "it runs already");
    assert_eq!(node.address(), address);
    assert_ne!(node.id(), id);

    node.stop().expect("stopped");
    node.go_on().expect("it goes on");
    node.until_ready().expect("ready");
    assert!(node.terminate().expect("ended").success());
    assert!(folder.path().join("data/lock").exists());
    node.start_again().expect("started");
    node.restart().expect("started");

    let balancer = Balancer::start(0, [address]).expect("a balancer");
    assert!(balancer.url().starts_with("http://127.0.0.1:"));
    let log = std::fs::read_to_string(node.log()).expect("a log");
    assert_eq!(log.matches("listening on").count(), 4);
}

#[test]
fn a_node_that_does_not_start_tells_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = NodeOptions::new(tidings(), folder.path()).args(["--no-such-flag"]);
    let error = Node::start(options).expect_err("no node");
    assert!(format!("{error:#}").contains("--no-such-flag"), "{error:#}");
}
