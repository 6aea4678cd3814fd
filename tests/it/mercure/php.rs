//! What `symfony/mercure` sends by `symfony/http-client`, byte for byte, and what PHP programs send without it.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{HUB, hub, listen, publisher};
use crate::harness::{Server, within};

/// Sends these bytes on a connection of their own. Returns the status line and the body of the answer.
async fn exchanged(server: &Server, request: &str) -> (String, String) {
    let mut socket = TcpStream::connect(server.address).await.expect("connected");
    within(socket.write_all(request.as_bytes()))
        .await
        .expect("sent");
    let mut answer = String::new();
    within(socket.read_to_string(&mut answer))
        .await
        .expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.lines().next().expect("a status").to_owned();
    (status, body.to_owned())
}

/// `Hub::publish(new Update(['https://example.com/books/1', 'https://example.com/all'], '{"n": "é & b"}', true, 'urn:1', 'sold', 5))`:
/// the body is built with `http_build_query`, without the indexes of the list, and the client adds its headers.
#[tokio::test]
async fn an_update_of_symfony_is_published_and_heard() {
    let server = hub(&[]).await;
    let reader = super::subscriber(&["https://example.com/all"]);
    let mut stream = listen(&server, &["https://example.com/books/{id}"], Some(&reader)).await;
    let body = "topic=https%3A%2F%2Fexample.com%2Fbooks%2F1&topic=https%3A%2F%2Fexample.com%2Fall&data=%7B%22n%22%3A+%22%C3%A9+%26+b%22%7D&private=on&id=urn%3A1&type=sold&retry=5";
    let token = publisher(&["*"]);
    let address = server.address;
    let length = body.len();
    let request = format!(
        "POST {HUB} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: */*\r\nContent-Length: {length}\r\nUser-Agent: Symfony HttpClient (Curl)\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n{body}"
    );
    let (status, id) = exchanged(&server, &request).await;
    assert_eq!((status.as_str(), id.as_str()), ("HTTP/1.1 200 OK", "urn:1"));
    let event = stream.message().await;
    assert_eq!(
        (event.id.as_str(), event.event.as_str(), event.data.as_str()),
        ("urn:1", "sold", r#"{"n": "é & b"}"#)
    );
}

/// `file_get_contents` with a stream context: HTTP/1.0 headers of PHP, a charset, and lower case.
#[tokio::test]
async fn an_update_of_a_plain_php_program_is_published() {
    let server = hub(&[]).await;
    let mut stream = listen(&server, &["news"], None).await;
    let body = "topic=news&data=a%0D%0Ab";
    let token = publisher(&["news"]);
    let address = server.address;
    let length = body.len();
    let request = format!(
        "POST {HUB} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\ncontent-type: application/x-www-form-urlencoded; charset=utf-8\r\nauthorization: bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let (status, id) = exchanged(&server, &request).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(id.starts_with('#'), "{id}");
    let event = stream.message().await;
    assert_eq!((event.id, event.data.as_str()), (id, "a\nb"));
}

/// `Authorization::setCookie` of `symfony/mercure` makes this cookie, and a browser sends it back.
#[tokio::test]
async fn the_cookie_of_symfony_opens_private_updates() {
    let server = hub(&[]).await;
    let token = super::subscriber(&["news"]);
    let request = server.http.get(server.url(&format!("{HUB}?topic=news")));
    let request = request.header(
        "cookie",
        format!("PHPSESSID=abc; mercureAuthorization={token}; x=y"),
    );
    let response = within(request.send()).await.expect("an answer");
    let mut stream = crate::harness::Listener::of(response);
    super::publish(
        &server,
        &[("topic", "news"), ("data", "x"), ("private", "on")],
    )
    .await;
    assert_eq!(stream.text().await, "x");
}
