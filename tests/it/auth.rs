//! Promise 8: closed by default. Which requests may push, administer and subscribe, over real HTTP.

use std::time::SystemTime;

use app::wire::{Problem, Refused, Session, To, Welcome};
use reqwest::{Method, RequestBuilder, Response};
use tidings::{
    auth::sign,
    config::Secret,
    message::{ClientId, TopicFilter},
};

use crate::harness::{Listener, Server, client, encoded, within};

const TOKEN: &str = "an-admin-token-for-tests";
const KEY: &str = "a stream secret of 32 bytes or more";

/// All requests that need an admin: method, path, content type and body.
const GUARDED: &[(&str, &str, &str, &str)] = &[
    (
        "POST",
        "/push",
        "application/json",
        r#"{"to":"everyone","data":"forged"}"#,
    ),
    (
        "POST",
        "/push",
        "text/plain",
        r#"{"to":"everyone","data":"forged"}"#,
    ),
    (
        "POST",
        "/push",
        "application/x-www-form-urlencoded",
        "client_id=ada&message=forged",
    ),
    ("GET", "/push?client_id=ada&message=forged", "", ""),
    (
        "POST",
        "/api/audience",
        "application/json",
        r#"{"to":"everyone"}"#,
    ),
    ("GET", "/api/clients", "", ""),
    ("DELETE", "/api/clients/ada", "", ""),
    ("DELETE", "/api/tokens/one", "", ""),
    ("DELETE", "/api/tokens?sub=ada", "", ""),
    ("GET", "/api/stats", "", ""),
    ("GET", "/api/stats/history", "", ""),
    ("GET", "/api/stats/top", "", ""),
    ("GET", "/api/stats/health", "", ""),
    ("GET", "/api/topics", "", ""),
    (
        "POST",
        "/api/jobs",
        "application/json",
        r#"{"title":"forged"}"#,
    ),
    ("GET", "/api/jobs", "", ""),
    (
        "DELETE",
        "/api/jobs/9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55",
        "",
        "",
    ),
    (
        "PATCH",
        "/api/jobs/9b2d8e0c-6f0d-4a43-8f83-8f2f6a3d3a55",
        "application/json",
        "{}",
    ),
];

type Headers<'a> = &'a [(&'a str, &'a str)];

fn request(server: &Server, method: &str, path: &str, headers: Headers<'_>) -> RequestBuilder {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = server.http.request(method, server.url(path));
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

async fn send(request: RequestBuilder) -> Response {
    within(request.send()).await.expect("an answer")
}

async fn get(server: &Server, path: &str, headers: Headers<'_>) -> Response {
    send(request(server, "GET", path, headers)).await
}

/// The status, code and field of a refused request.
async fn refusal(response: Response) -> (u16, String, Option<String>) {
    let status = response.status().as_u16();
    let text = within(response.text()).await.expect("a body");
    let problem: Problem =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} {text}"));
    assert_eq!(problem.status, status);
    (status, problem.code, problem.field)
}

/// Sends all requests that need an admin, and asserts that each is refused in this way.
async fn assert_closed(server: &Server, headers: Headers<'_>, expected: (u16, &str, Option<&str>)) {
    for &(method, path, content_type, body) in GUARDED {
        let mut request = request(server, method, path, headers).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let (status, code, field) = refusal(send(request).await).await;
        let got = (status, code.as_str(), field.as_deref());
        assert_eq!(
            got, expected,
            "{method} {path} {content_type} with {headers:?}"
        );
    }
}

/// Asserts that the stream is still open and has received nothing.
async fn assert_nothing_received(mut listener: Listener) {
    assert_eq!(listener.text().await, "the first message");
}

/// Whether the welcome of a stream lists this topic.
async fn is_subscribed(response: Response, topic: &str) -> bool {
    let welcome = Listener::of(response).event("welcome").await.data;
    let welcome: Welcome = serde_json::from_str(&welcome).expect("JSON");
    welcome.topics.iter().any(|heard| heard == topic)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs()
}

fn stream_token(key: &str, client_id: &str, topics: &[&str], expires_at: u64) -> String {
    let client_id = ClientId::parse(client_id).expect("an id");
    let topics = topics
        .iter()
        .map(|topic| TopicFilter::parse(topic).expect("a filter"));
    let topics: Vec<_> = topics.collect();
    sign(
        &Secret::from(key.to_owned()),
        &client_id,
        &topics,
        expires_at,
    )
}

#[tokio::test]
async fn without_an_admin_token_pages_of_other_sites_can_not_push_or_administer() {
    let server = Server::start().await;
    let ada = server.listen("ada", &[]).await;
    let port = server.address.port();
    let neighbour = format!("http://127.0.0.1:{}", port ^ 1);
    let cases: [(Headers<'_>, &str); 9] = [
        (&[("sec-fetch-site", "cross-site")], "Sec-Fetch-Site"),
        (&[("sec-fetch-site", "same-site")], "Sec-Fetch-Site"),
        (&[("origin", "http://evil.example")], "Origin"),
        (&[("origin", "null")], "Origin"),
        (&[("origin", &neighbour)], "Origin"),
        (
            &[
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "same-origin"),
            ],
            "Origin",
        ),
        (
            &[
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "none"),
            ],
            "Origin",
        ),
        (&[("referer", "http://evil.example/page.html")], "Referer"),
        (
            &[
                ("origin", "http://evil.example"),
                ("authorization", "Bearer x"),
            ],
            "Origin",
        ),
    ];
    for (headers, field) in cases {
        assert_closed(&server, headers, (403, "cross_site", Some(field))).await;
    }
    server.push(To::Everyone, "the first message").await;
    assert_nothing_received(ada).await;
}

#[tokio::test]
async fn a_request_for_an_image_without_fetch_metadata_pushes_nothing() {
    let server = Server::start().await;
    let ada = server.listen("ada", &[]).await;
    let headers = [("user-agent", "Mozilla/5.0 (Macintosh) Safari/605.1.15")];
    let image = get(&server, "/push?client_id=ada&message=forged", &headers).await;
    assert_eq!(refusal(image).await, (403, "cross_site".to_owned(), None));
    server.push(To::Everyone, "the first message").await;
    assert_nothing_received(ada).await;
}

#[tokio::test]
async fn without_an_admin_token_a_foreign_host_name_is_refused() {
    let server = Server::start().await;
    let ada = server.listen("ada", &[]).await;
    let rebound = format!("rebound.example:{}", server.address.port());
    let origin = format!("http://{rebound}");
    let cases: [Headers<'_>; 12] = [
        &[("host", &rebound)],
        &[("host", "Rebound.Example")],
        &[("host", "rebound.example.")],
        &[("host", "127.0.0.1.rebound.example")],
        // Other ways to write 127.0.0.1. Browsers send it in its usual form.
        &[("host", "2130706433")],
        &[("host", "127.1")],
        &[("host", "0x7f.0.0.1")],
        &[("host", "[::ffff:10.0.0.1]")],
        &[("host", "[::]")],
        // To the browser, this is the origin of the page itself.
        &[
            ("host", &rebound),
            ("origin", &origin),
            ("sec-fetch-site", "same-origin"),
        ],
        &[("host", "localhost.rebound.example")],
        &[("host", "0.0.0.0")],
    ];
    for headers in cases {
        assert_closed(&server, headers, (421, "unknown_host", Some("Host"))).await;
    }
    server.push(To::Everyone, "the first message").await;
    assert_nothing_received(ada).await;
}

#[tokio::test]
async fn without_an_admin_token_local_programs_and_own_pages_may_push() {
    let server = Server::with(&["--allow-host", "push.example"]).await;
    let mut ada = server.listen("ada", &[]).await;
    let own = format!("http://{}", server.address);
    let local = format!("localhost:{}", server.address.port());
    let at_local = format!("http://{local}");
    let cases: [Headers<'_>; 7] = [
        &[],
        &[("origin", &own), ("sec-fetch-site", "same-origin")],
        &[("origin", &own)],
        &[("host", &local), ("origin", &at_local)],
        &[("sec-fetch-site", "none"), ("user-agent", "Mozilla/5.0")],
        &[("host", "push.example")],
        &[("origin", "https://push.example")],
    ];
    for headers in cases {
        let answer = get(&server, "/push?client_id=ada&message=hello", headers).await;
        assert_eq!(
            answer.text().await.expect("a text"),
            "success",
            "{headers:?}"
        );
        assert_eq!(ada.text().await, "hello");
    }
}

#[tokio::test]
async fn other_sites_may_subscribe_but_not_to_reserved_topics() {
    let server = Server::start().await;
    let path = format!(
        "/sse?client_id=ada&topic=news&topic={}",
        encoded("$sys/clients")
    );
    let other: [Headers<'_>; 2] = [
        &[
            ("origin", "http://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("host", "rebound.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ];
    for headers in other {
        let response = get(&server, &path, headers).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let mut listener = Listener::of(response);
        let refused = listener.event("refused").await;
        let refused: Refused = serde_json::from_str(&refused.data).expect("JSON");
        assert_eq!(refused.topic, "$sys/clients");
        server.push(client("ada"), "hello").await;
        assert_eq!(listener.event("message").await.data, "hello");
    }
    let own = get(&server, &path, &[("sec-fetch-site", "same-origin")]).await;
    assert!(
        is_subscribed(own, "$sys/clients").await,
        "this machine is the admin here"
    );
}

#[tokio::test]
async fn with_configured_origins_no_other_page_can_read_a_stream() {
    let server = Server::with(&["--allow-origin", "https://www.example"]).await;
    let allowed = async |origin| {
        let response = get(&server, "/sse?client_id=ada", &[("origin", origin)]).await;
        let value = response
            .headers()
            .get("access-control-allow-origin")
            .cloned();
        value.map(|value| value.to_str().expect("text").to_owned())
    };
    assert_eq!(
        allowed("https://www.example").await.as_deref(),
        Some("https://www.example")
    );
    assert_eq!(allowed("https://evil.example").await, None);
    assert_eq!(allowed("http://www.example").await, None);
}

#[tokio::test]
async fn a_page_of_another_origin_may_send_its_token_in_a_header() {
    let server = Server::start().await;
    for (path, method) in [("/sse?client_id=ada", "GET"), ("/ack", "POST")] {
        let response = server
            .http
            .request(Method::OPTIONS, server.url(path))
            .header("origin", "https://www.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization")
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        let allowed = &response.headers()["access-control-allow-headers"];
        let allowed = allowed.to_str().expect("text");
        assert!(allowed.contains("authorization"), "{path}: {allowed}");
    }
    let wrong = server.http.delete(server.url("/ack")).send().await;
    assert_eq!(wrong.expect("an answer").status(), 405);
}

#[tokio::test]
async fn with_an_admin_token_requests_without_it_are_refused() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let ada = server.listen("ada", &[]).await;
    let unauthorized = (401, "unauthorized", None);
    assert_closed(&server, &[], unauthorized).await;
    assert_closed(
        &server,
        &[("cookie", "tidings_session=made-up")],
        unauthorized,
    )
    .await;
    assert_closed(&server, &[("authorization", TOKEN)], unauthorized).await;
    let answer = get(&server, "/api/stats", &[]).await;
    assert_eq!(
        answer.headers()["www-authenticate"],
        "Bearer realm=\"tidings\""
    );

    // The token is enough, whatever the origin is.
    let right = bearer(TOKEN);
    let headers = [
        ("authorization", right.as_str()),
        ("origin", "http://other.example"),
    ];
    let push = request(&server, "POST", "/push", &headers)
        .header("content-type", "application/json")
        .body(r#"{"to":"everyone","data":"the first message"}"#);
    assert_eq!(send(push).await.status(), 200);
    assert_nothing_received(ada).await;
}

#[tokio::test]
async fn attempts_with_wrong_tokens_are_limited_by_address() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let (wrong, right) = (bearer("wrong"), bearer(TOKEN));
    // Each of these requests would reveal whether a guess is right, so all of them count.
    for path in ["/api/stats", "/sse?client_id=a"].iter().cycle().take(10) {
        let answer = get(&server, path, &[("authorization", &wrong)]).await;
        assert_eq!(refusal(answer).await.0, 401);
    }
    for path in ["/api/stats", "/sse?client_id=a", "/api/session"] {
        let answer = get(&server, path, &[("authorization", &wrong)]).await;
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .expect("text")
            .parse()
            .expect("seconds");
        assert!((1..=6).contains(&wait), "{wait}");
        assert_eq!(refusal(answer).await.1, "too_many_tries");
        let answer = get(&server, path, &[("authorization", &right)]).await;
        assert_eq!(answer.status(), 200, "the right token is never refused");
    }
    let wrong = sign_in(&server, &[], "another wrong token").await;
    assert_eq!(refusal(wrong).await.1, "too_many_tries");
    assert_eq!(sign_in(&server, &[], TOKEN).await.status(), 200);
}

async fn sign_in(server: &Server, headers: Headers<'_>, token: &str) -> Response {
    let request = request(server, "POST", "/api/session", headers);
    let request = request.header("content-type", "application/json");
    send(request.body(serde_json::json!({ "token": token }).to_string())).await
}

fn cookie_of(response: &Response) -> Vec<String> {
    let cookie = response.headers()["set-cookie"].to_str().expect("text");
    cookie.split("; ").map(str::to_owned).collect()
}

fn all_actions() -> Vec<String> {
    let all = tidings::auth::Actions::ALL.iter();
    all.map(|action| action.name().to_owned()).collect()
}

async fn session(server: &Server, headers: Headers<'_>) -> Session {
    let answer = get(server, "/api/session", headers).await;
    answer.json().await.expect("a session")
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_scripts_and_other_sites_can_not_use() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let closed = Session {
        admin: false,
        token_required: true,
        name: None,
        actions: Vec::new(),
        people: false,
        person: None,
        issuer: None,
        oidc: None,
    };
    let open = Session {
        admin: true,
        name: Some("the panel".to_owned()),
        actions: all_actions(),
        ..closed.clone()
    };
    assert_eq!(session(&server, &[]).await, closed);

    let answer = sign_in(&server, &[], TOKEN).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let cookie = cookie_of(&answer);
    assert!(
        cookie[0].starts_with("tidings_session=") && cookie[0].len() >= 16 + 43,
        "{cookie:?}"
    );
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.iter().any(|part| part == attribute), "{cookie:?}");
    }
    assert!(
        !cookie
            .iter()
            .any(|part| part == "Secure" || part.starts_with("Domain"))
    );
    assert!(!cookie[0].contains(TOKEN));
    assert_eq!(answer.json::<Session>().await.expect("a session"), open);

    let cookie = cookie[0].as_str();
    assert_eq!(session(&server, &[("cookie", cookie)]).await, open);
    assert_eq!(
        get(&server, "/api/stats", &[("cookie", cookie)])
            .await
            .status(),
        200
    );
    let own = format!("http://{}", server.address);
    let headers = [("cookie", cookie), ("origin", &own)];
    let push = request(&server, "POST", "/push", &headers)
        .header("content-type", "application/json")
        .body(r#"{"to":"everyone","data":1}"#);
    assert_eq!(send(push).await.status(), 200);
    let neighbour = format!("http://127.0.0.1:{}", server.address.port() ^ 1);
    let headers = [("cookie", cookie), ("origin", neighbour.as_str())];
    assert_closed(&server, &headers, (403, "cross_site", Some("Origin"))).await;
    let headers = [("cookie", cookie), ("sec-fetch-site", "same-site")];
    assert_closed(
        &server,
        &headers,
        (403, "cross_site", Some("Sec-Fetch-Site")),
    )
    .await;

    let answer = send(request(
        &server,
        "DELETE",
        "/api/session",
        &[("cookie", cookie)],
    ))
    .await;
    assert_eq!(answer.status(), 200);
    assert!(cookie_of(&answer).iter().any(|part| part == "Max-Age=0"));
    assert_eq!(
        session(&server, &[("cookie", cookie)]).await,
        closed,
        "a copy is worth nothing"
    );
}

#[tokio::test]
async fn a_failed_sign_in_says_why_and_sets_no_cookie() {
    let server = Server::with(&["--admin-token", TOKEN]).await;
    let wrong = sign_in(&server, &[], "wrong").await;
    assert!(!wrong.headers().contains_key("set-cookie"));
    let expected = (401, "unauthorized".to_owned(), Some("token".to_owned()));
    assert_eq!(refusal(wrong).await, expected);
    let foreign = sign_in(&server, &[("origin", "http://evil.example")], TOKEN).await;
    assert!(!foreign.headers().contains_key("set-cookie"));
    assert_eq!(refusal(foreign).await.1, "cross_site");
    let empty = server.post("/api/session", "{}").await;
    assert_eq!(
        refusal(empty).await,
        (422, "missing_field".to_owned(), Some("token".to_owned()))
    );
}

#[tokio::test]
async fn without_an_admin_token_sign_in_is_refused() {
    let server = Server::start().await;
    let open = Session {
        admin: true,
        token_required: false,
        name: Some("this machine".to_owned()),
        actions: all_actions(),
        people: false,
        person: None,
        issuer: None,
        oidc: None,
    };
    assert_eq!(session(&server, &[]).await, open);
    assert!(
        !session(&server, &[("origin", "http://evil.example")])
            .await
            .admin
    );
    let answer = sign_in(&server, &[], "whatever").await;
    assert!(!answer.headers().contains_key("set-cookie"));
    assert_eq!(answer.json::<Session>().await.expect("a session"), open);
}

#[tokio::test]
async fn with_a_stream_secret_a_stream_needs_a_token_for_its_client() {
    let server = Server::with(&["--stream-secret", KEY]).await;
    let token = stream_token(KEY, "ada", &["orders/*"], now() + 600);
    let (header, cookie) = (bearer(&token), format!("tidings_stream={token}"));
    let opened = [
        get(&server, "/sse?client_id=ada", &[("authorization", &header)]).await,
        get(&server, "/sse", &[("cookie", &cookie)]).await,
        get(
            &server,
            &format!("/sse?token={token}&topic=orders/*&topic=orders/**"),
            &[],
        )
        .await,
    ];
    for (i, response) in opened.into_iter().enumerate() {
        assert_eq!(response.status(), 200);
        let mut listener = Listener::of(response);
        let welcome = listener.next().await.data;
        assert!(welcome.contains(r#""client_id":"ada""#), "{welcome}");
        if i == 2 {
            let refused = listener.event("refused").await.data;
            assert!(refused.contains("orders/**"), "{refused}");
            server.push(To::Topic("orders/42".to_owned()), "paid").await;
            assert_eq!(listener.text().await, "paid");
        }
    }
}

#[tokio::test]
async fn an_invalid_stream_token_is_refused() {
    let server = Server::with(&["--stream-secret", KEY]).await;
    let good = stream_token(KEY, "ada", &[], now() + 600);
    let old = stream_token(KEY, "ada", &[], now() - 600);
    let forged = stream_token(&KEY.replace('a', "b"), "ada", &[], now() + 600);
    let cut = &good[..good.len() - 2];
    let refused = async |path: String| refusal(get(&server, &path, &[]).await).await;
    for (path, status, field) in [
        ("/sse?client_id=ada".to_owned(), 401, "token"),
        ("/sse".to_owned(), 401, "token"),
        (format!("/sse?client_id=ada&token={old}"), 401, "token"),
        (format!("/sse?client_id=ada&token={forged}"), 401, "token"),
        (format!("/sse?client_id=ada&token={cut}"), 401, "token"),
        (format!("/sse?client_id=bob&token={good}"), 403, "client_id"),
        (
            format!("/sse?client_id=ada&client_id=bob&token={good}"),
            403,
            "client_id",
        ),
    ] {
        let (got, _, named) = refused(path.clone()).await;
        assert_eq!((got, named.as_deref()), (status, Some(field)), "{path}");
    }
    assert_eq!(
        server.api.stats().await.expect("stats").connections_opened,
        0
    );
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let server = Server::with(&["--stream-secret", KEY]).await;
    let token = stream_token(KEY, "ada", &[], now() + 2);
    let events = server
        .open(&format!("/sse?token={token}"))
        .await
        .rest()
        .await;
    let last = events.last().expect("events");
    assert_eq!(last.event, "reconnect");
    assert!(last.data.contains("token_expired"), "{}", last.data);
}

#[tokio::test]
async fn an_admin_may_subscribe_to_reserved_topics_and_a_stream_token_may_not() {
    let flags = ["--admin-token", TOKEN, "--stream-secret", KEY];
    let server = Server::with(&flags).await;
    let path = format!("/sse?topic={}", encoded("$sys/clients"));
    let token = stream_token(KEY, "ada", &["$sys/**", "**"], now() + 600);
    let mut ada = Listener::of(get(&server, &path, &[("authorization", &bearer(&token))]).await);
    let refused = ada.event("refused").await.data;
    assert!(refused.contains("$sys/clients"), "{refused}");

    let path = format!("{path}&client_id=panel");
    let by_token = get(&server, &path, &[("authorization", &bearer(TOKEN))]).await;
    assert!(is_subscribed(by_token, "$sys/clients").await);
    let signed_in = sign_in(&server, &[], TOKEN).await;
    let cookie = cookie_of(&signed_in).remove(0);
    let by_session = get(&server, &path, &[("cookie", &cookie)]).await;
    assert!(is_subscribed(by_session, "$sys/clients").await);

    let foreign = [
        ("cookie", cookie.as_str()),
        ("origin", "http://evil.example"),
    ];
    assert_eq!(refusal(get(&server, &path, &foreign).await).await.0, 401);
    let in_url = get(&server, &format!("{path}&token={TOKEN}"), &[]).await;
    assert_eq!(
        refusal(in_url).await.0,
        401,
        "an admin token does not belong in a URL"
    );
}
