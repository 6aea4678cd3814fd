//! What happens at certain times.

use tokio::{
    io::AsyncReadExt,
    time::{Instant, advance},
};

use super::super::super::{
    error::ErrorCode,
    flow::MAX_WINDOW,
    frame::{flag, kind},
};
use super::super::{End, LAST_PING, PING};
use super::peer::{HEARTBEAT, IDLE, Peer, REQUEST_TIMEOUT, STALL_TIMEOUT, get, window};

const INITIAL_WINDOW_SIZE: u16 = 4;

fn last_of(content: &[u8]) -> u32 {
    u32::from_be_bytes(*content.first_chunk().expect("a number"))
}

/// The peer is told of the end, acknowledges it, and is told which stream is the last one.
async fn is_ended(mut peer: Peer, last: u32) {
    let (kind, .., content) = peer.next().await;
    assert_eq!((kind, last_of(&content)), (kind::GOAWAY, MAX_WINDOW));
    assert_eq!(peer.next().await, (kind::PING, 0, 0, LAST_PING.to_vec()));
    peer.frame(kind::PING, flag::ACK, 0, &LAST_PING).await;
    let (kind, .., content) = peer.next().await;
    assert_eq!((kind, last_of(&content)), (kind::GOAWAY, last));
    assert_eq!(peer.connection.await.expect("no panic"), End::Here);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_ends_soon() {
    let began = Instant::now();
    let peer = Peer::connect().await;
    is_ended(peer, 0).await;
    assert!(began.elapsed() >= REQUEST_TIMEOUT && began.elapsed() < IDLE);
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_when_it_was_idle() {
    let mut peer = Peer::connect().await;
    peer.get(1, "/hello").await;
    peer.whole(1).await;
    let began = Instant::now();
    is_ended(peer, 1).await;
    assert!(began.elapsed() >= IDLE && began.elapsed() < 2 * IDLE);
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_a_peer_that_says_nothing() {
    let mut peer = Peer::connect().await;
    peer.get(1, "/hello").await;
    peer.whole(1).await;
    assert_eq!(peer.connection.await.expect("no panic"), End::Here);
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_a_stream_lasts_while_pings_are_answered() {
    let mut peer = Peer::connect().await;
    peer.get(1, "/silent").await;
    peer.status(1).await;
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(peer.next().await, (kind::PING, 0, 0, PING.to_vec()));
        peer.frame(kind::PING, flag::ACK, 0, &PING).await;
    }
    assert!(began.elapsed() >= 19 * HEARTBEAT);
    let began = Instant::now();
    assert_eq!(peer.next().await.0, kind::PING);
    assert_eq!(peer.connection.await.expect("no panic"), End::Failed);
    assert!(began.elapsed() >= HEARTBEAT + REQUEST_TIMEOUT);
    assert!(!peer.answers.tracker.lock().is_closed_by_peer());
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_which_nothing_is_taken_is_reset_and_others_go_on() {
    let mut peer = Peer::with(1 << 16, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    let began = Instant::now();
    peer.send(&[get(1, "/open"), get(3, "/silent")].concat())
        .await;
    peer.status(1).await;
    peer.status(3).await;
    peer.is_reset(1, ErrorCode::Cancel).await;
    assert!(began.elapsed() >= STALL_TIMEOUT);
    assert!(began.elapsed() < STALL_TIMEOUT + HEARTBEAT);
    assert_eq!(
        peer.next().await.0,
        kind::PING,
        "the other one has nothing to send"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_taken_slowly_goes_on() {
    let mut peer = Peer::with(1 << 16, &[(INITIAL_WINDOW_SIZE, 0)]).await;
    peer.get(1, "/hello").await;
    peer.status(1).await;
    for letter in b"hello" {
        advance(STALL_TIMEOUT - std::time::Duration::from_secs(1)).await;
        peer.send(&window(1, 1)).await;
        let mut frame = peer.next().await;
        while frame.0 == kind::PING {
            peer.frame(kind::PING, flag::ACK, 0, &PING).await;
            frame = peer.next().await;
        }
        assert_eq!((frame.0, &frame.3[..]), (kind::DATA, &[*letter][..]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_takes_nothing_fails() {
    let mut peer = Peer::with(64, &[]).await;
    peer.get(1, "/large").await;
    peer.status(1).await;
    let began = Instant::now();
    let end = (&mut peer.connection).await.expect("no panic");
    assert_eq!(end, End::Failed);
    assert!(began.elapsed() >= STALL_TIMEOUT && began.elapsed() < 2 * STALL_TIMEOUT);
    assert!(!peer.answers.tracker.lock().is_closed_by_peer());
    let mut rest = Vec::new();
    peer.socket.read_to_end(&mut rest).await.expect("readable");
}
