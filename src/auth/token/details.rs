//! The claim `authorization_details` of an access token (RFC 9396), with the details of the Mercure protocol.

use serde_json::{Map, Value};
use url::Url;

use super::InvalidToken;
use crate::message::{TopicFilter, is_visible};

/// The type of a detail of Mercure. Others are for other servers.
pub const DETAIL_TYPE: &str = "https://mercure.rocks/authorization-detail";

const CLAIM: &str = "authorization_details";

/// The most details of one token, and the most topics of all of them.
const MAX_DETAILS: usize = 100;
const MAX_TOPICS: usize = 1_000;

/// What the details of a token grant.
#[derive(Debug, Default)]
pub struct Details {
    /// The topics that it may publish to.
    pub publish: Vec<TopicFilter>,
    /// The topics whose private updates it may read.
    pub subscribe: Vec<TopicFilter>,
    /// The topics of each detail for subscribers, in their order, and its payload.
    pub payloads: Vec<(Vec<TopicFilter>, Option<Value>)>,
}

/// Parses the claim. One detail that is not right makes the whole token invalid. Without the claim, nothing is granted. `hub`: the
/// URL of the hub.
pub fn parse(claim: Option<&Value>, hub: &Url) -> Result<Details, InvalidToken> {
    let mut details = Details::default();
    let all = match claim {
        None | Some(Value::Null) => return Ok(details),
        Some(Value::Array(all)) => all,
        Some(_) => return Err(wrong("must be a list")),
    };
    let (mut count, mut topic_count) = (0, 0);
    for detail in all {
        let Some(detail) = detail.as_object() else {
            return Err(wrong("must be a list of objects"));
        };
        match detail.get("type") {
            Some(Value::String(kind)) if kind == DETAIL_TYPE => {}
            Some(Value::String(_)) => continue,
            _ => return Err(wrong("each detail must have a type, which is a text")),
        }
        let topics = topics(detail, hub)?;
        count += 1;
        topic_count += topics.len();
        if count > MAX_DETAILS || topic_count > MAX_TOPICS {
            return Err(wrong(&format!(
                "has more than {MAX_DETAILS} details or {MAX_TOPICS} topics"
            )));
        }
        let payload = match detail.get("payload") {
            None | Some(Value::Null) => None,
            Some(payload @ Value::Object(_)) => Some(payload.clone()),
            Some(_) => return Err(wrong("a payload must be an object")),
        };
        let actions = actions(detail)?;
        if actions.contains(&"publish") {
            details.publish.extend(topics.iter().cloned());
        }
        if actions.contains(&"subscribe") {
            details.subscribe.extend(topics.iter().cloned());
            details.payloads.push((topics, payload));
        }
    }
    if details
        .payloads
        .iter()
        .all(|(_, payload)| payload.is_none())
    {
        details.payloads = Vec::new();
    }
    Ok(details)
}

/// The actions of a detail. Those that are not known grant nothing.
fn actions(detail: &Map<String, Value>) -> Result<Vec<&str>, InvalidToken> {
    let must = || wrong("actions must be a list of texts that is not empty");
    match detail.get("actions") {
        Some(Value::Array(actions)) if !actions.is_empty() => {
            let texts = actions
                .iter()
                .map(|action| action.as_str().ok_or_else(must));
            texts.collect()
        }
        _ => Err(must()),
    }
}

fn topics(detail: &Map<String, Value>, hub: &Url) -> Result<Vec<TopicFilter>, InvalidToken> {
    match detail.get("topics") {
        Some(Value::Array(topics)) if !topics.is_empty() => {
            topics.iter().map(|topic| matcher(topic, hub)).collect()
        }
        _ => Err(wrong("topics must be a list of objects that is not empty")),
    }
}

fn matcher(topic: &Value, hub: &Url) -> Result<TopicFilter, InvalidToken> {
    let Some(topic) = topic.as_object() else {
        return Err(wrong("topics must be a list of objects"));
    };
    let Some(text) = topic.get("match").and_then(Value::as_str) else {
        return Err(wrong("each topic must have a match, which is a text"));
    };
    if !is_visible(text) {
        return Err(wrong("a match must not contain invisible characters"));
    }
    let parsed = match topic.get("match_type") {
        None => TopicFilter::exact(text),
        Some(Value::String(kind)) if kind == "exact" => TopicFilter::exact(text),
        Some(Value::String(kind)) if kind == "urlpattern" => TopicFilter::url_pattern(text, hub),
        Some(_) => return Err(wrong("a match_type must be exact or urlpattern")),
    };
    parsed.map_err(|why| wrong(&why.to_string()))
}

fn wrong(why: &str) -> InvalidToken {
    InvalidToken::claim(CLAIM, why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::message::Topic;

    fn parsed(claim: &Value) -> Result<Details, InvalidToken> {
        let hub = Url::parse("https://hub.example.com/.well-known/mercure").expect("a URL");
        parse(Some(claim), &hub)
    }

    fn with(changed: Value) -> Value {
        let mut detail = json!({
            "type": DETAIL_TYPE,
            "actions": ["publish", "subscribe", "later"],
            "topics": [{ "match": "a" }, { "match": "/b/:id", "match_type": "urlpattern" }],
            "payload": { "name": "x" },
        });
        let changed = changed.as_object().expect("an object").clone();
        detail.as_object_mut().expect("an object").extend(changed);
        json!([detail])
    }

    #[test]
    fn a_detail_grants_its_actions_on_its_topics() {
        let details = parsed(&with(json!({}))).expect("valid");
        let matches = |filters: &[TopicFilter], name| {
            let topic = Topic::parse(name).expect("a topic");
            filters.iter().any(|filter| filter.matches(&topic))
        };
        for filters in [&details.publish, &details.subscribe] {
            assert!(matches(filters, "a") && matches(filters, "/b/1") && !matches(filters, "b"));
        }
        assert_eq!(details.payloads.len(), 1);
        let details = parsed(&with(
            json!({ "actions": ["subscribe"], "topics": [{ "match": "*" }] }),
        ));
        let details = details.expect("valid");
        assert!(details.publish.is_empty() && matches(&details.subscribe, "anything"));
        let nothing = parsed(&with(json!({ "actions": ["later"] }))).expect("valid");
        assert!(nothing.publish.is_empty() && nothing.subscribe.is_empty());
    }

    #[test]
    fn one_wrong_detail_makes_the_token_invalid() {
        for changed in [
            json!({ "actions": [] }),
            json!({ "actions": "publish" }),
            json!({ "actions": ["publish", 1] }),
            json!({ "topics": [] }),
            json!({ "topics": ["a"] }),
            json!({ "topics": [{ "match": 1 }] }),
            json!({ "topics": [{ "match": "" }] }),
            json!({ "topics": [{ "match": "a\u{200b}" }] }),
            json!({ "topics": [{ "match": "a" }, { "match": "a", "match_type": "Exact" }] }),
            json!({ "topics": [{ "match": "/(", "match_type": "urlpattern" }] }),
            json!({ "payload": "x" }),
            json!({ "type": 1 }),
        ] {
            assert!(parsed(&with(changed.clone())).is_err(), "{changed}");
        }
        for claim in [json!("x"), json!({}), json!(["x"])] {
            assert!(parsed(&claim).is_err(), "{claim}");
        }
        let many = Value::Array(vec![with(json!({}))[0].clone(); MAX_DETAILS + 1]);
        assert!(parsed(&many).is_err());
    }

    #[test]
    fn details_of_other_types_are_for_others() {
        let details = json!([{ "type": "payment", "topics": "x" }]);
        assert!(parsed(&details).expect("valid").publish.is_empty());
    }
}
