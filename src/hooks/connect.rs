//! The connect hook: a back end is asked whether a client may open a stream, and to which topics.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::OnceLock,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use reqwest::{Client, Response, StatusCode, Url, redirect::Policy};
use serde::Deserialize;
use serde_json::json;

use super::{
    endpoint::{in_words, signed},
    secret::{HookSecret, HookSecrets, InvalidHookSecret},
};
use crate::{
    config::{HookSettings, OnFailure},
    log::Clock,
    message::{ClientId, TopicFilter},
    metrics::CounterFamily,
    random, timestamp,
};

/// The largest answer in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Answers that are kept at most.
const MAX_KEPT: usize = 10_000;

/// The longest reason that is passed on, in characters.
const MAX_REASON: usize = 200;

/// What became of questions, for monitoring.
const RESULTS: [&str; 4] = ["allowed", "denied", "failed", "cached"];

/// Asks a back end. See the module documentation.
pub struct ConnectHook {
    url: Url,
    secrets: Option<HookSecrets>,
    timeout: Duration,
    on_failure: OnFailure,
    keep: Duration,
    kept: Mutex<HashMap<Key, (Instant, Answer)>>,
    client: OnceLock<Result<Client, String>>,
    results: CounterFamily,
}

/// A client that wants a stream.
pub struct ConnectQuestion<'q> {
    /// The client.
    pub client_id: &'q ClientId,
    /// The topics that it asks for and may subscribe to as far as the server knows.
    pub topics: &'q [TopicFilter],
    /// Whether a token or a key says that it is this client.
    pub authenticated: bool,
    /// The address that it comes from.
    pub address: Option<IpAddr>,
    /// The `User-Agent` that it gives.
    pub user_agent: Option<&'q str>,
}

/// Why a stream is not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectRefusal {
    /// The back end does not want it. With its reason.
    Denied(Option<String>),
    /// The back end did not answer, or not in a way that can be understood.
    Unavailable,
}

/// What an answer is kept by.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    client: ClientId,
    topics: Vec<TopicFilter>,
    authenticated: bool,
    address: Option<IpAddr>,
}

/// The answer of a back end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    allow: bool,
    /// The topics that the client may subscribe to. None: all that it asks for.
    topics: Option<Vec<TopicFilter>>,
    reason: Option<String>,
}

/// The JSON of an answer.
#[derive(Deserialize)]
struct AnswerJson {
    allow: bool,
    topics: Option<Vec<String>>,
    reason: Option<String>,
}

impl ConnectHook {
    /// The hook of the settings. None if they have none.
    pub fn of(settings: &HookSettings) -> Result<Option<Self>, InvalidHookSecret> {
        let Some(url) = &settings.connect_hook else {
            return Ok(None);
        };
        let secret = settings.connect_hook_secret.as_ref();
        let secret = secret.map(|secret| HookSecret::parse(secret.expose()));
        Ok(Some(Self {
            url: url.url().clone(),
            secrets: secret.transpose()?.map(HookSecrets::new),
            timeout: Duration::from_millis(settings.connect_hook_timeout),
            on_failure: settings.connect_hook_on_failure,
            keep: Duration::from_secs(settings.connect_hook_cache),
            kept: Mutex::default(),
            client: OnceLock::new(),
            results: CounterFamily::new(&RESULTS),
        }))
    }

    /// Questions since the start, by what became of them.
    pub fn results(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.results.counts()
    }

    /// Asks whether a stream may be opened. Returns which of its topics are allowed: a pattern has to be allowed as a whole.
    pub async fn ask(
        &self,
        question: &ConnectQuestion<'_>,
    ) -> Result<Vec<TopicFilter>, ConnectRefusal> {
        let key = Key {
            client: question.client_id.clone(),
            topics: question.topics.to_vec(),
            authenticated: question.authenticated,
            address: question.address,
        };
        if let Some(answer) = self.kept(&key) {
            self.results.inc("cached");
            return answer.apply(question.topics);
        }
        match self.request(question).await {
            Ok(answer) => {
                self.results
                    .inc(if answer.allow { "allowed" } else { "denied" });
                self.keep(key, &answer);
                answer.apply(question.topics)
            }
            Err(why) => {
                self.results.inc("failed");
                tracing::warn!(why, "the connect hook has not answered");
                match self.on_failure {
                    OnFailure::Allow => Ok(question.topics.to_vec()),
                    OnFailure::Deny => Err(ConnectRefusal::Unavailable),
                }
            }
        }
    }

    fn kept(&self, key: &Key) -> Option<Answer> {
        let kept = self.kept.lock();
        let (until, answer) = kept.get(key)?;
        (*until > Instant::now()).then(|| answer.clone())
    }

    fn keep(&self, key: Key, answer: &Answer) {
        if self.keep.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut kept = self.kept.lock();
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, (until, _)| *until > now);
        }
        if kept.len() < MAX_KEPT {
            kept.insert(key, (now + self.keep, answer.clone()));
        }
    }

    async fn request(&self, question: &ConnectQuestion<'_>) -> Result<Answer, String> {
        let now = Clock::default().now();
        let topics: Vec<_> = question.topics.iter().map(ToString::to_string).collect();
        let body = json!({
            "type": "client.connect",
            "timestamp": timestamp::rfc3339_with_milliseconds(now),
            "data": {
                "client_id": question.client_id.as_str(),
                "topics": topics,
                "authenticated": question.authenticated,
                "address": question.address.map(|address| address.to_string()),
                "user_agent": question.user_agent,
            },
        });
        let client = self.client.get_or_init(client);
        let request = client
            .as_ref()
            .map_err(Clone::clone)?
            .post(self.url.clone());
        let id = format!("connect_{now:x}_{:08x}", random::below(1 << 32));
        let request = signed(request, self.secrets.as_ref(), (&id, body.to_string()), now);
        let answered = async {
            let response = request.send().await.map_err(in_words)?;
            read(response).await
        };
        let answered = tokio::time::timeout(self.timeout, answered).await;
        answered.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}

/// A client for one URL of the settings, which may be in the own network.
fn client() -> Result<Client, String> {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    client
        .user_agent(concat!("Tidings/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(in_words)
}

/// Reads an answer: 204 allows everything, 401 and 403 deny, and a 2xx with JSON says what it does.
async fn read(mut response: Response) -> Result<Answer, String> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(in_words)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            return Err(format!("the answer has more than {MAX_ANSWER} bytes"));
        }
    }
    parse(status, &body)
}

fn parse(status: StatusCode, body: &[u8]) -> Result<Answer, String> {
    let is_denial = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let parsed: Result<AnswerJson, _> = serde_json::from_slice(body);
    match (parsed, body.is_empty()) {
        (parsed, _) if is_denial => Ok(Answer {
            allow: false,
            topics: None,
            reason: parsed.ok().and_then(|answer| shown(answer.reason)),
        }),
        _ if !status.is_success() => Err(format!("the answer has the status {status}")),
        (_, true) => Ok(Answer {
            allow: true,
            topics: None,
            reason: None,
        }),
        (Err(why), false) => Err(format!("the answer is not what it should be: {why}")),
        (Ok(answer), false) => {
            let parse =
                |text: &String| TopicFilter::parse(text).map_err(|why| format!("a topic {why}"));
            let topics = answer.topics.as_ref();
            let topics = topics.map(|topics| topics.iter().map(parse).collect());
            Ok(Answer {
                allow: answer.allow,
                topics: topics.transpose()?,
                reason: shown(answer.reason),
            })
        }
    }
}

/// A reason that can be shown.
fn shown(reason: Option<String>) -> Option<String> {
    let text: String = reason?
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_REASON)
        .collect();
    (!text.is_empty()).then_some(text)
}

impl Answer {
    fn apply(&self, asked: &[TopicFilter]) -> Result<Vec<TopicFilter>, ConnectRefusal> {
        if !self.allow {
            return Err(ConnectRefusal::Denied(self.reason.clone()));
        }
        let Some(allowed) = &self.topics else {
            return Ok(asked.to_vec());
        };
        let is_allowed = |topic: &&TopicFilter| allowed.iter().any(|one| one.covers(topic));
        Ok(asked.iter().filter(is_allowed).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(names: &[&str]) -> Vec<TopicFilter> {
        let parse = |name: &&str| TopicFilter::parse(name).expect("a topic");
        names.iter().map(parse).collect()
    }

    #[test]
    fn answers_are_understood_or_refused() {
        let answer = |status, body: &str| {
            let status = StatusCode::from_u16(status).expect("a status");
            parse(status, body.as_bytes()).map(|answer| answer.apply(&topics(&["a/1", "b/*", "c"])))
        };
        assert_eq!(answer(204, ""), Ok(Ok(topics(&["a/1", "b/*", "c"]))));
        assert_eq!(
            answer(200, r#"{"allow": true}"#),
            Ok(Ok(topics(&["a/1", "b/*", "c"])))
        );
        let some = answer(
            200,
            r#"{"allow": true, "topics": ["a/*", "b/1"], "more": 1}"#,
        );
        assert_eq!(some, Ok(Ok(topics(&["a/1"]))));
        assert_eq!(
            answer(200, r#"{"allow": true, "topics": []}"#),
            Ok(Ok(Vec::new()))
        );
        let denied =
            |reason: Option<&str>| Ok(Err(ConnectRefusal::Denied(reason.map(str::to_owned))));
        assert_eq!(
            answer(200, r#"{"allow": false, "reason": "not\n paid"}"#),
            denied(Some("not paid"))
        );
        assert_eq!(answer(403, ""), denied(None));
        assert_eq!(answer(401, r#"{"allow": true}"#), denied(None));
        for (status, body) in [
            (200, "yes"),
            (200, "{}"),
            (200, r#"{"allow": "yes"}"#),
            (500, ""),
            (302, ""),
            (404, r#"{"allow": true}"#),
            (200, r#"{"allow": true, "topics": [""]}"#),
        ] {
            assert!(answer(status, body).is_err(), "{status} {body}");
        }
    }
}
