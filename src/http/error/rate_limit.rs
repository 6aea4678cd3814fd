//! What a client is told of a limit that it has reached: the fields `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10). They are only sent with refusals.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::code::Code;
use crate::auth::{Limit, LimitReached};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// A limit that was reached.
#[derive(Debug)]
pub struct RateLimit {
    /// The name of the setting, or of the field of a key.
    name: &'static str,
    amount: u64,
    /// What is counted, if it is not requests.
    unit: Option<&'static str>,
    /// In seconds. None: so many at the same time.
    window: Option<u64>,
    retry_after: u64,
}

impl From<LimitReached> for RateLimit {
    fn from(reached: LimitReached) -> Self {
        Self {
            name: reached.limit.setting(),
            amount: reached.quota.amount,
            unit: (reached.limit == Limit::PushBytes).then_some("content-bytes"),
            window: Some(reached.quota.window.as_secs()),
            retry_after: reached.retry_after(),
        }
    }
}

impl RateLimit {
    /// A limit of what exists at the same time. When there is room again is not known, so the client is told to wait a
    /// moment.
    pub fn concurrent(name: &'static str, amount: u64) -> Self {
        Self {
            name,
            amount,
            unit: Some("concurrent-requests"),
            window: None,
            retry_after: 5,
        }
    }

    /// Seconds after which the client may try again.
    pub fn retry_after(&self) -> u64 {
        self.retry_after
    }

    /// Adds both fields.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let mut policy = format!("\"{}\";q={}", self.name, self.amount);
        if let Some(unit) = self.unit {
            policy += &format!(";qu=\"{unit}\"");
        }
        if let Some(window) = self.window {
            policy += &format!(";w={window}");
        }
        let state = format!("\"{}\";r=0;t={}", self.name, self.retry_after);
        for (name, value) in [(POLICY, policy), (STATE, state)] {
            // Can't fail: these are names and numbers.
            headers.extend(HeaderValue::try_from(value).map(|value| (name, value)));
        }
    }
}

/// The code and the text of a refusal.
pub(super) fn refusal(reached: &LimitReached) -> (Code, String) {
    let (code, what) = match reached.limit {
        Limit::Opens => (
            Code::TooManyOpens,
            "this address has opened too many streams",
        ),
        Limit::OpensOfClient => (
            Code::TooManyOpensOfClient,
            "this client has opened too many streams",
        ),
        Limit::Pushes => (Code::TooManyPushes, "there were too many pushes"),
        Limit::PushBytes => (Code::TooManyPushBytes, "too many bytes were pushed"),
        Limit::PushesPerDay => (
            Code::QuotaUsedUp,
            "the API key has pushed all that it may push today (UTC)",
        ),
        Limit::Failures => (Code::TooManyTries, "too many wrong tokens came"),
    };
    let detail = format!(
        "{what} ({} = {} in {} s): wait {} s",
        reached.limit.setting(),
        reached.quota.amount,
        reached.quota.window.as_secs(),
        reached.retry_after()
    );
    (code, detail)
}
