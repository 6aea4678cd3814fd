//! The requests of the checks.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Url, redirect::Policy};

use crate::config::Secret;

/// Longest time until a connection is made.
const CONNECT: Duration = Duration::from_secs(10);

/// Longest time until an answer is complete, except for streams.
const ANSWER: Duration = Duration::from_secs(20);

/// A server that is checked, as its users see it.
pub struct Visit {
    client: Client,
    /// The URL without a slash at its end.
    pub base: String,
    /// The same URL.
    pub url: Url,
    token: Option<Secret>,
}

impl Visit {
    /// A visit of the server at this URL by this client. Redirects are not followed, because browsers do not follow all of them either.
    pub fn new(url: Url, http: ClientBuilder, token: Option<Secret>) -> anyhow::Result<Self> {
        let client = http
            .connect_timeout(CONNECT)
            .redirect(Policy::none())
            .tls_info(true)
            .build()?;
        Ok(Self {
            client,
            base: url.as_str().trim_end_matches('/').to_owned(),
            url,
            token,
        })
    }

    /// A visit of the root of the same host, without a token.
    pub fn at_root(&self) -> Self {
        let mut url = self.url.clone();
        url.set_path("");
        Self {
            client: self.client.clone(),
            base: url.as_str().trim_end_matches('/').to_owned(),
            url,
            token: None,
        }
    }

    /// Whether a token was given.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The token, to sign in.
    pub fn token(&self) -> &str {
        self.token.as_ref().map_or("", Secret::expose)
    }

    /// A request without a token, which ends in time.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.stream(method, path).timeout(ANSWER)
    }

    /// A request without a token that may last.
    pub fn stream(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A request with the token, if there is one.
    pub fn as_admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.authorized(self.request(method, path))
    }

    /// Adds the token, if there is one.
    pub fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }
}

/// The error of a failed request with its causes, without the URL.
pub fn cause(error: reqwest::Error) -> String {
    format!("{:#}", anyhow::Error::from(error.without_url()))
}
