//! `GET /.well-known/mercure/subscriptions` and below: the active subscriptions.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    caller::{check_revoked, client_of},
    challenge::Challenge,
    matchers::MatcherType,
    percent,
    resume::newest,
    subscription_document::{CONTEXT, SubscriptionDocument},
};
use crate::{
    auth::{Auth, MercureReader},
    broker::Broker,
    config::MERCURE_PATH,
    http::{
        AppState, Code, Error, access,
        nodes::ask::{self, Part},
        off_thread,
    },
    message::{EventType, Topic},
};

/// The subscriptions that a path asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// Only those by this matcher.
    matcher: Option<(Option<&'static str>, String)>,
    /// Only that of this subscriber, which is answered alone.
    subscriber: Option<String>,
}

/// A list of subscriptions, in JSON.
#[derive(Serialize)]
struct Collection {
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "lastEventID", skip_serializing_if = "Option::is_none")]
    last_event_id: Option<String>,
    subscriptions: Vec<SubscriptionDocument>,
    /// Nodes of the cluster that have not answered: their subscriptions are missing here. It is no term of the context, so
    /// readers of JSON-LD ignore it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_nodes: Vec<String>,
}

/// Answers a list of subscriptions, or one.
pub async fn get(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let challenge = Challenge::of(&state, &parts);
    challenge.answer(answer(&state, &parts).await)
}

async fn answer(state: &AppState, parts: &Parts) -> Result<Response, Error> {
    let path = parts.uri.path();
    let below = path
        .split_once(MERCURE_PATH)
        .and_then(|(_, below)| below.strip_prefix("/subscriptions"))
        .unwrap_or_default();
    let wanted = Wanted::parse(below)?;
    let before_hub = state.settings.proxy.path();
    let id = format!("{before_hub}{MERCURE_PATH}/subscriptions{below}");
    let is_new = check(state, parts, &id).await?;
    // Before the list is read: whoever subscribes after it hears all that follows, and perhaps some twice.
    let last = newest(&state.broker);
    let tag = format!("\"{last}\"");
    if parts
        .headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let (mut found, missing_nodes) = active(&state.broker).await?;
    found.retain(|document| wanted.includes(document));
    // Whoever has a list without some of the nodes asks again.
    let tag = missing_nodes.is_empty().then_some(tag);
    let body = match wanted.subscriber {
        Some(_) => {
            let one = found.into_iter().next();
            let one = one.ok_or_else(|| not_found(&missing_nodes))?;
            serde_json::to_string(&one.alone())
        }
        None => serde_json::to_string(&Collection {
            context: (!is_new).then_some(CONTEXT),
            id,
            kind: if is_new {
                "subscriptions"
            } else {
                "Subscriptions"
            },
            last_event_id: (!is_new).then(|| last.clone()),
            subscriptions: found,
            missing_nodes,
        }),
    };
    let body = body.map_err(|_| Error::internal())?;
    let content_type = match is_new {
        true => "application/json",
        false => "application/ld+json",
    };
    let hub = super::discovery::hub(&state.settings);
    let link = format!(
        "<{hub}>; rel=\"mercure\"; last-event-id=\"{last}\"; type=\"{}\"; content-type=\"application/json\"",
        EventType::OF_HUB
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("must-revalidate"),
        ),
        (header::LINK, value(link)?),
    ];
    let mut response = (headers, body).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, value(tag)?);
    }
    Ok(response)
}

/// `missing`: the nodes that have not answered.
fn not_found(missing: &[String]) -> Error {
    let none = "there is no such subscription";
    match missing {
        [] => Error::new(Code::NotFound, none),
        _ => {
            let missing = missing.join(", ");
            let text = format!("{none} at the nodes that have answered; {missing} did not");
            Error::new(Code::NotFound, text)
        }
    }
}

fn value(text: String) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text).map_err(|_| Error::internal())
}

/// Refuses whoever may not read the updates of this path, which is a topic. Returns whether the answer has the form of 1.0.
async fn check(state: &AppState, parts: &Parts, path: &str) -> Result<bool, Error> {
    let auth = state.auth.load_full();
    let reader = access::with_new_keys(&auth, parts, Auth::mercure_reader).await?;
    let MercureReader {
        claims, granted, ..
    } = reader;
    if let Some(claims) = &claims {
        check_revoked(state, claims, &client_of(Some(claims)))?;
    }
    let topic = Topic::parse(path);
    let is_granted = topic.is_ok_and(|topic| granted.iter().any(|filter| filter.matches(&topic)));
    if is_granted {
        let of_settings = !state.settings.mercure.takes_old_tokens();
        return Ok(claims.map_or(of_settings, |claims| claims.is_access_token));
    }
    Err(match auth.shows_mercure_token(parts) {
        true => Error::new(
            Code::Forbidden,
            format!("the token grants no subscribing to the topic {path}"),
        ),
        false => Error::new(
            Code::Unauthorized,
            "subscriptions are listed with a token only",
        ),
    })
}

/// The active subscriptions of all nodes, and the nodes that have not answered.
async fn active(broker: &Arc<Broker>) -> Result<(Vec<SubscriptionDocument>, Vec<String>), Error> {
    let asked = ask::ask::<Vec<SubscriptionDocument>>(broker, Part::Subscriptions, &()).await;
    let here_broker = Arc::clone(broker);
    let mut all = off_thread(move || Ok::<_, Error>(here(&here_broker))).await?;
    all.extend(
        asked
            .answers
            .into_iter()
            .flat_map(|(_, documents)| documents),
    );
    Ok((all, asked.missing))
}

/// The active subscriptions of this node.
pub fn here(broker: &Broker) -> Vec<SubscriptionDocument> {
    let subscribers = broker.registry().subscriptions().list();
    let documents = subscribers.iter().flat_map(|subscriber| {
        let subscriptions = subscriber.subscriptions.iter();
        subscriptions.map(|subscription| SubscriptionDocument::of(subscriber, subscription, true))
    });
    documents.collect()
}

impl Wanted {
    /// Parses what follows `/subscriptions` in a path. In 0.x it is `/topic/subscriber`, in 1.0 `/type/matcher/subscriber`.
    fn parse(below: &str) -> Result<Self, Error> {
        let segments = below.split('/').skip(1).map(percent::decode);
        let Some(mut segments) = segments.collect::<Option<Vec<String>>>() else {
            return Err(Error::invalid("path", "is not encoded as a path must be"));
        };
        let known = segments.first().and_then(|name| MatcherType::parse(name));
        let kind = known
            .and_then(MatcherType::name)
            .filter(|_| segments.len() > 1);
        if kind.is_some() {
            segments.remove(0);
        }
        let mut segments = segments.into_iter();
        let wanted = Self {
            matcher: segments.next().map(|text| (kind, text)),
            subscriber: segments.next(),
        };
        match segments.next() {
            Some(_) => Err(Error::invalid(
                "path",
                "must be subscriptions/TYPE/MATCHER/SUBSCRIBER, with the type exact or urlpattern, or subscriptions/TOPIC/SUBSCRIBER",
            )),
            None => Ok(wanted),
        }
    }

    fn includes(&self, document: &SubscriptionDocument) -> bool {
        let text = document.topic.as_ref().or(document.matcher.as_ref());
        let has_matcher = self.matcher.as_ref().is_none_or(|(kind, matcher)| {
            document.match_type.as_deref() == *kind && text == Some(matcher)
        });
        let mut wanted = self.subscriber.iter();
        has_matcher && wanted.all(|id| *id == document.subscriber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_matcher_of_one_of_the_versions() {
        let wanted = |kind, matcher: &str, subscriber: Option<&str>| Wanted {
            matcher: Some((kind, matcher.to_owned())),
            subscriber: subscriber.map(str::to_owned),
        };
        let cases = [
            ("", Wanted::default()),
            ("/a%2Fb", wanted(None, "a/b", None)),
            ("/a%2Fb/c", wanted(None, "a/b", Some("c"))),
            ("/exact/a", wanted(Some("exact"), "a", None)),
            ("/exact", wanted(None, "exact", None)),
            (
                "/urlpattern/%2F%3Aa/c",
                wanted(Some("urlpattern"), "/:a", Some("c")),
            ),
        ];
        for (path, expected) in cases {
            assert_eq!(Wanted::parse(path).expect("valid"), expected, "{path}");
        }
        for path in ["/a/b/c", "/exact/a/b/c", "/%zz"] {
            assert!(Wanted::parse(path).is_err(), "{path}");
        }
    }
}
