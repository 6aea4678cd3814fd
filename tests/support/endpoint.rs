//! Requests to a server.

use std::net::SocketAddr;

use app::{
    api::Client,
    wire::{Ack, BatchAnswer, ClientDetail, MessageDetail, PushAnswer, To},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Listener, encoded, push_of, within};

/// Where a server listens, and clients for it.
pub struct Endpoint {
    pub address: SocketAddr,
    /// The URL of the server for [`Self::http`].
    pub base: String,
    pub api: Client,
    pub http: reqwest::Client,
}

impl Endpoint {
    /// The server at this address.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            base: format!("http://{address}"),
            api: Client::new(format!("http://{address}")),
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
        }
    }

    /// The URL of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Opens a stream and waits for its welcome.
    pub async fn listen(&self, client_id: &str, topics: &[&str]) -> Listener {
        self.stream(&stream_of(client_id, topics)).await
    }

    /// Opens a stream that resumes after this cursor, as an EventSource does, and waits for its welcome.
    pub async fn resume(&self, client_id: &str, cursor: &str, topics: &[&str]) -> Listener {
        let url = self.url(&stream_of(client_id, topics));
        let request = self.http.get(url).header("last-event-id", cursor);
        let response = within(request.send()).await.expect("an answer");
        assert_eq!(response.status(), 200);
        Listener::of(response).welcomed().await
    }

    /// Opens the stream at this path and waits for its welcome.
    pub async fn stream(&self, path: &str) -> Listener {
        self.open(path).await.welcomed().await
    }

    /// Opens the stream at this path.
    pub async fn open(&self, path: &str) -> Listener {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        Listener::of(response)
    }

    /// Opens the first stream of a server without an HTTP client, so that the test controls its socket.
    pub async fn raw_stream(&self, client_id: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).await.expect("connected");
        let head = format!("GET /sse?client_id={client_id} HTTP/1.1\r\nhost: x\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("sent");
        self.until_connections(1).await;
        socket
    }

    /// A plain GET.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        within(self.http.get(self.url(path)).send())
            .await
            .expect("an answer")
    }

    /// A POST of this JSON.
    pub async fn post(&self, path: &str, json: &str) -> reqwest::Response {
        let request = self
            .http
            .post(self.url(path))
            .header("content-type", "application/json");
        within(request.body(json.to_owned()).send())
            .await
            .expect("an answer")
    }

    /// Pushes a text.
    pub async fn push(&self, to: To, text: &str) -> PushAnswer {
        within(self.api.push(&push_of(to, text)))
            .await
            .expect("accepted")
    }

    /// Pushes this JSON.
    pub async fn push_json(&self, push: Value) -> PushAnswer {
        let answer = self.post("/push", &push.to_string()).await;
        assert_eq!(answer.status(), 200, "{push}");
        answer.json().await.expect("an answer")
    }

    /// Pushes these in one batch.
    pub async fn batch(&self, pushes: &[Value]) -> Vec<BatchAnswer> {
        let lines: String = pushes.iter().map(|push| format!("{push}\n")).collect();
        let request = self.http.post(self.url("/push/batch"));
        let request = request.header("content-type", "application/x-ndjson");
        let response = within(request.body(lines).send()).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let text = within(response.text()).await.expect("all answers");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("an answer"))
            .collect()
    }

    /// Pushes these in one batch. All must be accepted. Returns their cursors.
    pub async fn accepted(&self, pushes: &[Value]) -> Vec<String> {
        let answers = self.batch(pushes).await;
        assert_eq!(answers.len(), pushes.len());
        let id = |answer| match answer {
            BatchAnswer::Accepted(PushAnswer { id: Some(id), .. }) => id,
            other => panic!("not accepted: {other:?}"),
        };
        answers.into_iter().map(id).collect()
    }

    /// Acknowledges everything up to a cursor.
    pub async fn ack(&self, client_id: &str, cursor: &str) {
        let ack = Ack {
            client_id: client_id.to_owned(),
            id: cursor.to_owned(),
        };
        let json = serde_json::to_string(&ack).expect("JSON");
        assert_eq!(self.post("/ack", &json).await.status(), 204);
    }

    /// The JSON that a GET of this path returns.
    pub async fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        within(answer.json()).await.expect("its JSON")
    }

    /// One message and its receipts.
    pub async fn message(&self, cursor: &str) -> MessageDetail {
        self.read(&format!("/api/messages/{cursor}")).await
    }

    /// Repeats a GET until the answer meets a condition.
    pub async fn until<T: DeserializeOwned>(&self, path: &str, is: impl Fn(&T) -> bool) -> T {
        within(async {
            loop {
                let answer = self.read(path).await;
                if is(&answer) {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Waits until this many messages wait for a client.
    pub async fn until_unread(&self, client_id: &str, unread: u64) {
        let path = format!("/api/clients/{client_id}");
        self.until(&path, |detail: &ClientDetail| detail.unread == unread)
            .await;
    }

    /// Repeats a GET until the path is not found.
    pub async fn until_gone(&self, path: &str) {
        within(async {
            while self.get(path).await.status() != 404 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Waits until this many connections are open.
    pub async fn until_connections(&self, expected: u64) {
        within(async {
            while self.api.stats().await.expect("stats").connections != expected {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn stream_of(client_id: &str, topics: &[&str]) -> String {
    let topics: String = topics
        .iter()
        .map(|topic| format!("&topic={}", encoded(topic)))
        .collect();
    format!("/sse?client_id={}{topics}", encoded(client_id))
}
