//! What an issuer says about itself (OpenID Connect Discovery 1.0), and its keys.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{OidcError, plain};
use crate::{
    auth::{
        issuer_client,
        token::{Expected, InvalidIdToken, Jwks, verify_id_token},
    },
    config::{IssuerUrl, SecureUrl},
};

/// How long it is believed. Its keys are read anew then too, so one that it does not publish any more is not taken for longer.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// When an attempt to read it ended, and its result.
type Attempted = (Instant, Result<Arc<Provider>, String>);

/// Reads what the issuer says when it is needed.
#[derive(Debug)]
pub struct Discovery {
    issuer: IssuerUrl,
    /// The last attempt. Locked during every attempt.
    last: tokio::sync::Mutex<Option<Attempted>>,
}

/// An issuer.
#[derive(Debug)]
pub struct Provider {
    /// Where it signs people in.
    authorization: SecureUrl,
    /// Where codes are exchanged for tokens.
    pub token: SecureUrl,
    /// Where more claims can be had.
    pub user_info: Option<SecureUrl>,
    /// Whether the client secret goes into the body, because the issuer does not take it in the header.
    pub secret_in_body: bool,
    /// Whether its answers name it (RFC 9207).
    pub names_itself: bool,
    keys: Jwks,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    /// Nothing is read yet.
    pub fn new(issuer: IssuerUrl) -> Self {
        Self {
            issuer,
            last: tokio::sync::Mutex::default(),
        }
    }

    /// The issuer. Fails with the reason if it can't be reached. One request is sent at a time: whoever waits for it gets the
    /// same result.
    pub async fn provider(&self) -> Result<Arc<Provider>, String> {
        let asked_at = Instant::now();
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, Ok(provider))) if at.elapsed() < EVERY => return Ok(Arc::clone(provider)),
            Some((at, Err(why))) if *at > asked_at => return Err(why.clone()),
            _ => {}
        }
        let read = Provider::read(&self.issuer).await.map(Arc::new);
        if let Err(why) = &read {
            tracing::warn!(issuer = %self.issuer, why, "the OpenID Connect issuer can't be used");
        }
        *last = Some((Instant::now(), read.clone()));
        read
    }
}

impl Provider {
    async fn read(issuer: &IssuerUrl) -> Result<Self, String> {
        let base = issuer.as_str().trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let url: SecureUrl = url.parse()?;
        let (status, body) = issuer_client::get(&url, "application/json").await?;
        if !status.is_success() {
            return Err(format!("{url} answers {status}"));
        }
        let document = serde_json::from_slice(&body);
        let document = document.map_err(|why| format!("{url} is not what it should be: {why}"))?;
        Self::of(issuer, document)
    }

    fn of(issuer: &IssuerUrl, document: Document) -> Result<Self, String> {
        // Otherwise one issuer could speak for another one (section 4.3).
        if document.issuer != issuer.as_str() {
            let found = plain(&document.issuer);
            return Err(format!("it calls itself {found:?}, not {issuer}"));
        }
        let secure = |name: &str, url: &str| -> Result<SecureUrl, String> {
            url.parse().map_err(|why| format!("its {name} {why}"))
        };
        let methods = &document.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.iter().any(|known| known == method);
        let user_info = document.userinfo_endpoint;
        let user_info = user_info.map(|url| secure("userinfo_endpoint", &url));
        Ok(Self {
            authorization: secure("authorization_endpoint", &document.authorization_endpoint)?,
            token: secure("token_endpoint", &document.token_endpoint)?,
            user_info: user_info.transpose()?,
            // Without a list, it takes the header (section 3).
            secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            names_itself: document.authorization_response_iss_parameter_supported,
            keys: Jwks::new(secure("jwks_uri", &document.jwks_uri)?, "ID tokens"),
        })
    }

    /// The page where people sign in, with this query.
    pub fn authorization_url(&self, query: &[(&str, &str)]) -> String {
        let url = self.authorization.as_str();
        let mark = if url.contains('?') { '&' } else { '?' };
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        let query = encoded.extend_pairs(query).finish();
        format!("{url}{mark}{query}")
    }

    /// The claims of an ID token, if it is right.
    pub async fn verify(
        &self,
        token: &str,
        expected: Expected<'_>,
    ) -> Result<Map<String, Value>, OidcError> {
        let verify = || verify_id_token(token, &self.keys.keys(), expected);
        let mut verified = verify();
        if verified == Err(InvalidIdToken::UnknownKey) {
            // None was read yet, or the issuer has new ones.
            self.keys.look_for_key().await;
            verified = verify();
        }
        match (verified, self.keys.warning()) {
            (Err(InvalidIdToken::UnknownKey), Some(why)) => Err(OidcError::Unavailable(why)),
            (verified, _) => verified.map_err(|why| OidcError::Token(why.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn provider(changes: &Value) -> Result<Provider, String> {
        let mut document = json!({
            "issuer": "https://a.example/b",
            "authorization_endpoint": "https://a.example/b/authorize",
            "token_endpoint": "https://a.example/b/token",
            "jwks_uri": "https://a.example/b/keys",
        });
        let fields = document.as_object_mut().expect("an object");
        fields.extend(changes.as_object().expect("an object").clone());
        let issuer = "https://a.example/b".parse().expect("an issuer");
        Provider::of(
            &issuer,
            serde_json::from_value(document).expect("a document"),
        )
    }

    #[test]
    fn an_issuer_must_name_itself_exactly_and_have_https() {
        assert!(provider(&json!({})).is_ok());
        for (name, value) in [
            ("issuer", "https://a.example/b/"),
            ("issuer", "https://a.example"),
            ("token_endpoint", "http://a.example/token"),
            ("jwks_uri", "http://a.example/keys"),
            ("authorization_endpoint", "javascript:alert(1)"),
            ("userinfo_endpoint", "ftp://a.example"),
        ] {
            let why = provider(&json!({ name: value })).expect_err(value);
            assert!(name == "issuer" || why.contains(name), "{why}");
        }
    }

    #[test]
    fn the_secret_goes_into_the_header_unless_the_issuer_does_not_take_it_there() {
        let in_body = |methods: Value| {
            let changes = json!({ "token_endpoint_auth_methods_supported": methods });
            provider(&changes).expect("a provider").secret_in_body
        };
        assert!(in_body(json!(["client_secret_post"])));
        assert!(!in_body(json!([
            "client_secret_post",
            "client_secret_basic"
        ])));
        assert!(!in_body(json!([])));
    }

    #[test]
    fn the_query_is_encoded_and_added_to_one_that_is_there() {
        let url = |endpoint: &str| {
            let changes = json!({ "authorization_endpoint": endpoint });
            let provider = provider(&changes).expect("a provider");
            provider.authorization_url(&[("scope", "openid email"), ("a", "&=")])
        };
        assert_eq!(
            url("https://a.example/in"),
            "https://a.example/in?scope=openid+email&a=%26%3D"
        );
        assert_eq!(
            url("https://a.example/in?t=1"),
            "https://a.example/in?t=1&scope=openid+email&a=%26%3D"
        );
    }
}
