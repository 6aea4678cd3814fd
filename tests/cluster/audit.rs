//! The audit trail is the same at all nodes.

use app::{
    api::{AuditQuery, Client},
    wire::{AuditInfo, KeyRequest, Rotation, To},
};

use crate::{
    harness::{Cluster, Member, Site, until},
    support::{push_of, within},
};

const TOKEN: &str = "the-token-of-all-the-nodes";

async fn start() -> Cluster {
    let site = Site::new().await;
    let options = (1..=3).map(|number| site.options(number).env("TIDINGS_ADMIN_TOKEN", TOKEN));
    let options = options.collect();
    site.start_nodes(options)
}

fn admin(node: &Member) -> Client {
    node.api.clone().with_token(TOKEN)
}

async fn trail(node: &Member) -> Option<Vec<AuditInfo>> {
    let query = AuditQuery {
        limit: Some(500),
        ..AuditQuery::default()
    };
    Some(admin(node).audit(&query).await.ok()?.entries)
}

#[tokio::test]
async fn what_is_done_at_one_node_is_in_the_trail_of_all() {
    let cluster = start().await;
    let mut pushed = Vec::new();
    for (number, node) in cluster.nodes.iter().enumerate() {
        let push = push_of(To::Client(format!("c{number}")), "hello");
        pushed.push(within(admin(node).push(&push)).await.expect("pushed").id);
        let wrong = node.api.clone().with_token("not-the-token-of-the-nodes");
        within(wrong.push(&push)).await.expect_err("refused");
    }
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some("publisher".to_owned()),
        ..KeyRequest::default()
    };
    let key = within(admin(&cluster.nodes[0]).create_key(&request))
        .await
        .expect("made");
    let rotate = Rotation { overlap: Some(600) };
    until(async || {
        let rotated = admin(&cluster.nodes[1])
            .rotate_key(&key.info.id, &rotate)
            .await;
        rotated.ok()
    })
    .await;
    let ephemeral = {
        let mut push = push_of(To::Topic("news".to_owned()), "now");
        push.ttl = Some(0);
        push
    };
    within(admin(&cluster.nodes[2]).push(&ephemeral))
        .await
        .expect("pushed");

    // Three pushes, a refusal of each node, two changes of the key, and the ephemeral push.
    let found = until(async || {
        let mut trails = Vec::new();
        for node in &cluster.nodes {
            trails.push(trail(node).await?);
        }
        let rotated = |entry: &&AuditInfo| entry.action == "key.rotate" && entry.outcome == "ok";
        let is_there = trails[0].iter().filter(rotated).count() == 1
            && trails[0]
                .iter()
                .filter(|entry| entry.outcome == "ok")
                .count()
                == 6
            && trails[0]
                .iter()
                .filter(|entry| entry.outcome == "unauthorized")
                .count()
                == 3;
        (is_there && trails.iter().all(|trail| *trail == trails[0])).then(|| trails.remove(0))
    })
    .await;
    let messages = found.iter().rev().filter_map(|entry| entry.message.clone());
    assert_eq!(
        messages.collect::<Vec<_>>(),
        pushed.into_iter().flatten().collect::<Vec<_>>()
    );
}
