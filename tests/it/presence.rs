//! Who is connected: as a list, and told live to those who watch.

use app::{api::ClientsQuery, wire::ClientInfo};

use crate::harness::Server;

#[tokio::test]
async fn the_list_pages_and_searches() {
    let server = Server::start().await;
    let mut open = Vec::new();
    for name in ["ada", "bob", "cleo", "dan", "eve"] {
        open.push(server.listen(name, &[&format!("of/{name}")]).await);
    }
    open.push(server.listen("eve", &[]).await);

    let mut names = Vec::new();
    let mut query = ClientsQuery {
        limit: Some(2),
        ..ClientsQuery::default()
    };
    loop {
        let page = server.api.clients(&query).await.expect("a page");
        assert_eq!(page.total, 5);
        names.extend(page.clients.into_iter().map(|client| client.client_id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(names, ["ada", "bob", "cleo", "dan", "eve"]);

    let query = ClientsQuery {
        q: Some("of/cl".into()),
        ..ClientsQuery::default()
    };
    let page = server.api.clients(&query).await.expect("a page");
    assert_eq!(page.clients.len(), 1);
    assert_eq!(page.clients[0].client_id, "cleo");

    let eve = server.api.client("eve").await.expect("eve");
    assert_eq!(eve.connections.len(), 2);
    assert_eq!(eve.connections[0].topics, ["of/eve"]);
    assert!(
        eve.connections[0].id < eve.connections[1].id,
        "oldest first"
    );
    assert!(eve.connections[0].remote.starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn who_watches_is_told_of_each_and_is_no_audience_itself() {
    let server = Server::start().await;
    let mut panel = server.listen("panel", &["$sys/clients"]).await;
    let ada = server.listen("ada", &["news"]).await;
    let told = async |panel: &mut crate::harness::Listener| -> Vec<ClientInfo> {
        serde_json::from_str(&panel.event("clients").await.data).expect("clients")
    };
    let came = told(&mut panel).await;
    assert_eq!(
        (came[0].client_id.as_str(), came[0].connections.len()),
        ("ada", 1)
    );
    drop(ada);
    let mut left = told(&mut panel).await;
    while !left[0].connections.is_empty() {
        left = told(&mut panel).await;
    }
    assert_eq!(left[0].client_id, "ada");
    assert!(left[0].version > came[0].version);

    let stats = server.api.stats().await.expect("stats");
    assert_eq!((stats.clients, stats.connections), (0, 0));
    assert_eq!(
        server
            .push(app::wire::To::Everyone, "nobody")
            .await
            .connections,
        0
    );
}

#[tokio::test]
async fn a_rush_is_told_as_one_word() {
    let server = Server::start().await;
    let mut panel = server.listen("panel", &["$sys/clients"]).await;
    let mut seen = 0;
    let mut open = Vec::new();
    for number in 0..50 {
        open.push(server.listen(&format!("c{number}"), &[]).await);
    }
    while seen < 50 {
        let clients: Vec<ClientInfo> =
            serde_json::from_str(&panel.event("clients").await.data).expect("clients");
        seen += clients.len();
    }
}
