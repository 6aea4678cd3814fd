//! Who publishes and who subscribes by the Mercure protocol, and to what.

use axum::http::request::Parts;

use super::{
    Auth, MercureReader, Publisher, Refusal, RefusalKind,
    action::Action,
    cookie,
    credentials::bearer,
    mercure::Mercure,
    permission::reach_of,
    same_origin,
    token::{self, MercureClaims, Tokens},
};
use crate::{config::TokenKey, message::TopicFilter, query::Pairs};

/// The cookie that may hold a token of 0.x.
const OLD_COOKIE: &str = "mercureAuthorization";

/// What a refusal calls the cookie of 1.0, whatever its name is.
const COOKIE: &str = "Cookie";

/// The parameter of the query that may hold a token of 0.x.
const PARAMETER: &str = "authorization";

/// The header field that may hold a token.
const HEADER: &str = "Authorization";

/// A token that a request shows.
struct Shown {
    /// Where it is.
    field: &'static str,
    token: String,
}

impl Shown {
    fn is_jwt(&self) -> bool {
        token::is_jwt(&self.token)
    }

    /// Whether it is in the header, where API keys are, too.
    fn is_in_header(&self) -> bool {
        self.field == HEADER
    }

    fn is_cookie(&self) -> bool {
        [COOKIE, OLD_COOKIE].contains(&self.field)
    }
}

impl Auth {
    /// Who publishes an update. Fails if that can't be told, or if the request must not come from where it comes from.
    pub fn publisher(&self, parts: &Parts) -> Result<Publisher, Refusal> {
        let Some(mercure) = &self.mercure else {
            return Err(missing());
        };
        let keys = &mercure.publisher_keys;
        match mercure.shown(parts) {
            Some(shown) if shown.is_jwt() => {
                if shown.is_cookie() {
                    same_origin::check_named_origin(parts, &self.hosts, &mercure.origins)?;
                }
                self.claims(mercure, keys, &shown, parts)
                    .map(Publisher::Token)
            }
            Some(shown) if !shown.is_in_header() => Err(missing()),
            // An API key, the admin token, or somebody who has signed in.
            _ if self.requires_token() => self.principal(parts).map(Publisher::Principal),
            None if keys.is_empty() && !self.needs_stream_token() => {
                self.principal(parts).map(Publisher::Principal)
            }
            _ => Err(missing()),
        }
    }

    /// What a subscriber may read.
    pub fn mercure_reader(&self, parts: &Parts) -> Result<MercureReader, Refusal> {
        let Some(mercure) = &self.mercure else {
            return Err(missing());
        };
        let keys = &mercure.subscriber_keys;
        let mut reader = MercureReader {
            open: self.open_topics(),
            ..MercureReader::default()
        };
        match mercure.shown(parts) {
            Some(shown) if shown.is_jwt() => {
                let claims = self.claims(mercure, keys, &shown, parts)?;
                reader.granted.clone_from(&claims.subscribe);
                reader.claims = Some(claims);
            }
            Some(shown) if shown.is_in_header() && self.requires_token() => {
                let principal = self.principal(parts)?;
                reader.granted = match principal.permissions() {
                    None => vec![TopicFilter::all()],
                    Some(permissions) => reach_of(permissions, Action::Listen).topics,
                };
                reader.number = principal.stream_number();
            }
            None if mercure.anonymous || keys.is_empty() && !self.needs_stream_token() => {}
            _ => return Err(missing()),
        }
        Ok(reader)
    }

    /// The topics that streams may have without a token.
    fn open_topics(&self) -> Vec<TopicFilter> {
        match self.anonymous.topics() {
            Some(topics) => topics.to_vec(),
            None if self.needs_stream_token() => Vec::new(),
            None => vec![TopicFilter::all()],
        }
    }

    /// The claims of a token that a request has in this field. As for streams, an address that sends many forged ones is
    /// refused.
    fn claims(
        &self,
        mercure: &Mercure,
        keys: &[TokenKey],
        Shown { field, token }: &Shown,
        parts: &Parts,
    ) -> Result<MercureClaims, Refusal> {
        let verified = Tokens::mercure_claims(self.stream.as_ref(), keys, &mercure.rules, token);
        let claims = verified.map_err(|why| self.refused_token(&why, field, parts))?;
        match claims.is_access_token && *field == PARAMETER {
            // URLs are written to logs (RFC 9700, section 4.3.2).
            true => Err(missing()),
            false => Ok(claims),
        }
    }

    /// Whether a request shows a token of the Mercure protocol or another credential, right or wrong.
    pub fn shows_mercure_token(&self, parts: &Parts) -> bool {
        let mercure = self.mercure.as_ref();
        mercure.is_some_and(|mercure| mercure.shown(parts).is_some())
    }
}

impl Mercure {
    /// The token of a request, and where it is. A header hides a parameter, and a parameter hides a cookie.
    fn shown(&self, parts: &Parts) -> Option<Shown> {
        let of = |field, token: &str| Shown {
            field,
            token: token.to_owned(),
        };
        if let Some(token) = bearer(parts) {
            return Some(of(HEADER, token));
        }
        let cookie = |name| cookie::values(&parts.headers, name).next();
        if !self.rules.takes_old {
            return cookie(&self.cookie).map(|token| of(COOKIE, token));
        }
        let pairs = Pairs::parse(parts.uri.query().unwrap_or_default().as_bytes());
        if let Some(token) = pairs.get(PARAMETER) {
            return Some(of(PARAMETER, token));
        }
        let new = cookie(&self.cookie).map(|token| of(COOKIE, token));
        new.or_else(|| cookie(OLD_COOKIE).map(|token| of(OLD_COOKIE, token)))
    }
}

fn missing() -> Refusal {
    Refusal::new(
        RefusalKind::Unauthorized,
        "a token is needed: send it as `Authorization: Bearer`, or in the cookie of --mercure-cookie; those of Mercure 0.x may be in the cookie mercureAuthorization or in ?authorization=",
    )
    .field(HEADER)
}
