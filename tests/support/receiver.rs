//! A back end that receives webhooks: it keeps what it gets, and can be made to refuse it or to be gone.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

use super::within;

/// A request.
#[derive(Clone, Debug)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
    pub json: Value,
}

impl Received {
    pub fn kind(&self) -> &str {
        self.json["type"].as_str().expect("a type")
    }

    pub fn client(&self) -> &str {
        self.json["data"]["client_id"].as_str().unwrap_or_default()
    }

    /// The signatures that this secret (`whsec_…`) makes of it, by the definition of HMAC (RFC 2104).
    pub fn signed_by(&self, secret: &str) -> bool {
        let secret = secret.strip_prefix("whsec_").expect("a shared secret");
        let mut key = STANDARD.decode(secret).expect("Base64");
        assert!(key.len() <= 64, "a block of SHA-256");
        key.resize(64, 0);
        let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
        let signed = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        let inner = Sha256::digest([padded(0x36), signed.into_bytes()].concat());
        let outer = Sha256::digest([padded(0x5c), inner.to_vec()].concat());
        let expected = format!("v1,{}", STANDARD.encode(outer));
        self.signature.split(' ').any(|one| one == expected)
    }
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub retry_after: Option<&'static str>,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            body: String::new(),
            retry_after: None,
        }
    }
}

#[derive(Default)]
struct Inner {
    received: Mutex<VecDeque<Received>>,
    arrived: Notify,
    /// The answers to requests about these clients, and to all others with the name "".
    answers: Mutex<BTreeMap<String, Answer>>,
}

/// See the module documentation.
pub struct Receiver {
    address: SocketAddr,
    inner: Arc<Inner>,
    task: Option<JoinHandle<()>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut receiver = Self {
            address: listener.local_addr().expect("an address"),
            inner: Arc::default(),
            task: None,
        };
        receiver.serve(listener);
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    fn serve(&mut self, listener: TcpListener) {
        let inner = Arc::clone(&self.inner);
        let router = Router::new()
            .route("/hooks", post(receive))
            .with_state(inner);
        self.task = Some(tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        }));
    }

    /// Ends it: nobody listens, and open connections break.
    pub async fn kill(&mut self) {
        // Connections have tasks of their own, which go on: they answer that they are no more.
        self.answer("", Answer::status(503));
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// Starts it again at the same address.
    pub async fn revive(&mut self) {
        self.inner.answers.lock().clear();
        let listener = within(async {
            loop {
                if let Ok(listener) = TcpListener::bind(self.address).await {
                    return listener;
                }
                tokio::task::yield_now().await;
            }
        });
        let listener = listener.await;
        self.serve(listener);
    }

    /// Answers requests about this client like this from now on; with the name "", all others.
    pub fn answer(&self, client: &str, answer: Answer) {
        self.inner.answers.lock().insert(client.to_owned(), answer);
    }

    /// The next request that was taken.
    pub async fn next(&self) -> Received {
        within(async {
            loop {
                let arrived = self.inner.arrived.notified();
                if let Some(received) = self.inner.received.lock().pop_front() {
                    return received;
                }
                arrived.await;
            }
        })
        .await
    }

    /// The next requests.
    pub async fn take(&self, count: usize) -> Vec<Received> {
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }

    /// How many requests wait to be looked at.
    pub fn waiting(&self) -> usize {
        self.inner.received.lock().len()
    }
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let field = |name: &str| {
        let value = headers.get(name);
        value.map_or_else(String::new, |value| {
            value.to_str().expect("text").to_owned()
        })
    };
    let body = String::from_utf8(body.to_vec()).expect("text");
    let received = Received {
        id: field("webhook-id"),
        timestamp: field("webhook-timestamp"),
        signature: field("webhook-signature"),
        json: serde_json::from_str(&body).expect("JSON"),
        body,
    };
    let answer = {
        let answers = inner.answers.lock();
        let own = answers.get(received.client()).or_else(|| answers.get(""));
        own.cloned().unwrap_or_else(|| Answer::status(204))
    };
    let status = StatusCode::from_u16(answer.status).expect("a status");
    if status.is_success() {
        inner.received.lock().push_back(received);
        inner.arrived.notify_one();
    }
    match answer.retry_after {
        Some(wait) => (status, [("retry-after", wait)], answer.body).into_response(),
        None => (status, answer.body).into_response(),
    }
}
