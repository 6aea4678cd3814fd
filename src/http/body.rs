//! Request bodies and queries: limits of size and time, and errors that name the field.

use std::{borrow::Cow, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{FromRef, FromRequest, FromRequestParts, Path, Request},
    http::{header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::{Code, Error, content_coding::Compressed};
pub use crate::query::Pairs;
use crate::{config::Settings, job::MAX_NUMBER};

/// A complete request body, after decompression: at most `max_message_bytes`, received within `request_timeout`.
pub struct WholeBody(pub Bytes);

impl<S> FromRequest<S> for WholeBody
where
    Arc<Settings>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let limits = &Arc::<Settings>::from_ref(state).limits;
        let time = limits.request_timeout();
        let compressed = request.extensions().get::<Compressed>().copied();
        let body = read(request.into_body(), limits.max_message_bytes, compressed);
        tokio::time::timeout(time, body)
            .await
            .map_err(|_| late(time))?
            .map(Self)
    }
}

fn late(time: Duration) -> Error {
    let detail = format!("the body did not arrive within {} s", time.as_secs());
    Error::new(Code::RequestTimeout, detail)
}

async fn read(body: Body, limit: usize, compressed: Option<Compressed>) -> Result<Bytes, Error> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let detail = format!("the body is over the limit of {limit} bytes (max_message_bytes)");
            Err(Error::new(Code::MessageTooLarge, detail))
        }
        Err(_) => Err(match compressed {
            Some(compressed) => compressed.damaged(),
            None => Error::new(Code::InvalidJson, "the body is not complete"),
        }),
    }
}

/// A JSON body, parsed.
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    Arc<Settings>: FromRef<S>,
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let content_type = content_type(&request);
        if !is_json(&content_type) {
            let detail = format!("the content type must be application/json, not {content_type:?}");
            return Err(Error::new(Code::UnsupportedMediaType, detail).field("content-type"));
        }
        let WholeBody(bytes) = WholeBody::from_request(request, state).await?;
        parse_json(&bytes).map(Self)
    }
}

/// The content type without its parameters, in lower case.
pub fn content_type(request: &Request) -> Cow<'_, str> {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    match essence.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => essence.to_ascii_lowercase().into(),
        false => essence.into(),
    }
}

/// Whether a content type is JSON.
pub fn is_json(content_type: &str) -> bool {
    content_type == "application/json"
        || (content_type.starts_with("application/") && content_type.ends_with("+json"))
}

/// Parses a JSON object. An error names the field that is wrong.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    // The path costs an allocation for each field, so it is looked for only when something is wrong.
    let value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => return Err(with_path::<T>(bytes, &error)),
    };
    // serde also reads the fields of a struct from an array.
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(value),
        _ => Err(Error::invalid(".", "must be a JSON object")),
    }
}

/// The refusal of a JSON text that can't be parsed as a `T`.
fn with_path<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> Error {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) => refusal(&error.path().to_string(), error.inner()),
        // The value is right, and more text follows it.
        Ok(_) => refusal(".", error),
    }
}

fn refusal(path: &str, error: &serde_json::Error) -> Error {
    if !error.is_data() {
        return Error::new(Code::InvalidJson, error.to_string());
    }
    let text = error.to_string();
    let quoted = |prefix| {
        text.strip_prefix(prefix)
            .and_then(|rest: &str| rest.split('`').next())
    };
    let below = |name: &str| match path {
        "." => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    if let Some(name) = quoted("missing field `") {
        Error::new(Code::MissingField, &*text).field(below(name))
    } else if text.starts_with("unknown field `") {
        // The path already ends in the unknown field.
        Error::new(Code::UnknownField, &*text).field(path)
    } else {
        Error::new(Code::InvalidField, &*text).field(path)
    }
}

/// The query of the URL; without one, no pairs.
impl<S: Sync> FromRequestParts<S> for Pairs {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(
            parts.uri.query().unwrap_or_default().as_bytes(),
        ))
    }
}

/// The parameter of a path, decoded. What is not UTF-8 becomes a text that is no valid id, so that it is refused like
/// others that are not.
pub struct PathId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let decoded = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(decoded.map_or_else(
            |_| char::REPLACEMENT_CHARACTER.to_string(),
            |Path(id)| id,
        )))
    }
}

impl Pairs {
    /// The first value of a required name.
    pub fn need(&self, name: &str) -> Result<&str, Error> {
        self.get(name)
            .ok_or_else(|| Error::new(Code::MissingField, format!("{name} is missing")).field(name))
    }

    /// The value of a required name that is there once. If there are several, it is not known which one is meant.
    pub fn need_one(&self, name: &'static str) -> Result<&str, Error> {
        match self.all(name).nth(1) {
            Some(_) => Err(Error::invalid(name, format!("{name} is there twice"))),
            None => self.need(name),
        }
    }

    /// The parameter `limit`: how many `what` a page has, at most `most`.
    pub fn page_limit(&self, default: u64, most: u64, what: &str) -> Result<usize, Error> {
        let limit = self.number("limit")?.unwrap_or(default);
        match (1..=most).contains(&limit) {
            true => Ok(limit as usize),
            false => Err(Error::invalid(
                "limit",
                format!("a page has 1 to {most} {what}"),
            )),
        }
    }

    /// A whole number up to [`MAX_NUMBER`], if it is there.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        let parse = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number
                .filter(|number| *number <= MAX_NUMBER)
                .ok_or_else(|| {
                    let why = format!("{text:?} is not a whole number from 0 to {MAX_NUMBER}");
                    Error::invalid(name, why)
                })
        };
        self.get(name).map(parse).transpose()
    }

    /// The same for a parameter that has two names.
    pub fn number_of(&self, names: [&str; 2]) -> Result<Option<u64>, Error> {
        let given = names.into_iter().find(|name| self.get(name).is_some());
        given.map_or(Ok(None), |name| self.number(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::wire::PushRequest;

    fn refused(json: &str) -> (Code, Option<String>) {
        let error = parse_json::<PushRequest>(json.as_bytes()).expect_err("refused");
        (error.code(), error.problem().field)
    }

    #[test]
    fn a_refusal_names_the_field() {
        assert_eq!(
            refused(r#"{"data":1}"#),
            (Code::MissingField, Some("to".into()))
        );
        assert_eq!(
            refused(r#"{"to":"everyone"}"#),
            (Code::MissingField, Some("data".into()))
        );
        assert_eq!(
            refused(r#"{"to":"all","data":1}"#),
            (Code::InvalidField, Some("to".into()))
        );
        assert_eq!(
            refused(r#"{"to":{"client":7},"data":1}"#),
            (Code::InvalidField, Some("to.client".into()))
        );
        assert_eq!(
            refused(r#"{"to":{"clients":["a",7]},"data":1}"#),
            (Code::InvalidField, Some("to.clients[1]".into()))
        );
        assert_eq!(
            refused(r#"{"to":"everyone","data":1,"tll":5}"#),
            (Code::UnknownField, Some("tll".into()))
        );
        assert_eq!(
            refused(r#"{"to":"everyone","data":1,"ttl":-5}"#),
            (Code::InvalidField, Some("ttl".into()))
        );
        assert_eq!(
            refused(r#"{"to":"everyone","data":1} x"#),
            (Code::InvalidJson, None)
        );
        let array = r#"["everyone",1,null,null,null,false,false]"#;
        assert_eq!(refused(array), (Code::InvalidField, Some(".".into())));
        for to in [
            r#"{"everyone":null}"#,
            r#"{"client":"a","topic":"b"}"#,
            "{}",
        ] {
            let json = format!(r#"{{"to":{to},"data":1}}"#);
            assert_eq!(refused(&json).0, Code::InvalidField, "{to}");
        }
        assert_eq!(refused("{"), (Code::InvalidJson, None));
        assert_eq!(refused(""), (Code::InvalidJson, None));
    }

    #[test]
    fn data_stays_as_it_was_written() {
        let push: PushRequest =
            parse_json(br#"{"to":"everyone","data":{"b":1.10,"a":12345678901234567890}}"#)
                .expect("valid");
        assert_eq!(push.data.get(), r#"{"b":1.10,"a":12345678901234567890}"#);
    }
}
