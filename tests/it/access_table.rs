//! Every route, with every role, for what its key reaches and for what it does not. The routes come from the description
//! of the API, so that a new route without a row fails.

use std::collections::BTreeSet;

use app::wire::{
    HookRequest, JobReport, JobState, KeyRequest, ListRequest, NewKey, PersonRequest, To,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Listener, Server, push_of, within};

const TOKEN: &str = "an-admin-token-for-tests";

/// The built-in roles and what they may do.
const ROLES: [(&str, &[&str]); 5] = [
    (
        "admin",
        &[
            "listen",
            "push",
            "read",
            "recall",
            "disconnect",
            "job",
            "manage",
            "metrics",
        ],
    ),
    (
        "operator",
        &[
            "listen",
            "push",
            "read",
            "recall",
            "disconnect",
            "job",
            "metrics",
        ],
    ),
    ("publisher", &["push", "job"]),
    ("viewer", &["read", "metrics"]),
    ("listener", &["listen"]),
];

/// A route: method, path, the action that it needs (empty: none), the query, the body, and the statuses with a key that
/// reaches everything, and with a key that reaches `own:*` and `own/**` for a target inside and for one outside.
/// `CLIENT`, `MESSAGE`, `JOB`, `KEY` and `TOKEN` stand for a client, the id of a message to it, the id of a job, the id of
/// a key for this client, and the key that asks. `NAME` is a name that nobody has.
struct Row(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    [u16; 3],
);

const ROWS: &[Row] = &[
    Row(
        "post",
        "/push",
        "push",
        "",
        r#"{"to":{"client":"CLIENT"},"data":1}"#,
        [200, 200, 403],
    ),
    Row(
        "get",
        "/push",
        "push",
        "?client_id=CLIENT&message=x",
        "",
        [200, 200, 403],
    ),
    // The line is refused, not the batch: see the test below.
    Row(
        "post",
        "/push/batch",
        "push",
        "",
        r#"{"to":{"client":"CLIENT"},"data":1}"#,
        [200, 200, 200],
    ),
    Row(
        "post",
        "/api/audience",
        "push",
        "",
        r#"{"to":{"client":"CLIENT"}}"#,
        [200, 200, 403],
    ),
    Row("get", "/api/scheduled", "read", "", "", [200, 200, 200]),
    Row(
        "get",
        "/api/scheduled/{id}",
        "read",
        "",
        "",
        [200, 200, 404],
    ),
    Row(
        "patch",
        "/api/scheduled/{id}",
        "push",
        "",
        r#"{"delay":3600}"#,
        [200, 200, 404],
    ),
    Row(
        "delete",
        "/api/scheduled/{id}",
        "push",
        "",
        "",
        [204, 204, 404],
    ),
    Row("get", "/api/messages", "read", "", "", [200, 200, 200]),
    Row(
        "get",
        "/api/messages/export",
        "read",
        "?format=ndjson",
        "",
        [200, 200, 200],
    ),
    Row("get", "/api/messages/{id}", "read", "", "", [200, 200, 404]),
    Row(
        "delete",
        "/api/messages/{id}",
        "recall",
        "",
        "",
        [200, 200, 404],
    ),
    Row("get", "/api/clients", "read", "", "", [200, 200, 200]),
    Row(
        "get",
        "/api/clients/{client_id}",
        "read",
        "",
        "",
        [200, 200, 404],
    ),
    Row(
        "delete",
        "/api/clients/{client_id}",
        "disconnect",
        "",
        "",
        [200, 200, 404],
    ),
    Row(
        "delete",
        "/api/clients/{client_id}/inbox",
        "recall",
        "",
        "",
        [204, 204, 404],
    ),
    // Whose token it is, is not known.
    Row(
        "delete",
        "/api/tokens/{jti}",
        "disconnect",
        "",
        "",
        [204, 403, 403],
    ),
    Row(
        "delete",
        "/api/tokens",
        "disconnect",
        "?sub=CLIENT",
        "",
        [204, 204, 403],
    ),
    Row(
        "get",
        "/api/topics/{topic}/state",
        "read",
        "",
        "",
        [200, 200, 404],
    ),
    Row(
        "put",
        "/api/topics/{topic}/state",
        "push",
        "",
        r#"{"data":1}"#,
        [200, 200, 403],
    ),
    Row(
        "delete",
        "/api/topics/{topic}/state",
        "push",
        "",
        "",
        [204, 204, 403],
    ),
    Row("get", "/api/topics", "read", "", "", [200, 200, 200]),
    Row("get", "/api/jobs", "read", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/jobs",
        "job",
        "",
        r#"{"title":"a job"}"#,
        [201, 201, 201],
    ),
    Row(
        "delete",
        "/api/jobs",
        "job",
        "?state=done",
        "",
        [200, 200, 200],
    ),
    Row("get", "/api/jobs/stats", "read", "", "", [200, 403, 403]),
    Row("get", "/api/jobs/{id}", "", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/jobs/{id}/retry",
        "push",
        "",
        "",
        [200, 200, 403],
    ),
    Row("patch", "/api/jobs/{id}", "job", "", "{}", [200, 200, 200]),
    Row("delete", "/api/jobs/{id}", "job", "", "", [200, 200, 200]),
    Row("get", "/api/jobs/{id}/log", "", "", "", [200, 200, 200]),
    Row("get", "/sse/jobs/{id}", "", "", "", [200, 200, 200]),
    Row("get", "/api/stats", "read", "", "", [200, 200, 200]),
    Row("get", "/api/stats/history", "read", "", "", [200, 403, 403]),
    Row("get", "/api/stats/top", "read", "", "", [200, 200, 200]),
    Row("get", "/api/stats/health", "read", "", "", [200, 403, 403]),
    Row("get", "/api/nodes", "read", "", "", [200, 403, 403]),
    Row("get", "/api/diagnosis", "read", "", "", [200, 200, 200]),
    Row("get", "/api/audit", "manage", "", "", [200, 403, 403]),
    Row("get", "/api/backup", "manage", "", "", [200, 403, 403]),
    Row("get", "/metrics", "metrics", "", "", [200, 200, 200]),
    Row("get", "/api/keys", "manage", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/keys",
        "manage",
        "",
        r#"{"name":"n","role":"listener","clients":["CLIENT"]}"#,
        [201, 201, 403],
    ),
    Row("get", "/api/keys/{id}", "manage", "", "", [200, 200, 200]),
    Row(
        "patch",
        "/api/keys/{id}",
        "manage",
        "",
        r#"{"name":"m"}"#,
        [200, 200, 403],
    ),
    Row(
        "delete",
        "/api/keys/{id}",
        "manage",
        "",
        "",
        [204, 204, 403],
    ),
    Row(
        "post",
        "/api/keys/{id}/rotate",
        "manage",
        "",
        "{}",
        [200, 200, 403],
    ),
    Row("get", "/api/lists", "push", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/lists",
        "push",
        "",
        r#"{"name":"NAME","clients":["CLIENT"]}"#,
        [201, 201, 403],
    ),
    // Whoever may not push to its members is told that it does not exist.
    Row("get", "/api/lists/{id}", "push", "", "", [200, 200, 404]),
    Row(
        "put",
        "/api/lists/{id}",
        "push",
        "",
        r#"{"name":"NAME","clients":["CLIENT"]}"#,
        [200, 200, 404],
    ),
    Row("delete", "/api/lists/{id}", "push", "", "", [204, 204, 404]),
    Row("get", "/api/templates", "push", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/templates",
        "push",
        "",
        r#"{"name":"NAME","data":1}"#,
        [201, 201, 201],
    ),
    Row(
        "get",
        "/api/templates/{id}",
        "push",
        "",
        "",
        [200, 200, 200],
    ),
    Row(
        "put",
        "/api/templates/{id}",
        "push",
        "",
        r#"{"name":"NAME","data":2}"#,
        [200, 200, 200],
    ),
    Row(
        "delete",
        "/api/templates/{id}",
        "push",
        "",
        "",
        [204, 204, 204],
    ),
    Row("get", "/api/hooks", "manage", "", "", [200, 403, 403]),
    Row(
        "post",
        "/api/hooks",
        "manage",
        "",
        r#"{"url":"https://api.example.org/","events":["gap"]}"#,
        [201, 403, 403],
    ),
    Row("get", "/api/hooks/{id}", "manage", "", "", [200, 403, 403]),
    Row(
        "patch",
        "/api/hooks/{id}",
        "manage",
        "",
        r#"{"name":"m"}"#,
        [200, 403, 403],
    ),
    Row(
        "delete",
        "/api/hooks/{id}",
        "manage",
        "",
        "",
        [204, 403, 403],
    ),
    Row(
        "post",
        "/api/hooks/{id}/rotate",
        "manage",
        "",
        "{}",
        [200, 403, 403],
    ),
    Row(
        "post",
        "/api/hooks/{id}/replay",
        "manage",
        "",
        r#"{"since":0}"#,
        [200, 403, 403],
    ),
    Row(
        "get",
        "/api/hooks/{id}/deliveries",
        "manage",
        "",
        "",
        [200, 403, 403],
    ),
    // It leads nowhere: that is an answer.
    Row(
        "post",
        "/api/hooks/{id}/test",
        "manage",
        "",
        "",
        [200, 403, 403],
    ),
    Row(
        "post",
        "/api/hooks/{id}/deliveries/{event}/send",
        "manage",
        "",
        "",
        [404, 403, 403],
    ),
    Row("get", "/api/limits", "manage", "", "", [200, 200, 200]),
    Row("get", "/api/roles", "manage", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/access",
        "manage",
        "",
        r#"{"token":"TOKEN","client":"CLIENT"}"#,
        [200, 200, 200],
    ),
    Row("get", "/api/people", "manage", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/people",
        "manage",
        "",
        r#"{"name":"NAME","password":"correct horse","role":"listener","clients":["CLIENT"]}"#,
        [201, 201, 403],
    ),
    Row("get", "/api/people/{id}", "manage", "", "", [200, 200, 200]),
    Row(
        "patch",
        "/api/people/{id}",
        "manage",
        "",
        r#"{"totp":false}"#,
        [200, 200, 403],
    ),
    Row(
        "delete",
        "/api/people/{id}",
        "manage",
        "",
        "",
        [204, 204, 403],
    ),
    // Only for people, and a key is none. What people may do there is tested with them.
    Row("get", "/api/account", "", "", "", [403, 403, 403]),
    Row(
        "post",
        "/api/account/password",
        "",
        "",
        r#"{"password":"correct horse","new_password":"another horse"}"#,
        [403, 403, 403],
    ),
    Row(
        "post",
        "/api/account/totp",
        "",
        "",
        r#"{"password":"correct horse"}"#,
        [403, 403, 403],
    ),
    Row(
        "put",
        "/api/account/totp",
        "",
        "",
        r#"{"password":"correct horse","secret":"x","code":"1"}"#,
        [403, 403, 403],
    ),
    Row(
        "post",
        "/api/account/totp/remove",
        "",
        "",
        r#"{"password":"correct horse"}"#,
        [403, 403, 403],
    ),
    // A key sees the sessions that it has opened itself, and this one is of nobody.
    Row("get", "/api/sessions", "", "", "", [200, 200, 200]),
    Row("delete", "/api/sessions/{id}", "", "", "", [404, 404, 404]),
    Row(
        "get",
        "/sse",
        "listen",
        "?client_id=CLIENT",
        "",
        [200, 200, 403],
    ),
    Row(
        "post",
        "/ack",
        "listen",
        "",
        r#"{"client_id":"CLIENT","id":"MESSAGE"}"#,
        [204, 204, 403],
    ),
    Row("get", "/api/session", "", "", "", [200, 200, 200]),
    Row(
        "post",
        "/api/session",
        "read",
        "",
        r#"{"token":"TOKEN"}"#,
        [200, 200, 200],
    ),
    Row("delete", "/api/session", "", "", "", [200, 200, 200]),
    // No issuer is configured here.
    Row("get", "/api/session/oidc", "", "", "", [404, 404, 404]),
    Row(
        "get",
        "/api/session/oidc/callback",
        "",
        "",
        "",
        [404, 404, 404],
    ),
    Row("get", "/health/live", "", "", "", [200, 200, 200]),
    Row("get", "/health/ready", "", "", "", [200, 200, 200]),
    Row("get", "/openapi.json", "", "", "", [200, 200, 200]),
];

/// What a request is about.
struct World {
    server: Server,
    /// Keeps the clients connected.
    streams: Vec<(String, Listener)>,
    /// How many people were added.
    people: u32,
}

impl World {
    async fn new() -> Self {
        let server = Server::with(&["--admin-token", TOKEN]).await;
        Self {
            server,
            streams: Vec::new(),
            people: 0,
        }
    }

    fn admin(&self) -> app::api::Client {
        self.server.api.clone().with_token(TOKEN)
    }

    async fn key(&self, role: &str, clients: &[&str], topics: &[&str]) -> NewKey {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let request = KeyRequest {
            name: format!("a {role}"),
            role: Some(role.to_owned()),
            clients: owned(clients),
            topics: owned(topics),
            ..KeyRequest::default()
        };
        within(self.admin().create_key(&request))
            .await
            .expect("made")
    }

    /// Adds a person who may listen as a client. Returns the id.
    async fn person(&mut self, client: &str) -> String {
        self.people += 1;
        let request = PersonRequest {
            name: format!("person-{}", self.people),
            password: "correct horse".to_owned(),
            role: Some("listener".to_owned()),
            clients: vec![client.to_owned()],
            ..PersonRequest::default()
        };
        let added = within(self.admin().add_person(&request)).await;
        added.expect("added").id
    }

    /// Makes a webhook, in place of the one before. Returns the id.
    async fn hook(&mut self) -> String {
        let admin = self.admin();
        let hooks = within(admin.hooks()).await.expect("a list").hooks;
        for hook in hooks {
            within(admin.delete_hook(&hook.id)).await.expect("removed");
        }
        let request = HookRequest {
            url: "https://127.0.0.1.nip.invalid/".to_owned(),
            events: vec!["gap".to_owned()],
            ..HookRequest::default()
        };
        within(admin.create_hook(&request))
            .await
            .expect("made")
            .info
            .id
    }

    /// Saves a list with a client, or a template. Returns the id.
    async fn saved(&mut self, path: &str, client: &str) -> String {
        self.people += 1;
        let name = format!("saved-{}", self.people);
        if path.contains("/lists/") {
            let clients = vec![client.to_owned()];
            let list = ListRequest {
                name,
                clients,
                ..ListRequest::default()
            };
            return within(self.admin().create_list(&list))
                .await
                .expect("saved")
                .id;
        }
        let template = json!({"name": name, "data": "hello"});
        let template = serde_json::from_value(template).expect("a template");
        within(self.admin().create_template(&template))
            .await
            .expect("saved")
            .id
    }

    /// Connects a client, if it is not connected any more.
    async fn connect(&mut self, client: &str) {
        let path = format!("/api/clients/{client}");
        let found = self
            .server
            .http
            .get(self.server.url(&path))
            .bearer_auth(TOKEN);
        let found: Option<Value> = within(found.send())
            .await
            .expect("an answer")
            .json()
            .await
            .ok();
        let connected = found.is_some_and(|found| {
            found["connections"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        });
        if !connected {
            self.streams.retain(|(name, _)| name != client);
            let stream = self.server.listen(client, &[]).await;
            self.streams.push((client.to_owned(), stream));
        }
    }

    /// Sends a request about things that were made for it. Returns its status.
    async fn send(
        &mut self,
        Row(method, path, _, query, body, _): &Row,
        token: &str,
        client: &str,
    ) -> u16 {
        self.connect(client).await;
        let push = push_of(To::Client(client.to_owned()), "hello");
        let message = self
            .admin()
            .push(&push)
            .await
            .expect("pushed")
            .id
            .expect("a cursor");
        let retry = json!({"to": {"client": client}, "data": "again"});
        let job = json!({"title": "a job", "retry": retry}).to_string();
        let job = self
            .server
            .http
            .post(self.server.url("/api/jobs"))
            .bearer_auth(TOKEN)
            .body(job);
        let job = job.header("content-type", "application/json").send();
        let job: Value = within(job)
            .await
            .expect("an answer")
            .json()
            .await
            .expect("a job");
        let job = job["id"].as_str().expect("an id").to_owned();
        if path.ends_with("/retry") {
            let failed = JobReport {
                state: Some(JobState::Failed),
                ..JobReport::default()
            };
            let failed = self.admin().report_job(&job, &failed).await;
            failed.expect("taken");
        }
        let key = self.key("listener", &[client], &[]).await.info.id;
        let person = match path.contains("/people/") {
            true => self.person(client).await,
            false => String::new(),
        };
        let scheduled = match path.contains("/scheduled/") {
            true => {
                let mut push = push_of(To::Client(client.to_owned()), "later");
                push.delay = Some(3600);
                let scheduled = within(self.admin().push(&push)).await.expect("scheduled");
                scheduled.id.expect("an id")
            }
            false => String::new(),
        };
        let hook = match path.contains("/hooks/") {
            true => self.hook().await,
            false => String::new(),
        };
        let is_saved = path.contains("/lists/") || path.contains("/templates/");
        let saved = match is_saved {
            true => self.saved(path, client).await,
            false => String::new(),
        };
        let id = match *path {
            _ if is_saved => &saved,
            path if path.contains("/hooks/") => &hook,
            path if path.contains("/people/") => &person,
            path if path.contains("/messages/") => &message,
            path if path.contains("/scheduled/") => &scheduled,
            path if path.contains("/jobs/") => &job,
            _ => &key,
        };
        let path = path.replace("{client_id}", client).replace("{id}", id);
        let path = path
            .replace("{jti}", "a-token")
            .replace("{event}", "evt_1_2_3");
        let topic = match client.starts_with("own:") {
            true => "own/1",
            false => "other/1",
        };
        if path.contains("{topic}") {
            let mut push = push_of(To::Topic(topic.to_owned()), "a state");
            push.state = true;
            within(self.admin().push(&push)).await.expect("pushed");
        }
        let path = path.replace("{topic}", &crate::harness::encoded(topic));
        self.people += 1;
        let name = format!("new-{}", self.people);
        let fill = |text: &str| {
            let text = text.replace("CLIENT", client).replace("MESSAGE", &message);
            text.replace("TOKEN", token).replace("NAME", &name)
        };
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let url = self.server.url(&format!("{path}{}", fill(query)));
        let mut request = self.server.http.request(method, url).bearer_auth(token);
        if !body.is_empty() {
            let content_type = match path.as_str() {
                "/push/batch" => "application/x-ndjson",
                _ => "application/json",
            };
            request = request
                .header("content-type", content_type)
                .body(fill(body));
        }
        within(request.send())
            .await
            .expect("an answer")
            .status()
            .as_u16()
    }
}

#[tokio::test]
async fn every_route_has_a_row() {
    let server = Server::start().await;
    let api: Value = server.read("/openapi.json").await;
    let mut described = BTreeSet::new();
    for (path, item) in api["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            described.insert((method.clone(), path.clone()));
        }
    }
    let rows = ROWS.iter().map(|row| (row.0.to_owned(), row.1.to_owned()));
    assert_eq!(rows.collect::<BTreeSet<_>>(), described);
}

#[tokio::test]
async fn every_role_may_do_what_it_says_and_only_where_its_key_reaches() {
    let mut world = World::new().await;
    for (role, actions) in ROLES {
        let everywhere = world.key(role, &[], &[]).await.key;
        let restricted = world.key(role, &["own:*"], &["own/**"]).await.key;
        for row in ROWS {
            let Row(method, path, needs, .., expected) = row;
            let cases = [
                (&everywhere, "other:1"),
                (&restricted, "own:1"),
                (&restricted, "other:1"),
            ];
            for ((token, client), status) in cases.into_iter().zip(expected) {
                let allowed = needs.is_empty() || actions.contains(needs);
                let expected = if allowed { *status } else { 403 };
                let found = world.send(row, token, client).await;
                assert_eq!(found, expected, "{role}: {method} {path} for {client}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_credential_or_with_a_wrong_one_every_guarded_route_is_closed() {
    let mut world = World::new().await;
    let revoked = world.key("admin", &[], &[]).await;
    world
        .admin()
        .revoke_key(&revoked.info.id)
        .await
        .expect("revoked");
    for row in ROWS
        .iter()
        .filter(|row| !row.2.is_empty() && row.1 != "/push/batch")
    {
        // Streams need no token here, but a wrong one is refused.
        let found = world.send(row, &revoked.key, "own:1").await;
        assert_eq!(found, 401, "{} {}", row.0, row.1);
    }
}
