//! The typed client of the HTTP API, used by the pages, the command line and the tests alike.
//!
//! All requests go through one private `send`. It has two implementations: `fetch` in the browser and
//! `reqwest` elsewhere.

use serde::{Serialize, de::DeserializeOwned};

use crate::json;
use crate::wire::{
    Ack, AudienceRequest, AudienceSize, ClientDetail, ClientsPage, Disconnected, MessageDetail,
    MessagesPage, Nodes, Problem, PushAnswer, PushRequest, Recall, Session, SignIn, Stats,
    StatsHealth, StatsHistory, StatsTop, TopicsPage,
};

mod audit;
mod hooks;
mod jobs;
mod keys;
mod people;
mod query;
mod saved;
mod scheduled;
#[cfg_attr(feature = "hydrate", path = "api/fetch.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "api/native.rs")]
mod transport;

pub use audit::AuditQuery;
pub use jobs::LogRange;
pub use query::{AudienceQuery, ClientsQuery, JobsQuery, MessagesQuery, encoded};
use transport::Transport;

/// A client of one Tidings server.
#[derive(Clone, Debug, Default)]
pub struct Client {
    base: String,
    token: Option<String>,
    transport: Transport,
}

impl Client {
    /// A client of the server at `base`, for example `http://127.0.0.1:8020`. In a page, the empty text
    /// means the server that the page was loaded from.
    pub fn new(base: impl Into<String>) -> Self {
        let base: String = base.into();
        Self {
            base: base.trim_end_matches('/').to_owned(),
            ..Self::default()
        }
    }

    /// Sends this admin token or API key with every request (RFC 6750).
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Pushes one message.
    pub async fn push(&self, push: &PushRequest) -> Result<PushAnswer, ApiError> {
        self.call("POST", "/push", Some(to_json(push)?)).await
    }

    /// The number of clients and connections that a push to this audience would reach now.
    pub async fn audience(&self, audience: &AudienceRequest) -> Result<AudienceSize, ApiError> {
        let body = to_json(audience)?;
        self.call("POST", "/api/audience", Some(body)).await
    }

    /// Acknowledges all messages up to a cursor.
    pub async fn ack(&self, ack: &Ack) -> Result<(), ApiError> {
        self.command("POST", "/ack", Some(to_json(ack)?)).await
    }

    /// One page of pushed messages, newest first.
    pub async fn messages(&self, query: &MessagesQuery) -> Result<MessagesPage, ApiError> {
        self.call("GET", &query.path(), None).await
    }

    /// One message, with its receipts for each client.
    pub async fn message(&self, id: &str) -> Result<MessageDetail, ApiError> {
        self.call("GET", &message_path(id), None).await
    }

    /// Recalls a message: it is no longer delivered, and clients that have it are told to remove it.
    pub async fn recall(&self, id: &str) -> Result<Recall, ApiError> {
        self.call("DELETE", &message_path(id), None).await
    }

    /// One page of the connected clients, or of all known clients.
    pub async fn clients(&self, query: &ClientsQuery) -> Result<ClientsPage, ApiError> {
        self.call("GET", &query.path(), None).await
    }

    /// One client, connected or not.
    pub async fn client(&self, client_id: &str) -> Result<ClientDetail, ApiError> {
        self.call("GET", &client_path(client_id), None).await
    }

    /// Closes every connection of a client. The client may reconnect immediately.
    pub async fn disconnect(&self, client_id: &str) -> Result<Disconnected, ApiError> {
        self.call("DELETE", &client_path(client_id), None).await
    }

    /// Ends what waits in the inbox of a client.
    pub async fn clear_inbox(&self, client_id: &str) -> Result<(), ApiError> {
        let path = format!("{}/inbox", client_path(client_id));
        self.command("DELETE", &path, None).await
    }

    /// Up to `limit` subscribed topics and patterns that contain `text`.
    pub async fn topics(&self, text: &str, limit: u32) -> Result<TopicsPage, ApiError> {
        let limit = limit.to_string();
        let pairs = [("limit", Some(limit.as_str())), ("q", Some(text))];
        self.call("GET", &query::path("/api/topics", &pairs), None)
            .await
    }

    /// The counters of the node.
    pub async fn stats(&self) -> Result<Stats, ApiError> {
        self.call("GET", "/api/stats", None).await
    }

    /// The nodes of the cluster, as the node that answers sees them.
    pub async fn nodes(&self) -> Result<Nodes, ApiError> {
        self.call("GET", "/api/nodes", None).await
    }

    /// The samples of the node over the last hour.
    pub async fn stats_history(&self) -> Result<StatsHistory, ApiError> {
        self.call("GET", "/api/stats/history", None).await
    }

    /// The samples and marks of the node over a range: `15m`, `1h`, `24h` or `7d`.
    pub async fn stats_range(&self, range: &str) -> Result<StatsHistory, ApiError> {
        let pairs = [("range", Some(range))];
        let path = query::path("/api/stats/history", &pairs);
        self.call("GET", &path, None).await
    }

    /// The busiest topics and clients of the node, its map of topics, and why streams and requests ended.
    pub async fn stats_top(&self) -> Result<StatsTop, ApiError> {
        self.call("GET", "/api/stats/top", None).await
    }

    /// What is not as it should be at the node.
    pub async fn stats_health(&self) -> Result<StatsHealth, ApiError> {
        self.call("GET", "/api/stats/health", None).await
    }

    /// Whether new connections should go to this node: an error if not. The text names what is wrong with a node that
    /// is ready all the same, such as a damaged log.
    pub async fn ready(&self) -> Result<String, ApiError> {
        let (status, body) = self.send("GET", "/health/ready", None).await?;
        match status {
            200..=299 => Ok(body),
            _ => Err(ApiError::refused(status, &body)),
        }
    }

    /// What this caller may do.
    pub async fn session(&self) -> Result<Session, ApiError> {
        self.call("GET", "/api/session", None).await
    }

    /// Exchanges the admin token or an API key for a session cookie that scripts cannot read.
    pub async fn sign_in(&self, sign_in: &SignIn) -> Result<Session, ApiError> {
        let body = to_json(sign_in)?;
        self.call("POST", "/api/session", Some(body)).await
    }

    /// Ends the session.
    pub async fn sign_out(&self) -> Result<(), ApiError> {
        self.command("DELETE", "/api/session", None).await
    }

    /// A call whose answer has no body that matters.
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
            200..=299 => json::decode(&body).map_err(|e| ApiError::Decode(e.to_string())),
            _ => Err(ApiError::refused(status, &body)),
        }
    }

    /// Returns the status and the body of the answer. The body that is sent is JSON.
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

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server refused the request and said why.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The server could not be reached, or it broke off in the middle of its answer.
    #[error("the server does not answer: {0}")]
    Transport(String),
    /// The answer is not in the format that this version of the client expects.
    #[error("the server's answer is not understood: {0}")]
    Decode(String),
}

impl ApiError {
    /// The problem document in the body. A proxy may answer with another format.
    fn refused(status: u16, body: &str) -> Self {
        match json::decode(body) {
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
    fn a_refusal_is_parsed_as_a_problem_or_reported_as_undecodable() {
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
    fn a_client_id_is_escaped_in_the_path() {
        assert_eq!(client_path("a/../b?c"), "/api/clients/a%2F..%2Fb%3Fc");
    }
}
