//! Saved lists and templates: the same at all nodes.

use app::wire::ListRequest;
use serde_json::json;

use crate::{harness::Cluster, support::within};

#[tokio::test]
async fn what_is_saved_at_one_node_is_known_and_can_be_changed_at_all() {
    let cluster = Cluster::start().await;
    let [first, second, third] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let list = |client: &str| ListRequest {
        name: "testers".to_owned(),
        clients: vec![client.to_owned()],
        topics: Vec::new(),
    };
    let made = within(first.api.create_list(&list("ada"))).await;
    let id = made.expect("saved").id;
    // Found at once: a node catches up before it says that there is none.
    within(second.api.list(&id)).await.expect("there");
    within(second.api.replace_list(&id, &list("bob")))
        .await
        .expect("saved");
    let refused = within(third.api.create_list(&list("eve"))).await;
    assert!(refused.expect_err("refused").to_string().contains("name"));
    let template = json!({"name": "hello", "data": "hello"});
    let template = serde_json::from_value(template).expect("a template");
    let kept = within(third.api.create_template(&template)).await;
    let kept = kept.expect("saved").id;
    for node in &cluster.nodes {
        let names = |page: &app::wire::SavedLists| page.lists.len() == 1;
        let page = node.until("/api/lists", names).await;
        assert_eq!(page.lists[0].id, id);
        let bob = |list: &app::wire::SavedList| list.clients == ["bob"];
        node.until(&format!("/api/lists/{id}"), bob).await;
        within(node.api.template(&kept)).await.expect("there");
    }
    within(first.api.delete_list(&id)).await.expect("removed");
    for node in &cluster.nodes {
        let none = |page: &app::wire::SavedLists| page.lists.is_empty();
        node.until("/api/lists", none).await;
    }
}
