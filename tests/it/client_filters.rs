//! Filters of the list of clients, and clearing an inbox.

use app::wire::{ClientDetail, ClientsPage, KeyRequest, Problem, To};
use serde_json::Value;

use crate::harness::{Server, client, within};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Opens a stream with this browser. It ends when the answer is dropped.
async fn open(server: &Server, id: &str, topic: &str, browser: &str) -> reqwest::Response {
    let url = server.url(&format!("/sse?client_id={id}&topic={topic}"));
    let request = server.http.get(url).header("user-agent", browser);
    let answer = within(request.send()).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer
}

fn names(page: &ClientsPage) -> Vec<&str> {
    let clients = page.clients.iter();
    clients.map(|client| client.client_id.as_str()).collect()
}

async fn found(server: &Server, query: &str) -> Vec<String> {
    let page: ClientsPage = server.read(&format!("/api/clients?{query}")).await;
    names(&page).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn clients_are_found_by_their_connections() {
    let server = Server::start().await;
    let _ada = open(&server, "ada", "orders/1", FIREFOX).await;
    let _bob = open(&server, "bob", "orders/*", "curl/8.5.0").await;
    let _eve = open(&server, "eve", "news", FIREFOX).await;
    let three = |page: &ClientsPage| page.total == 3;
    let page = server.until("/api/clients", three).await;
    let last = page.clients.iter().flat_map(|client| &client.connections);
    let newest = last.map(|one| one.since).max().expect("connections");
    // A message to this topic would reach both of them.
    assert_eq!(found(&server, "topic=orders%2F1").await, ["ada", "bob"]);
    assert_eq!(found(&server, "topic=orders%2F2").await, ["bob"]);
    assert_eq!(found(&server, "topic=orders%2F*").await, ["bob"]);
    assert_eq!(found(&server, "browser=firefox").await, ["ada", "eve"]);
    assert_eq!(found(&server, "browser=curl").await, ["bob"]);
    let both = "browser=Firefox&topic=orders%2F1&state=all";
    assert_eq!(found(&server, both).await, ["ada"]);
    let later = format!("connected_after={}", newest + 1);
    assert_eq!(found(&server, &later).await, [""; 0]);
    let all = format!("connected_after={}", page.clients[0].connections[0].since);
    assert!(found(&server, &all).await.contains(&"ada".to_owned()));
    // With an offset too, with the number of those that match.
    let page: ClientsPage = server
        .read("/api/clients?browser=Firefox&offset=1&sort=-client_id")
        .await;
    assert_eq!((names(&page), page.matching), (vec!["ada"], Some(2)));
}

#[tokio::test]
async fn clients_are_found_by_what_waits_for_them_and_whether_they_are_there() {
    let server = Server::start().await;
    let ada = server.listen("ada", &[]).await;
    for name in ["bob", "cleo", "dan"] {
        server.push(client(name), "hello").await;
    }
    let mut dan = server.listen("dan", &[]).await;
    let got = dan.message().await.id;
    server.ack("dan", &got).await;
    drop(dan);
    let gone = |page: &ClientsPage| page.total == 1;
    server.until("/api/clients", gone).await;
    let got = |one: &ClientDetail| one.unread == 0;
    server.until("/api/clients/dan", got).await;
    assert_eq!(found(&server, "state=away").await, ["bob", "cleo", "dan"]);
    let unread = "state=all&unread=true";
    assert_eq!(found(&server, unread).await, ["bob", "cleo"]);
    assert_eq!(found(&server, "unread=true").await, [""; 0]);
    let page: ClientsPage = server
        .read("/api/clients?state=away&offset=1&limit=1")
        .await;
    assert_eq!((names(&page), page.matching), (vec!["cleo"], Some(3)));
    let page: ClientsPage = server.read("/api/clients?state=away&limit=2").await;
    assert_eq!(names(&page), ["bob", "cleo"]);
    let next = page.next.expect("another page");
    let rest = format!("state=away&limit=2&after={next}");
    assert_eq!(found(&server, &rest).await, ["dan"]);
    drop(ada);
}

#[tokio::test]
async fn a_filter_that_is_not_valid_is_refused() {
    let server = Server::start().await;
    for (query, field) in [
        ("state=gone", "state"),
        ("unread=maybe", "unread"),
        ("connected_after=noon", "connected_after"),
        ("state=away&topic=news", "topic"),
        ("state=away&browser=curl", "browser"),
    ] {
        let answer = server.get(&format!("/api/clients?{query}")).await;
        assert_eq!(answer.status(), 422, "{query}");
        let problem: Problem = within(answer.json()).await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some(field), "{query}");
    }
}

#[tokio::test]
async fn a_caller_finds_nobody_by_a_topic_that_it_may_not_read() {
    let token = "an-admin-token-for-tests";
    let server = Server::with(&["--admin-token", token]).await;
    let admin = server.api.clone().with_token(token);
    let _ada = open(&server, "own:1", "secret", FIREFOX).await;
    let key = KeyRequest {
        name: "n".to_owned(),
        role: Some("viewer".to_owned()),
        clients: vec!["own:*".to_owned()],
        topics: vec!["own/**".to_owned()],
        ..KeyRequest::default()
    };
    let key = within(admin.create_key(&key)).await.expect("made").key;
    for (token, expected) in [(token, 1), (&key, 0)] {
        let url = server.url("/api/clients?topic=secret");
        let answer = server.http.get(url).bearer_auth(token).send();
        let page: ClientsPage = within(answer)
            .await
            .expect("an answer")
            .json()
            .await
            .expect("a page");
        assert_eq!(page.clients.len(), expected);
    }
}

#[tokio::test]
async fn an_inbox_that_is_cleared_is_not_delivered_and_the_client_is_told() {
    let server = Server::start().await;
    server.push(client("ada"), "alone").await;
    let both = To::Clients(vec!["ada".to_owned(), "bob".to_owned()]);
    let shared = server.push(both, "with bob").await.id.expect("a cursor");
    let url = server.url("/api/clients/ada/inbox");
    let clear = || async {
        let answer = within(server.http.delete(&url).send()).await;
        answer.expect("an answer").status().as_u16()
    };
    assert_eq!(clear().await, 204);
    assert_eq!(clear().await, 204, "it is empty, and stays so");
    let detail: ClientDetail = server.read("/api/clients/ada").await;
    assert_eq!(detail.unread, 0);
    let receipts = server.message(&shared).await.message.receipts;
    assert_eq!((receipts.expired, receipts.waiting), (1, 1));
    server.push(client("ada"), "new").await;
    let mut ada = server.listen("ada", &[]).await;
    let gap = ada.event("gap").await;
    let gap: Value = serde_json::from_str(&gap.data).expect("JSON");
    assert_eq!(gap["reason"], "expired");
    assert_eq!(ada.message().await.data, "new");
    let mut bob = server.listen("bob", &[]).await;
    assert_eq!(bob.message().await.data, "with bob");
    let unknown = server.url("/api/clients/nobody/inbox");
    let answer = within(server.http.delete(unknown).send()).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 404);
    let problem: Problem = within(answer.json()).await.expect("a problem");
    assert_eq!(problem.code, "client_unknown");
    let trail: Value = server.read("/api/audit?action=inbox.clear").await;
    assert_eq!(trail["entries"][0]["to"]["client"], "ada");
}
