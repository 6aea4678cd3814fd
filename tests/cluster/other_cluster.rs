//! Two clusters over the same nats-servers do not hear each other, and a node that is in the wrong one can be seen.

use app::wire::{Nodes, To};

use crate::harness::Site;

#[tokio::test]
async fn clusters_with_different_names_share_nothing() {
    let site = Site::new().await;
    let other = site.beside("other");
    let other_options = vec![other.options(1)];
    let other = other.start_nodes(other_options);
    let options = vec![site.options(1), site.options(2)];
    let cluster = site.start_nodes(options);
    let (strange, own) = (&other.nodes[0], &cluster.nodes);
    let mut ada = own[1].listen("ada", &[]).await;
    let mut bob = strange.listen("bob", &[]).await;
    own[0].push(To::Everyone, "here").await;
    let answer = strange.push(To::Everyone, "there").await;
    assert_eq!((answer.connections, answer.missing_nodes.len()), (1, 0));
    let here = ada.message().await;
    let there = bob.message().await;
    assert_eq!((&*here.data, &*there.data), ("here", "there"));

    // Each lists only its own nodes and its own stream.
    let stream_of = |nodes: &Nodes| nodes.stream.as_ref().map(|stream| stream.name.clone());
    let own_nodes: Nodes = own[0].read("/api/nodes").await;
    let strange_nodes: Nodes = strange.read("/api/nodes").await;
    assert_eq!((own_nodes.nodes.len(), strange_nodes.nodes.len()), (2, 1));
    assert_ne!(stream_of(&own_nodes), stream_of(&strange_nodes));
    // A reader that a balancer sends from one to the other is told that it may miss something.
    let mut reader = strange.resume("ada", &here.id, &[]).await;
    assert_eq!(reader.next().await.event, "gap");
    assert_eq!(other.same_history().await.len(), 1);
    assert_eq!(cluster.same_history().await.len(), 1);
}
