//! What a peer does wrong.

use super::super::super::{
    error::ErrorCode,
    frame::{flag, kind},
};
use super::super::CONNECTION_WINDOW;
use super::peer::{MAX_STREAMS, Peer, block, frame, get, post, request, window};

const WHOLE: u8 = flag::END_HEADERS | flag::END_STREAM;

#[tokio::test]
async fn errors_of_the_connection_end_it() {
    let cases: [(&str, ErrorCode, Vec<u8>); 21] = [
        ("an even number", ErrorCode::Protocol, get(2, "/hello")),
        (
            "a lower number",
            ErrorCode::Protocol,
            [get(5, "/never"), get(3, "/hello")].concat(),
        ),
        ("no number", ErrorCode::Protocol, get(0, "/hello")),
        (
            "a push",
            ErrorCode::Protocol,
            frame(kind::PUSH_PROMISE, 4, 1, &[0; 4]),
        ),
        (
            "data first",
            ErrorCode::Protocol,
            frame(kind::DATA, 0, 1, b"x"),
        ),
        (
            "a reset first",
            ErrorCode::Protocol,
            frame(kind::RST_STREAM, 0, 1, &[0; 4]),
        ),
        ("a window first", ErrorCode::Protocol, window(1, 1)),
        ("a window of nothing", ErrorCode::Protocol, window(0, 0)),
        (
            "a window that is too large",
            ErrorCode::FlowControl,
            window(0, (1 << 31) - 1),
        ),
        (
            "a continuation first",
            ErrorCode::Protocol,
            frame(kind::CONTINUATION, 4, 1, b""),
        ),
        (
            "a frame within a head",
            ErrorCode::Protocol,
            [
                frame(kind::HEADERS, 0, 1, b""),
                frame(kind::PING, 0, 0, &[0; 8]),
            ]
            .concat(),
        ),
        (
            "a continuation of another head",
            ErrorCode::Protocol,
            [
                frame(kind::HEADERS, 0, 1, b""),
                frame(kind::CONTINUATION, 4, 3, b""),
            ]
            .concat(),
        ),
        (
            "an unknown frame within a head",
            ErrorCode::Protocol,
            [frame(kind::HEADERS, 0, 1, b""), frame(99, 0, 1, b"")].concat(),
        ),
        (
            "a head that can't be decoded",
            ErrorCode::Compression,
            frame(1, WHOLE, 1, &[0x80]),
        ),
        (
            "a head that ends too early",
            ErrorCode::Compression,
            frame(kind::HEADERS, WHOLE, 1, &[0x04, 0x7f]),
        ),
        (
            "a table that is too large",
            ErrorCode::Compression,
            frame(kind::HEADERS, WHOLE, 1, &[0x3f, 0xe2, 0x1f]),
        ),
        (
            "settings on a stream",
            ErrorCode::Protocol,
            frame(kind::SETTINGS, 0, 1, b""),
        ),
        (
            "windows that are too large",
            ErrorCode::FlowControl,
            frame(kind::SETTINGS, 0, 0, &[0, 4, 0x80, 0, 0, 0]),
        ),
        (
            "a short ping",
            ErrorCode::FrameSize,
            frame(kind::PING, 0, 0, &[0; 7]),
        ),
        (
            "a large frame",
            ErrorCode::FrameSize,
            frame(kind::DATA, 0, 1, &vec![0; 16_385]),
        ),
        (
            "too much for the connection",
            ErrorCode::FlowControl,
            [
                (0..4)
                    .flat_map(|n| post(2 * n + 1, "/never", &[]))
                    .collect::<Vec<_>>(),
                (0..4)
                    .flat_map(|n| frame(kind::DATA, 0, 2 * n + 1, &[0; 16_384]).repeat(4))
                    .collect(),
                frame(kind::DATA, 0, 1, b"x"),
            ]
            .concat(),
        ),
    ];
    assert_eq!(CONNECTION_WINDOW, 16 * 16_384, "as the last case needs");
    for (name, code, bytes) in cases {
        println!("{name}");
        let mut peer = Peer::with(1 << 20, &[]).await;
        peer.send(&bytes).await;
        peer.ends_with(code).await;
    }
}

#[tokio::test]
async fn errors_of_a_stream_reset_it_only() {
    let trailers = |flags, fields: &[(&str, &str)]| frame(kind::HEADERS, flags, 1, &block(fields));
    let opened = post(1, "/never", &[]);
    let sized = post(1, "/never", &[("content-length", "3")]);
    let upper = request("GET", "/hello", &[("Upper", "case")]);
    let with_length = request("GET", "/hello", &[("content-length", "3")]);
    let on_itself = [&[0, 0, 0, 1, 16][..], &request("GET", "/hello", &[])].concat();
    let cases: [(&str, ErrorCode, Vec<u8>); 13] = [
        (
            "upper case",
            ErrorCode::Protocol,
            frame(kind::HEADERS, WHOLE, 1, &upper),
        ),
        (
            "a length without a body",
            ErrorCode::Protocol,
            frame(kind::HEADERS, WHOLE, 1, &with_length),
        ),
        (
            "a stream that depends on itself",
            ErrorCode::Protocol,
            frame(kind::HEADERS, WHOLE | flag::PRIORITY, 1, &on_itself),
        ),
        (
            "a body that is too long",
            ErrorCode::Protocol,
            [&sized[..], &frame(kind::DATA, 0, 1, b"four")].concat(),
        ),
        (
            "a body that is too short",
            ErrorCode::Protocol,
            [&sized[..], &frame(kind::DATA, flag::END_STREAM, 1, b"fo")].concat(),
        ),
        (
            "a window that is too large",
            ErrorCode::FlowControl,
            [&opened[..], &window(1, (1 << 31) - 1)].concat(),
        ),
        (
            "a window of nothing",
            ErrorCode::Protocol,
            [&opened[..], &window(1, 0)].concat(),
        ),
        (
            "more than the window",
            ErrorCode::FlowControl,
            [
                &opened[..],
                &frame(kind::DATA, 0, 1, &[0; 16_384]).repeat(5),
            ]
            .concat(),
        ),
        (
            "trailers without an end",
            ErrorCode::Protocol,
            [&opened[..], &trailers(flag::END_HEADERS, &[("x", "1")])].concat(),
        ),
        (
            "trailers with a path",
            ErrorCode::Protocol,
            [&opened[..], &trailers(WHOLE, &[(":path", "/")])].concat(),
        ),
        (
            "data after the end",
            ErrorCode::StreamClosed,
            [get(1, "/never"), frame(kind::DATA, 0, 1, b"x")].concat(),
        ),
        (
            "a head after the end",
            ErrorCode::StreamClosed,
            [get(1, "/never"), trailers(WHOLE, &[("x", "1")])].concat(),
        ),
        (
            "a short priority",
            ErrorCode::FrameSize,
            [get(1, "/never"), frame(kind::PRIORITY, 0, 1, &[0; 4])].concat(),
        ),
    ];
    for (name, code, bytes) in cases {
        println!("{name}");
        let mut peer = Peer::with(1 << 20, &[]).await;
        peer.send(&bytes).await;
        peer.is_reset(1, code).await;
        peer.works(3).await;
    }
}

#[tokio::test]
async fn frames_for_a_stream_that_was_reset_here_are_ignored() {
    let mut peer = Peer::connect().await;
    peer.send(&[post(1, "/never", &[]), window(1, 0)].concat())
        .await;
    peer.is_reset(1, ErrorCode::Protocol).await;
    let late = [
        frame(kind::DATA, 0, 1, b"late"),
        frame(kind::HEADERS, WHOLE, 1, &block(&[("x", "1")])),
        window(1, 5),
        frame(kind::RST_STREAM, 0, 1, &[0; 4]),
    ];
    peer.send(&late.concat()).await;
    peer.get(3, "/hello").await;
    assert_eq!(peer.whole(3).await, b"hello");
    // Its answer is complete, and both sides know it.
    peer.frame(kind::DATA, 0, 3, b"late").await;
    peer.is_reset(3, ErrorCode::StreamClosed).await;
}

#[tokio::test]
async fn streams_over_the_limit_are_refused() {
    let mut peer = Peer::connect().await;
    for number in 0..MAX_STREAMS {
        peer.get(2 * number + 1, "/never").await;
    }
    let next = 2 * MAX_STREAMS + 1;
    peer.get(next, "/hello").await;
    peer.is_reset(next, ErrorCode::RefusedStream).await;
    peer.frame(kind::RST_STREAM, 0, 1, &[0, 0, 0, 8]).await;
    peer.works(next + 2).await;
}

#[tokio::test]
async fn a_request_that_is_reset_ends_as_incomplete() {
    let mut peer = Peer::connect().await;
    peer.send(&post(1, "/echo", &[])).await;
    peer.frame(kind::DATA, 0, 1, b"some").await;
    peer.frame(kind::RST_STREAM, 0, 1, &[0, 0, 0, 8]).await;
    peer.works(3).await;
}
