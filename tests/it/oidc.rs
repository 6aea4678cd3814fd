//! Signing in to the panel with an account of an OpenID Connect issuer.

mod issuer;

use std::time::SystemTime;

use app::{
    api::Client,
    wire::{AuditEntries, PersonInfo, PersonRequest, Problem, Session, SessionsList},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, Response, redirect::Policy};
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    certificates::{client_of, of_tests},
    harness::{Server, within},
    tokens::issuer::Key,
};
use issuer::{CLIENT_ID, CLIENT_SECRET, Issuer, parameters};

const TOKEN: &str = "an-admin-token-for-tests";
const BEGIN: &str = "/api/session/oidc";
const CALLBACK: &str = "/api/session/oidc/callback";

fn later(seconds: u64) -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a time after 1970").as_secs() + seconds
}

/// A server and its issuer.
struct World {
    issuer: Issuer,
    server: Server,
    /// Follows no redirects.
    http: reqwest::Client,
}

/// A sign-in that was begun.
struct Begun {
    /// The page of the issuer.
    page: String,
    cookie: String,
}

impl World {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(flags: &[&str]) -> Self {
        let issuer = Issuer::start(Key::new("first")).await;
        let own = [
            "--admin-token",
            TOKEN,
            "--oidc-issuer",
            &issuer.url,
            "--oidc-client-id",
            CLIENT_ID,
            "--oidc-client-secret",
            CLIENT_SECRET,
            "--oidc-role",
            "ops=admin,staff=viewer,robots=publisher",
            "--oidc-name",
            "Shop <accounts>",
        ];
        let server = Server::with(&[&own, flags].concat()).await;
        let builder = client_of(&[&of_tests().pem]);
        let http = builder.redirect(Policy::none()).build();
        Self {
            http: http.expect("a client"),
            issuer,
            server,
        }
    }

    fn admin(&self) -> Client {
        self.server.api.clone().with_token(TOKEN)
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Method::GET, path, headers, Value::Null).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Response {
        let mut request = self.http.request(method, self.server.url(path));
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

    /// Follows the link on the sign-in page.
    async fn begin(&self) -> Begun {
        self.begin_with(BEGIN, &[]).await
    }

    async fn begin_with(&self, path: &str, headers: &[(&str, &str)]) -> Begun {
        let answer = self.get(path, headers).await;
        assert_eq!(answer.status(), 303);
        let text = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        let set = text("set-cookie");
        assert!(
            set.contains("; HttpOnly; SameSite=Lax; Max-Age=600"),
            "{set}"
        );
        Begun {
            page: text("location"),
            cookie: value_of(&set),
        }
    }

    /// Comes back from the issuer.
    async fn finish(&self, query: &str, cookie: &str) -> Response {
        let path = format!("{CALLBACK}?{query}");
        // As a browser says it of a link on another site.
        let headers = [("cookie", cookie), ("sec-fetch-site", "cross-site")];
        self.get(&path, &headers).await
    }

    /// Signs in with these claims.
    async fn sign_in(&self, claims: &Value) -> Response {
        let Begun { page, cookie } = self.begin().await;
        let query = self.issuer.sign_in(&page, claims);
        self.finish(&query, &cookie).await
    }

    /// Signs in. Returns the cookie of the session.
    async fn signed_in(&self, claims: &Value) -> String {
        let answer = self.sign_in(claims).await;
        assert_eq!(answer.status(), 200, "{claims}");
        session_of(&answer)
    }

    async fn session(&self, cookie: &str) -> Session {
        let answer = self.get("/api/session", &[("cookie", cookie)]).await;
        answer.json().await.expect("a session")
    }

    async fn people(&self) -> Vec<PersonInfo> {
        let page = within(self.admin().people(None, 100)).await;
        page.expect("people").people
    }

    async fn add(&self, name: &str, password: &str) -> PersonInfo {
        let person = PersonRequest {
            name: name.to_owned(),
            password: password.to_owned(),
            role: Some("viewer".to_owned()),
            ..PersonRequest::default()
        };
        within(self.admin().add_person(&person))
            .await
            .expect("added")
    }

    async fn sign_in_by_password(&self, name: &str, password: &str) -> Response {
        let body = json!({"name": name, "password": password});
        self.send(Method::POST, "/api/session", &[], body).await
    }
}

fn value_of(set: &str) -> String {
    set.split(';').next().expect("a cookie").to_owned()
}

/// The cookie of the session that an answer sets.
fn session_of(answer: &Response) -> String {
    let set = answer.headers().get_all("set-cookie").iter();
    let mut set = set.map(|value| value.to_str().expect("text"));
    let session = set.find(|set| set.contains("tidings_session="));
    let session = session.expect("a session");
    assert!(
        session.contains("; HttpOnly; SameSite=Strict; "),
        "{session}"
    );
    value_of(session)
}

/// The status, code and detail of a refusal. It opens no session, and ends the sign-in.
async fn refused(answer: Response) -> (u16, String, String) {
    let set = answer.headers().get_all("set-cookie").iter();
    let set: Vec<_> = set.map(|value| value.to_str().expect("text")).collect();
    assert!(
        set.iter()
            .all(|set| set.contains("sign_in=;") && set.contains("Max-Age=0")),
        "{set:?}"
    );
    let status = answer.status().as_u16();
    let problem: Problem = answer.json().await.expect("a problem");
    (status, problem.code, problem.detail)
}

fn ada() -> Value {
    json!({"sub": "7", "preferred_username": "ada", "groups": ["x", "staff"]})
}

#[tokio::test]
async fn an_account_signs_in_with_the_role_of_its_claims() {
    let world = World::new().await;
    let told = world.session("").await;
    assert_eq!(told.oidc.as_deref(), Some("Shop <accounts>"));
    assert!(!told.people, "nobody has a password");

    let begun = world
        .begin_with(&format!("{BEGIN}?to=/admin/keys"), &[])
        .await;
    let asked = parameters(&begun.page);
    let callback = world.server.url(CALLBACK);
    assert_eq!(asked["redirect_uri"], callback);
    assert_eq!(asked["scope"], "openid profile email");
    let query = world.issuer.sign_in(&begun.page, &ada());
    let answer = world.finish(&query, &begun.cookie).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let cookie = session_of(&answer);
    // A page and no redirect: a strict cookie is not sent with a redirect of another site's navigation.
    let page = answer.text().await.expect("text");
    assert!(page.contains("content=\"0; url=/admin/keys\""), "{page}");

    let session = world.session(&cookie).await;
    assert_eq!(session.name.as_deref(), Some("ada"));
    assert_eq!(session.actions, ["read", "metrics"]);
    assert_eq!(session.issuer.as_ref(), Some(&world.issuer.url));
    let stats = world.get("/api/stats", &[("cookie", &cookie)]).await;
    assert_eq!(stats.status(), 200);
    let keys = world.get("/api/keys", &[("cookie", &cookie)]).await;
    assert_eq!(keys.status(), 403);

    let people = world.people().await;
    assert_eq!(people.len(), 1);
    let person = &people[0];
    assert_eq!(person.issuer.as_ref(), Some(&world.issuer.url));
    assert_eq!(person.role.as_deref(), Some("viewer"));
    assert_eq!(session.person.as_ref(), Some(&person.id));
    let open: SessionsList = world
        .get("/api/sessions", &[("cookie", &cookie)])
        .await
        .json()
        .await
        .expect("sessions");
    assert_eq!(open.sessions.len(), 1);
    assert_eq!(open.sessions[0].name, "ada");
    let audit = world
        .server
        .http
        .get(world.server.url("/api/audit?action=session.begin"))
        .bearer_auth(TOKEN);
    let audit = within(audit.send()).await.expect("an answer");
    let audit: AuditEntries = audit.json().await.expect("entries");
    let entry = serde_json::to_value(&audit.entries[0]).expect("JSON");
    assert!(entry.to_string().contains(&person.id), "{entry}");
}

#[tokio::test]
async fn an_account_stays_the_same_person_when_its_name_and_role_change() {
    let world = World::new().await;
    world.signed_in(&ada()).await;
    let before = world.people().await;
    let renamed = json!({"sub": "7", "preferred_username": "countess", "groups": "ops"});
    let cookie = world.signed_in(&renamed).await;
    let people = world.people().await;
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].id, before[0].id);
    assert_eq!(people[0].name, "countess");
    assert_eq!(people[0].role.as_deref(), Some("admin"));
    let keys = world.get("/api/keys", &[("cookie", &cookie)]).await;
    assert_eq!(keys.status(), 200);
    // Another account with the name of before is somebody else.
    world
        .signed_in(&json!({"sub": "8", "preferred_username": "ada", "groups": "staff"}))
        .await;
    assert_eq!(world.people().await.len(), 2);
}

#[tokio::test]
async fn nobody_becomes_another_person_by_their_name() {
    let world = World::new().await;
    let local = world.add("ada", "correct horse").await;
    let cookie = world.signed_in(&ada()).await;
    let session = world.session(&cookie).await;
    assert_eq!(session.name.as_deref(), Some("ada+2"));
    assert_ne!(session.person.as_ref(), Some(&local.id));
    // Whoever signs in at the issuer has no password, not even an empty one.
    for password in ["", "correct horse"] {
        let answer = world.sign_in_by_password("ada+2", password).await;
        assert_eq!(answer.status(), 401);
    }
    let own = world.sign_in_by_password("ada", "correct horse").await;
    assert_eq!(own.status(), 200);
    // The name is kept as long as it is taken.
    world.signed_in(&ada()).await;
    let mut names: Vec<_> = world
        .people()
        .await
        .into_iter()
        .map(|one| one.name)
        .collect();
    names.sort();
    assert_eq!(names, ["ada", "ada+2"]);
}

#[tokio::test]
async fn an_account_without_a_role_or_without_the_right_to_read_is_refused() {
    let world = World::new().await;
    for (groups, part) in [
        (json!(["guests"]), "no role belongs to what the issuer says"),
        (json!([]), "says nothing about the claim \"groups\""),
    ] {
        let claims = json!({"sub": "7", "preferred_username": "ada", "groups": groups});
        let (status, code, detail) = refused(world.sign_in(&claims).await).await;
        assert_eq!((status, code.as_str()), (403, "forbidden"));
        assert!(detail.contains(part), "{detail}");
    }
    assert!(world.people().await.is_empty());
    let robot = json!({"sub": "9", "preferred_username": "r2", "groups": "robots"});
    let (status, _, detail) = refused(world.sign_in(&robot).await).await;
    assert_eq!(status, 403);
    assert!(detail.contains("\"r2\" may not read"), "{detail}");
}

#[tokio::test]
async fn whoever_loses_the_role_may_do_nothing_until_there_is_one_again() {
    let world = World::new().await;
    let cookie = world.signed_in(&ada()).await;
    let id = world.people().await[0].id.clone();
    let answer = world
        .sign_in(&json!({"sub": "7", "groups": "guests"}))
        .await;
    assert_eq!(refused(answer).await.0, 403);
    // Not with the session of before either.
    let own = [("cookie", cookie.as_str())];
    assert_eq!(world.get("/api/stats", &own).await.status(), 403);
    assert_eq!(world.people().await[0].role, None);
    world.signed_in(&ada()).await;
    let people = world.people().await;
    assert_eq!((people.len(), &people[0].id), (1, &id));
    assert_eq!(people[0].role.as_deref(), Some("viewer"));
}

/// The part of a token.
fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token that is signed with HMAC.
fn with_hmac(secret: &[u8], claims: &Value) -> String {
    let header = json!({"alg": "HS256", "kid": "first"});
    let signed = format!("{}.{}", part(&header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Makes an ID token of the right claims.
type Sign = Box<dyn Fn(&Value) -> String + Send>;

fn by(sign: impl Fn(&Value) -> String + Send + 'static) -> Sign {
    Box::new(sign)
}

/// The claims with other values.
fn with(claims: &Value, changes: Value) -> Value {
    let mut claims = claims.clone();
    let fields = claims.as_object_mut().expect("an object");
    fields.extend(changes.as_object().expect("an object").clone());
    claims
}

#[tokio::test]
async fn an_id_token_that_is_not_right_opens_no_session() {
    let world = World::with(&["--limit-failures", "0"]).await;
    let key = std::sync::Arc::new(Key::new("second"));
    let public = key.jwk();
    world.issuer.publish(public.clone());
    let changed = |changes: Value| {
        let key = std::sync::Arc::clone(&key);
        by(move |claims| key.sign(&with(claims, changes.clone())))
    };
    let x = public["x"].as_str().expect("a key").to_owned();
    let point = URL_SAFE_NO_PAD.decode(&x).expect("base64url");
    let other = Key::new("second");
    let forged: Vec<(&str, Sign)> = vec![
        ("nonce", changed(json!({"nonce": "another"}))),
        ("not a JWT", changed(json!({"nonce": null}))),
        ("aud", changed(json!({"aud": "another"}))),
        ("azp", changed(json!({"aud": [CLIENT_ID, "another"]}))),
        ("aud or azp", changed(json!({"azp": "another"}))),
        ("iss", changed(json!({"iss": "https://evil.example"}))),
        ("expired", changed(json!({"exp": later(0) - 3600}))),
        ("not valid yet", changed(json!({"iat": later(3600)}))),
        ("not valid yet", changed(json!({"nbf": later(3600)}))),
        (
            "alg",
            by(|claims| format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))),
        ),
        (
            "alg",
            by(|claims| with_hmac(CLIENT_SECRET.as_bytes(), claims)),
        ),
        // The public key as the secret of HMAC.
        ("alg", by(move |claims| with_hmac(&point, claims))),
        ("alg", by(move |claims| with_hmac(x.as_bytes(), claims))),
        ("none of the keys", by(move |claims| other.sign(claims))),
        ("kid", by(|claims| Key::new("third").sign(claims))),
        ("not a JWT", by(|_| "no token".to_owned())),
        ("not a JWT", changed(json!({"sub": 7}))),
    ];
    for (part, sign) in forged {
        world.issuer.sign_with(sign);
        let (status, code, detail) = refused(world.sign_in(&ada()).await).await;
        assert_eq!((status, code.as_str()), (401, "unauthorized"), "{part}");
        assert!(detail.contains("ID token"), "{part}: {detail}");
        assert!(detail.contains(part), "{part}: {detail}");
    }
    assert!(world.people().await.is_empty());
    // And a right one does.
    let right = std::sync::Arc::clone(&key);
    world.issuer.sign_with(move |claims| right.sign(claims));
    world.signed_in(&ada()).await;
}

#[tokio::test]
async fn a_sign_in_counts_once_and_only_in_the_browser_that_has_begun_it() {
    let world = World::with(&["--limit-failures", "0"]).await;
    let (own, foreign) = (world.begin().await, world.begin().await);
    let query = world.issuer.sign_in(&own.page, &ada());
    let not_begun = |answer: (u16, String, String)| {
        assert_eq!((answer.0, answer.1.as_str()), (401, "unauthorized"));
        assert!(
            answer.2.contains("not begun in this browser"),
            "{}",
            answer.2
        );
    };
    // Somebody else's answer of the issuer, as a link that a victim follows.
    not_begun(refused(world.finish(&query, &foreign.cookie).await).await);
    not_begun(refused(world.finish(&query, "").await).await);
    // A cookie that was changed.
    let cookie = own.cookie.replace('=', "=A");
    not_begun(refused(world.finish(&query, &cookie).await).await);
    let state = parameters(&own.page)["state"].clone();
    let other_state = query.replace(&state, &parameters(&foreign.page)["state"]);
    not_begun(refused(world.finish(&other_state, &own.cookie).await).await);
    not_begun(refused(world.finish("code=code-1", &own.cookie).await).await);
    assert_eq!(world.issuer.redeemed(), 0, "the issuer was not asked");

    let answer = world.finish(&query, &own.cookie).await;
    assert_eq!(answer.status(), 200);
    let again = refused(world.finish(&query, &own.cookie).await).await;
    assert_eq!(again.0, 401);
    assert!(again.2.contains("was finished before"), "{}", again.2);
    assert_eq!(world.issuer.redeemed(), 1);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_not_taken() {
    let world = World::new().await;
    let (own, attacker) = (world.begin().await, world.begin().await);
    // The attacker's code, with the victim's state: PKCE and the issuer refuse it.
    let stolen = world.issuer.sign_in(&attacker.page, &ada());
    let states = [&own, &attacker].map(|begun| parameters(&begun.page)["state"].clone());
    let query = stolen.replace(&states[1], &states[0]);
    let (status, _, detail) = refused(world.finish(&query, &own.cookie).await).await;
    assert_eq!(status, 401);
    assert!(detail.contains("invalid_grant"), "{detail}");
}

#[tokio::test]
async fn a_browser_is_sent_to_pages_of_the_panel_only() {
    let world = World::new().await;
    for to in [
        "https://evil.example/",
        "//evil.example/admin",
        "/admin//evil.example",
        "/admin/../push",
        "/push?client_id=a",
        "javascript:alert(1)",
    ] {
        let path = format!("{BEGIN}?to={}", crate::harness::encoded(to));
        let answer = world.get(&path, &[]).await;
        assert_eq!(answer.status(), 422, "{to}");
        let problem: Problem = answer.json().await.expect("a problem");
        assert_eq!(problem.field.as_deref(), Some("to"));
    }
    // The page with the link, if it is one of the panel.
    let own = world.server.url("/admin/audit?since=1");
    for (referer, to) in [
        (own.as_str(), "/admin/audit?since=1"),
        ("https://evil.example/x", "/admin"),
    ] {
        let headers = [("referer", referer), ("sec-fetch-site", "same-origin")];
        let begun = world.begin_with(BEGIN, &headers).await;
        let query = world.issuer.sign_in(&begun.page, &ada());
        let page = world.finish(&query, &begun.cookie).await.text().await;
        let page = page.expect("text");
        assert!(page.contains(&format!("content=\"0; url={to}\"")), "{page}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_can_not_begin_a_sign_in() {
    let world = World::new().await;
    let answer = world.get(BEGIN, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(answer.status(), 403);
    let problem: Problem = answer.json().await.expect("a problem");
    assert_eq!(problem.code, "cross_site");
}

#[tokio::test]
async fn while_the_issuer_is_down_people_sign_in_with_their_password() {
    let world = World::new().await;
    world.add("bob", "correct horse").await;
    let begun = world.begin().await;
    let query = world.issuer.sign_in(&begun.page, &ada());
    world.issuer.set_down(true);
    let (status, code, detail) = refused(world.finish(&query, &begun.cookie).await).await;
    assert_eq!((status, code.as_str()), (503, "issuer_unavailable"));
    assert!(detail.contains("503"), "{detail}");
    let answer = world.sign_in_by_password("bob", "correct horse").await;
    assert_eq!(answer.status(), 200);
    world.issuer.set_down(false);
    world.signed_in(&ada()).await;
}

#[tokio::test]
async fn an_issuer_that_was_never_there_is_said_to_be_away() {
    let world = World::new().await;
    world.issuer.set_down(true);
    let answer = world.get(BEGIN, &[]).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Problem = answer.json().await.expect("a problem");
    assert_eq!(problem.code, "issuer_unavailable");
    // As a page for people, with the other ways.
    let page = world.get(BEGIN, &[("accept", "text/html")]).await;
    assert_eq!(page.status(), 503);
    let page = page.text().await.expect("text");
    assert!(page.contains("issuer can&#39;t be used now"), "{page}");
    assert!(page.contains("href=\"/admin\""), "{page}");
    assert!(
        page.contains("Sign in with Shop &lt;accounts&gt;"),
        "{page}"
    );
    // It is asked again the next time.
    world.issuer.set_down(false);
    world.signed_in(&ada()).await;
}

#[tokio::test]
async fn an_issuer_that_calls_itself_otherwise_is_not_believed() {
    let world = World::new().await;
    for (field, value) in [
        ("issuer", format!("{}/", world.issuer.url)),
        ("issuer", "https://evil.example".to_owned()),
        ("token_endpoint", "http://evil.example/token".to_owned()),
        ("jwks_uri", "http://evil.example/keys".to_owned()),
    ] {
        world.issuer.describe(json!({ field: value }));
        let answer = world.get(BEGIN, &[]).await;
        assert_eq!(answer.status(), 503, "{field}");
    }
}

#[tokio::test]
async fn the_answer_must_be_of_this_issuer_where_it_says_so() {
    let world = World::new().await;
    let begun = world.begin().await;
    let query = world.issuer.sign_in(&begun.page, &ada());
    let other = format!("{query}&iss=https%3A%2F%2Fevil.example");
    let (status, _, detail) = refused(world.finish(&other, &begun.cookie).await).await;
    assert_eq!(status, 401);
    assert!(detail.contains("another issuer"), "{detail}");

    let world = World::new().await;
    world
        .issuer
        .describe(json!({"authorization_response_iss_parameter_supported": true}));
    let begun = world.begin().await;
    let query = world.issuer.sign_in(&begun.page, &ada());
    assert_eq!(
        refused(world.finish(&query, &begun.cookie).await).await.0,
        401
    );
    let begun = world.begin().await;
    let query = world.issuer.sign_in(&begun.page, &ada());
    let issuer = crate::harness::encoded(&world.issuer.url);
    let answer = world
        .finish(&format!("{query}&iss={issuer}"), &begun.cookie)
        .await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn what_the_issuer_says_is_shown_as_text() {
    let world = World::new().await;
    let begun = world.begin().await;
    let state = parameters(&begun.page)["state"].clone();
    let said = crate::harness::encoded("<b>You</b> pressed \"no\"");
    let path = format!("{CALLBACK}?state={state}&error=access_denied&error_description={said}");
    let headers = [("cookie", begun.cookie.as_str()), ("accept", "text/html")];
    let answer = world.get(&path, &headers).await;
    assert_eq!(answer.status(), 403);
    let policy = answer.headers()["content-security-policy"].to_str();
    assert!(policy.expect("text").contains("object-src 'none'"));
    let page = answer.text().await.expect("text");
    assert!(
        page.contains("&lt;b&gt;You&lt;/b&gt; pressed &quot;no&quot; (access_denied)"),
        "{page}"
    );
}

#[tokio::test]
async fn wrong_answers_are_counted_as_wrong_tokens_are() {
    let world = World::with(&["--limit-failures", "3"]).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = world.finish("state=x&code=y", "").await;
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
    // A right one passes all the same.
    world.signed_in(&ada()).await;
}

#[tokio::test]
async fn a_person_of_the_issuer_is_changed_there_and_can_be_removed_here() {
    let world = World::new().await;
    let cookie = world.signed_in(&ada()).await;
    let id = world.people().await[0].id.clone();
    let path = format!("/api/people/{id}");
    let bearer = format!("Bearer {TOKEN}");
    let admin = [("authorization", bearer.as_str())];
    for update in [
        json!({"role": "admin"}),
        json!({"password": "correct horse"}),
        json!({"name": "bea"}),
    ] {
        let answer = world
            .send(Method::PATCH, &path, &admin, update.clone())
            .await;
        assert_eq!(answer.status(), 403, "{update}");
        let problem: Problem = answer.json().await.expect("a problem");
        assert!(
            problem.detail.contains(&world.issuer.url),
            "{}",
            problem.detail
        );
    }
    let change = json!({"password": "", "new_password": "correct horse"});
    let own = [("cookie", cookie.as_str())];
    let answer = world
        .send(Method::POST, "/api/account/password", &own, change)
        .await;
    assert_eq!(answer.status(), 403);
    assert_eq!(world.get("/api/stats", &own).await.status(), 200);
    let answer = world.send(Method::DELETE, &path, &admin, Value::Null).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(world.get("/api/stats", &own).await.status(), 401);
    assert!(world.people().await.is_empty());
    // As long as the issuer lets them in, they come back, as another person.
    world.signed_in(&ada()).await;
    assert_ne!(world.people().await[0].id, id);
}

#[tokio::test]
async fn claims_that_are_not_in_the_id_token_are_asked_for() {
    let world = World::new().await;
    let bare = json!({"sub": "7", "preferred_username": "ada"});
    world.issuer.inform(json!({"sub": "7", "groups": ["ops"]}));
    let cookie = world.signed_in(&bare).await;
    let session = world.session(&cookie).await;
    assert!(session.actions.contains(&"manage".to_owned()));
    // They may not be about somebody else.
    world.issuer.inform(json!({"sub": "8", "groups": ["ops"]}));
    let (status, code, _) = refused(world.sign_in(&bare).await).await;
    assert_eq!((status, code.as_str()), (503, "issuer_unavailable"));
    // What the ID token says counts more.
    let staff = json!({"sub": "9", "groups": ["staff"]});
    world.issuer.inform(json!({"sub": "9", "groups": ["ops"]}));
    let cookie = world.signed_in(&staff).await;
    let session = world.session(&cookie).await;
    assert_eq!(session.actions, ["read", "metrics"]);
}

#[tokio::test]
async fn the_session_that_the_browser_had_before_ends() {
    let world = World::new().await;
    let before = world.signed_in(&ada()).await;
    let begun = world.begin_with(BEGIN, &[("cookie", &before)]).await;
    let query = world.issuer.sign_in(&begun.page, &ada());
    let answer = world.finish(&query, &begun.cookie).await;
    let now = session_of(&answer);
    assert!(world.session(&now).await.admin);
    assert!(!world.session(&before).await.admin);
}

#[tokio::test]
async fn a_session_ends_when_the_settings_name_no_issuer_any_more() {
    let world = World::new().await;
    let cookie = world.signed_in(&ada()).await;
    assert!(world.session(&cookie).await.admin);
    let World {
        server,
        issuer,
        http,
    } = world;
    let server = server.restarted().await;
    let world = World {
        server,
        issuer,
        http,
    };
    assert!(world.session(&cookie).await.admin, "it survives a restart");
    let World {
        server,
        issuer,
        http,
    } = world;
    let stopped = server.stopped().await;
    let server = stopped.start_with(&["--admin-token", TOKEN]).await;
    let world = World {
        server,
        issuer,
        http,
    };
    assert!(!world.session(&cookie).await.admin);
    assert_eq!(world.get(BEGIN, &[]).await.status(), 404);
    assert_eq!(world.people().await.len(), 1);
}

#[tokio::test]
async fn behind_a_path_the_callback_and_the_cookies_are_below_it() {
    let world = World::with(&["--public-url", "https://push.example.org/push"]).await;
    let answer = world.get(BEGIN, &[]).await;
    let text = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    let (page, set) = (text("location"), text("set-cookie"));
    let callback = format!("https://push.example.org/push{CALLBACK}");
    assert_eq!(parameters(&page)["redirect_uri"], callback);
    assert!(set.contains("; Path=/push; "), "{set}");
    let query = world.issuer.sign_in(&page, &ada());
    let answer = world.finish(&query, &value_of(&set)).await;
    let page = answer.text().await.expect("text");
    assert!(page.contains("content=\"0; url=/push/admin\""), "{page}");
}
