//! An event stream of a server, which is opened again when it breaks.

use std::{io, ops::ControlFlow, time::Duration};

use anyhow::anyhow;
use app::{
    event_parser::{Event, Parser},
    wire::{Problem, Reconnect, Welcome},
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header};

use super::{arguments::Remote, problem::describe, stderr::print_note};
use crate::config::Secret;

/// Longest time until the server accepts a connection, and then until it answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The time between two pings, until `welcome` says it.
const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(60);

/// The first wait before a reconnect, if the server sent no `retry`.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait before a reconnect, unless the server asked for more.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An event stream. It continues after the last event when it is opened again.
pub struct Stream {
    client: Client,
    url: Url,
    token: Option<Secret>,
    parser: Parser,
    heartbeat: Duration,
    /// Failed attempts since the last event.
    failures: u32,
    /// The wait that the last `reconnect` event asked for.
    requested_wait: Option<Duration>,
}

enum Failure {
    /// Another attempt may succeed.
    Temporary(String),
    /// Another attempt would fail too.
    Permanent(anyhow::Error),
}

impl Stream {
    /// The stream at `path` of the server, with these query parameters.
    pub fn new(remote: &Remote, path: &str, query: &[(&str, String)]) -> anyhow::Result<Self> {
        let base = remote.url.as_str().trim_end_matches('/');
        let mut url: Url = format!("{base}{path}").parse()?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(Self {
            client: remote.http()?.connect_timeout(ANSWER_TIMEOUT).build()?,
            url,
            token: remote.token()?,
            parser: Parser::new(),
            heartbeat: DEFAULT_HEARTBEAT,
            failures: 0,
            requested_wait: None,
        })
    }

    /// Gives each event to `take`, until it breaks with a value. Reconnects when the connection breaks.
    ///
    /// Returns `None` if the server ends the stream for good, or if nobody reads the output any more. Fails if the server
    /// refuses the stream, or if the output can not be written.
    pub async fn follow<T>(
        mut self,
        mut take: impl FnMut(&Event) -> io::Result<ControlFlow<T>>,
    ) -> anyhow::Result<Option<T>> {
        loop {
            let why = match self.read(&mut take).await {
                Ok(value) => return Ok(value),
                Err(Failure::Permanent(error)) => return Err(error),
                Err(Failure::Temporary(why)) => why,
            };
            let retry = self.parser.retry().map(Duration::from_millis);
            let wait = self.requested_wait.take();
            let wait = wait.unwrap_or_else(|| backoff(retry, self.failures));
            self.failures += 1;
            print_note(format_args!(
                "{why}; reconnecting in {} ms",
                wait.as_millis()
            ));
            tokio::time::sleep(wait).await;
        }
    }

    /// Opens the stream once and reads it.
    async fn read<T>(
        &mut self,
        take: &mut impl FnMut(&Event) -> io::Result<ControlFlow<T>>,
    ) -> Result<Option<T>, Failure> {
        let Some(mut response) = self.open().await? else {
            return Ok(None);
        };
        loop {
            let chunk = tokio::time::timeout(2 * self.heartbeat, response.chunk()).await;
            let bytes = match chunk {
                Ok(Ok(Some(bytes))) => bytes,
                Ok(Ok(None)) => return Err(Failure::Temporary("the stream ended".to_owned())),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(Failure::Temporary("the stream is silent".to_owned())),
            };
            let events = self.parser.push(&bytes);
            for event in events.map_err(|why| Failure::Permanent(why.into()))? {
                self.failures = 0;
                self.apply(&event);
                match take(&event) {
                    Ok(ControlFlow::Continue(())) => {}
                    Ok(ControlFlow::Break(value)) => return Ok(Some(value)),
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
                    Err(error) => return Err(Failure::Permanent(error.into())),
                }
            }
        }
    }

    /// Applies what the server says about the stream: the heartbeat, and the wait before the next attempt.
    fn apply(&mut self, event: &Event) {
        match event.event.as_str() {
            "welcome" => {
                if let Ok(welcome) = serde_json::from_str::<Welcome>(&event.data) {
                    self.heartbeat = Duration::from_secs(welcome.heartbeat.max(1));
                }
            }
            "reconnect" => {
                let reconnect = serde_json::from_str::<Reconnect>(&event.data).ok();
                // A stream goes on while its token lasts.
                let reconnect = reconnect.filter(|it| it.closes_ms.is_none());
                self.requested_wait = reconnect.map(|r| Duration::from_millis(r.after_ms));
            }
            _ => self.requested_wait = None,
        }
    }

    /// The answer, if it is an event stream. `None`: the server says that nothing more will come.
    async fn open(&mut self) -> Result<Option<Response>, Failure> {
        // An event that was not complete when the stream broke is sent again.
        self.parser = self.parser.resumed();
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.request().send()).await;
        let response =
            answer.map_err(|_| Failure::Temporary("the server does not answer".to_owned()))??;
        match response.status() {
            StatusCode::OK if is_event_stream(&response) => Ok(Some(response)),
            StatusCode::NO_CONTENT => Ok(None),
            StatusCode::OK => Err(Failure::Permanent(anyhow!(
                "{} does not answer with an event stream: is it a Tidings server?",
                self.url.origin().ascii_serialization()
            ))),
            status if status.is_server_error() => {
                Err(Failure::Temporary(format!("the server answers {status}")))
            }
            _ => Err(Failure::Permanent(refusal(response).await)),
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

impl From<reqwest::Error> for Failure {
    /// Leaves out the URL, because it may contain a secret.
    fn from(error: reqwest::Error) -> Self {
        let error = anyhow::Error::from(error.without_url());
        Self::Temporary(format!("{error:#}"))
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

/// Doubles with each failure, up to a limit. Random by half, so that many clients do not reconnect at the same time.
fn backoff(first: Option<Duration>, failures: u32) -> Duration {
    let first = first.unwrap_or(FIRST_WAIT);
    let longest = LONGEST_WAIT.max(first);
    let wait = first.saturating_mul(1 << failures.min(10)).min(longest);
    let random = uuid::Uuid::new_v4().as_bytes()[0];
    wait / 2 + wait / 2 * u32::from(random) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit() {
        for failures in 0..40 {
            let wait = backoff(None, failures);
            assert!(wait >= FIRST_WAIT / 2 && wait <= LONGEST_WAIT, "{wait:?}");
        }
        assert!(backoff(None, 20) >= LONGEST_WAIT / 2);
        let retry = Duration::from_secs(60);
        assert!(
            backoff(Some(retry), 3) >= retry / 2,
            "the server's retry counts"
        );
        assert!(backoff(Some(Duration::ZERO), 3).is_zero());
    }
}
