//! Peers that cause much work for nothing.

use super::super::super::{
    error::ErrorCode,
    frame::{flag, kind},
};
use super::peer::{Peer, block, frame, get, post, request, window};

/// Sends frames again and again while the connection is open, and reads what comes.
async fn flood(frames: impl FnMut(u32) -> Vec<u8>) {
    let mut peer = Peer::with(1 << 16, &[]).await;
    peer.get(1, "/open").await;
    let (mut reader, mut writer) = tokio::io::split(peer.socket);
    let writing = tokio::spawn({
        let bytes: Vec<Vec<u8>> = (1..20_000).map(frames).collect();
        async move {
            for frame in bytes {
                if tokio::io::AsyncWriteExt::write_all(&mut writer, &frame)
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
    });
    let mut all = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut all)
        .await
        .expect("readable");
    writing.await.expect("no panic");
    let calm = (ErrorCode::EnhanceYourCalm as u32).to_be_bytes();
    assert_eq!(all[all.len() - 4..], calm);
    assert_eq!(all[all.len() - 14], kind::GOAWAY);
    peer.connection.await.expect("no panic");
}

#[tokio::test]
async fn requests_that_are_reset_at_once_end_the_connection() {
    let reset = |number: u32| {
        let stream = 2 * number + 1;
        [
            get(stream, "/never"),
            frame(kind::RST_STREAM, 0, stream, &[0, 0, 0, 8]),
        ]
        .concat()
    };
    flood(reset).await;
}

#[tokio::test]
async fn errors_that_make_the_server_reset_end_the_connection() {
    flood(|number| {
        [
            post(2 * number + 1, "/never", &[]),
            window(2 * number + 1, 0),
        ]
        .concat()
    })
    .await;
    flood(|number| {
        let upper = request("GET", "/hello", &[("Upper", "case")]);
        let flags = flag::END_HEADERS | flag::END_STREAM;
        frame(kind::HEADERS, flags, 2 * number + 1, &upper)
    })
    .await;
}

#[tokio::test]
async fn frames_that_do_nothing_end_the_connection() {
    flood(|_| frame(kind::PING, 0, 0, &[0; 8])).await;
    flood(|_| frame(kind::SETTINGS, 0, 0, &[])).await;
    flood(|_| frame(kind::PRIORITY, 0, 1, &[0, 0, 0, 0, 16])).await;
    flood(|_| frame(99, 0, 0, &[])).await;
    flood(|number| window(if number < 50 { 0 } else { 1 }, 1)).await;
    flood(|number| match number {
        1 => post(3, "/never", &[]),
        _ => frame(kind::DATA, 0, 3, &[]),
    })
    .await;
}

#[tokio::test]
async fn a_head_without_an_end_ends_the_connection() {
    flood(|number| match number {
        1 => frame(kind::HEADERS, 0, 3, &[]),
        _ => frame(kind::CONTINUATION, 0, 3, &[]),
    })
    .await;
    flood(|number| match number {
        1 => frame(kind::HEADERS, 0, 3, &[]),
        _ => frame(
            kind::CONTINUATION,
            0,
            3,
            &block(&[("x-long", &"x".repeat(10_000))]),
        ),
    })
    .await;
}

/// A short head can name a long field many times (the "HPACK bomb").
#[tokio::test]
async fn a_head_that_becomes_large_ends_the_connection() {
    flood(|_| {
        let mut bomb = request("GET", "/hello", &[]);
        bomb.extend_from_slice(&[0x40, 1, b'x', 0x7f, 0x81, 0x0d]);
        bomb.extend_from_slice(&[b'y'; 1_792]);
        bomb.extend_from_slice(&[0xbe; 8_000]);
        frame(
            kind::HEADERS,
            flag::END_HEADERS | flag::END_STREAM,
            3,
            &bomb,
        )
    })
    .await;
}

#[tokio::test]
async fn nothing_more_is_read_while_the_peer_does_not_take_the_answers() {
    let mut peer = Peer::with(1 << 12, &[]).await;
    let ping = frame(kind::PING, 0, 0, &[0; 8]);
    let mut sent = 0;
    // Until the connection does not read any more.
    let blocked = async {
        loop {
            tokio::io::AsyncWriteExt::write_all(&mut peer.socket, &ping)
                .await
                .expect("sent");
            sent += 1;
        }
    };
    let blocked = std::pin::pin!(blocked);
    let idle = tokio::time::timeout(std::time::Duration::from_millis(200), blocked);
    idle.await.expect_err("it goes on reading");
    // What fits into both directions of the pipe, what was read at once, and what may be answered.
    assert!(sent < 2_500, "{sent}");
}
