//! Sends a signed request to the endpoint of a hook, and says what became of it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use reqwest::{
    Client, RequestBuilder, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
    redirect::Policy,
};

use super::{address, body::OutgoingMessage, secret::HookSecrets};
use crate::config::HookSettings;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How much of an answer is read, so that its connection can be used again. A longer one is cut off.
const MAX_ANSWER: usize = 64 * 1024;

/// Connections that are kept for the next request to the same host, and for how long.
const IDLE: (usize, Duration) = (8, Duration::from_secs(30));

/// An attempt to send an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// How long it took.
    pub latency: Duration,
    /// The status of the answer if it is 200 to 299.
    pub result: Result<u16, Failure>,
}

impl Attempt {
    /// The status, the latency, and the error in words.
    pub fn facts(&self) -> (Option<u16>, Duration, Option<String>) {
        match &self.result {
            Ok(status) => (Some(*status), self.latency, None),
            Err(failure) => (failure.status(), self.latency, Some(failure.in_words())),
        }
    }
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The endpoint has answered with another status than 200 to 299, and perhaps how long to wait.
    Status(u16, Option<Duration>),
    /// There was no answer: why, in words.
    Unreachable(String),
}

impl Failure {
    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status, _) => Some(*status),
            Self::Unreachable(_) => None,
        }
    }

    /// What went wrong, in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Status(status @ 300..=399, _) => {
                format!(
                    "the endpoint answered {status}: redirects are not followed, change the URL of the webhook"
                )
            }
            Self::Status(status, _) => format!("the endpoint answered {status}"),
            Self::Unreachable(why) => why.clone(),
        }
    }

    /// Whether the endpoint takes nothing now, and not only this event.
    pub(super) fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Status(408 | 425 | 429 | 502 | 503 | 504, _)
        )
    }

    /// How long the endpoint asks to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status(_, wait) => *wait,
            Self::Unreachable(_) => None,
        }
    }
}

/// Sends requests. The client is made when the first one is sent.
pub(super) struct Endpoints {
    allow_private: bool,
    timeout: Duration,
    client: OnceLock<Result<Client, String>>,
}

impl Endpoints {
    pub fn new(settings: &HookSettings) -> Self {
        Self {
            allow_private: settings.hook_allow_private,
            timeout: settings.timeout(),
            client: OnceLock::new(),
        }
    }

    /// Why requests may not be sent to a URL, as far as it says so. The addresses of a name are checked when it is connected to.
    pub fn check_url(&self, url: &Url) -> Result<(), String> {
        if self.allow_private {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err("must begin with https://; --hook-allow-private allows http://".to_owned());
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        match literal {
            Ok(address) if !address::is_public(address) => Err(format!(
                "must not lead to {address}, which is not an address of the internet; --hook-allow-private allows it"
            )),
            _ => Ok(()),
        }
    }

    /// Sends a message. `now` is in milliseconds since 1970.
    pub async fn send(
        &self,
        url: &Url,
        secrets: &HookSecrets,
        message: &OutgoingMessage,
        now: u64,
    ) -> Attempt {
        let began = Instant::now();
        let result = match self.try_send(url, secrets, message, now).await {
            Ok(response) => judge(response).await,
            Err(why) => Err(Failure::Unreachable(why)),
        };
        Attempt {
            latency: began.elapsed(),
            result,
        }
    }

    async fn try_send(
        &self,
        url: &Url,
        secrets: &HookSecrets,
        OutgoingMessage { id, body }: &OutgoingMessage,
        now: u64,
    ) -> Result<Response, String> {
        // The setting may have changed since the hook was made.
        self.check_url(url)
            .map_err(|why| format!("the URL {why}"))?;
        let client = self.client.get_or_init(|| client(self.allow_private));
        let client = client.as_ref().map_err(Clone::clone)?;
        let request = client.post(url.clone()).timeout(self.timeout);
        let request = signed(request, Some(secrets), (id, body.clone()), now);
        request.send().await.map_err(in_words)
    }
}

/// A request with this id and this body of JSON, and the fields of Standard Webhooks. Without a secret it has no signature.
/// `now` is in milliseconds since 1970.
pub(super) fn signed(
    request: RequestBuilder,
    secrets: Option<&HookSecrets>,
    (id, body): (&str, String),
    now: u64,
) -> RequestBuilder {
    let timestamp = now / 1000;
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp);
    let request = match secrets {
        None => request,
        Some(secrets) => {
            let signatures = secrets.signatures(id, timestamp, body.as_bytes(), now);
            request.header("webhook-signature", signatures)
        }
    };
    request.body(body)
}

/// A client that connects to no other addresses than it may.
fn client(allow_private: bool) -> Result<Client, String> {
    let client = Client::builder()
        // A redirect could lead to where the check of the URL does not allow it.
        .redirect(Policy::none())
        // A proxy would ask for the addresses itself.
        .no_proxy()
        .dns_resolver(Arc::new(CheckedNames { allow_private }))
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(IDLE.0)
        .pool_idle_timeout(IDLE.1)
        .user_agent(concat!("Tidings/", env!("CARGO_PKG_VERSION")))
        .build();
    client.map_err(in_words)
}

/// Asks for the addresses of names, and gives only those that may be connected to. The connection is made to these, so a name
/// cannot have another address by then.
struct CheckedNames {
    allow_private: bool,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|found| allow_private || address::is_public(found.ip()))
                .collect();
            match allowed.is_empty() {
                true => Err(format!(
                    "{} has no address of the internet; --hook-allow-private allows others",
                    name.as_str()
                )
                .into()),
                false => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// What an answer means. It is read to its end, so that its connection can be used again.
async fn judge(mut response: Response) -> Result<u16, Failure> {
    let status = response.status();
    let wait = retry_after(response.headers());
    let mut read = 0;
    while read < MAX_ANSWER
        && let Ok(Some(chunk)) = response.chunk().await
    {
        read += chunk.len();
    }
    match status.is_success() {
        true => Ok(status.as_u16()),
        false => Err(Failure::Status(status.as_u16(), wait)),
    }
}

/// The wait that an answer asks for: in seconds, or until a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    date.duration_since(SystemTime::now()).ok()
}

/// What went wrong, without the URL, which may have secrets.
pub(super) fn in_words(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match error.is_connect() {
        true => format!("no connection: {cause}"),
        false => format!("the request failed: {cause}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(allow_private: bool) -> Endpoints {
        Endpoints {
            allow_private,
            timeout: CONNECT,
            client: OnceLock::new(),
        }
    }

    #[test]
    fn urls_lead_to_the_internet_unless_others_are_allowed() {
        let check = |url: &str, allow| endpoints(allow).check_url(&url.parse().expect("a URL"));
        for good in [
            "https://api.example.org/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
        ] {
            assert_eq!(check(good, false), Ok(()), "{good}");
        }
        for bad in [
            "http://api.example.org/",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:a00:1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(check(bad, false).is_err(), "{bad}");
            assert_eq!(check(bad, true), Ok(()), "{bad}");
        }
    }

    #[test]
    fn a_wait_is_asked_for_in_seconds_or_until_a_date() {
        let parse = |text: &str| {
            let mut headers = header::HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().expect("a value"));
            retry_after(&headers)
        };
        assert_eq!(parse("120"), Some(Duration::from_secs(120)));
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(600));
        let wait = parse(&date).expect("a date");
        assert!((590..=600).contains(&wait.as_secs()));
        assert_eq!(parse("soon"), None);
    }
}
