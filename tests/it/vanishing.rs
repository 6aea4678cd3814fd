//! A peer that vanishes without closing its connection: a closed laptop, a phone without a signal.

use std::process::Command;

use crate::harness::{Listener, Server, run_in_namespace};

/// The address of the peer in the test's own network.
const PEER: &str = "10.99.0.1";

#[test]
fn a_peer_that_vanishes_without_closing_is_removed() {
    run_in_namespace(
        "--net",
        "ip link set lo up && ip address add 10.99.0.1/32 dev lo",
        "vanishing::in_its_own_network",
    );
}

#[tokio::test]
#[ignore = "the test above runs it where it may take addresses away"]
async fn in_its_own_network() {
    let server = Server::with(&["--heartbeat", "1"]).await;
    let peer = reqwest::Client::builder()
        .no_proxy()
        .local_address(Some(PEER.parse().expect("an address")));
    let peer = peer.build().expect("a client");
    let response = peer
        .get(server.url("/sse?client_id=ada"))
        .send()
        .await
        .expect("a stream");
    let mut ada = Listener::of(response);
    assert_eq!(ada.next().await.event, "welcome");
    let _bob = server.listen("bob", &[]).await;
    server.until_connections(2).await;

    let gone = Command::new("ip")
        .args(["address", "del", "10.99.0.1/32", "dev", "lo"])
        .status();
    assert!(gone.expect("ip, of iproute2, runs").success());

    // Nothing informs the server. It must detect that its pings are not acknowledged.
    server.until_connections(1).await;
    let ada = server.api.client("ada").await.expect("known");
    assert!(ada.connections.is_empty());
}
