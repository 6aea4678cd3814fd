//! A server of one's own for each test, and a listener that reads its streams.

use std::{future::Future, net::SocketAddr, pin::Pin, time::Duration};

use app::{
    api::Client,
    wire::{PushAnswer, PushRequest, To},
};
use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};
use serde_json::{json, value::RawValue};
use tidings::{config::Settings, http::ServeError};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Far longer than anything here takes: what has not come by then will not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server with a data folder of its own.
pub struct Server {
    pub address: SocketAddr,
    pub api: Client,
    pub http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ServeError>>,
    _data: tempfile::TempDir,
}

impl Server {
    /// With the defaults.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With flags of `tidings serve`.
    pub async fn with(flags: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().to_str().expect("a plain path");
        // A test that ends is not to wait for its streams to take leave.
        let own = ["--data-dir", folder, "--drain", "0"];
        let flags = own.iter().chain(flags).copied().collect::<Vec<_>>();
        let settings = Settings::from_flags(with_last_wins(&flags)).expect("valid settings");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(tidings::http::serve(listener, settings, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            api: Client::new(format!("http://{address}")),
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
            stop: Some(stop),
            task,
            _data: data,
        }
    }

    /// The URL of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Opens a stream and waits for its welcome.
    pub async fn listen(&self, client_id: &str, topics: &[&str]) -> Listener {
        let topics: String = topics
            .iter()
            .map(|topic| format!("&topic={}", encoded(topic)))
            .collect();
        let mut listener = self
            .open(&format!("/sse?client_id={}{topics}", encoded(client_id)))
            .await;
        assert_eq!(listener.next().await.event, "welcome");
        listener
    }

    /// Opens whatever stream is at this path.
    pub async fn open(&self, path: &str) -> Listener {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        Listener::of(response)
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

    /// Waits until so many connections are open.
    pub async fn until_connections(&self, expected: u64) {
        within(async {
            while self.api.stats().await.expect("stats").connections != expected {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Asks the server to go down, as SIGTERM does.
    pub fn begin_shutdown(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has gone down.
    pub async fn ended(self) -> Result<(), ServeError> {
        within(self.task).await.expect("no panic")
    }
}

/// Of a flag that is given twice, only the last stays.
fn with_last_wins<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let pairs: Vec<&[&str]> = flags.chunks(2).collect();
    let is_last = |i: usize| pairs[i + 1..].iter().all(|later| later[0] != pairs[i][0]);
    (0..pairs.len())
        .filter(|i| is_last(*i))
        .flat_map(|i| pairs[i].to_vec())
        .collect()
}

/// A push of a text, with nothing else said.
pub fn push_of(to: To, text: &str) -> PushRequest {
    let data = RawValue::from_string(json!(text).to_string()).expect("JSON");
    PushRequest::new(to, data)
}

/// One open stream.
pub struct Listener {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Listener {
    /// Reads the body of this response.
    pub fn of(response: reqwest::Response) -> Self {
        let events = response.bytes_stream().eventsource();
        // A connection that breaks is the end of its stream, as it is for a browser.
        let events = events.take_while(|event| std::future::ready(event.is_ok()));
        Self {
            events: Box::pin(events.filter_map(async |event| event.ok())),
        }
    }

    /// The next event of any kind.
    pub async fn next(&mut self) -> Event {
        within(self.events.next())
            .await
            .expect("the stream goes on")
    }

    /// The next that somebody pushed.
    pub async fn message(&mut self) -> Event {
        loop {
            let event = self.next().await;
            if event.event != "ping" {
                return event;
            }
        }
    }

    /// The data of the next message.
    pub async fn text(&mut self) -> String {
        self.message().await.data
    }

    /// The next event of this type.
    pub async fn event(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await;
            if event.event == name {
                return event;
            }
        }
    }

    /// Everything up to the end of the stream.
    pub async fn rest(self) -> Vec<Event> {
        within(self.events.collect()).await
    }
}

/// Waits, but not for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("this should have happened long ago")
}

/// A text as it stands in a query.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The audience of one client.
pub fn client(client_id: &str) -> To {
    To::Client(client_id.to_owned())
}

/// The audience of one topic.
pub fn topic(topic: &str) -> To {
    To::Topic(topic.to_owned())
}
