//! One event stream over HTTP, which goes on where it broke.

use std::{io, time::Duration};

use anyhow::{Context, anyhow, bail};
use app::{
    api::encoded,
    event_parser::{Event, Parser},
    wire::Problem,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header};
use tidings::config::Secret;

use crate::cli::problem::describe;

/// How long the server may take to accept a connection, and then to answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// The time between two pings until the server has told it.
const UNKNOWN_HEARTBEAT: Duration = Duration::from_secs(60);

/// A stream that may be opened again and again.
pub struct Stream {
    client: Client,
    url: Url,
    token: Option<Secret>,
    parser: Parser,
    heartbeat: Duration,
}

/// Why reading has ended.
pub enum Ended {
    /// The server wants none of it; trying again would not help.
    Refused(anyhow::Error),
    /// The connection is gone; trying again may help.
    Broken(String),
    /// The server says that there is nothing more to come.
    Over,
    /// What arrived could not be printed.
    Unprinted(io::Error),
}

impl Stream {
    /// The stream at this path of the server at `base`, with this query.
    pub fn new(
        base: &str,
        path: &str,
        query: &[(&str, String)],
        token: Option<Secret>,
    ) -> anyhow::Result<Self> {
        let pairs = query
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)));
        let pairs: Vec<_> = pairs.collect();
        let mut url = format!("{}{path}", base.trim_end_matches('/'));
        if !pairs.is_empty() {
            url = format!("{url}?{}", pairs.join("&"));
        }
        let url: Url = url.parse().with_context(|| format!("--url {base}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            bail!("--url {base}: it must begin with http:// or https://");
        }
        Ok(Self {
            client: Client::builder().connect_timeout(ANSWER_TIME).build()?,
            url,
            token,
            parser: Parser::new(),
            heartbeat: UNKNOWN_HEARTBEAT,
        })
    }

    /// How long the server wants to be left alone between two attempts, if it has said so.
    pub fn retry(&self) -> Option<Duration> {
        self.parser.retry().map(Duration::from_millis)
    }

    /// Takes note of the time between two pings: a stream that is silent for two of them is dead.
    pub fn set_heartbeat(&mut self, heartbeat: Duration) {
        self.heartbeat = heartbeat.max(Duration::from_secs(1));
    }

    /// Opens the stream and hands over each event, until it ends.
    pub async fn read(
        &mut self,
        mut take: impl AsyncFnMut(&mut Self, &Event) -> io::Result<()>,
    ) -> Ended {
        let mut response = match self.open().await {
            Ok(response) => response,
            Err(ended) => return ended,
        };
        loop {
            let chunk = tokio::time::timeout(2 * self.heartbeat, response.chunk()).await;
            let bytes = match chunk {
                Ok(Ok(Some(bytes))) => bytes,
                Ok(Ok(None)) => return Ended::Broken("the stream ended".to_owned()),
                Ok(Err(error)) => return broken(error),
                Err(_) => return Ended::Broken("the stream went silent".to_owned()),
            };
            let events = match self.parser.push(&bytes) {
                Ok(events) => events,
                Err(too_long) => return Ended::Refused(too_long.into()),
            };
            for event in events {
                if let Err(error) = take(self, &event).await {
                    return Ended::Unprinted(error);
                }
            }
        }
    }

    async fn open(&mut self) -> Result<Response, Ended> {
        // What was not closed by an empty line when the stream broke will come again.
        self.parser = self.parser.resumed();
        let response = match tokio::time::timeout(ANSWER_TIME, self.request().send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(broken(error)),
            Err(_) => return Err(Ended::Broken("the server does not answer".to_owned())),
        };
        match response.status() {
            StatusCode::OK if is_event_stream(&response) => Ok(response),
            StatusCode::NO_CONTENT => Err(Ended::Over),
            StatusCode::OK => Err(Ended::Refused(anyhow!(
                "{} answers, but not with an event stream: is it Tidings?",
                self.url.origin().ascii_serialization()
            ))),
            status if status.is_server_error() => {
                Err(Ended::Broken(format!("the server answers {status}")))
            }
            _ => Err(Ended::Refused(refusal(response).await)),
        }
    }

    fn request(&self) -> RequestBuilder {
        let mut request = self.client.get(self.url.clone());
        request = request.header(header::ACCEPT, "text/event-stream");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        match self.parser.last_id() {
            "" => request,
            id => request.header("Last-Event-ID", id),
        }
    }
}

fn is_event_stream(response: &Response) -> bool {
    let value = response.headers().get(header::CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

async fn refusal(response: Response) -> anyhow::Error {
    let status = response.status();
    match response.json::<Problem>().await {
        Ok(problem) => anyhow!(describe(&problem)),
        Err(_) => anyhow!("the server answers {status}"),
    }
}

/// The error without its URL: that is what was typed, and may hold what is nobody's business.
fn broken(error: reqwest::Error) -> Ended {
    let error = error.without_url();
    Ended::Broken(format!("{:#}", anyhow::Error::from(error)))
}
