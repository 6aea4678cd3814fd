//! An issuer of tokens, which publishes its keys over HTTP.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, http::StatusCode, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A key that signs with Ed25519.
pub struct Key {
    id: String,
    pair: Ed25519KeyPair,
}

impl Key {
    /// A random key with this name.
    pub fn new(id: &str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("random bits");
        Self {
            id: id.to_owned(),
            pair: Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key"),
        }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.id, "x": x, "use": "sig" })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "EdDSA", "kid": self.id });
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// See the module documentation.
pub struct Issuer {
    port: u16,
    answer: Arc<Mutex<(StatusCode, String)>>,
    asked: Arc<AtomicU64>,
}

impl Issuer {
    /// An issuer that publishes these keys.
    pub async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let issuer = Self {
            port: listener.local_addr().expect("an address").port(),
            answer: Arc::default(),
            asked: Arc::default(),
        };
        issuer.publish(keys);
        let (answer, asked) = (Arc::clone(&issuer.answer), Arc::clone(&issuer.asked));
        let handler = move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let answer = answer.lock().clone();
            async move { answer }
        };
        let router = Router::new().route("/jwks.json", get(handler));
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// The URL of its keys.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/jwks.json", self.port)
    }

    /// Publishes these keys and no others from now on.
    pub fn publish(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        self.answer(&json!({ "keys": keys }).to_string());
    }

    /// Answers this text from now on.
    pub fn answer(&self, text: &str) {
        *self.answer.lock() = (StatusCode::OK, text.to_owned());
    }

    /// Answers 503 from now on.
    pub fn fail(&self) {
        self.answer.lock().0 = StatusCode::SERVICE_UNAVAILABLE;
    }

    /// How often it was asked for its keys.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}
