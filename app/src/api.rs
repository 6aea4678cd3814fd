//! The typed client of the HTTP API, used by the pages, the command line and the tests alike.
//!
//! Everything goes through one private `send`, which exists twice: through `fetch` in the browser,
//! through `reqwest` elsewhere.

use serde::{Serialize, de::DeserializeOwned};

use crate::wire::{
    Ack, AudienceRequest, AudienceSize, ClientDetail, ClientsPage, Disconnected, MessageDetail,
    MessagesPage, Problem, PushAnswer, PushRequest, Recall, Session, SignIn, Stats, StatsHistory,
    TopicsPage,
};

mod jobs;
mod query;
#[cfg_attr(feature = "hydrate", path = "api/fetch.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "api/native.rs")]
mod transport;

pub use jobs::LogRange;
pub use query::{AudienceQuery, ClientsQuery, JobsQuery, MessagesQuery, encoded};
use transport::Transport;

/// Speaks to one Tidings server.
#[derive(Clone, Debug, Default)]
pub struct Client {
    base: String,
    token: Option<String>,
    transport: Transport,
}

impl Client {
    /// A client of the server at `base`, for example `http://127.0.0.1:8020`; in a page, the empty
    /// text is the server that the page came from.
    pub fn new(base: impl Into<String>) -> Self {
        let base: String = base.into();
        Self {
            base: base.trim_end_matches('/').to_owned(),
            ..Self::default()
        }
    }

    /// Sends this admin token with every request, as RFC 6750 says.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Pushes one message.
    pub async fn push(&self, push: &PushRequest) -> Result<PushAnswer, ApiError> {
        self.call("POST", "/push", Some(to_json(push)?)).await
    }

    /// How many a push to this audience would reach now.
    pub async fn audience(&self, audience: &AudienceRequest) -> Result<AudienceSize, ApiError> {
        let body = to_json(audience)?;
        self.call("POST", "/api/audience", Some(body)).await
    }

    /// Says that the page has seen everything up to here.
    pub async fn ack(&self, ack: &Ack) -> Result<(), ApiError> {
        self.command("POST", "/ack", Some(to_json(ack)?)).await
    }

    /// One page of what was pushed, newest first.
    pub async fn messages(&self, query: &MessagesQuery) -> Result<MessagesPage, ApiError> {
        self.call("GET", &query.path(), None).await
    }

    /// One message, with its receipts client by client.
    pub async fn message(&self, id: &str) -> Result<MessageDetail, ApiError> {
        self.call("GET", &message_path(id), None).await
    }

    /// Takes a message back: it is not delivered any more, and who has it is told.
    pub async fn recall(&self, id: &str) -> Result<Recall, ApiError> {
        self.call("DELETE", &message_path(id), None).await
    }

    /// One page of those who are connected, or of all who are known.
    pub async fn clients(&self, query: &ClientsQuery) -> Result<ClientsPage, ApiError> {
        self.call("GET", &query.path(), None).await
    }

    /// One client, connected or not.
    pub async fn client(&self, client_id: &str) -> Result<ClientDetail, ApiError> {
        self.call("GET", &client_path(client_id), None).await
    }

    /// Closes every connection of a client. It may come back at once.
    pub async fn disconnect(&self, client_id: &str) -> Result<Disconnected, ApiError> {
        self.call("DELETE", &client_path(client_id), None).await
    }

    /// Up to `limit` topics and patterns that contain `text` and that somebody is subscribed to.
    pub async fn topics(&self, text: &str, limit: u32) -> Result<TopicsPage, ApiError> {
        let limit = limit.to_string();
        let pairs = [("limit", Some(limit.as_str())), ("q", Some(text))];
        self.call("GET", &query::path("/api/topics", &pairs), None)
            .await
    }

    /// What the node counts.
    pub async fn stats(&self) -> Result<Stats, ApiError> {
        self.call("GET", "/api/stats", None).await
    }

    /// How the node was over the last hour.
    pub async fn stats_history(&self) -> Result<StatsHistory, ApiError> {
        self.call("GET", "/api/stats/history", None).await
    }

    /// What this caller may do.
    pub async fn session(&self) -> Result<Session, ApiError> {
        self.call("GET", "/api/session", None).await
    }

    /// Trades the admin token for a cookie that no script can read.
    pub async fn sign_in(&self, sign_in: &SignIn) -> Result<Session, ApiError> {
        let body = to_json(sign_in)?;
        self.call("POST", "/api/session", Some(body)).await
    }

    /// Gives the cookie back.
    pub async fn sign_out(&self) -> Result<(), ApiError> {
        self.command("DELETE", "/api/session", None).await
    }

    /// A call whose answer says no more than that it was done.
    async fn command(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<(), ApiError> {
        let (status, body) = self.send(method, path, body).await?;
        match status {
            200..=299 => Ok(()),
            _ => Err(ApiError::refused(status, &body)),
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<T, ApiError> {
        let (status, body) = self.send(method, path, body).await?;
        match status {
            200..=299 => serde_json::from_str(&body).map_err(|e| ApiError::Decode(e.to_string())),
            _ => Err(ApiError::refused(status, &body)),
        }
    }

    /// The status and the body of the answer; a body that is sent is JSON.
    async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Result<(u16, String), ApiError> {
        let url = format!("{}{path}", self.base);
        let token = self.token.as_deref();
        self.transport
            .send(method, &url, token, body)
            .await
            .map_err(ApiError::Transport)
    }
}

/// Why a call gave no answer to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server said no, and why.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The server was not reached, or it stopped in the middle of its answer.
    #[error("the server does not answer: {0}")]
    Transport(String),
    /// What came back is not what this version of the client understands.
    #[error("the server's answer is not understood: {0}")]
    Decode(String),
}

impl ApiError {
    /// The problem in the body; whatever stands between may answer with a page of its own instead.
    fn refused(status: u16, body: &str) -> Self {
        match serde_json::from_str(body) {
            Ok(problem) => Self::Problem(Box::new(problem)),
            Err(_) => Self::Decode(format!("status {status} without a problem document")),
        }
    }

    /// Whether a token is missing or no longer valid.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.status == 401)
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|e| ApiError::Decode(e.to_string()))
}

fn message_path(id: &str) -> String {
    format!("/api/messages/{}", encoded(id))
}

fn client_path(client_id: &str) -> String {
    format!("/api/clients/{}", encoded(client_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_the_servers_problem_or_says_that_it_was_none() {
        let body =
            r#"{"type":"/docs#x","title":"t","status":422,"detail":"d","code":"c","field":"data"}"#;
        let ApiError::Problem(problem) = ApiError::refused(422, body) else {
            panic!("a problem");
        };
        assert_eq!(problem.field.as_deref(), Some("data"));
        let proxy = ApiError::refused(502, "<html>Bad Gateway</html>");
        assert!(proxy.to_string().contains("502"));
    }

    #[test]
    fn a_client_id_can_not_leave_its_place_in_the_path() {
        assert_eq!(client_path("a/../b?c"), "/api/clients/a%2F..%2Fb%3Fc");
    }
}
