//! What a token says, once its signature has been found right.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{InvalidToken, json, rules::Rules};
use crate::{
    auth::{Grant, TopicsGrant},
    message::{ClientId, TopicFilter},
    registry::StreamToken,
};

/// The latest end of a token in seconds since 1970: the year 9999. A later one counts as this.
const LATEST: f64 = 253_402_300_799.0;

/// The longest id of a token (`jti`), in bytes.
pub const MAX_TOKEN_ID: usize = 256;

/// The claim of Mercure in which `*` alone means every topic.
const MERCURE: &str = "mercure.subscribe";

/// The grant of claims that are valid at `now`, in seconds since 1970.
pub fn grant(payload: &[u8], rules: &Rules, now: u64) -> Result<Grant, InvalidToken> {
    let claims = json::object(payload).ok_or(InvalidToken::Malformed)?;
    let expires_at = valid_until(&claims, rules.leeway, now)?;
    expires_at.ok_or(InvalidToken::Missing("exp"))?;
    check_issuer(&claims, rules)?;
    check_audience(&claims, rules)?;
    let subject = text(&claims, "sub")?.ok_or(InvalidToken::Missing("sub"))?;
    let client_id = ClientId::parse(subject).map_err(|why| InvalidToken::claim("sub", why))?;
    Ok(Grant {
        client_id: Some(client_id),
        topics: TopicsGrant::Only(topics(&claims, rules)?),
        expires_at,
        admin: false,
        token: Some(stream_token(&claims)?),
        anonymous: None,
    })
}

/// When the claims end, in seconds since 1970, if they do. Fails if they are not valid at `now`.
pub(super) fn valid_until(
    claims: &Map<String, Value>,
    leeway: u64,
    now: u64,
) -> Result<Option<u64>, InvalidToken> {
    let (now, leeway) = (now as f64, leeway as f64);
    let expires_at = date(claims, "exp")?;
    if expires_at.is_some_and(|end| end < now - leeway) {
        return Err(InvalidToken::Expired);
    }
    if date(claims, "nbf")?.is_some_and(|from| from > now + leeway) {
        return Err(InvalidToken::Early);
    }
    // The cast cuts off fractions.
    Ok(expires_at.map(|end| end.clamp(0.0, LATEST) as u64))
}

pub(super) fn stream_token(claims: &Map<String, Value>) -> Result<Arc<StreamToken>, InvalidToken> {
    Ok(Arc::new(StreamToken {
        id: id(claims)?,
        // The cast cuts off fractions.
        issued_at: date(claims, "iat")?.map(|at| at as u64),
    }))
}

/// A `NumericDate`, which may have a fraction.
pub(super) fn date(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, InvalidToken> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(date) => Ok(Some(date)),
            None => Err(InvalidToken::claim(name, "must be a number of seconds")),
        },
    }
}

pub(super) fn text<'a>(
    claims: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, InvalidToken> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(InvalidToken::claim(name, "must be a text")),
    }
}

/// Its id. One that is too long could not be revoked.
fn id(claims: &Map<String, Value>) -> Result<Option<String>, InvalidToken> {
    match text(claims, "jti")? {
        Some(id) if id.len() > MAX_TOKEN_ID => {
            let why = format!("must have at most {MAX_TOKEN_ID} bytes");
            Err(InvalidToken::claim("jti", why))
        }
        id => Ok(id.map(str::to_owned)),
    }
}

pub(super) fn check_issuer(claims: &Map<String, Value>, rules: &Rules) -> Result<(), InvalidToken> {
    if rules.issuers.is_empty() {
        return Ok(());
    }
    let issuer = text(claims, "iss")?.ok_or(InvalidToken::Missing("iss"))?;
    match rules.issuers.iter().any(|allowed| allowed == issuer) {
        true => Ok(()),
        false => Err(InvalidToken::Issuer),
    }
}

pub(super) fn check_audience(
    claims: &Map<String, Value>,
    rules: &Rules,
) -> Result<(), InvalidToken> {
    let named: Vec<&str> = match claims.get("aud") {
        None if rules.audiences.is_empty() => return Ok(()),
        None => return Err(InvalidToken::Missing("aud")),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(_) => {
            return Err(InvalidToken::claim(
                "aud",
                "must be a text or a list of texts",
            ));
        }
    };
    match named
        .iter()
        .any(|name| rules.audiences.iter().any(|own| own == name))
    {
        true => Ok(()),
        false => Err(InvalidToken::Audience),
    }
}

/// The topics of the claim that the rules name. None are granted if it is not there.
fn topics(claims: &Map<String, Value>, rules: &Rules) -> Result<Vec<TopicFilter>, InvalidToken> {
    let path = rules.topics_claim.as_str();
    let wrong = |why: &str| InvalidToken::claim(path, why);
    let entries: Vec<&str> = match find(claims, path) {
        None => Vec::new(),
        Some(Value::String(words)) => words.split(' ').filter(|word| !word.is_empty()).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| {
                item.as_str()
                    .ok_or_else(|| wrong("must be a list of texts"))
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong("must be a list of texts, or a text")),
    };
    let topics = entries.into_iter();
    let topics = topics.filter_map(|entry| entry.strip_prefix(rules.topics_prefix.as_str()));
    let parse = |topic| match (path, topic) {
        (MERCURE, "*") => TopicFilter::parse("**"),
        _ => TopicFilter::parse(topic),
    };
    topics
        .map(|topic| parse(topic).map_err(|why| InvalidToken::claim(path, why)))
        .collect()
}

/// The claim with this name, or else the one to which the path leads. Some issuers put dots into names.
pub fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    find(claims.get(first)?.as_object()?, rest)
}
