//! Endpoints that are down, and what comes after.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;

use super::{
    ALLOW, Receiver, hook,
    receiver::{Answer, Received},
    server, until,
};
use crate::harness::{Server, client, seq, within};

/// Pushes to a client, and acknowledges each message. Returns the positions of the messages.
async fn push_and_ack(server: &Server, name: &str, count: usize) -> Vec<u64> {
    let mut positions = Vec::with_capacity(count);
    for n in 0..count {
        let id = server
            .push(client(name), &n.to_string())
            .await
            .id
            .expect("an id");
        positions.push(seq(&id));
        server.ack(name, &id).await;
    }
    positions
}

/// Takes events until all these messages were acknowledged. Those of each client have to be in order, and each new to the
/// receiver after its ids are looked at.
async fn all_in_order(receiver: &Receiver, expected: &BTreeMap<String, Vec<u64>>) {
    let mut ids = HashSet::new();
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    while found != *expected {
        let received: Received = receiver.next().await;
        if !ids.insert(received.id.clone()) {
            continue;
        }
        let messages = received.json["data"]["messages"]
            .as_array()
            .expect("a list")
            .clone();
        let positions = messages
            .iter()
            .map(|id| seq(id.as_str().expect("a cursor")));
        let of_client = found.entry(received.client().to_owned()).or_default();
        of_client.extend(positions);
        assert!(of_client.is_sorted(), "{received:?}");
        let wanted = &expected[received.client()];
        assert_eq!(
            of_client[..],
            wanted[..of_client.len().min(wanted.len())],
            "{received:?}"
        );
    }
}

#[tokio::test]
async fn an_endpoint_that_was_killed_under_load_hears_everything_afterwards_in_order_also_over_a_restart()
 {
    let (server, mut receiver) = (server().await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["message.acknowledged"]).await;
    let mut expected = BTreeMap::new();
    let names: Vec<String> = (0..8).map(|n| format!("c{n}")).collect();
    let mut add = |name: &String, mut positions: Vec<u64>| {
        let all: &mut Vec<u64> = expected.entry(name.clone()).or_default();
        all.append(&mut positions);
    };
    for name in &names {
        add(name, push_and_ack(&server, name, 3).await);
    }
    receiver.kill().await;
    for name in &names {
        add(name, push_and_ack(&server, name, 3).await);
    }
    until(&server, &hook, |hook| hook.state == "failing").await;
    let server = server.restarted().await;
    for name in &names {
        add(name, push_and_ack(&server, name, 3).await);
    }
    within(server.api.hook(&hook.info.id))
        .await
        .expect("it is there after the restart");
    receiver.revive().await;
    all_in_order(&receiver, &expected).await;
    let healed = until(&server, &hook, |hook| {
        hook.state == "active" && hook.waiting == 0
    })
    .await;
    assert_eq!((healed.lost, healed.reason), (0, None));
}

#[tokio::test]
async fn a_hook_that_is_down_costs_no_other_one_and_no_push() {
    let (server, good) = (server().await, Receiver::start().await);
    let mut bad = Receiver::start().await;
    let down = hook(&server, &bad, &["message.acknowledged"]).await;
    bad.kill().await;
    hook(&server, &good, &["message.acknowledged"]).await;
    for round in 0..3 {
        let positions = push_and_ack(&server, "ada", 5).await;
        let mut told = Vec::new();
        while told.last() != positions.last() {
            let received = good.next().await;
            let messages = received.json["data"]["messages"]
                .as_array()
                .expect("a list")
                .clone();
            told.extend(
                messages
                    .iter()
                    .map(|id| seq(id.as_str().expect("a cursor"))),
            );
        }
        assert_eq!(told, positions, "round {round}");
    }
    let down = until(&server, &down, |hook| hook.state == "failing").await;
    assert!(down.waiting > 0);
    assert!(
        down.reason.expect("a reason").contains("no connection"),
        "it is said why"
    );
}

#[tokio::test]
async fn an_event_that_is_refused_holds_up_its_client_and_nobody_else() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["client.online", "client.offline"]).await;
    receiver.answer("ada", Answer::status(422));
    let ada = server.listen("ada", &[]).await;
    let _bob = server.listen("bob", &[]).await;
    assert_eq!(receiver.next().await.client(), "bob");
    drop(ada);
    let _cid = server.listen("cid", &[]).await;
    assert_eq!(receiver.next().await.client(), "cid");
    // It is shown, with what the endpoint says.
    let path = format!("/api/hooks/{}/deliveries", hook.info.id);
    let refused = |page: &app::wire::HookDeliveries| {
        let mut deliveries = page.deliveries.iter();
        deliveries.any(|one| {
            one.outcome == "retrying"
                && one.status == Some(422)
                && one.client_id.as_deref() == Some("ada")
        })
    };
    server.until(&path, refused).await;
    receiver.answer("ada", Answer::status(200));
    let both = receiver.take(2).await;
    let kinds: Vec<&str> = both.iter().map(Received::kind).collect();
    assert_eq!(kinds, ["client.online", "client.offline"], "in order");
}

#[tokio::test]
async fn an_endpoint_that_wants_no_more_is_paused_and_goes_on_when_it_is_asked_to() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["client.online"]).await;
    receiver.answer("", Answer::status(410));
    let _ada = server.listen("ada", &[]).await;
    let paused = until(&server, &hook, |hook| hook.state == "paused").await;
    assert!(paused.reason.expect("a reason").contains("410"));
    receiver.answer("", Answer::status(204));
    let _bob = server.listen("bob", &[]).await;
    let waiting = until(&server, &hook, |hook| hook.waiting == 2).await;
    assert_eq!((waiting.state.as_str(), receiver.waiting()), ("paused", 0));
    let resume = app::wire::HookUpdate {
        paused: Some(false),
        ..Default::default()
    };
    within(server.api.update_hook(&hook.info.id, &resume))
        .await
        .expect("resumed");
    let mut both: Vec<_> = receiver
        .take(2)
        .await
        .iter()
        .map(|one| one.client().to_owned())
        .collect();
    both.sort_unstable();
    assert_eq!(both, ["ada", "bob"]);
}

#[tokio::test]
async fn an_endpoint_says_how_long_to_wait() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["client.online"]).await;
    receiver.answer(
        "",
        Answer {
            retry_after: Some("1800"),
            ..Answer::status(429)
        },
    );
    let _ada = server.listen("ada", &[]).await;
    let failing = until(&server, &hook, |hook| hook.retry_at.is_some()).await;
    let wait = failing.retry_at.expect("a time") - failing.failing_since.expect("a time");
    assert_eq!(wait, 1_800_000, "milliseconds");
}

#[tokio::test]
async fn names_that_lead_to_this_machine_are_refused_when_they_are_connected_to() {
    let receiver = Receiver::start().await;
    let server = Server::with(&["--hook-grace", "0"]).await;
    for url in [
        receiver.url(),
        "https://127.0.0.1/".to_owned(),
        "https://[::ffff:7f00:1]/".to_owned(),
        "http://example.com/".to_owned(),
    ] {
        let body = json!({"url": url, "events": ["gap"]}).to_string();
        let refused = server.post("/api/hooks", &body).await;
        assert_eq!(refused.status(), 422, "{url}");
        let problem: app::wire::Problem = refused.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some("url"));
    }
    let mut request = super::request(&receiver, &["gap"]);
    request.url = "https://localhost/".to_owned();
    let made = super::made(&server.api, &request).await;
    let tried = within(server.api.test_hook(&made.info.id))
        .await
        .expect("an answer");
    let error = tried.error.expect("an error");
    assert_eq!((tried.outcome.as_str(), tried.status), ("failed", None));
    assert!(
        error.contains("localhost has no address of the internet"),
        "{error}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, receiver) = (Server::with(&[ALLOW]).await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["gap"]).await;
    receiver.answer("", Answer::status(307));
    let tried = within(server.api.test_hook(&hook.info.id))
        .await
        .expect("an answer");
    assert_eq!(
        (tried.status, tried.outcome.as_str()),
        (Some(307), "failed")
    );
    assert!(
        tried
            .error
            .expect("an error")
            .contains("redirects are not followed")
    );
}
