//! Whether events pass at once, uncompressed, and for long enough.

use std::time::{Duration, Instant};

use app::{
    event_parser::{Event, Parser},
    wire::Welcome,
};
use reqwest::{Method, Response, StatusCode, header};

use super::{
    finding::Finding,
    visit::{Visit, cause},
};

/// How long an event may take.
const LATE: Duration = Duration::from_secs(3);

/// The longest heartbeat that common proxies let pass, in seconds.
const COMMON_TIMEOUT: u64 = 60;

const NO_BUFFERING: &str = "do not buffer streams in the proxy (nginx: proxy_buffering off; and no proxy_ignore_headers X-Accel-Buffering)";
const NO_COMPRESSION: &str =
    "do not compress text/event-stream (nginx: take it, and *, out of gzip_types)";

/// Opens a stream, pushes to it, and watches it for this many seconds.
pub async fn check(visit: &Visit, idle: u64) -> Vec<Finding> {
    let client = format!("doctor-{}", uuid::Uuid::new_v4());
    // As browsers ask. What would be compressed for them has to be compressed here.
    let mut stream = match Probe::open(visit, &client, "gzip, deflate, br, zstd").await {
        Ok(stream) => stream,
        Err(finding) => return vec![finding],
    };
    let mut findings = vec![stream.compression()];
    if stream.is_compressed() && !stream.late {
        // The other checks need to read it.
        stream = match Probe::open(visit, &client, "identity").await {
            Ok(stream) => stream,
            Err(finding) => return [findings, vec![finding]].concat(),
        };
    }
    if stream.late {
        let found = "events come only with later ones";
        findings.push(Finding::fail("buffering", found, NO_BUFFERING));
        return findings;
    }
    let (finding, heartbeat) = stream.buffering(visit, &client).await;
    findings.push(finding);
    findings.extend(heartbeat.map(judge_heartbeat));
    if idle > 0 {
        findings.push(stream.watch(Duration::from_secs(idle)).await);
    }
    findings
}

fn judge_heartbeat(seconds: u64) -> Finding {
    let found = format!("a ping every {seconds} s");
    match seconds >= COMMON_TIMEOUT {
        true => Finding::warn(
            "heartbeat",
            format!(
                "{found}: many proxies close a connection that is silent for {COMMON_TIMEOUT} s"
            ),
            "start the server with --heartbeat 25, or raise the time-outs on the way (see docs/proxies.md)",
        ),
        false => Finding::ok("heartbeat", found),
    }
}

/// An open stream.
struct Probe {
    response: Response,
    parser: Parser,
    waiting: Vec<Event>,
    /// Whether its begin came only with more events.
    late: bool,
}

impl Probe {
    async fn open(visit: &Visit, client: &str, codings: &str) -> Result<Self, Finding> {
        let path = format!("/sse?client_id={client}");
        let request = visit.authorized(visit.stream(Method::GET, &path));
        let request = request.header(header::ACCEPT_ENCODING, codings);
        let request = request.header(header::ACCEPT, "text/event-stream");
        let fail = |found: String, change| Finding::fail("stream", found, change);
        let mut sending = std::pin::pin!(request.send());
        let (answer, late) = match tokio::time::timeout(LATE, &mut sending).await {
            Ok(answer) => (answer, false),
            Err(_) => (push_out(visit, client, sending).await?, true),
        };
        let response = answer.map_err(|error| fail(cause(error), "check the log of the proxy"))?;
        match response.status() {
            StatusCode::OK => Ok(Self {
                response,
                parser: Parser::new(),
                waiting: Vec::new(),
                late,
            }),
            StatusCode::UNAUTHORIZED => Err(Finding::warn(
                "stream",
                "streams need a token, so they were not checked",
                "give the admin token: --token or --token-file",
            )),
            status => Err(fail(
                format!("opening one: {status}"),
                "see the log of the server",
            )),
        }
    }

    fn is_compressed(&self) -> bool {
        self.response
            .headers()
            .contains_key(header::CONTENT_ENCODING)
    }

    fn compression(&self) -> Finding {
        match self.response.headers().get(header::CONTENT_ENCODING) {
            Some(coding) => Finding::fail(
                "compression",
                format!("the stream is compressed ({coding:?}), which holds events back"),
                NO_COMPRESSION,
            ),
            None => Finding::ok("compression", "the stream is not compressed"),
        }
    }

    /// The next event of this type; an error says why there is none.
    async fn event(&mut self, kind: &str) -> Result<Event, String> {
        loop {
            let place = self.waiting.iter().position(|event| event.event == kind);
            if let Some(place) = place {
                return Ok(self.waiting.remove(place));
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => {
                    let events = self.parser.push(&bytes).map_err(|why| why.to_string())?;
                    self.waiting.extend(events);
                }
                Ok(None) => return Err("the stream has ended".to_owned()),
                Err(error) => return Err(cause(error)),
            }
        }
    }

    /// Whether the first event and a pushed one come at once. Returns the heartbeat too, in seconds, if it was read.
    async fn buffering(&mut self, visit: &Visit, client: &str) -> (Finding, Option<u64>) {
        let fail = |found: String| Finding::fail("buffering", found, NO_BUFFERING);
        let welcome = tokio::time::timeout(LATE, self.event("welcome")).await;
        let heartbeat = match &welcome {
            Ok(Ok(event)) => {
                let welcome: Option<Welcome> = serde_json::from_str(&event.data).ok();
                welcome.map(|welcome| welcome.heartbeat)
            }
            Ok(Err(why)) => {
                return (
                    Finding::fail("stream", why.clone(), "see the log of the proxy"),
                    None,
                );
            }
            Err(_) => None,
        };
        let began = Instant::now();
        match push(visit, client, EVENT, "a check").await {
            Ok(()) => {}
            Err(finding) if welcome.is_ok() => return (finding, heartbeat),
            Err(_) => return (fail("the first event does not come".to_owned()), heartbeat),
        }
        let finding = match tokio::time::timeout(LATE, self.event(EVENT)).await {
            Ok(Ok(_)) if welcome.is_ok() => Finding::ok(
                "buffering",
                format!("a push arrives after {} ms", began.elapsed().as_millis()),
            ),
            Ok(Ok(_)) => fail("an event comes only with the next one".to_owned()),
            Ok(Err(why)) => Finding::fail("stream", why, "see the log of the proxy"),
            Err(_) => fail(format!(
                "an event does not come within {} s",
                LATE.as_secs()
            )),
        };
        (finding, heartbeat)
    }

    /// Whether the stream lives that long.
    async fn watch(&mut self, patience: Duration) -> Finding {
        let began = Instant::now();
        match tokio::time::timeout(patience, self.event("end of the watch")).await {
            Err(_) => Finding::ok(
                "idle",
                format!("the stream lived for {} s", patience.as_secs()),
            ),
            Ok(ended) => {
                let why = ended.err().unwrap_or_default();
                let seconds = began.elapsed().as_secs();
                Finding::fail(
                    "idle",
                    format!("the stream broke after {seconds} s: {why}"),
                    format!(
                        "raise the time-out of {seconds} s on the way (nginx: proxy_read_timeout, HAProxy: timeout server), or set a shorter --heartbeat"
                    ),
                )
            }
        }
    }
}

/// The type of the pushed event.
const EVENT: &str = "doctor";

/// How many large events are pushed to get a stream out of a buffer.
const FILLERS: usize = 8;

/// Pushes large events until the answer to a request for a stream comes out of the buffer of a proxy.
async fn push_out<T>(
    visit: &Visit,
    client: &str,
    mut answer: impl Future<Output = T> + Unpin,
) -> Result<T, Finding> {
    let found = format!("a stream does not begin within {} s", LATE.as_secs());
    let fail = || Finding::fail("buffering", found.clone(), NO_BUFFERING);
    for _ in 0..FILLERS {
        // Random, so that it is large after compression too.
        let words = (0..3_000).map(|_| uuid::Uuid::new_v4().simple().to_string());
        let filler = words.collect::<String>();
        push(visit, client, "filler", &filler)
            .await
            .map_err(|_| fail())?;
        if let Ok(answer) = tokio::time::timeout(Duration::from_secs(1), &mut answer).await {
            return Ok(answer);
        }
    }
    Err(fail())
}

async fn push(visit: &Visit, client: &str, event: &str, data: &str) -> Result<(), Finding> {
    let push = serde_json::json!({
        "to": { "client": client }, "event": event, "data": data, "ttl": 0,
    });
    let request = visit.as_admin(Method::POST, "/push").json(&push);
    let warn = |found: String, change| Err(Finding::warn("buffering", found, change));
    match request.send().await {
        Ok(response) if response.status() == StatusCode::OK => Ok(()),
        Ok(response) if response.status() == StatusCode::UNAUTHORIZED => warn(
            "the first event came at once; pushes were not checked".to_owned(),
            "give the admin token: --token or --token-file",
        ),
        Ok(response) => warn(
            format!("a push: {}", response.status()),
            "see the log of the server",
        ),
        Err(error) => warn(
            format!("a push: {}", cause(error)),
            "see the log of the proxy",
        ),
    }
}
