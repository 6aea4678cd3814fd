//! People: who has a name and a password may sign in, and do what they were given, until they are removed.

use app::{
    api::{ApiError, Client},
    wire::{
        KeyRequest, PersonInfo, PersonRequest, PersonUpdate, Problem, Session, SessionsList,
        TotpSetup,
    },
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Listener, Server, within};

const TOKEN: &str = "an-admin-token-for-tests";
const PASSWORD: &str = "correct horse";

async fn server() -> Server {
    Server::with(&["--admin-token", TOKEN]).await
}

fn admin(server: &Server) -> Client {
    server.api.clone().with_token(TOKEN)
}

fn person(name: &str, role: &str) -> PersonRequest {
    PersonRequest {
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        role: Some(role.to_owned()),
        ..PersonRequest::default()
    }
}

async fn added(server: &Server, name: &str, role: &str) -> PersonInfo {
    within(admin(server).add_person(&person(name, role)))
        .await
        .expect("added")
}

fn problem<T>(result: Result<T, ApiError>) -> Problem {
    match result {
        Err(ApiError::Problem(problem)) => *problem,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// Sends a request with a JSON body and a cookie, as a page of the server does.
async fn send(server: &Server, method: Method, path: &str, cookie: &str, body: Value) -> Response {
    send_from(server, method, path, &[("cookie", cookie)], body).await
}

async fn send_from(
    server: &Server,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Response {
    let mut request = server.http.request(method, server.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !body.is_null() {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    within(request.send()).await.expect("an answer")
}

async fn try_sign_in(server: &Server, name: &str, password: &str) -> Response {
    let body = json!({"name": name, "password": password});
    send_from(server, Method::POST, "/api/session", &[], body).await
}

/// The cookie that an answer sets, as it is sent back.
fn cookie_of(answer: &Response) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

/// Signs in. Returns the cookie.
async fn signed_in(server: &Server, name: &str) -> String {
    let answer = try_sign_in(server, name, PASSWORD).await;
    assert_eq!(answer.status(), 200, "{name}");
    cookie_of(&answer)
}

async fn refusal(answer: Response) -> (u16, String, Option<String>) {
    let status = answer.status().as_u16();
    let problem: Problem = answer.json().await.expect("a problem");
    (status, problem.code, problem.field)
}

fn refused(status: u16, code: &str, field: &str) -> (u16, String, Option<String>) {
    (status, code.to_owned(), Some(field.to_owned()))
}

async fn session(server: &Server, cookie: &str) -> Session {
    let answer = send(server, Method::GET, "/api/session", cookie, Value::Null).await;
    answer.json().await.expect("a session")
}

async fn sessions(server: &Server, cookie: &str) -> Vec<app::wire::SessionInfo> {
    let answer = send(server, Method::GET, "/api/sessions", cookie, Value::Null).await;
    let list: SessionsList = answer.json().await.expect("sessions");
    list.sessions
}

async fn status(server: &Server, method: Method, path: &str, cookie: &str) -> u16 {
    let answer = send(server, method, path, cookie, Value::Null).await;
    answer.status().as_u16()
}

#[tokio::test]
async fn a_person_signs_in_by_name_and_password_and_may_do_what_their_role_says() {
    let server = server().await;
    let ada = added(&server, "Ada.Lovelace", "viewer").await;
    assert!(!ada.totp && ada.signed_in_at.is_none());
    assert_eq!(ada.role.as_deref(), Some("viewer"));
    assert!(session(&server, "").await.people);

    let cookie = signed_in(&server, "ada.lovelace").await;
    let open = session(&server, &cookie).await;
    assert!(open.admin);
    assert_eq!(open.name.as_deref(), Some("Ada.Lovelace"));
    assert_eq!(open.person.as_deref(), Some(ada.id.as_str()));
    assert_eq!(open.actions, ["read", "metrics"]);
    assert_eq!(
        status(&server, Method::GET, "/api/stats", &cookie).await,
        200
    );
    let push = json!({"to": "everyone", "data": 1});
    let push = send(&server, Method::POST, "/push", &cookie, push).await;
    let problem: Problem = push.json().await.expect("a problem");
    assert_eq!((problem.status, problem.code.as_str()), (403, "forbidden"));
    assert!(
        problem
            .detail
            .starts_with("the person \"Ada.Lovelace\" may not push"),
        "{}",
        problem.detail
    );
    assert_eq!(
        status(&server, Method::GET, "/api/people", &cookie).await,
        403
    );

    let shown = within(admin(&server).person(&ada.id)).await.expect("it");
    assert!(shown.signed_in_at.is_some());
    assert_eq!(shown.signed_in_from.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike() {
    let server = server().await;
    added(&server, "ada", "viewer").await;
    let mut answers = Vec::new();
    for (name, password) in [("ada", "wrong horse!"), ("bob", "wrong horse!"), ("", "x")] {
        let answer = try_sign_in(&server, name, password).await;
        assert!(!answer.headers().contains_key("set-cookie"));
        answers.push((answer.status().as_u16(), answer.text().await.expect("text")));
    }
    assert_eq!(answers[0].0, 401);
    assert!(
        answers[0]
            .1
            .contains("nobody with this name and this password")
    );
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn whoever_may_not_read_can_not_sign_in() {
    let server = server().await;
    added(&server, "ada", "publisher").await;
    let answer = try_sign_in(&server, "ada", PASSWORD).await;
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn guesses_are_slowed_down_and_the_right_password_is_then_refused_too() {
    let server = server().await;
    added(&server, "ada", "viewer").await;
    added(&server, "bob", "viewer").await;
    for _ in 0..5 {
        assert_eq!(
            try_sign_in(&server, "ADA", "wrong horse!").await.status(),
            401
        );
    }
    let answer = try_sign_in(&server, "ada", PASSWORD).await;
    let wait: u64 = answer.headers()["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("seconds");
    assert!((1..=5).contains(&wait), "{wait}");
    assert_eq!(refusal(answer).await.1, "too_many_tries");
    // The same for somebody who is not there.
    for _ in 0..5 {
        try_sign_in(&server, "eve", "wrong horse!").await;
    }
    let answer = try_sign_in(&server, "eve", "wrong horse!").await;
    assert_eq!(answer.status(), 429);
    // Tokens are not guessed, so they are not refused.
    let body = json!({"token": TOKEN});
    let answer = send_from(&server, Method::POST, "/api/session", &[], body).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn guesses_of_others_do_not_lock_out_where_the_person_has_signed_in_before() {
    let flags = ["--admin-token", TOKEN, "--trusted-proxy", "127.0.0.1"];
    let server = Server::with(&flags).await;
    added(&server, "ada", "viewer").await;
    let from = async |address: &str, name: &str, password: &str| {
        let body = json!({"name": name, "password": password});
        let headers = [("x-forwarded-for", address)];
        let answer = send_from(&server, Method::POST, "/api/session", &headers, body).await;
        answer.status().as_u16()
    };
    assert_eq!(from("192.0.2.1", "ada", PASSWORD).await, 200);
    // Others at the same address guess the passwords of others.
    for n in 0..10 {
        assert_eq!(
            from("192.0.2.1", &format!("x{n}"), "wrong horse!").await,
            401
        );
    }
    assert_eq!(from("192.0.2.1", "y", "wrong horse!").await, 429);
    assert_eq!(from("192.0.2.1", "ada", PASSWORD).await, 200);
    // Somebody elsewhere guesses hers.
    for _ in 0..5 {
        assert_eq!(from("192.0.2.66", "ada", "wrong horse!").await, 401);
    }
    assert_eq!(from("192.0.2.66", "ada", PASSWORD).await, 429);
    assert_eq!(from("192.0.2.1", "ada", PASSWORD).await, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_person_is_named() {
    let server = server().await;
    added(&server, "ada", "viewer").await;
    let add = async |request: PersonRequest| {
        let refused = problem(within(admin(&server).add_person(&request)).await);
        (refused.status, refused.code, refused.field)
    };
    let of = |name: &str, password: &str, role: &str| PersonRequest {
        password: password.to_owned(),
        ..person(name, role)
    };
    let cases = [
        (
            of("ADA", PASSWORD, "viewer"),
            refused(409, "name_taken", "name"),
        ),
        (
            of("", PASSWORD, "viewer"),
            refused(422, "invalid_field", "name"),
        ),
        (
            of("a b", PASSWORD, "viewer"),
            refused(422, "invalid_field", "name"),
        ),
        (
            of("bob", "short", "viewer"),
            refused(422, "invalid_field", "password"),
        ),
        (
            of("long-enough", "Long-Enough", "viewer"),
            refused(422, "invalid_field", "password"),
        ),
        (
            of("bob", PASSWORD, "nobody"),
            refused(422, "invalid_field", "role"),
        ),
    ];
    for (request, expected) in cases {
        let name = request.name.clone();
        assert_eq!(add(request).await, expected, "{name}");
    }
    let people = within(admin(&server).people(None, 10))
        .await
        .expect("people");
    assert_eq!(people.people.len(), 1);
    let update = PersonUpdate {
        totp: Some(true),
        ..PersonUpdate::default()
    };
    let id = &people.people[0].id;
    let wrong = problem(within(admin(&server).update_person(id, &update)).await);
    assert_eq!(wrong.field.as_deref(), Some("totp"));
    let unknown = problem(within(admin(&server).person("nobody")).await);
    assert_eq!(
        (unknown.status, unknown.code.as_str()),
        (404, "person_unknown")
    );
}

#[tokio::test]
async fn people_are_listed_in_pages_and_renamed() {
    let server = server().await;
    let ada = added(&server, "ada", "viewer").await;
    added(&server, "bob", "viewer").await;
    let first = within(admin(&server).people(None, 1))
        .await
        .expect("a page");
    assert_eq!(first.people[0].name, "bob");
    let before = first.next.expect("more");
    let second = within(admin(&server).people(Some(&before), 1))
        .await
        .expect("a page");
    assert_eq!(second.people[0].name, "ada");
    let rename = |name: &str| PersonUpdate {
        name: Some(name.to_owned()),
        ..PersonUpdate::default()
    };
    let taken = problem(within(admin(&server).update_person(&ada.id, &rename("BOB"))).await);
    assert_eq!((taken.status, taken.code.as_str()), (409, "name_taken"));
    let renamed = within(admin(&server).update_person(&ada.id, &rename("Ada"))).await;
    assert_eq!(renamed.expect("renamed").name, "Ada");
    let renamed = within(admin(&server).update_person(&ada.id, &rename("carol"))).await;
    assert_eq!(renamed.expect("renamed").role.as_deref(), Some("viewer"));
    assert_eq!(try_sign_in(&server, "ada", PASSWORD).await.status(), 401);
    signed_in(&server, "carol").await;
}

#[tokio::test]
async fn nobody_makes_or_changes_a_person_who_may_do_more_than_they_may() {
    let server = server().await;
    let root = added(&server, "root", "admin").await;
    let request = PersonRequest {
        clients: vec!["shop:*".to_owned()],
        ..person("manager", "admin")
    };
    let manager = within(admin(&server).add_person(&request))
        .await
        .expect("added");
    let cookie = signed_in(&server, "manager").await;
    let add = |name: &str, client: &str| {
        let body =
            json!({"name": name, "password": PASSWORD, "role": "viewer", "clients": [client]});
        send(&server, Method::POST, "/api/people", &cookie, body)
    };
    assert_eq!(add("one", "shop:1").await.status(), 201);
    assert_eq!(
        refusal(add("two", "bank:1").await).await,
        refused(403, "forbidden", "permissions")
    );
    let path = format!("/api/people/{}", root.id);
    let change = send(
        &server,
        Method::PATCH,
        &path,
        &cookie,
        json!({"password": "another horse"}),
    );
    assert_eq!(change.await.status(), 403);
    assert_eq!(status(&server, Method::DELETE, &path, &cookie).await, 403);
    let own = format!("/api/people/{}", manager.id);
    let more = send(
        &server,
        Method::PATCH,
        &own,
        &cookie,
        json!({"clients": [], "topics": []}),
    );
    assert_eq!(more.await.status(), 403);
    let password = send(
        &server,
        Method::PATCH,
        &own,
        &cookie,
        json!({"password": "another horse"}),
    );
    assert_eq!(
        refusal(password.await).await,
        refused(403, "forbidden", "password"),
        "the own password needs the old one"
    );
    signed_in(&server, "root").await;
    // A session of somebody who may do more can be seen, and not ended.
    let of_root = sessions(&server, &cookie).await;
    let of_root = of_root.iter().find(|session| session.name == "root");
    let path = format!("/api/sessions/{}", of_root.expect("it is listed").id);
    assert_eq!(status(&server, Method::DELETE, &path, &cookie).await, 403);
}

#[tokio::test]
async fn an_old_session_is_ended_by_signing_in() {
    let server = server().await;
    added(&server, "ada", "viewer").await;
    added(&server, "eve", "viewer").await;
    // Somebody has set the cookie of their own session in the browser of somebody else.
    let planted = signed_in(&server, "eve").await;
    let body = json!({"name": "ada", "password": PASSWORD});
    let answer = send(&server, Method::POST, "/api/session", &planted, body).await;
    let cookie = cookie_of(&answer);
    assert_ne!(cookie, planted);
    assert!(!session(&server, &planted).await.admin, "it has ended");
    assert_eq!(session(&server, &cookie).await.name.as_deref(), Some("ada"));
    // A made-up id does not become a session.
    let made_up = "tidings_session=made-up";
    let body = json!({"name": "ada", "password": PASSWORD});
    let answer = send(&server, Method::POST, "/api/session", made_up, body).await;
    assert_ne!(cookie_of(&answer), made_up);
    assert!(!session(&server, made_up).await.admin);
}

#[tokio::test]
async fn sessions_survive_a_restart_and_end_when_the_password_changes_or_the_person_is_removed() {
    let server = server().await;
    let ada = added(&server, "ada", "viewer").await;
    let bob = added(&server, "bob", "viewer").await;
    let (of_ada, of_bob) = (
        signed_in(&server, "ada").await,
        signed_in(&server, "bob").await,
    );
    let server = server.restarted().await;
    assert_eq!(session(&server, &of_ada).await.name.as_deref(), Some("ada"));
    let update = PersonUpdate {
        password: Some("another horse".to_owned()),
        ..PersonUpdate::default()
    };
    within(admin(&server).update_person(&ada.id, &update))
        .await
        .expect("changed");
    assert!(!session(&server, &of_ada).await.admin);
    assert!(session(&server, &of_bob).await.admin);
    assert_eq!(try_sign_in(&server, "ada", PASSWORD).await.status(), 401);
    let answer = try_sign_in(&server, "ada", "another horse").await;
    assert_eq!(answer.status(), 200);
    within(admin(&server).remove_person(&bob.id))
        .await
        .expect("removed");
    assert!(!session(&server, &of_bob).await.admin);
    assert_eq!(try_sign_in(&server, "bob", PASSWORD).await.status(), 401);
    let again = added(&server, "bob", "viewer").await;
    assert_ne!(again.id, bob.id);
    assert!(!session(&server, &of_bob).await.admin, "another person");
}

/// Opens a stream with a session.
async fn stream(server: &Server, cookie: &str, query: &str) -> Listener {
    let path = format!("/sse?client_id=panel{query}");
    Listener::of(send(server, Method::GET, &path, cookie, Value::Null).await)
        .welcomed()
        .await
}

#[tokio::test]
async fn what_a_person_may_do_changes_at_once_and_their_streams_end() {
    let server = server().await;
    let ada = added(&server, "ada", "admin").await;
    let cookie = signed_in(&server, "ada").await;
    let stream = stream(&server, &cookie, "&topic=%24sys/clients").await;
    let update = PersonUpdate {
        role: Some("viewer".to_owned()),
        ..PersonUpdate::default()
    };
    within(admin(&server).update_person(&ada.id, &update))
        .await
        .expect("changed");
    let rest = within(stream.rest()).await;
    assert!(rest.iter().all(|event| event.event != "reconnect"));
    assert_eq!(session(&server, &cookie).await.actions, ["read", "metrics"]);
    assert_eq!(
        status(&server, Method::GET, "/api/people", &cookie).await,
        403
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let server = server().await;
    let ada = added(&server, "ada", "viewer").await;
    let (one, two) = (
        signed_in(&server, "ada").await,
        signed_in(&server, "ada").await,
    );
    let by_token = send_from(
        &server,
        Method::POST,
        "/api/session",
        &[],
        json!({"token": TOKEN}),
    );
    let by_token = cookie_of(&by_token.await);
    let first = stream(&server, &one, "").await;
    let second = stream(&server, &two, "").await;
    let third = stream(&server, &by_token, "").await;
    assert_eq!(
        status(&server, Method::DELETE, "/api/session", &one).await,
        200
    );
    within(first.rest()).await;
    // The other ones are still open: a push reaches two.
    let answer = server_push(&server).await;
    assert_eq!(answer["connections"], 2, "{answer}");
    within(admin(&server).remove_person(&ada.id))
        .await
        .expect("removed");
    within(second.rest()).await;
    let all = sessions(&server, &by_token).await;
    let path = format!("/api/sessions/{}", all[0].id);
    assert_eq!(status(&server, Method::DELETE, &path, &by_token).await, 204);
    within(third.rest()).await;
    assert!(!session(&server, &by_token).await.admin);
}

async fn server_push(server: &Server) -> Value {
    let request = server.http.post(server.url("/push")).bearer_auth(TOKEN);
    let body = json!({"to": {"client": "panel"}, "data": 1}).to_string();
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let answer = within(request.send()).await.expect("an answer");
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn sessions_are_listed_with_where_they_come_from_and_ended() {
    let server = server().await;
    let ada = added(&server, "ada", "viewer").await;
    added(&server, "bob", "admin").await;
    let body = json!({"name": "ada", "password": PASSWORD});
    let headers = [("user-agent", "a browser")];
    let answer = send_from(&server, Method::POST, "/api/session", &headers, body).await;
    let first = cookie_of(&answer);
    let second = signed_in(&server, "ada").await;
    let of_bob = signed_in(&server, "bob").await;

    let own = sessions(&server, &second).await;
    assert_eq!(own.len(), 2, "{own:?}");
    assert!(
        own.iter()
            .all(|one| one.name == "ada" && one.person.as_ref() == Some(&ada.id))
    );
    let other = own.iter().find(|one| !one.current).expect("the first");
    assert_eq!(other.program.as_deref(), Some("a browser"));
    assert_eq!(other.from.as_deref(), Some("127.0.0.1"));
    assert!(other.opened_at > 0 && other.ends_at > other.opened_at);
    assert!(
        !first.contains(&other.id),
        "the id is not that of the cookie"
    );

    let all = sessions(&server, &of_bob).await;
    assert_eq!(all.len(), 3);
    let path = |one: &app::wire::SessionInfo| format!("/api/sessions/{}", one.id);
    let of_bob_path = path(all.iter().find(|one| one.name == "bob").expect("it"));
    let answer = send(&server, Method::DELETE, &of_bob_path, &second, Value::Null).await;
    assert_eq!(refusal(answer).await, refused(404, "session_unknown", "id"));
    assert_eq!(
        status(&server, Method::DELETE, &path(other), &second).await,
        204
    );
    assert!(!session(&server, &first).await.admin);
    assert!(session(&server, &second).await.admin);
    let current = sessions(&server, &second).await;
    assert_eq!(
        status(&server, Method::DELETE, &path(&current[0]), &of_bob).await,
        204
    );
    assert!(!session(&server, &second).await.admin);
}

#[tokio::test]
async fn a_person_changes_their_own_password_with_the_old_one() {
    let server = server().await;
    added(&server, "ada", "viewer").await;
    let (here, elsewhere) = (
        signed_in(&server, "ada").await,
        signed_in(&server, "ada").await,
    );
    let change = |cookie: &str, old: &str, new: &str| {
        let body = json!({"password": old, "new_password": new});
        let cookie = cookie.to_owned();
        let server = &server;
        async move { send(server, Method::POST, "/api/account/password", &cookie, body).await }
    };
    let wrong = change(&here, "wrong horse!", "another horse").await;
    assert_eq!(refusal(wrong).await, refused(403, "forbidden", "password"));
    let short = change(&here, PASSWORD, "short").await;
    assert_eq!(
        refusal(short).await,
        refused(422, "invalid_field", "new_password")
    );
    let changed = change(&here, PASSWORD, "another horse").await;
    assert_eq!(changed.status(), 200);
    let new = cookie_of(&changed);
    assert!(
        session(&server, &new).await.admin,
        "this browser stays signed in"
    );
    assert!(!session(&server, &here).await.admin && !session(&server, &elsewhere).await.admin);
    assert_eq!(try_sign_in(&server, "ada", PASSWORD).await.status(), 401);
    assert_eq!(
        try_sign_in(&server, "ada", "another horse").await.status(),
        200
    );
    // Guesses of the old password are slowed down here as well.
    for _ in 0..5 {
        change(&new, "wrong horse!", "a third horse").await;
    }
    assert_eq!(
        change(&new, "another horse", "a third horse")
            .await
            .status(),
        429
    );
}

/// The code of a secret now, and when its step ends, as a program that knows the standard makes it.
fn code_of(secret: &str, steps_later: u64) -> String {
    let mut bits = Vec::new();
    let (mut rest, mut number) = (0_u64, 0);
    for letter in secret.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        };
        rest = rest << 5 | u64::from(value);
        number += 5;
        if number >= 8 {
            number -= 8;
            bits.push((rest >> number & 255) as u8);
        }
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let step = now.expect("after 1970").as_secs() / 30 + steps_later;
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bits);
    let hash = ring::hmac::sign(&key, &step.to_be_bytes());
    let hash = hash.as_ref();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().expect("four")) & 0x7FFF_FFFF;
    format!("{:06}", number % 1_000_000)
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_removed() {
    let server = server().await;
    let ada = added(&server, "ada", "viewer").await;
    let cookie = signed_in(&server, "ada").await;
    let account = |method, path: &'static str, body| {
        let (server, cookie) = (&server, cookie.clone());
        async move { send(server, method, path, &cookie, body).await }
    };
    let proof = json!({"password": PASSWORD});
    let wrong = account(
        Method::POST,
        "/api/account/totp",
        json!({"password": "wrong horse!"}),
    )
    .await;
    assert_eq!(refusal(wrong).await, refused(403, "forbidden", "password"));
    let answer = account(Method::POST, "/api/account/totp", proof.clone()).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let TotpSetup { secret, link } = answer.json().await.expect("a secret");
    assert!(
        link.starts_with("otpauth://totp/Tidings%20127.0.0.1"),
        "{link}"
    );
    assert!(
        link.contains(":ada?secret=") && link.contains(&secret),
        "{link}"
    );
    // Nothing has changed yet.
    signed_in(&server, "ada").await;
    let confirm = |code: &str| json!({"password": PASSWORD, "secret": secret, "code": code});
    let wrong = account(Method::PUT, "/api/account/totp", confirm("000")).await;
    assert_eq!(refusal(wrong).await, refused(422, "invalid_field", "code"));
    let answer = account(
        Method::PUT,
        "/api/account/totp",
        confirm(&code_of(&secret, 0)),
    )
    .await;
    assert!(answer.json::<PersonInfo>().await.expect("a person").totp);

    let with_code = |code: &str| {
        let body = json!({"name": "ada", "password": PASSWORD, "code": code});
        let server = &server;
        async move { send_from(server, Method::POST, "/api/session", &[], body).await }
    };
    let asked = try_sign_in(&server, "ada", PASSWORD).await;
    assert_eq!(refusal(asked).await, refused(401, "code_needed", "code"));
    let wrong = try_sign_in(&server, "ada", "wrong horse!").await;
    assert_eq!(refusal(wrong).await.1, "unauthorized");
    let used = with_code(&code_of(&secret, 0)).await;
    assert_eq!(refusal(used).await, refused(401, "unauthorized", "code"));
    let code = code_of(&secret, 1);
    assert_eq!(with_code(&code).await.status(), 200);
    assert_eq!(with_code(&code).await.status(), 401, "a code counts once");

    // Whoever may manage removes it, when the app is lost.
    let remove = PersonUpdate {
        totp: Some(false),
        ..PersonUpdate::default()
    };
    let removed = within(admin(&server).update_person(&ada.id, &remove)).await;
    assert!(!removed.expect("removed").totp);
    signed_in(&server, "ada").await;
    // And the person removes their own.
    let answer = account(Method::POST, "/api/account/totp", proof.clone()).await;
    let TotpSetup { secret, .. } = answer.json().await.expect("a secret");
    let confirm = json!({"password": PASSWORD, "secret": secret, "code": code_of(&secret, 0)});
    assert_eq!(
        account(Method::PUT, "/api/account/totp", confirm)
            .await
            .status(),
        200
    );
    let answer = account(Method::POST, "/api/account/totp/remove", proof).await;
    assert!(!answer.json::<PersonInfo>().await.expect("a person").totp);
    signed_in(&server, "ada").await;
}

#[tokio::test]
async fn pages_of_other_origins_can_not_use_the_session_of_a_person() {
    let server = server().await;
    let ada = added(&server, "ada", "admin").await;
    let cookie = signed_in(&server, "ada").await;
    let list = sessions(&server, &cookie).await;
    let routes = [
        (
            Method::POST,
            "/api/people".to_owned(),
            json!({"name": "eve", "password": PASSWORD, "role": "admin"}),
        ),
        (
            Method::PATCH,
            format!("/api/people/{}", ada.id),
            json!({"name": "eve"}),
        ),
        (
            Method::DELETE,
            format!("/api/people/{}", ada.id),
            Value::Null,
        ),
        (Method::GET, "/api/people".to_owned(), Value::Null),
        (Method::GET, "/api/account".to_owned(), Value::Null),
        (
            Method::POST,
            "/api/account/password".to_owned(),
            json!({"password": PASSWORD, "new_password": "another horse"}),
        ),
        (
            Method::POST,
            "/api/account/totp".to_owned(),
            json!({"password": PASSWORD}),
        ),
        (
            Method::PUT,
            "/api/account/totp".to_owned(),
            json!({"password": PASSWORD, "secret": "x", "code": "1"}),
        ),
        (
            Method::POST,
            "/api/account/totp/remove".to_owned(),
            json!({"password": PASSWORD}),
        ),
        (Method::GET, "/api/sessions".to_owned(), Value::Null),
        (
            Method::DELETE,
            format!("/api/sessions/{}", list[0].id),
            Value::Null,
        ),
        (
            Method::POST,
            "/api/session".to_owned(),
            json!({"name": "ada", "password": PASSWORD}),
        ),
        (Method::DELETE, "/api/session".to_owned(), Value::Null),
    ];
    // A page of a subdomain, one without an origin, and one of another port, which browsers call the same site.
    let subdomain = format!("http://evil.127.0.0.1:{}", server.address.port());
    let senders = [
        ("origin", "null"),
        ("origin", subdomain.as_str()),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "same-site"),
        ("referer", "http://evil.example/page"),
    ];
    for (method, path, body) in routes {
        for sender in senders {
            let headers = [("cookie", cookie.as_str()), sender];
            let answer = send_from(&server, method.clone(), &path, &headers, body.clone()).await;
            let (status, code, _) = refusal(answer).await;
            assert_eq!(
                (status, code.as_str()),
                (403, "cross_site"),
                "{method} {path} {sender:?}"
            );
        }
    }
    assert_eq!(session(&server, &cookie).await.name.as_deref(), Some("ada"));
    let people = within(admin(&server).people(None, 10))
        .await
        .expect("people");
    assert_eq!(people.people.len(), 1);
}

#[tokio::test]
async fn at_the_root_of_a_site_with_https_no_neighbour_can_set_the_cookie() {
    let set = async |flags: &[&str], proto: &str| {
        let flags = [
            &["--admin-token", TOKEN, "--trusted-proxy", "127.0.0.1"],
            flags,
        ]
        .concat();
        let server = Server::with(&flags).await;
        added(&server, "ada", "viewer").await;
        let body = json!({"name": "ada", "password": PASSWORD});
        let headers = [("x-forwarded-proto", proto)];
        let answer = send_from(&server, Method::POST, "/api/session", &headers, body).await;
        let set = answer.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .to_owned();
        let cookie = cookie_of(&answer);
        let seen = async |cookie: &str| {
            let headers = [("x-forwarded-proto", proto), ("cookie", cookie)];
            let answer =
                send_from(&server, Method::GET, "/api/session", &headers, Value::Null).await;
            answer.json::<Session>().await.expect("a session").admin
        };
        assert!(seen(&cookie).await);
        let id = cookie.split_once('=').expect("a cookie").1;
        let with_prefix = seen(&format!("__Host-tidings_session={id}")).await;
        let without = seen(&format!("tidings_session={id}")).await;
        assert!(with_prefix != without, "only one name is read");
        set
    };
    let https = set(&[], "https").await;
    assert!(https.starts_with("__Host-tidings_session="), "{https}");
    for part in ["; Secure", "; Path=/;", "; HttpOnly", "; SameSite=Strict"] {
        assert!(https.contains(part), "{https}");
    }
    assert!(!https.contains("Domain"));
    let http = set(&[], "http").await;
    assert!(
        http.starts_with("tidings_session=") && !http.contains("Secure"),
        "{http}"
    );
    let below = set(&["--public-url", "https://example.org/push"], "https").await;
    assert!(below.starts_with("tidings_session="), "{below}");
    assert!(
        below.contains("Path=/push") && below.contains("Secure"),
        "{below}"
    );
}

#[tokio::test]
async fn people_need_an_admin_token_and_keys_have_no_account() {
    let server = Server::start().await;
    let refused = problem(within(server.api.add_person(&person("ada", "viewer"))).await);
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (409, "admin_token_needed")
    );
    drop(server);
    let server = self::server().await;
    let request = KeyRequest {
        name: "shop".to_owned(),
        role: Some("admin".to_owned()),
        ..KeyRequest::default()
    };
    let key = within(admin(&server).create_key(&request))
        .await
        .expect("made");
    let api = server.api.clone().with_token(&key.key);
    assert_eq!(problem(within(api.account()).await).code, "forbidden");
    within(api.add_person(&person("ada", "admin")))
        .await
        .expect("a key may");
    // A body has a token, or a name and a password.
    for (body, code, field) in [
        (json!({}), "missing_field", "token"),
        (json!({"name": "ada"}), "missing_field", "password"),
        (json!({"password": PASSWORD}), "missing_field", "name"),
        (
            json!({"token": TOKEN, "name": "ada"}),
            "invalid_field",
            "token",
        ),
    ] {
        let answer = send_from(&server, Method::POST, "/api/session", &[], body).await;
        let refusal = refusal(answer).await;
        assert_eq!(
            (refusal.1.as_str(), refusal.2.as_deref()),
            (code, Some(field))
        );
    }
}
