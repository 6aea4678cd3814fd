//! People and their sessions hold at all nodes.

use app::{
    api::Client,
    wire::{PersonInfo, PersonRequest, PersonUpdate, Session},
};
use serde_json::json;

use crate::{
    harness::{Cluster, Member, Site, until},
    support::within,
};

const TOKEN: &str = "the-token-of-all-the-nodes";
const PASSWORD: &str = "correct horse";

async fn start() -> Cluster {
    let site = Site::new().await;
    let options = (1..=2).map(|number| site.options(number).env("TIDINGS_ADMIN_TOKEN", TOKEN));
    let options = options.collect();
    site.start_nodes(options)
}

fn admin(node: &Member) -> Client {
    node.api.clone().with_token(TOKEN)
}

async fn add(node: &Member, name: &str) -> Result<PersonInfo, app::api::ApiError> {
    let request = PersonRequest {
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        role: Some("viewer".to_owned()),
        ..PersonRequest::default()
    };
    let node = admin(node);
    within(node.add_person(&request)).await
}

/// Signs in at a node. Returns the cookie, if that works.
async fn sign_in(node: &Member, password: &str) -> Option<String> {
    let body = json!({"name": "ada", "password": password}).to_string();
    let request = node.http.post(node.url("/api/session"));
    let request = request.header("content-type", "application/json");
    let answer = within(request.body(body).send()).await.expect("an answer");
    let cookie = answer.headers().get("set-cookie")?.to_str().ok()?;
    cookie.split(';').next().map(str::to_owned)
}

async fn who(node: &Member, cookie: &str) -> Option<String> {
    let request = node.http.get(node.url("/api/session"));
    let answer = within(request.header("cookie", cookie).send()).await;
    let session: Session = answer.expect("an answer").json().await.expect("a session");
    session.name
}

#[tokio::test]
async fn a_person_is_the_same_at_all_nodes_and_a_new_password_ends_sessions_at_all_of_them() {
    let cluster = start().await;
    let [one, two] = &cluster.nodes[..] else {
        panic!("two nodes");
    };
    let ada = add(one, "ada").await.expect("added");
    until(async || admin(two).person(&ada.id).await.ok()).await;
    assert!(add(two, "ADA").await.is_err(), "the name is taken");

    let cookie = sign_in(two, PASSWORD).await.expect("signed in");
    until(async || who(one, &cookie).await).await;
    let update = PersonUpdate {
        password: Some("another horse".to_owned()),
        ..PersonUpdate::default()
    };
    within(admin(one).update_person(&ada.id, &update))
        .await
        .expect("changed");
    assert_eq!(who(one, &cookie).await, None);
    until(async || who(two, &cookie).await.is_none().then_some(())).await;
    assert_eq!(sign_in(two, PASSWORD).await, None);
    let cookie = sign_in(two, "another horse").await.expect("signed in");

    within(admin(two).remove_person(&ada.id))
        .await
        .expect("removed");
    until(async || who(one, &cookie).await.is_none().then_some(())).await;
}
