//! The audit trail.

use super::{ApiError, Client, query};
use crate::wire::AuditEntries;

/// Which entries of the audit trail to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// At most this many; none: the default of the server.
    pub limit: Option<u32>,
    /// Only entries before: `next` of the previous page.
    pub before: Option<String>,
    /// Only what this caller did: an id or a name.
    pub who: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only what is about this client.
    pub client: Option<String>,
    /// Only what is about this topic.
    pub topic: Option<String>,
    /// Only this outcome.
    pub outcome: Option<String>,
    /// Only entries of this time or later, in milliseconds since 1970.
    pub since: Option<u64>,
    /// Only entries of this time or earlier, in milliseconds since 1970.
    pub until: Option<u64>,
}

impl Client {
    /// One page of the audit trail, newest first.
    pub async fn audit(&self, which: &AuditQuery) -> Result<AuditEntries, ApiError> {
        let limit = which.limit.map(|limit| limit.to_string());
        let until = which.until.map(|until| until.to_string());
        let since = which.since.map(|since| since.to_string());
        let pairs = [
            ("limit", limit.as_deref()),
            ("before", which.before.as_deref()),
            ("who", which.who.as_deref()),
            ("action", which.action.as_deref()),
            ("client_id", which.client.as_deref()),
            ("topic", which.topic.as_deref()),
            ("outcome", which.outcome.as_deref()),
            ("from", since.as_deref()),
            ("to", until.as_deref()),
        ];
        self.call("GET", &query::path("/api/audit", &pairs), None)
            .await
    }
}
