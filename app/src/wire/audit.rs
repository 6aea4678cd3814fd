//! The audit trail.

use serde::{Deserialize, Serialize};

use super::To;
#[cfg(feature = "ssr")]
use super::values;

/// An entry of the audit trail: who did what, from where, and to whom. It has no contents of messages and no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditInfo {
    /// Its number. Entries are numbered in order.
    pub number: u64,
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    /// Who: the id of an API key, `admin-token`, `session`, or `local` (this machine). None: nobody who is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The name that they had then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address of the sender, behind trusted proxies. None: a Unix socket, or many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What was done, such as `push` or `key.create`. What was refused before that was known has the name of the action that
    /// is needed for it.
    pub action: String,
    /// To whom; at most the first ten of several clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<To>,
    /// The number of clients, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// The id of the API key that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The id of the stream token that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The id of the person that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The id of the webhook that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// The id of the saved list that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The id of the template that it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The cursor of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::Cursor>))]
    pub message: Option<String>,
    /// The id of the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<values::JobId>))]
    pub job: Option<String>,
    /// `ok`, or the code of the error.
    pub outcome: String,
    /// How many requests it stands for. Those of the same kind within a minute are counted in one entry, which has the target
    /// of the first.
    pub count: u64,
    /// The time of the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<u64>,
}

/// What `GET /api/audit` answers: one page, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditEntries {
    /// The entries of this page. It may be empty and still have a next page.
    pub entries: Vec<AuditInfo>,
    /// The value of `before` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
