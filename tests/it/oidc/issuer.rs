//! An OpenID Connect issuer. It signs whoever a test names in, and can be made to answer what a good one would not.

use std::{collections::HashMap, net::Ipv4Addr, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::later;
use crate::tokens::issuer::Key;

pub const CLIENT_ID: &str = "tidings";

/// It has a space, because both are form-encoded before they go into the header.
pub const CLIENT_SECRET: &str = "a client secret: 100%";

/// Makes an ID token of the right claims.
type Sign = Box<dyn Fn(&Value) -> String + Send>;

/// See the module documentation.
#[derive(Clone)]
pub struct Issuer {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    url: String,
    /// What replaces fields of the document that it is discovered by.
    document: Value,
    keys: Vec<Value>,
    sign: Sign,
    codes: HashMap<String, Grant>,
    user_info: Value,
    is_down: bool,
    /// How often it was asked for tokens.
    redeemed: u64,
}

/// What belongs to a code.
struct Grant {
    claims: Value,
    challenge: String,
    callback: String,
}

/// The parameters of a URL.
pub fn parameters(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').expect("a query");
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

impl Issuer {
    pub async fn start(key: Key) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("http://127.0.0.1:{port}/realms/shop");
        let issuer = Self {
            url: url.clone(),
            inner: Arc::new(Mutex::new(Inner {
                url,
                document: json!({}),
                keys: vec![key.jwk()],
                sign: Box::new(move |claims| key.sign(claims)),
                codes: HashMap::new(),
                user_info: json!({}),
                is_down: false,
                redeemed: 0,
            })),
        };
        let router = Router::new()
            .route(
                "/realms/shop/.well-known/openid-configuration",
                get(discover),
            )
            .route("/realms/shop/keys", get(keys))
            .route("/realms/shop/token", post(token))
            .route("/realms/shop/me", get(user_info))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// Somebody with these claims signs in on the page at this URL. Returns the query with which the browser is sent back.
    pub fn sign_in(&self, page: &str, claims: &Value) -> String {
        assert!(page.starts_with(&format!("{}/authorize?", self.url)));
        let asked = parameters(page);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT_ID);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let mut all = json!({
            "iss": self.url, "aud": CLIENT_ID, "nonce": asked["nonce"],
            "iat": later(0), "exp": later(300),
        });
        let fields = all.as_object_mut().expect("an object");
        fields.extend(claims.as_object().expect("an object").clone());
        let mut inner = self.inner.lock();
        let code = format!("code-{}", inner.codes.len() + 1);
        let grant = Grant {
            claims: all,
            challenge: asked["code_challenge"].clone(),
            callback: asked["redirect_uri"].clone(),
        };
        inner.codes.insert(code.clone(), grant);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code);
        query.append_pair("state", &asked["state"]);
        query.finish()
    }

    /// Signs ID tokens in this way from now on.
    pub fn sign_with(&self, sign: impl Fn(&Value) -> String + Send + 'static) {
        self.inner.lock().sign = Box::new(sign);
    }

    /// Publishes this key and no other.
    pub fn publish(&self, key: Value) {
        self.inner.lock().keys = vec![key];
    }

    /// Replaces fields of the document that it is discovered by.
    pub fn describe(&self, fields: Value) {
        self.inner.lock().document = fields;
    }

    /// What `/me` says.
    pub fn inform(&self, claims: Value) {
        self.inner.lock().user_info = claims;
    }

    /// Answers 503, or no longer.
    pub fn set_down(&self, is_down: bool) {
        self.inner.lock().is_down = is_down;
    }

    /// How often it was asked for tokens.
    pub fn redeemed(&self) -> u64 {
        self.inner.lock().redeemed
    }
}

async fn discover(State(issuer): State<Issuer>) -> Response {
    let inner = issuer.inner.lock();
    let mut document = json!({
        "issuer": inner.url,
        "authorization_endpoint": format!("{}/authorize", inner.url),
        "token_endpoint": format!("{}/token", inner.url),
        "jwks_uri": format!("{}/keys", inner.url),
        "userinfo_endpoint": format!("{}/me", inner.url),
    });
    let fields = document.as_object_mut().expect("an object");
    fields.extend(inner.document.as_object().expect("an object").clone());
    inner.answer(StatusCode::OK, document)
}

async fn keys(State(issuer): State<Issuer>) -> Response {
    let inner = issuer.inner.lock();
    inner.answer(StatusCode::OK, json!({ "keys": inner.keys }))
}

async fn user_info(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    assert_eq!(headers["authorization"], "Bearer an-access-token");
    let inner = issuer.inner.lock();
    inner.answer(StatusCode::OK, inner.user_info.clone())
}

async fn token(State(issuer): State<Issuer>, headers: HeaderMap, body: String) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let mut inner = issuer.inner.lock();
    inner.redeemed += 1;
    let encode =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let basic = format!("{CLIENT_ID}:{}", encode(CLIENT_SECRET));
    let basic = format!("Basic {}", STANDARD.encode(basic));
    if headers["authorization"] != basic.as_str() {
        return inner.answer(
            StatusCode::UNAUTHORIZED,
            json!({ "error": "invalid_client" }),
        );
    }
    let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    let is_right = |grant: &Grant| {
        form["grant_type"] == "authorization_code"
            && grant.challenge == verified
            && grant.callback == form["redirect_uri"]
    };
    match inner.codes.remove(&form["code"]).filter(is_right) {
        Some(grant) => {
            let id_token = (inner.sign)(&grant.claims);
            let tokens = json!({
                "id_token": id_token, "access_token": "an-access-token", "token_type": "Bearer",
            });
            inner.answer(StatusCode::OK, tokens)
        }
        None => inner.answer(StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
    }
}

impl Inner {
    fn answer(&self, status: StatusCode, body: Value) -> Response {
        match self.is_down {
            true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            false => (status, Json(body)).into_response(),
        }
    }
}
