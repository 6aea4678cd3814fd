//! The subscriptions of Mercure are told and listed at all nodes.

use serde_json::{Value, json};

use crate::{
    harness::{Cluster, Member, Site, until},
    support::{Listener, within},
};

const TOKEN: &str = "the-token-of-all-the-nodes";
const HUB: &str = "/.well-known/mercure";

async fn start() -> Cluster {
    let site = Site::new().await;
    let options = (1..=3).map(|number| {
        let options = site.options(number).env("TIDINGS_ADMIN_TOKEN", TOKEN);
        let options = options.env("TIDINGS_MERCURE", "true");
        let options = options.env("TIDINGS_MERCURE_ANONYMOUS", "true");
        options.env("TIDINGS_MERCURE_SUBSCRIPTIONS", "true")
    });
    let options = options.collect();
    site.start_nodes(options)
}

/// What an admin is answered at this path.
async fn ask(node: &Member, path: &str) -> reqwest::Response {
    let request = node.http.get(node.url(path)).bearer_auth(TOKEN);
    within(request.send()).await.expect("an answer")
}

/// What an admin gets at this path.
async fn get(node: &Member, path: &str) -> reqwest::Response {
    let answer = ask(node, path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer
}

/// Waits for the news that subscriptions to `news` have begun, or have ended.
async fn told(watching: &mut Listener, active: bool) -> Value {
    loop {
        let event = watching.event("mercure").await;
        let document: Value = serde_json::from_str(&event.data).expect("JSON");
        if document["match"] == "news" && document["active"] == active {
            return document;
        }
    }
}

#[tokio::test]
async fn subscriptions_at_one_node_are_told_and_listed_at_the_others() {
    let cluster = start().await;
    let [one, two, three] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let mut watching = Listener::of(get(two, &format!("{HUB}?match=*")).await);
    let stream = one.open(&format!("{HUB}?match=news")).await;
    let begun = told(&mut watching, true).await;
    let path = format!("{HUB}/subscriptions/exact/news");
    let listed = async || -> Value { within(get(three, &path).await.json()).await.expect("JSON") };
    assert_eq!(listed().await["subscriptions"][0], begun);
    drop(stream);
    assert_eq!(told(&mut watching, false).await["id"], begun["id"]);
    until(async || {
        let subscriptions = listed().await["subscriptions"].clone();
        subscriptions
            .as_array()
            .is_some_and(Vec::is_empty)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_list_names_the_nodes_that_have_not_answered() {
    let cluster = start().await;
    let [one, _, three] = &cluster.nodes[..] else {
        panic!("three nodes");
    };
    let stream = one.open(&format!("{HUB}?match=news")).await;
    let path = format!("{HUB}/subscriptions/exact/news");
    let listed = async || {
        let answer = get(three, &path).await;
        let is_whole = answer.headers().contains_key("etag");
        let list: Value = within(answer.json()).await.expect("JSON");
        (list, is_whole)
    };
    let (whole, has_tag) = listed().await;
    assert_eq!(whole["subscriptions"][0]["match"], "news");
    assert!(has_tag && whole.get("missing_nodes").is_none(), "{whole}");
    one.node.stop().expect("stopped");
    let (list, has_tag) = listed().await;
    assert_eq!(list["missing_nodes"], json!(["node-1"]), "{list}");
    assert_eq!(list["subscriptions"], json!([]));
    assert!(!has_tag, "nobody takes it for the whole list later");
    let subscriber = whole["subscriptions"][0]["subscriber"]
        .as_str()
        .expect("an id");
    let alone = ask(three, &format!("{path}/{subscriber}")).await;
    assert_eq!(alone.status(), 404);
    let text = within(alone.text()).await.expect("a text");
    assert!(text.contains("node-1 did not"), "{text}");
    one.node.go_on().expect("it goes on");
    // What was told of the node meanwhile may have moved the id of the last event.
    let again = async || {
        let (list, has_tag) = listed().await;
        let same = list["subscriptions"] == whole["subscriptions"];
        (same && has_tag).then_some(())
    };
    until(again).await;
    drop(stream);
}
