//! Tokens of the Mercure protocol: what their claims allow, in 0.x and in 1.0.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use super::{
    InvalidToken, Tokens, claims,
    compact::Compact,
    details::{self, Details},
    json, now,
    rules::Rules,
};
use crate::{
    config::TokenKey,
    message::{ClientId, TopicFilter},
    registry::StreamToken,
};

/// The claim with the rights of a token of 0.x, by its two names.
const OBJECTS: [&str; 2] = ["https://mercure.rocks/", "mercure"];

/// The claim with the rights of a token of 1.0 (RFC 9396).
const DETAILS: &str = "authorization_details";

/// The most selectors of one list.
const MAX_SELECTORS: usize = 1_000;

/// By how many seconds the clock of whoever signs with the Mercure keys may differ.
const LEEWAY: u64 = 5;

/// What a token of the Mercure protocol says.
#[derive(Clone, Debug, PartialEq)]
pub struct MercureClaims {
    /// Selectors of the topics that it may publish to.
    pub publish: Vec<TopicFilter>,
    /// Selectors of the topics whose private updates it may read.
    pub subscribe: Vec<TopicFilter>,
    /// What others are told about its subscriptions, by the selectors of those; the first that matches counts.
    pub payloads: Vec<(Vec<TopicFilter>, Option<Value>)>,
    /// The client, if `sub` is the id of one.
    pub client_id: Option<ClientId>,
    /// When it ends, in seconds since 1970.
    pub expires_at: Option<u64>,
    /// What it is revoked by.
    pub token: Arc<StreamToken>,
    /// Whether it is an access token of 1.0.
    pub is_access_token: bool,
}

impl MercureClaims {
    /// What others are told about a subscription, if anything.
    pub fn payload(&self, subscription: &TopicFilter) -> Option<&Value> {
        let mut payloads = self.payloads.iter();
        let of = |topics: &[TopicFilter]| {
            topics
                .iter()
                .any(|topic| topic.matches_text_of(subscription))
        };
        let (_, payload) = payloads.find(|(topics, _)| of(topics))?;
        payload.as_ref()
    }
}

/// Which tokens of the Mercure protocol are taken.
#[derive(Debug)]
pub struct MercureRules {
    /// The issuer that signs with the Mercure keys, if tokens of 1.0 are taken from it.
    pub issuer: Option<String>,
    /// The URL of the hub, which completes patterns.
    pub hub: Url,
    /// What tokens of 1.0 must name as their audience. None: nobody knows, so none are taken.
    pub audience: Option<String>,
    /// Whether tokens of 0.x are taken.
    pub takes_old: bool,
}

impl Tokens {
    /// The claims of a token of the Mercure protocol, if it is valid now. It is signed with one of these keys, or with one of
    /// `others`, but not with the stream secret.
    pub fn mercure_claims(
        others: Option<&Self>,
        keys: &[TokenKey],
        rules: &MercureRules,
        token: &str,
    ) -> Result<MercureClaims, InvalidToken> {
        let token = Compact::parse(token)?;
        let claims = json::object(&token.payload).ok_or(InvalidToken::Malformed)?;
        let is_new = token.is_access_token && (claims.contains_key(DETAILS) || !rules.takes_old);
        match is_new {
            true => access_token(&token, &claims, others, keys, rules),
            false if rules.takes_old => old_token(&token, &claims, others, keys),
            false => Err(InvalidToken::NoAccessToken),
        }
    }
}

/// The claims of a token of 1.0 (RFC 9068). Only keys of the issuer that it names are tried.
fn access_token(
    token: &Compact<'_>,
    claims: &Map<String, Value>,
    others: Option<&Tokens>,
    keys: &[TokenKey],
    rules: &MercureRules,
) -> Result<MercureClaims, InvalidToken> {
    let issuer = claims::text(claims, "iss")?.ok_or(InvalidToken::Missing("iss"))?;
    let leeway = if rules.issuer.as_deref() == Some(issuer) {
        let signer = token.signer(keys.iter().map(|key| (key, ())));
        signer.ok_or_else(|| token.why_none_of(keys.iter()))?;
        LEEWAY
    } else {
        let others = others.filter(|others| others.trusts(issuer));
        let others = others.ok_or(InvalidToken::Issuer)?;
        others.signed(token, None)?.leeway
    };
    let expires_at = claims::valid_until(claims, leeway, now())?;
    let audience = rules.audience.clone().ok_or(InvalidToken::NotForHub)?;
    let audience = Rules {
        audiences: vec![audience],
        ..Rules::default()
    };
    claims::check_audience(claims, &audience).map_err(|why| match why {
        InvalidToken::Audience => InvalidToken::NotForHub,
        why => why,
    })?;
    let Details {
        publish,
        subscribe,
        payloads,
    } = details::parse(claims.get(DETAILS), &rules.hub)?;
    Ok(MercureClaims {
        publish,
        subscribe,
        payloads,
        client_id: client_id(claims)?,
        expires_at: Some(expires_at.ok_or(InvalidToken::Missing("exp"))?),
        token: claims::stream_token(claims)?,
        is_access_token: true,
    })
}

/// The claims of a token of 0.x. Those of the Mercure keys need neither an end nor an issuer.
fn old_token(
    token: &Compact<'_>,
    claims: &Map<String, Value>,
    others: Option<&Tokens>,
    keys: &[TokenKey],
) -> Result<MercureClaims, InvalidToken> {
    let is_own = token.signer(keys.iter().map(|key| (key, ()))).is_some();
    let rules = match (is_own, others) {
        (true, _) => None,
        (false, Some(others)) => Some(others.signed(token, None)?),
        (false, None) => return Err(token.why_none_of(keys.iter())),
    };
    let leeway = rules.map_or(LEEWAY, |rules| rules.leeway);
    let expires_at = claims::valid_until(claims, leeway, now())?;
    if let Some(rules) = rules {
        expires_at.ok_or(InvalidToken::Missing("exp"))?;
        claims::check_issuer(claims, rules)?;
        claims::check_audience(claims, rules)?;
    }
    let rights = OBJECTS.iter().find_map(|name| claims.get(*name));
    let list = |name| selectors(rights.and_then(|rights| rights.get(name)), name);
    let payload = rights.and_then(|rights| rights.get("payload"));
    let payload = payload.map(|payload| (vec![TopicFilter::all()], Some(payload.clone())));
    Ok(MercureClaims {
        publish: list("publish")?,
        subscribe: list("subscribe")?,
        payloads: payload.into_iter().collect(),
        client_id: client_id(claims)?,
        expires_at,
        token: claims::stream_token(claims)?,
        is_access_token: false,
    })
}

/// Other hubs do not restrict it.
fn client_id(claims: &Map<String, Value>) -> Result<Option<ClientId>, InvalidToken> {
    let subject = claims::text(claims, "sub")?;
    Ok(subject.and_then(|subject| ClientId::parse(subject).ok()))
}

/// A list of selectors. None are granted if it is not there.
fn selectors(list: Option<&Value>, name: &str) -> Result<Vec<TopicFilter>, InvalidToken> {
    let wrong = |why: &str| InvalidToken::claim(&format!("mercure.{name}"), why);
    let items = match list {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= MAX_SELECTORS => items,
        Some(Value::Array(_)) => return Err(wrong("has more than 1000 selectors")),
        Some(_) => return Err(wrong("must be a list of texts")),
    };
    let parse = |item: &Value| {
        let text = item
            .as_str()
            .ok_or_else(|| wrong("must be a list of texts"))?;
        TopicFilter::selector(text).map_err(|why| wrong(&why.to_string()))
    };
    items.iter().map(parse).collect()
}
