//! Statistics: over ranges of time, of the busiest topics and clients, and of what is wrong.

use app::{
    api::Client,
    wire::{KeyRequest, Problem, Sample, StatsHealth, StatsHistory, StatsTop, To},
};

use crate::harness::{Server, client, push_of, topic, within};

const TOKEN: &str = "an-admin-token-for-tests";

fn starts(history: &StatsHistory) -> Vec<&str> {
    let started = history.marks.iter().filter(|mark| mark.kind == "started");
    started.map(|mark| mark.value.as_str()).collect()
}

fn deliveries(entries: &[app::wire::TopEntry]) -> Vec<(&str, u64, u64)> {
    let one = |entry: &'_ app::wire::TopEntry| (entry.deliveries, entry.pushes);
    let named = entries
        .iter()
        .map(|entry| (entry.name.as_str(), one(entry)));
    named
        .map(|(name, (deliveries, pushes))| (name, deliveries, pushes))
        .collect()
}

#[tokio::test]
async fn samples_and_marks_survive_a_restart() {
    let server = Server::start().await;
    let before: StatsHistory = server
        .until("/api/stats/history?range=1h", |history: &StatsHistory| {
            !history.samples.is_empty() && !history.marks.is_empty()
        })
        .await;
    assert_eq!(starts(&before), [env!("CARGO_PKG_VERSION")]);
    let server = server.restarted().await;
    let has = |sample: &Sample| {
        let sample = *sample;
        move |history: &StatsHistory| history.samples.contains(&sample)
    };
    let first = &before.samples[0];
    let after: StatsHistory = server
        .until("/api/stats/history?range=15m", has(first))
        .await;
    assert!(after.samples.is_sorted_by_key(|sample| sample.at));
    let usual: StatsHistory = server.until("/api/stats/history", has(first)).await;
    assert!(usual.marks.is_empty(), "only where a range is asked for");
    // The interval that had not ended was written, too.
    for (range, every) in [("24h", 60), ("7d", 600)] {
        let path = format!("/api/stats/history?range={range}");
        let coarse: StatsHistory = server
            .until(&path, |history: &StatsHistory| history.marks.len() == 2)
            .await;
        assert_eq!((coarse.every, starts(&coarse).len()), (every, 2));
        assert!(coarse.samples.iter().any(|sample| sample.at >= first.at));
    }
}

#[tokio::test]
async fn a_range_that_is_none_is_refused_with_its_field() {
    let server = Server::start().await;
    for wrong in ["2h", "", "1H"] {
        let path = format!("/api/stats/history?range={wrong}");
        let refused = server.get(&path).await;
        assert_eq!(refused.status(), 422, "{wrong}");
        let problem: Problem = refused.json().await.expect("a problem document");
        assert_eq!(problem.field.as_deref(), Some("range"));
        assert!(problem.detail.contains("7d"), "{}", problem.detail);
    }
}

#[tokio::test]
async fn the_busiest_topics_and_clients_are_listed_by_their_deliveries() {
    let server = Server::start().await;
    let _ada = server.listen("ada", &["news", "orders/*"]).await;
    let _bob = server.listen("bob", &["news"]).await;
    for _ in 0..3 {
        server.push(topic("news"), "n").await;
    }
    server.push(topic("orders/1"), "o").await;
    server.push(topic("nobody"), "x").await;
    let mut ephemeral = push_of(topic("orders/1"), "now");
    ephemeral.ttl = Some(0);
    within(server.api.push(&ephemeral)).await.expect("sent");
    server.push(client("bob"), "b").await;
    server.push(To::Everyone, "e").await;
    server.push(client("eve"), "offline").await;

    let top = within(server.api.stats_top()).await.expect("the lists");
    assert_eq!(
        deliveries(&top.topics),
        [("news", 6, 3), ("orders/1", 2, 2)]
    );
    assert_eq!(deliveries(&top.clients), [("bob", 1, 1)]);
    let map: Vec<_> = top
        .map
        .iter()
        .map(|area| (area.topic.as_str(), area.connections))
        .collect();
    assert_eq!(map, [("news", 2), ("orders/*", 1)]);
    assert!(
        top.map.iter().all(|area| area.pushes > 0.0),
        "{:?}",
        top.map
    );
    assert_eq!((top.other_topics, top.other_connections), (0, 0));
}

#[tokio::test]
async fn closes_and_errors_are_counted_by_their_reason() {
    let server = Server::start().await;
    // It stays open until the server closes it. Otherwise the server may see first that it has left.
    let _ada = server.listen("ada", &[]).await;
    server.get("/api/messages?limit=0").await;
    server.api.disconnect("ada").await.expect("disconnected");
    let top: StatsTop = server
        .until("/api/stats/top", |top: &StatsTop| !top.closes.is_empty())
        .await;
    let closes: Vec<_> = top
        .closes
        .iter()
        .map(|one| (&*one.name, one.count))
        .collect();
    assert_eq!(closes, [("disconnected", 1)]);
    let errors: Vec<_> = top
        .errors
        .iter()
        .map(|one| (&*one.name, one.count))
        .collect();
    assert_eq!(errors, [("invalid_field", 1)]);
}

#[tokio::test]
async fn who_may_read_some_topics_and_clients_sees_only_those() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let admin: Client = server.api.clone().with_token(TOKEN);
    let _shop = server.listen("shop:1", &["orders/1", "secret"]).await;
    let _bank = server.listen("bank:1", &["secret"]).await;
    for to in [
        topic("orders/1"),
        topic("secret"),
        client("shop:1"),
        client("bank:1"),
    ] {
        within(admin.push(&push_of(to, "hello")))
            .await
            .expect("pushed");
    }
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some("viewer".to_owned()),
        clients: vec!["shop:*".to_owned()],
        topics: vec!["orders/**".to_owned()],
        ..KeyRequest::default()
    };
    let key = within(admin.create_key(&request)).await.expect("made");
    let viewer = server.api.clone().with_token(&key.key);
    let seen = within(viewer.stats_top()).await.expect("the lists");
    assert_eq!(deliveries(&seen.topics), [("orders/1", 1, 1)]);
    assert_eq!(deliveries(&seen.clients), [("shop:1", 1, 1)]);
    let map: Vec<_> = seen.map.iter().map(|area| area.topic.as_str()).collect();
    assert_eq!((map, seen.other_topics), (vec!["orders/1"], 0));
    assert!(seen.closes.is_empty() && seen.errors.is_empty());
    let all = within(admin.stats_top()).await.expect("the lists");
    assert_eq!(
        (all.topics.len(), all.clients.len(), all.map.len()),
        (2, 2, 2)
    );
    assert!(within(viewer.stats_health()).await.is_err());
    assert!(within(viewer.stats_range("1h")).await.is_err());
}

#[tokio::test]
async fn the_health_says_what_is_wrong() {
    let server = Server::with(&["--limit-admin", "--limit-pushes", "1"]).await;
    let health: StatsHealth = server.read("/api/stats/health").await;
    assert_eq!(health.conditions, []);
    let push = r#"{"to":{"client":"ada"},"data":"x"}"#;
    within(async { while server.post("/push", push).await.status() != 429 {} }).await;
    let health: StatsHealth = server.read("/api/stats/health").await;
    let found = &health.conditions;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].code, found[0].bad), ("pushes_limited", false));
    assert!(found[0].count >= 1 && found[0].detail.contains("limits"));
}
