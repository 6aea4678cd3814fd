//! Which heads are requests.

use super::*;

const LIMIT: usize = 1_024;

fn read(fields: &[(&str, &str)]) -> Result<Head, HeadError> {
    let mut reader = HeadReader::new(LIMIT);
    for (name, value) in fields {
        let taken = reader.take(name.as_bytes(), value.as_bytes());
        taken.expect("not far over the limit");
    }
    reader.finish()
}

const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "localhost:8020"),
    (":path", "/sse?client_id=ada"),
];

fn with(fields: &[(&'static str, &'static str)]) -> Result<Head, HeadError> {
    read(&[&GET[..], fields].concat())
}

fn without(name: &str) -> Vec<(&'static str, &'static str)> {
    GET.into_iter()
        .filter(|(known, _)| *known != name)
        .collect()
}

#[test]
fn a_request_has_the_url_and_the_fields_of_its_head() {
    let fields = [
        ("cookie", "a=1"),
        ("accept", "*/*"),
        ("cookie", "b=2"),
        ("te", "trailers"),
        ("content-length", "7"),
    ];
    let head = with(&fields).expect("valid");
    assert_eq!(head.content_length, Some(7));
    let request = head.request;
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.version(), Version::HTTP_2);
    assert_eq!(request.uri(), "https://localhost:8020/sse?client_id=ada");
    assert_eq!(request.headers()["cookie"], "a=1; b=2");
    assert_eq!(request.headers()["accept"], "*/*");
    assert_eq!(request.headers().len(), 4);
}

#[test]
fn the_host_may_be_a_field() {
    let mut fields = without(":authority");
    fields.push(("host", "localhost"));
    let request = read(&fields).expect("valid").request;
    assert_eq!(request.uri(), "/sse?client_id=ada");
    assert_eq!(request.headers()["host"], "localhost");
}

#[test]
fn requests_without_a_path_are_taken() {
    let star = [
        (":method", "OPTIONS"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "*"),
    ];
    assert_eq!(read(&star).expect("valid").request.uri().path(), "*");
    let tunnel = [(":method", "CONNECT"), (":authority", "a:1")];
    assert_eq!(read(&tunnel).expect("valid").request.uri(), "a:1");
    let with_path = [&tunnel[..], &[(":path", "/")]].concat();
    assert_eq!(read(&with_path).map(drop), Err(HeadError::Malformed));
}

#[test]
fn malformed_heads_are_refused() {
    for name in [":method", ":scheme", ":path"] {
        assert_eq!(
            read(&without(name)).map(drop),
            Err(HeadError::Malformed),
            "{name}"
        );
    }
    for (name, value) in [
        (":method", "GET"),
        (":path", "/again"),
        (":scheme", "https"),
        (":authority", "again"),
        (":status", "200"),
        (":protocol", "websocket"),
        ("Upper", "case"),
        ("", "no name"),
        ("sp ace", "in a name"),
        ("value", "line\nend"),
        ("value", "zero\0"),
        ("value", " begins blank"),
        ("value", "ends blank\t"),
        ("connection", "close"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
        ("content-length", "+7"),
        ("content-length", ""),
        ("content-length", "99999999999999999999999"),
    ] {
        let head = with(&[(name, value)]);
        assert_eq!(head.map(drop), Err(HeadError::Malformed), "{name}: {value}");
    }
    let different = with(&[("content-length", "1"), ("content-length", "2")]);
    assert_eq!(different.map(drop), Err(HeadError::Malformed));
    let same = with(&[("content-length", "1"), ("content-length", "1")]);
    assert_eq!(same.expect("valid").content_length, Some(1));
    let late = [&without(":path")[..], &[("accept", "*/*"), (":path", "/")]].concat();
    assert_eq!(read(&late).map(drop), Err(HeadError::Malformed));
    for (name, value) in [
        (":path", ""),
        (":path", "relative"),
        (":path", "/with space"),
        (":authority", "user@host"),
        (":method", "G ET"),
        (":scheme", ""),
    ] {
        let head = [&without(name)[..], &[(name, value)]].concat();
        assert_eq!(
            read(&head).map(drop),
            Err(HeadError::Malformed),
            "{name}: {value}"
        );
    }
}

#[test]
fn the_size_of_a_head_is_bounded() {
    let long = "x".repeat(LIMIT);
    let fields = [&GET[..], &[("x-long", &long)]].concat();
    assert_eq!(read(&fields).map(drop), Err(HeadError::TooLarge));
    let mut reader = HeadReader::new(LIMIT);
    let mut taken = 0;
    while reader.take(b"x-long", long.as_bytes()).is_ok() {
        taken += 1;
    }
    assert!(taken < MOST, "{taken}");
    assert!(
        reader.fields.is_empty(),
        "what is over the limit is not kept"
    );
}
