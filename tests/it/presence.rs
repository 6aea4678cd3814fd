//! Presence: the list of connected clients, and its changes.

use app::{
    api::ClientsQuery,
    wire::{ClientInfo, ClientsPage, Problem, Sample, TopicInfo, TopicsPage},
};

use crate::harness::{Server, client};

#[tokio::test]
async fn the_list_of_clients_is_paged_and_searchable() {
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
async fn an_observer_is_informed_about_clients_and_is_not_an_audience() {
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
async fn a_burst_of_changes_is_one_event() {
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

/// The ids in a window of the list, and the number of matching clients.
async fn window(server: &Server, query: &str) -> (Vec<String>, Option<u64>) {
    let page: ClientsPage = server.read(&format!("/api/clients?{query}")).await;
    let ids = page.clients.into_iter().map(|client| client.client_id);
    (ids.collect(), page.matching)
}

#[tokio::test]
async fn a_window_of_the_list_has_the_requested_order() {
    let server = Server::start().await;
    let mut open = Vec::new();
    for name in ["cleo", "ada", "bob", "ada"] {
        open.push(server.listen(name, &[&format!("of/{name}")]).await);
    }
    for (query, ids, matching) in [
        ("offset=0", &["ada", "bob", "cleo"][..], 3),
        ("offset=1&limit=1", &["bob"], 3),
        ("sort=-client_id", &["cleo", "bob", "ada"], 3),
        ("sort=since&offset=0", &["cleo", "ada", "bob"], 3),
        ("sort=-since&limit=2", &["bob", "ada"], 3),
        ("sort=-connections&limit=1", &["ada"], 3),
        ("sort=connections&offset=2", &["ada"], 3),
        ("offset=0&q=of/b", &["bob"], 1),
        ("offset=7", &[], 3),
    ] {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(
            window(&server, query).await,
            (ids, Some(matching)),
            "{query}"
        );
    }
    drop(open);
    server.until_connections(0).await;
    assert_eq!(window(&server, "offset=0").await, (vec![], Some(0)));
    server.push(client("dan"), "for whoever comes").await;
    let page = window(&server, "state=all&offset=1&limit=2").await;
    assert_eq!(page, (vec!["bob".to_owned(), "cleo".to_owned()], Some(4)));
    let page = window(&server, "state=all&offset=0&q=DA").await;
    assert_eq!(page, (vec!["ada".to_owned(), "dan".to_owned()], Some(2)));
}

#[tokio::test]
async fn a_client_is_listed_from_its_welcome_on_and_after_it_has_left() {
    let server = Server::start().await;
    let mut names = Vec::new();
    for number in 0..20 {
        let name = format!("client-{number:02}");
        let stream = server.listen(&name, &[]).await;
        names.push(name);
        let page: ClientsPage = server.read("/api/clients?state=all").await;
        let ids: Vec<_> = page.clients.into_iter().map(|c| c.client_id).collect();
        assert_eq!(ids, names);
        drop(stream);
    }
    server.until_connections(0).await;
    let all = window(&server, "state=all&offset=0").await;
    assert_eq!(all, (names, Some(20)));
}

#[tokio::test]
async fn an_invalid_window_is_refused_with_its_field() {
    let server = Server::start().await;
    for (query, field) in [
        ("offset=x", "offset"),
        ("offset=-1", "offset"),
        ("sort=age", "sort"),
        ("sort=-", "sort"),
        ("offset=0&after=ada", "after"),
        ("state=all&sort=since", "sort"),
        ("state=some", "state"),
        ("offset=0&limit=0", "limit"),
    ] {
        let answer = server.get(&format!("/api/clients?{query}")).await;
        assert_eq!(answer.status(), 422, "{query}");
        let problem: Problem = answer.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some(field), "{query}");
    }
}

#[tokio::test]
async fn topics_are_listed_with_their_subscribers() {
    let server = Server::start().await;
    let _ada = server.listen("ada", &["orders/1", "orders/*", "**"]).await;
    let _bob = server.listen("bob", &["orders/1", "a/*/**"]).await;
    let _panel = server.listen("panel", &["$sys/stats"]).await;
    let names = |page: TopicsPage| -> Vec<(String, u64)> {
        let pair = |topic: TopicInfo| (topic.topic, topic.connections);
        page.topics.into_iter().map(pair).collect()
    };
    let all = [("**", 1), ("a/*/**", 1), ("orders/*", 1), ("orders/1", 2)];
    let all = all.map(|(topic, count)| (topic.to_owned(), count));
    let page: TopicsPage = server.read("/api/topics").await;
    assert_eq!((names(page.clone()), page.next), (all.to_vec(), None));
    let page: TopicsPage = server.read("/api/topics?limit=3").await;
    assert_eq!(page.next.as_deref(), Some("orders/*"));
    let page: TopicsPage = server.read("/api/topics?limit=3&after=orders/*").await;
    assert_eq!((names(page.clone()), page.next), (all[3..].to_vec(), None));
    let page = server.api.topics("orders", 10).await.expect("topics");
    assert_eq!(names(page), all[2..]);
}

#[tokio::test]
async fn an_observer_gets_the_stats_of_the_node_and_of_the_last_hour() {
    let server = Server::start().await;
    let mut panel = server.listen("panel", &["$sys/stats"]).await;
    let _ada = server.listen("ada", &[]).await;
    server.push(client("ada"), "one").await;
    let mut sample: Sample;
    loop {
        let event = panel.event("sample").await;
        sample = serde_json::from_str(&event.data).expect("a sample");
        if sample.pushes > 0.0 {
            break;
        }
    }
    assert_eq!((sample.clients, sample.connections), (1, 1));
    assert!(sample.deliveries > 0.0);
    assert!(sample.lag_p50.is_some() && sample.lag_p50 <= sample.lag_p99);
    assert!(sample.memory > 1 << 20);
    let history = server.api.stats_history().await.expect("the history");
    assert!(history.samples.contains(&sample));
    assert!(history.samples.is_sorted_by_key(|sample| sample.at));
}
