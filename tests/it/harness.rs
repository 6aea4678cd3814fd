//! A server for each test, and a listener that reads its streams.

use std::{future::Future, net::SocketAddr, pin::Pin, time::Duration};

use app::{
    api::Client,
    wire::{Ack, BatchAnswer, ClientDetail, MessageDetail, PushAnswer, PushRequest, To},
};
use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json, value::RawValue};
use tidings::{config::Settings, server::ServeError};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// The maximum wait, much longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running server with a data folder of its own.
pub struct Server {
    pub address: SocketAddr,
    pub api: Client,
    pub http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ServeError>>,
    flags: Vec<String>,
    data: tempfile::TempDir,
}

impl Server {
    /// Starts a server with the default settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a server with flags of `tidings serve`.
    pub async fn with(flags: &[&str]) -> Self {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self::on(tempfile::tempdir().expect("a folder"), flags).await
    }

    /// Shuts down, and starts again on the same data folder.
    pub async fn restarted(self) -> Self {
        self.stopped().await.start().await
    }

    /// Shuts down. Its data folder remains.
    pub async fn stopped(mut self) -> Stopped {
        self.begin_shutdown();
        let Self {
            api,
            http,
            task,
            flags,
            data,
            ..
        } = self;
        drop((api, http));
        within(task).await.expect("no panic").expect("a clean end");
        until_closed(&data).await;
        Stopped { data, flags }
    }

    async fn on(data: tempfile::TempDir, flags: Vec<String>) -> Self {
        let folder = data.path().to_str().expect("a plain path");
        // A test should not wait until its streams are drained.
        let own = ["--data-dir", folder, "--drain", "0"];
        let given = flags.iter().map(String::as_str);
        let all = own.into_iter().chain(given).collect::<Vec<_>>();
        let settings = Settings::from_flags(with_last_wins(&all)).expect("valid settings");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(tidings::server::serve(listener, settings, async {
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
            flags,
            data,
        }
    }

    /// The URL of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
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

    /// Begins a shutdown, as SIGTERM does.
    pub fn begin_shutdown(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until the shutdown is complete.
    pub async fn ended(self) -> Result<(), ServeError> {
        within(self.task).await.expect("no panic")
    }
}

/// A server that was shut down.
pub struct Stopped {
    data: tempfile::TempDir,
    flags: Vec<String>,
}

impl Stopped {
    /// Starts it again.
    pub async fn start(self) -> Server {
        Server::on(self.data, self.flags).await
    }

    /// A copy of its data folder.
    pub fn backup(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        copy_files(self.data.path(), copy.path());
        copy
    }

    /// Replaces its data folder by a copy.
    pub fn restore(&self, copy: &tempfile::TempDir) {
        for old in std::fs::read_dir(self.data.path()).expect("a folder") {
            std::fs::remove_file(old.expect("a file").path()).expect("removed");
        }
        copy_files(copy.path(), self.data.path());
    }
}

fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

/// Waits for reads of the log that are still running after their streams have ended.
async fn until_closed(data: &tempfile::TempDir) {
    let lock = std::fs::File::open(data.path().join("lock")).expect("a lock");
    within(async {
        while lock.try_lock().is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// If a flag is given twice, only the last one is kept.
fn with_last_wins<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let pairs: Vec<&[&str]> = flags.chunks(2).collect();
    let is_last = |i: usize| pairs[i + 1..].iter().all(|later| later[0] != pairs[i][0]);
    (0..pairs.len())
        .filter(|i| is_last(*i))
        .flat_map(|i| pairs[i].to_vec())
        .collect()
}

/// A push of a text to this audience.
pub fn push_of(to: To, text: &str) -> PushRequest {
    let data = RawValue::from_string(json!(text).to_string()).expect("JSON");
    PushRequest::new(to, data)
}

/// An open stream.
pub struct Listener {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Listener {
    /// Reads the body of this response.
    pub fn of(response: reqwest::Response) -> Self {
        let events = response.bytes_stream().eventsource();
        // A broken connection is the end of its stream, as for a browser.
        let events = events.take_while(|event| std::future::ready(event.is_ok()));
        Self {
            events: Box::pin(events.filter_map(async |event| event.ok())),
        }
    }

    async fn welcomed(mut self) -> Self {
        assert_eq!(self.next().await.event, "welcome");
        self
    }

    /// The next event of any kind.
    pub async fn next(&mut self) -> Event {
        within(self.events.next())
            .await
            .expect("the stream goes on")
    }

    /// The next event that is a pushed message.
    pub async fn message(&mut self) -> Event {
        // The timeout covers all events: pings alone would restart it for ever.
        within(async {
            loop {
                let event = self.next().await;
                if event.event != "ping" {
                    return event;
                }
            }
        })
        .await
    }

    /// The data of the next message.
    pub async fn text(&mut self) -> String {
        self.message().await.data
    }

    /// The data of the next `count` messages.
    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::with_capacity(count);
        while texts.len() < count {
            texts.push(self.text().await);
        }
        texts
    }

    /// The next messages, up to and including the one with this text.
    pub async fn up_to(&mut self, last: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.message().await;
            let done = event.data == last;
            events.push(event);
            if done {
                return events;
            }
        }
    }

    /// The next event, which must be a gap.
    pub async fn gap(&mut self) -> app::wire::Gap {
        let event = self.message().await;
        assert_eq!(event.event, "gap", "{event:?}");
        serde_json::from_str(&event.data).expect("a gap")
    }

    /// The next event of this type.
    pub async fn event(&mut self, name: &str) -> Event {
        within(async {
            loop {
                let event = self.next().await;
                if event.event == name {
                    return event;
                }
            }
        })
        .await
    }

    /// All events up to the end of the stream.
    pub async fn rest(self) -> Vec<Event> {
        within(self.events.collect()).await
    }
}

/// Waits with a timeout.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future)
        .await
        .expect("this should have happened long ago")
}

fn stream_of(client_id: &str, topics: &[&str]) -> String {
    let topics: String = topics
        .iter()
        .map(|topic| format!("&topic={}", encoded(topic)))
        .collect();
    format!("/sse?client_id={}{topics}", encoded(client_id))
}

/// The number in a cursor.
pub fn seq(cursor: &str) -> u64 {
    let (_, seq) = cursor.split_once('-').expect("a cursor");
    seq.parse().expect("a number")
}

/// Encodes a text for a query.
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

/// Runs an ignored test of this program in its own namespace (`--net` or `--mount`), prepared by the commands in
/// `set_up`.
pub fn run_in_namespace(namespace: &str, set_up: &str, test: &str) {
    let itself = std::env::current_exe().expect("this program");
    let inside = format!("{set_up} && exec \"$0\" --ignored --exact {test}");
    let status = std::process::Command::new("unshare")
        .args(["--map-root-user", namespace, "sh", "-c", &inside])
        .arg(itself)
        .status()
        .expect("unshare, of util-linux, runs");
    assert!(status.success(), "inside: {status}");
}
