//! Mercure 1.0: exact matchers and URL patterns, live and replayed.

use app::wire::Problem;

use super::{HUB, hub, publish};
use crate::harness::{Listener, Server, encoded};

/// The path of a stream with these parameters.
fn stream_of(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    format!("{HUB}?{}", pairs.join("&"))
}

async fn listen(server: &Server, parameters: &[(&str, &str)]) -> Listener {
    server.open(&stream_of(parameters)).await
}

async fn texts(stream: &mut Listener, end: &str) -> Vec<String> {
    let events = stream.up_to(end).await.into_iter();
    events.map(|event| event.data).collect()
}

/// The parameters of a query, and the data of the updates that they select.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

const UPDATES: [(&str, &str); 6] = [
    ("https://example.com/books/1", "book"),
    (
        "https://EXAMPLE.com:443/books/2",
        "book, written differently",
    ),
    ("https://example.com/books/1/pages/2", "page"),
    ("/books/1", "a book of this hub"),
    ("https://example.com/{id}", "a name with braces"),
    ("end", "end"),
];

#[tokio::test]
async fn matchers_are_compared_as_their_names_say_live_and_replayed() {
    let server = hub(&["--public-url", "https://hub.example.com"]).await;
    let cases: [Case; 7] = [
        (
            &[("match_urlpattern", "https://example.com/books/:id")],
            &["book", "book, written differently"],
        ),
        (
            &[("match_urlpattern", "https://example.com/books/*")],
            &["book", "book, written differently", "page"],
        ),
        (&[("match", "https://example.com/books/1")], &["book"]),
        (
            &[("match_urlpattern", "/books/:id")],
            &["a book of this hub"],
        ),
        (
            &[("match_urlpattern", "https://hub.example.com/*")],
            // What is no whole URL is one of the hub.
            &["a book of this hub", "end"],
        ),
        (
            &[("match_exact", "https://example.com/{id}")],
            &["a name with braces"],
        ),
        (
            &[
                ("match_urlpattern", "https://example.com/:a/:b"),
                ("match", "https://example.com/books/1"),
                ("topic", "https://example.com/books/{id}"),
            ],
            &["book", "book, written differently"],
        ),
    ];
    let with_end =
        |parameters: &[(&'static str, &'static str)]| [parameters, &[("match", "end")]].concat();
    let mut streams = Vec::new();
    for (parameters, _) in &cases {
        streams.push(listen(&server, &with_end(parameters)).await);
    }
    for (topic, data) in UPDATES {
        publish(&server, &[("topic", topic), ("data", data)]).await;
    }
    for (stream, (parameters, expected)) in streams.iter_mut().zip(&cases) {
        let mut expected = expected.to_vec();
        if expected.last() != Some(&"end") {
            expected.push("end");
        }
        assert_eq!(texts(stream, "end").await, expected, "{parameters:?}");
        let again = [&with_end(parameters)[..], &[("last_event_id", "earliest")]].concat();
        let mut replayed = listen(&server, &again).await;
        assert_eq!(
            texts(&mut replayed, "end").await,
            expected,
            "{parameters:?}"
        );
    }
}

#[tokio::test]
async fn everything_is_matched_by_a_star() {
    let server = hub(&[]).await;
    for name in ["match", "match_exact", "match_urlpattern", "topic"] {
        let mut stream = listen(&server, &[(name, "*")]).await;
        publish(&server, &[("topic", "any"), ("data", name)]).await;
        assert_eq!(stream.text().await, name);
    }
}

#[tokio::test]
async fn matchers_that_are_not_understood_are_named() {
    let server = hub(&["--max-topics", "2"]).await;
    let cases = [
        ("Match=a", "Match"),
        ("matcher=a", "matcher"),
        ("match_URLPattern=a", "match_URLPattern"),
        ("match_urlpattern=%2F(", "match_urlpattern"),
        ("match=a%E2%80%AEb", "match"),
        ("match=", "match"),
        ("match=a&match=b&match=c", "match"),
    ];
    for (query, field) in cases {
        let answer = server.get(&format!("{HUB}?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        let problem: Problem = answer.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some(field), "{query}");
    }
}
