//! A peer that vanishes without closing its connection: a closed laptop, a phone without a signal.

use std::process::Command;

use crate::harness::{Listener, Server, run_in_namespace};

/// The address of the peer in the test's own network.
const PEER: &str = "10.99.0.1";

/// Runs an ignored test in its own network, which has the address of the peer.
pub fn run_with_peer(test: &str) {
    let set_up = format!("ip link set lo up && ip address add {PEER}/32 dev lo");
    run_in_namespace("--net", &set_up, test);
}

/// Opens ada's stream from the address of the peer.
pub async fn stream_of_peer(server: &Server) -> Listener {
    let peer = reqwest::Client::builder()
        .no_proxy()
        .local_address(Some(PEER.parse().expect("an address")))
        .build()
        .expect("a client");
    let request = peer.get(format!("http://{}/sse?client_id=ada", server.address));
    let mut ada = Listener::of(request.send().await.expect("a stream"));
    assert_eq!(ada.next().await.event, "welcome");
    ada
}

/// Removes the address of the peer, so that its packets are lost without a reset.
pub fn remove_peer() {
    let removed = Command::new("ip")
        .args(["address", "del", &format!("{PEER}/32"), "dev", "lo"])
        .status();
    assert!(removed.expect("ip, of iproute2, runs").success());
}

#[test]
fn a_peer_that_vanishes_without_closing_is_removed() {
    run_with_peer("vanishing::in_its_own_network");
}

#[tokio::test]
#[ignore = "the test above runs it where it may take addresses away"]
async fn in_its_own_network() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let _ada = stream_of_peer(&server).await;
    let _bob = server.listen("bob", &[]).await;
    server.until_connections(2).await;

    remove_peer();

    // Nothing informs the server. It must detect that its pings are not acknowledged.
    server.until_connections(1).await;
    let ada = server.api.client("ada").await.expect("known");
    assert!(ada.connections.is_empty());
}
