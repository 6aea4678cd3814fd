//! The API of webhooks, and the signatures of their requests.

use app::wire::{AuditEntries, HookUpdate, Problem, Rotation};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use super::{Receiver, clients, hook, made, receiver::Answer, request, server, until};
use crate::harness::within;

#[tokio::test]
async fn requests_are_signed_with_the_secret_that_is_shown_once() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["client.online"]).await;
    let _ada = server.listen("ada", &[]).await;
    let received = receiver.next().await;
    assert!(received.signed_by(&hook.secret));
    assert!(received.id.starts_with("evt_") && !received.id.contains('.'));
    let other = format!("whsec_{}", STANDARD.encode([7; 32]));
    assert!(!received.signed_by(&other));
    for path in [
        "/api/hooks".to_owned(),
        format!("/api/hooks/{}", hook.info.id),
    ] {
        let shown: Value = server.read(&path).await;
        assert!(!shown.to_string().contains("whsec_"), "{shown}");
    }
}

#[tokio::test]
async fn a_public_key_verifies_what_the_private_one_signs() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let mut wanted = request(&receiver, &["client.online"]);
    wanted.signing = Some("ed25519".to_owned());
    let hook = made(&server.api, &wanted).await;
    assert!(hook.secret.starts_with("whsk_"));
    let public = hook.info.public_key.expect("a public key");
    let public = STANDARD
        .decode(public.strip_prefix("whpk_").expect("its prefix"))
        .expect("Base64");
    within(server.api.test_hook(&hook.info.id))
        .await
        .expect("tried");
    let received = receiver.next().await;
    let signature = received
        .signature
        .strip_prefix("v1a,")
        .expect("its version");
    let signature = STANDARD.decode(signature).expect("Base64");
    let signed = format!("{}.{}.{}", received.id, received.timestamp, received.body);
    let key = UnparsedPublicKey::new(&ED25519, public);
    key.verify(signed.as_bytes(), &signature)
        .expect("it is right");
}

#[tokio::test]
async fn two_secrets_sign_after_a_rotation_and_a_secret_may_be_brought_along() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let own = format!("whsec_{}", STANDARD.encode([9; 24]));
    let mut wanted = request(&receiver, &["gap"]);
    wanted.secret = Some(own.clone());
    let hook = made(&server.api, &wanted).await;
    assert_eq!(hook.secret, own);
    let rotation = Rotation {
        overlap: Some(3600),
    };
    let rotated = within(server.api.rotate_hook(&hook.info.id, &rotation))
        .await
        .expect("rotated");
    assert_ne!(rotated.secret, own);
    assert!(rotated.info.previous_until.is_some());
    within(server.api.test_hook(&hook.info.id))
        .await
        .expect("tried");
    let received = receiver.next().await;
    assert!(received.signed_by(&own) && received.signed_by(&rotated.secret));
    let at_once = Rotation { overlap: Some(0) };
    let last = within(server.api.rotate_hook(&hook.info.id, &at_once))
        .await
        .expect("rotated");
    within(server.api.test_hook(&hook.info.id))
        .await
        .expect("tried");
    let received = receiver.next().await;
    assert!(received.signed_by(&last.secret) && !received.signed_by(&rotated.secret));
}

#[tokio::test]
async fn deliveries_are_shown_and_sent_again_and_everything_since_a_time() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let hook = hook(&server, &receiver, &["client.online"]).await;
    let id = &hook.info.id;
    let _ada = server.listen("ada", &[]).await;
    let _bob = server.listen("bob", &[]).await;
    let first = receiver.take(2).await;
    let path = format!("/api/hooks/{id}/deliveries");
    let page: app::wire::HookDeliveries = server
        .until(&path, |page: &app::wire::HookDeliveries| {
            page.deliveries.len() == 2
        })
        .await;
    let newest = &page.deliveries[0];
    assert_eq!(
        (newest.event.as_str(), newest.outcome.as_str()),
        ("client.online", "delivered")
    );
    assert_eq!(
        (newest.status, newest.attempts, &newest.error),
        (Some(204), 1, &None)
    );
    assert!(newest.latency_ms.is_some());
    let page = within(server.api.hook_deliveries(id, Some(&newest.id), 1))
        .await
        .expect("a page");
    assert_eq!(
        (page.deliveries.len(), page.deliveries[0].id != newest.id),
        (1, true)
    );

    let again = within(server.api.send_hook_event(id, &newest.id))
        .await
        .expect("sent");
    assert_eq!((again.attempts, again.outcome.as_str()), (2, "delivered"));
    assert_eq!(receiver.next().await.id, newest.id);
    receiver.answer("", Answer::status(500));
    let failed = within(server.api.send_hook_event(id, &newest.id))
        .await
        .expect("tried");
    assert_eq!(
        (failed.attempts, failed.outcome.as_str(), failed.status),
        (3, "failed", Some(500))
    );
    receiver.answer("", Answer::status(200));

    within(server.api.replay_hook(id, 0))
        .await
        .expect("it begins");
    let second = receiver.take(2).await;
    let ids = |list: &[super::receiver::Received]| {
        let mut ids: Vec<_> = list.iter().map(|one| one.id.clone()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&first), ids(&second), "the same ids");
    within(server.api.replay_hook(id, u64::MAX >> 11))
        .await
        .expect("nothing is so new");
    let _cid = server.listen("cid", &[]).await;
    assert_eq!(receiver.next().await.client(), "cid");
}

#[tokio::test]
async fn a_hook_is_changed_paused_and_removed() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let other = Receiver::start().await;
    let hook = hook(&server, &receiver, &["client.online"]).await;
    let id = &hook.info.id;
    let update = |update: HookUpdate| {
        let api = server.api.clone();
        async move { within(api.update_hook(id, &update)).await.expect("changed") }
    };
    let changed = update(HookUpdate {
        url: Some(other.url()),
        filter: Some(clients(&["shop:*"])),
        name: Some("shop".to_owned()),
        ..HookUpdate::default()
    });
    assert_eq!(changed.await.name, "shop");
    let _ada = server.listen("ada", &[]).await;
    let _shop = server.listen("shop:1", &[]).await;
    assert_eq!(other.next().await.client(), "shop:1");
    let paused = update(HookUpdate {
        paused: Some(true),
        ..HookUpdate::default()
    });
    assert_eq!(paused.await.state, "paused");
    let _two = server.listen("shop:2", &[]).await;
    until(&server, &hook, |hook| hook.waiting > 0).await;
    let resumed = update(HookUpdate {
        paused: Some(false),
        ..HookUpdate::default()
    });
    assert_eq!(resumed.await.state, "active");
    assert_eq!(other.next().await.client(), "shop:2");
    within(server.api.delete_hook(id)).await.expect("removed");
    server.until_gone(&format!("/api/hooks/{id}")).await;
    assert_eq!(receiver.waiting(), 0);
    let trail: AuditEntries = server.read("/api/audit").await;
    let actions: Vec<_> = trail
        .entries
        .iter()
        .filter(|entry| entry.hook.as_ref() == Some(id))
        .map(|entry| entry.action.as_str())
        .collect();
    assert_eq!(
        actions,
        [
            "hook.delete",
            "hook.update",
            "hook.update",
            "hook.update",
            "hook.create"
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_in_a_request_is_named() {
    let server = server().await;
    let url = "https://api.example.org/";
    for (body, field) in [
        (json!({"url": "nowhere", "events": ["gap"]}), "url"),
        (
            json!({"url": "https://a:b@example.org/", "events": ["gap"]}),
            "url",
        ),
        (json!({"url": url, "events": []}), "events"),
        (json!({"url": url, "events": ["everything"]}), "events"),
        (
            json!({"url": url, "events": ["gap"], "filter": {"clients": ["a b"]}}),
            "filter.clients",
        ),
        (
            json!({"url": url, "events": ["gap"], "filter": {"topics": [""]}}),
            "filter.topics",
        ),
        (
            json!({"url": url, "events": ["gap"], "secret": "whsec_c2hvcnQ="}),
            "secret",
        ),
        (
            json!({"url": url, "events": ["gap"], "signing": "rsa"}),
            "signing",
        ),
        (
            json!({"url": url, "events": ["gap"], "secert": "x"}),
            "secert",
        ),
    ] {
        let refused = server.post("/api/hooks", &body.to_string()).await;
        assert_eq!(refused.status(), 422, "{body}");
        let problem: Problem = refused.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some(field), "{body}");
    }
    let refused = server.get("/api/hooks/none").await;
    let problem: Problem = refused.json().await.expect("a problem");
    assert_eq!(problem.code, "hook_unknown");
}

#[tokio::test]
async fn metrics_count_attempts_and_hooks_by_state() {
    let (server, receiver) = (server().await, Receiver::start().await);
    let made = hook(&server, &receiver, &["client.online"]).await;
    let _ada = server.listen("ada", &[]).await;
    receiver.next().await;
    until(&server, &made, |hook| hook.waiting == 0).await;
    let metrics = within(server.get("/metrics").await.text())
        .await
        .expect("text");
    for line in [
        "tidings_hook_attempts_total{outcome=\"delivered\"} 1\n".to_owned(),
        "tidings_hooks{state=\"active\"} 1\n".to_owned(),
        format!(
            "tidings_hook_waiting_events{{hook=\"{}\"}} 0\n",
            made.info.id
        ),
    ] {
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
}
