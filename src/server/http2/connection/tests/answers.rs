//! Answers, their order and their windows.

use super::super::super::{
    error::ErrorCode,
    frame::{flag, kind},
};
use super::super::{CONNECTION_WINDOW, End, STREAM_WINDOW};
use super::peer::{LARGE, MAX_HEAD, Peer, get, post, request, window};

const INITIAL_WINDOW_SIZE: u16 = 4;

#[tokio::test]
async fn requests_are_answered_one_by_one() {
    let mut peer = Peer::connect().await;
    peer.get(1, "/hello").await;
    assert_eq!(peer.whole(1).await, b"hello");
    peer.get(3, "/other").await;
    assert_eq!(peer.whole(3).await, b"/other");
    peer.get(5, "/empty").await;
    let (kind, flags, stream, _) = peer.next().await;
    assert_eq!((kind, stream), (kind::HEADERS, 5));
    assert_ne!(flags & flag::END_STREAM, 0, "no frame for an empty body");
    let head = request("HEAD", "/hello", &[]);
    peer.frame(
        kind::HEADERS,
        flag::END_HEADERS | flag::END_STREAM,
        7,
        &head,
    )
    .await;
    let (kind, flags, ..) = peer.next().await;
    assert_eq!(
        (kind, flags & flag::END_STREAM),
        (kind::HEADERS, flag::END_STREAM)
    );
    drop(peer.socket);
    assert_eq!(peer.connection.await.expect("no panic"), End::Peer);
}

#[tokio::test]
async fn a_head_may_come_in_parts_and_with_a_body_and_trailers() {
    let mut peer = Peer::connect().await;
    let head = request("POST", "/echo", &[("content-length", "10")]);
    let (first, rest) = head.split_at(7);
    peer.frame(kind::HEADERS, 0, 1, first).await;
    peer.frame(kind::CONTINUATION, 0, 1, b"").await;
    peer.frame(kind::CONTINUATION, flag::END_HEADERS, 1, rest)
        .await;
    peer.frame(kind::DATA, 0, 1, b"hello").await;
    peer.frame(kind::DATA, flag::PADDED, 1, b"\x03world\0\0\0")
        .await;
    let trailers = super::peer::block(&[("x-checksum", "1")]);
    peer.frame(
        kind::HEADERS,
        flag::END_HEADERS | flag::END_STREAM,
        1,
        &trailers,
    )
    .await;
    assert_eq!(peer.whole(1).await, b"helloworld");
}

#[tokio::test]
async fn one_large_answer_does_not_keep_others_waiting() {
    let mut peer = Peer::with(1 << 12, &[(INITIAL_WINDOW_SIZE, 1 << 24)]).await;
    peer.send(&[window(0, 1 << 24), get(1, "/large"), get(3, "/hello")].concat())
        .await;
    let (mut large, mut order) = (0, Vec::new());
    while order.len() < 2 {
        let (kind, flags, stream, content) = peer.next().await;
        if kind == kind::DATA {
            large += if stream == 1 { content.len() } else { 0 };
            if flags & flag::END_STREAM != 0 {
                order.push(stream);
            }
        }
    }
    assert_eq!((order, large), (vec![3, 1], LARGE));
}

#[tokio::test]
async fn no_more_is_sent_than_the_windows_allow() {
    let mut peer = Peer::with(1 << 16, &[(INITIAL_WINDOW_SIZE, 3)]).await;
    peer.get(1, "/hello").await;
    assert_eq!(peer.status(1).await, "200");
    assert_eq!(peer.next().await.3, b"hel");
    // A smaller window for all streams: now it is below zero.
    let setting = [0, 4, 0, 0, 0, 1];
    peer.frame(kind::SETTINGS, 0, 0, &setting).await;
    assert_eq!(peer.next().await.0, kind::SETTINGS);
    peer.send(&[window(1, 2), window(1, 1)].concat()).await;
    assert_eq!(peer.next().await.3, b"l");
    peer.frame(kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 9]).await;
    let mut rest = [peer.next().await, peer.next().await];
    rest.sort_by_key(|frame| frame.0);
    assert_eq!(rest[0], (kind::DATA, flag::END_STREAM, 1, b"o".to_vec()));
    assert_eq!(rest[1].0, kind::SETTINGS);
}

#[tokio::test]
async fn the_window_of_the_connection_bounds_all_streams() {
    let mut peer = Peer::with(1 << 20, &[(INITIAL_WINDOW_SIZE, 1 << 24)]).await;
    peer.send(&[get(1, "/large"), get(3, "/large")].concat())
        .await;
    let mut left = (1 << 16) - 1;
    while left > 0 {
        let (kind, .., content) = peer.next().await;
        if kind == kind::DATA {
            left -= content.len();
        }
    }
    peer.frame(kind::PING, 0, 0, &[1; 8]).await;
    assert_eq!(peer.next().await.0, kind::PING, "nothing is sent meanwhile");
    peer.send(&window(0, 10)).await;
    assert_eq!(peer.next().await.3.len(), 10);
}

#[tokio::test]
async fn a_request_may_be_as_large_as_it_is_read() {
    let mut peer = Peer::connect().await;
    let total = 4 * CONNECTION_WINDOW as usize;
    peer.send(&post(1, "/echo", &[])).await;
    let (mut sent, mut stream, mut connection) = (0, STREAM_WINDOW, CONNECTION_WINDOW);
    while sent < total {
        while stream.min(connection) >= 16_384 && sent < total {
            let ends = u8::from(sent + 16_384 == total);
            peer.frame(kind::DATA, ends, 1, &[7; 16_384]).await;
            (sent, stream, connection) = (sent + 16_384, stream - 16_384, connection - 16_384);
        }
        if sent < total {
            let (kind, _, number, content) = peer.next().await;
            assert_eq!(kind, kind::WINDOW_UPDATE);
            let more = u32::from_be_bytes(*content.first_chunk().expect("four bytes"));
            match number {
                0 => connection += more,
                _ => stream += more,
            }
        }
    }
    peer.send(&[window(0, 1 << 24), window(1, 1 << 24)].concat())
        .await;
    let mut received = 0;
    while received < total {
        let (kind, .., content) = peer.next().await;
        if kind == kind::DATA {
            received += content.len();
        }
    }
}

#[tokio::test]
async fn a_request_that_is_not_read_gives_the_window_back() {
    let mut peer = Peer::connect().await;
    // Twice as much as the window of the connection, for answers that do not need it.
    for stream in (1..=2 * CONNECTION_WINDOW / STREAM_WINDOW).map(|number| 2 * number - 1) {
        peer.send(&post(stream, "/hello", &[])).await;
        for _ in 0..4 {
            peer.frame(kind::DATA, 0, stream, &[7; 16_384]).await;
        }
        loop {
            let (kind, _, number, content) = peer.next().await;
            assert_ne!(kind, kind::GOAWAY, "{content:?}");
            if kind == kind::RST_STREAM {
                assert_eq!((number, content), (stream, vec![0; 4]));
                break;
            }
        }
    }
    peer.works(1_001).await;
}

#[tokio::test]
async fn an_answer_that_fails_or_panics_resets_its_stream_only() {
    let mut peer = Peer::connect().await;
    peer.get(1, "/fails").await;
    assert_eq!(peer.status(1).await, "200");
    assert_eq!(peer.next().await.3, b"some");
    peer.is_reset(1, ErrorCode::Internal).await;
    peer.get(3, "/panics").await;
    assert_eq!(peer.status(3).await, "200");
    peer.is_reset(3, ErrorCode::Internal).await;
    peer.works(5).await;
}

#[tokio::test]
async fn a_large_head_gets_an_answer() {
    let mut peer = Peer::connect().await;
    let long = "x".repeat(MAX_HEAD);
    let head = request("GET", "/hello", &[("x-long", &long)]);
    peer.frame(
        kind::HEADERS,
        flag::END_HEADERS | flag::END_STREAM,
        1,
        &head,
    )
    .await;
    assert_eq!(peer.status(1).await, "431");
    peer.works(3).await;
}

#[tokio::test]
async fn a_message_is_written_when_the_socket_has_taken_all_of_it() {
    let mut peer = Peer::with(64, &[(INITIAL_WINDOW_SIZE, 4)]).await;
    peer.get(1, "/message").await;
    peer.status(1).await;
    assert_eq!(peer.next().await.3, b"mess");
    let tracker = std::sync::Arc::clone(&peer.answers.tracker.lock());
    peer.frame(kind::PING, 0, 0, &[1; 8]).await;
    assert_eq!(peer.next().await.0, kind::PING);
    assert_eq!(tracker.written(), 0, "a part of it waits for the window");
    peer.send(&window(1, 3)).await;
    assert_eq!(peer.next().await.3, b"age");
    peer.frame(kind::PING, 0, 0, &[1; 8]).await;
    assert_eq!(peer.next().await.0, kind::PING);
    assert_eq!(tracker.written(), 7);
    peer.frame(kind::RST_STREAM, 0, 1, &[0, 0, 0, 8]).await;
    peer.frame(kind::PING, 0, 0, &[1; 8]).await;
    assert_eq!(peer.next().await.0, kind::PING);
    assert!(tracker.is_closed_by_peer());
}

#[tokio::test]
async fn a_message_is_not_written_while_the_socket_takes_nothing() {
    let mut peer = Peer::with(64, &[]).await;
    peer.send(&[get(1, "/large"), get(3, "/message")].concat())
        .await;
    while peer.answers.tracker.lock().unwritten() != Some(7) {
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.answers.tracker.lock().written(), 0);
    while peer.answers.tracker.lock().written() != 7 {
        peer.next().await;
    }
}
