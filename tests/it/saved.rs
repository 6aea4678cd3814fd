//! Lists of recipients and templates, saved on the server and shared by a team.

use app::{
    api::{ApiError, Client},
    wire::{AuditEntries, KeyRequest, ListRequest, Problem, TemplateRequest},
};
use serde_json::{Value, json};

use crate::harness::{Server, within};

const TOKEN: &str = "an-admin-token-for-tests";

async fn server() -> Server {
    Server::with(&["--admin-token", TOKEN]).await
}

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

/// An API key of a publisher for these clients and topics, with the name `shop`.
async fn publisher(server: &Server, clients: &[&str], topics: &[&str]) -> Client {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let key = KeyRequest {
        name: "shop".to_owned(),
        role: Some("publisher".to_owned()),
        clients: owned(clients),
        topics: owned(topics),
        ..KeyRequest::default()
    };
    let key = within(admin(server).create_key(&key)).await.expect("made");
    server.api.clone().with_token(&key.key)
}

fn list(name: &str, clients: &[&str], topics: &[&str]) -> ListRequest {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    ListRequest {
        name: name.to_owned(),
        clients: owned(clients),
        topics: owned(topics),
    }
}

fn template(json: Value) -> TemplateRequest {
    serde_json::from_value(json).expect("a template")
}

fn problem<T: std::fmt::Debug>(result: Result<T, ApiError>) -> Problem {
    match result.expect_err("refused") {
        ApiError::Problem(problem) => *problem,
        other => panic!("{other:?}"),
    }
}

/// The status, the code and the field of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, ApiError>) -> (u16, String, Option<String>) {
    let problem = problem(result);
    (problem.status, problem.code, problem.field)
}

fn invalid(field: &str) -> (u16, String, Option<String>) {
    (422, "invalid_field".to_owned(), Some(field.to_owned()))
}

#[tokio::test]
async fn a_list_is_shared_and_says_who_made_it_and_who_changed_it() {
    let mut server = server().await;
    let shop = publisher(&server, &["*"], &["**"]).await;
    let testers = list(" testers ", &["ada", "bob", "ada"], &["news"]);
    let made = within(shop.create_list(&testers)).await.expect("saved");
    assert_eq!(made.name, "testers");
    assert_eq!(made.clients, ["ada", "bob"]);
    assert_eq!(made.topics, ["news"]);
    assert_eq!((&*made.made_by, &*made.changed_by), ("shop", "shop"));
    let change = list("Testers", &["eve"], &[]);
    let changed = within(admin(&server).replace_list(&made.id, &change)).await;
    let changed = changed.expect("saved");
    assert_eq!(changed.changed_by, "the admin token");
    server = server.restarted().await;
    let lists = within(admin(&server).lists()).await.expect("a list").lists;
    assert_eq!(lists.len(), 1);
    let one = &lists[0];
    assert_eq!((&*one.name, one.clients, one.topics), ("Testers", 1, 0));
    assert_eq!((&*one.made_by, one.made_at), ("shop", made.made_at));
    let shown = within(admin(&server).list(&made.id)).await.expect("there");
    assert_eq!(shown, changed);
    within(admin(&server).delete_list(&made.id))
        .await
        .expect("removed");
    let gone = within(admin(&server).list(&made.id)).await;
    assert_eq!(problem(gone).code, "list_unknown");
    let gone = within(admin(&server).delete_list(&made.id)).await;
    assert_eq!(problem(gone).status, 404);
}

#[tokio::test]
async fn names_are_unique_and_a_refused_change_changes_nothing() {
    let server = server().await;
    let admin = admin(&server);
    let first = within(admin.create_list(&list("one", &["ada"], &[])))
        .await
        .expect("saved");
    let second = within(admin.create_list(&list("two", &["bob"], &[])))
        .await
        .expect("saved");
    let taken = (409, "name_taken".to_owned(), Some("name".to_owned()));
    let same = list("ONE", &["eve"], &[]);
    assert_eq!(refusal(within(admin.create_list(&same)).await), taken);
    let renamed = within(admin.replace_list(&second.id, &same)).await;
    assert_eq!(refusal(renamed), taken);
    let renamed = within(admin.replace_list(&second.id, &list("one", &["bob"], &[]))).await;
    assert_eq!(refusal(renamed), taken, "also with the same members");
    let unchanged = within(admin.list(&second.id)).await.expect("there");
    assert_eq!(unchanged, second);
    // Its own name in another spelling is free.
    let own = within(admin.replace_list(&first.id, &same)).await;
    assert_eq!(own.expect("saved").name, "ONE");
    // A template may have the name of a list.
    let other = template(json!({"name": "one", "data": "hello"}));
    within(admin.create_template(&other)).await.expect("saved");
    let again = within(admin.create_template(&other)).await;
    assert_eq!(refusal(again), taken);
}

#[tokio::test]
async fn a_list_that_is_not_valid_is_refused_with_the_field() {
    let server = server().await;
    let admin = admin(&server);
    let refused = |request: ListRequest| {
        let admin = admin.clone();
        async move { refusal(within(admin.create_list(&request)).await) }
    };
    assert_eq!(refused(list(" ", &["ada"], &[])).await, invalid("name"));
    assert_eq!(refused(list("a\tb", &["ada"], &[])).await, invalid("name"));
    assert_eq!(refused(list("a", &[], &[])).await, invalid("clients"));
    let bad = list("a", &["ada", "no spaces"], &[]);
    assert_eq!(refused(bad).await, invalid("clients[1]"));
    let pattern = list("a", &[], &["news", "news/*"]);
    assert_eq!(refused(pattern).await, invalid("topics[1]"));
    let own = refused(list("a", &[], &["$sys/clients"])).await;
    let reserved = (
        403,
        "reserved_topic".to_owned(),
        Some("topics[0]".to_owned()),
    );
    assert_eq!(own, reserved);
    let ids: Vec<String> = (0..10_001).map(|n| format!("c{n}")).collect();
    let many: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(refused(list("a", &many, &[])).await, invalid("clients"));
    let topics: Vec<String> = (0..101).map(|n| format!("t/{n}")).collect();
    let many: Vec<&str> = topics.iter().map(String::as_str).collect();
    assert_eq!(refused(list("a", &[], &many)).await, invalid("topics"));
    let lists = within(admin.lists()).await.expect("a list").lists;
    assert_eq!(lists.len(), 0);
}

#[tokio::test]
async fn a_template_keeps_its_data_as_it_was_written() {
    let server = server().await;
    let admin = admin(&server);
    let wanted = r#"{"name":"paid","data":{"n": 1.10},"event":"order.paid","ttl":60,"replace":"k","urgency":"high","require_online":true}"#;
    let request: TemplateRequest = serde_json::from_str(wanted).expect("a template");
    let made = within(admin.create_template(&request))
        .await
        .expect("saved");
    let shown = within(admin.template(&made.id)).await.expect("there");
    let kept = serde_json::to_string(&shown.template).expect("JSON");
    assert_eq!(kept, wanted);
    let all = within(admin.templates()).await.expect("a list").templates;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].event.as_deref(), Some("order.paid"));
    assert_eq!(all[0].made_by, "the admin token");
    let refused = |field: &'static str, value: Value| {
        let admin = admin.clone();
        async move {
            let mut body = json!({"name": "a", "data": 1});
            body[field] = value;
            let refused = within(admin.create_template(&template(body))).await;
            assert_eq!(refusal(refused), invalid(field));
        }
    };
    refused("event", json!("two\nlines")).await;
    refused("ttl", json!(1_000_000_000_000_u64)).await;
    refused("urgency", json!("now")).await;
    refused("replace", json!("")).await;
    within(admin.delete_template(&made.id))
        .await
        .expect("removed");
    let gone = within(admin.template(&made.id)).await;
    assert_eq!(problem(gone).code, "template_unknown");
}

#[tokio::test]
async fn a_restricted_key_sees_and_saves_only_lists_that_it_may_push_to() {
    let server = server().await;
    let shop = publisher(&server, &["shop:*"], &["orders/**"]).await;
    let admin = admin(&server);
    let own = within(shop.create_list(&list("own", &["shop:1"], &["orders/1"])))
        .await
        .expect("saved");
    let other = within(admin.create_list(&list("other", &["shop:1", "ada"], &[])))
        .await
        .expect("saved");
    let seen = within(shop.lists()).await.expect("a list").lists;
    let names: Vec<&str> = seen.iter().map(|list| list.name.as_str()).collect();
    assert_eq!(names, ["own"]);
    assert_eq!(problem(within(shop.list(&other.id)).await).status, 404);
    let change = list("other", &["shop:1"], &[]);
    let refused = within(shop.replace_list(&other.id, &change)).await;
    assert_eq!(problem(refused).code, "list_unknown");
    let refused = within(shop.delete_list(&other.id)).await;
    assert_eq!(problem(refused).code, "list_unknown");
    let beyond = within(shop.replace_list(&own.id, &list("own", &["ada"], &[]))).await;
    let expected = (403, "forbidden".to_owned(), Some("clients".to_owned()));
    assert_eq!(refusal(beyond), expected);
    let beyond = within(shop.create_list(&list("new", &[], &["news"]))).await;
    let expected = (403, "forbidden".to_owned(), Some("topics".to_owned()));
    assert_eq!(refusal(beyond), expected);
}

#[tokio::test]
async fn changes_are_in_the_audit_trail() {
    let server = server().await;
    let admin = admin(&server);
    let made = within(admin.create_list(&list("a", &["ada"], &[])))
        .await
        .expect("saved");
    within(admin.replace_list(&made.id, &list("b", &["ada"], &[])))
        .await
        .expect("saved");
    within(admin.delete_list(&made.id)).await.expect("removed");
    let hello = template(json!({"name": "a", "data": "hello"}));
    let kept = within(admin.create_template(&hello)).await.expect("saved");
    within(admin.replace_template(&kept.id, &hello))
        .await
        .expect("saved");
    within(admin.delete_template(&kept.id))
        .await
        .expect("removed");
    let request = server.http.get(server.url("/api/audit")).bearer_auth(TOKEN);
    let answer = within(request.send()).await.expect("an answer");
    let trail: AuditEntries = within(answer.json()).await.expect("a page");
    let found = trail.entries.iter().map(|entry| {
        let target = entry.list.as_ref().or(entry.template.as_ref());
        (entry.action.as_str(), target.map(String::as_str))
    });
    let (list, template) = (Some(made.id.as_str()), Some(kept.id.as_str()));
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            ("template.delete", template),
            ("template.update", template),
            ("template.create", template),
            ("list.delete", list),
            ("list.update", list),
            ("list.create", list),
        ]
    );
}
