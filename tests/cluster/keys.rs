//! API keys and sessions hold at all nodes.

use app::{
    api::{ApiError, Client},
    wire::{KeyRequest, Rotation, To},
};

use crate::{
    harness::{Cluster, Member, Site, until},
    support::{Listener, push_of, within},
};

const TOKEN: &str = "the-token-of-all-the-nodes";

async fn start() -> Cluster {
    let site = Site::new().await;
    let options = (1..=3).map(|number| site.options(number).env("TIDINGS_ADMIN_TOKEN", TOKEN));
    let options = options.collect();
    site.start_nodes(options)
}

fn with(node: &Member, token: &str) -> Client {
    node.api.clone().with_token(token)
}

fn status<T>(result: &Result<T, ApiError>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(ApiError::Problem(problem)) => problem.status,
        Err(_) => 0,
    }
}

/// Waits until a push with this key is answered by this status.
async fn until_push(node: &Member, key: &str, to: &To, expected: u16) {
    until(async || {
        let push = push_of(to.clone(), "hello");
        let answer = with(node, key).push(&push).await;
        (status(&answer) == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_made_at_one_node_holds_at_all_until_another_one_revokes_it() {
    let cluster = start().await;
    let [one, two, three] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some("operator".to_owned()),
        clients: vec!["shop:*".to_owned()],
        ..KeyRequest::default()
    };
    let key = within(with(one, TOKEN).create_key(&request))
        .await
        .expect("made");
    let (inside, outside) = (
        To::Client("shop:1".to_owned()),
        To::Client("bank:1".to_owned()),
    );
    for node in &cluster.nodes {
        until_push(node, &key.key, &inside, 200).await;
        until_push(node, &key.key, &outside, 403).await;
    }
    let url = three.url("/sse?client_id=shop:1&since=latest");
    let open = within(three.http.get(url).bearer_auth(&key.key).send()).await;
    let open = Listener::of(open.expect("an answer")).welcomed().await;
    let rotation = Rotation { overlap: Some(600) };
    let rotated = within(with(two, TOKEN).rotate_key(&key.info.id, &rotation)).await;
    let rotated = rotated.expect("rotated");
    for node in &cluster.nodes {
        until_push(node, &rotated.key, &inside, 200).await;
        until_push(node, &key.key, &inside, 200).await;
    }
    within(with(one, TOKEN).revoke_key(&key.info.id))
        .await
        .expect("revoked");
    for node in &cluster.nodes {
        for text in [&key.key, &rotated.key] {
            until_push(node, text, &inside, 401).await;
        }
    }
    let rest = open.rest().await;
    assert!(
        rest.iter().all(|event| event.event != "reconnect"),
        "{rest:?}"
    );
}

#[tokio::test]
async fn lists_of_a_key_show_what_it_may_read_at_all_nodes() {
    let cluster = start().await;
    let _shop = cluster.nodes[1].listen("shop:1", &["orders/1"]).await;
    let _bank = cluster.nodes[2].listen("bank:1", &["secret"]).await;
    let request = KeyRequest {
        name: "support".to_owned(),
        role: Some("viewer".to_owned()),
        clients: vec!["shop:*".to_owned()],
        topics: vec!["orders/**".to_owned()],
        ..KeyRequest::default()
    };
    let key = within(with(&cluster.nodes[0], TOKEN).create_key(&request)).await;
    let key = key.expect("made").key;
    for node in &cluster.nodes {
        let api = with(node, &key);
        until(async || {
            let clients = api.clients(&Default::default()).await.ok()?;
            let topics = api.topics("", 10).await.ok()?;
            let stats = api.stats().await.ok()?;
            assert!(clients.clients.iter().all(|one| one.client_id == "shop:1"));
            assert!(topics.topics.iter().all(|one| one.topic == "orders/1"));
            let counted = (clients.total, stats.clients, stats.connections);
            (clients.clients.len() == 1 && topics.topics.len() == 1 && counted == (1, 1, 1))
                .then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn what_a_key_pushes_at_one_node_counts_at_all_for_its_quota() {
    let cluster = start().await;
    let [one, two, _] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some("publisher".to_owned()),
        pushes_per_day: Some(3),
        ..KeyRequest::default()
    };
    let key = within(with(one, TOKEN).create_key(&request)).await;
    let key = key.expect("made");
    let to = To::Client("shop:1".to_owned());
    until_push(two, &key.key, &to, 200).await;
    for _ in 0..2 {
        let push = push_of(to.clone(), "hello");
        let answer = within(with(two, &key.key).push(&push)).await;
        answer.expect("within the quota");
    }
    for node in &cluster.nodes {
        let api = with(node, TOKEN);
        until(async || {
            let shown = api.key(&key.info.id).await.ok()?;
            (shown.pushes_today == Some(3)).then_some(())
        })
        .await;
        until_push(node, &key.key, &to, 429).await;
    }
}
