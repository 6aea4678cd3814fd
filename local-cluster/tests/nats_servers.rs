//! Real nats-servers.

mod protocol;

use std::{path::Path, process::Command, thread, time::Duration};

use local_cluster::{NatsOptions, NatsServers, SyncInterval};
use protocol::Connection;

fn three() -> NatsServers {
    NatsServers::start(3, NatsOptions::default()).expect("three servers")
}

/// Waits for a condition. The test as a whole has a limit elsewhere: every wait of the library ends.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..3_000 {
        if let Some(answer) = ask() {
            return answer;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("this should have happened long ago");
}

#[test]
fn a_killed_leader_is_replaced_and_comes_back() {
    let nats = three();
    let first = nats.meta_leader(0).expect("a leader");
    let other = (first + 1) % 3;
    let id = nats.id(first);
    nats.kill(first).expect("killed");
    until(|| nats.meta_leader(other).filter(|leader| *leader != first));
    nats.until_ready().expect("two are enough");
    nats.start_again(first).expect("started");
    nats.until_ready().expect("all three");
    assert_ne!(nats.id(first), id);
}

#[test]
fn a_leader_that_is_cut_off_is_replaced_and_follows_afterwards() {
    let nats = three();
    let first = nats.meta_leader(0).expect("a leader");
    let other = (first + 1) % 3;
    let mut client = Connection::open(&nats.urls()[first]);
    nats.cut_off(first);
    let second = until(|| nats.meta_leader(other).filter(|leader| *leader != first));
    // Its clients still reach it, and it knows that it leads no longer.
    assert!(client.ping());
    until(|| nats.meta_leader(first).is_none().then_some(()));
    nats.connect(first);
    nats.until_ready().expect("all three");
    assert_eq!(nats.meta_leader(first), nats.meta_leader(second));
}

#[test]
fn a_stopped_server_goes_on() {
    let nats = three();
    let leader = nats.meta_leader(0).expect("a leader");
    nats.stop((leader + 1) % 3).expect("stopped");
    assert!(!nats.is_ready());
    nats.go_on((leader + 1) % 3).expect("it goes on");
    nats.until_ready().expect("all three");
}

#[test]
fn messages_survive_the_kill_of_all_servers_and_stores_can_be_restored() {
    let nats = three();
    let mut client = Connection::open(&nats.urls()[0]);
    client.create_stream("orders", 3);
    assert_eq!(client.publish("orders"), 1);
    let (name, leader) = until(|| nats.stream_leader(0, |name| name.contains("order")));
    assert_eq!((name.as_str(), leader < 3), ("orders", true));

    nats.kill_all().expect("killed");
    let saved = nats.save().expect("saved");
    nats.start_all_again().expect("started");
    let mut client = Connection::open(&nats.urls()[1]);
    assert_eq!(client.publish("orders"), 2);

    nats.kill_all().expect("killed");
    nats.restore(&saved).expect("restored");
    nats.start_all_again().expect("started");
    let mut client = Connection::open(&nats.urls()[2]);
    assert_eq!(client.publish("orders"), 2, "the second message is gone");
}

#[test]
fn one_server_is_a_cluster_too() {
    for sync in [SyncInterval::Always, SyncInterval::Default] {
        let options = NatsOptions {
            sync,
            ..NatsOptions::default()
        };
        let nats = NatsServers::start(1, options).expect("a server");
        let mut client = Connection::open(&nats.urls()[0]);
        client.create_stream("alone", 1);
        assert_eq!(client.publish("alone"), 1);
        nats.terminate(0).expect("ended");
        nats.start_all_again().expect("started");
        let mut client = Connection::open(&nats.urls()[0]);
        assert_eq!(client.publish("alone"), 2);
    }
}

#[test]
fn servers_end_with_their_process_however_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let itself = std::env::current_exe().expect("this program");
    let status = Command::new(itself)
        .args(["--ignored", "--exact", "in_a_process_that_aborts"])
        .env("FOLDER_OF_THE_TEST", folder.path())
        .output()
        .expect("it runs")
        .status;
    assert!(!status.success());
    let id = std::fs::read_to_string(folder.path().join("id")).expect("it was started");
    until(|| (!Path::new("/proc").join(&id).exists()).then_some(()));
}

#[test]
#[ignore = "the test above runs it in a process of its own"]
fn in_a_process_that_aborts() {
    let folder = std::env::var("FOLDER_OF_THE_TEST").expect("a folder");
    let options = NatsOptions {
        folder: Some(folder.clone().into()),
        ..NatsOptions::default()
    };
    let nats = NatsServers::start(1, options).expect("a server");
    std::fs::write(Path::new(&folder).join("id"), nats.id(0).to_string()).expect("written");
    std::process::abort();
}
