//! How a job is tried again.

use std::sync::Arc;

/// The push that tries a job again: a body of `POST /push`, as JSON which the log does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry(Arc<str>);

impl Retry {
    /// The maximum length, in bytes.
    pub const MAX_LEN: usize = 64 << 10;

    /// Checks the length of a push.
    pub fn parse(json: &str) -> Result<Self, RetryTooLong> {
        match json.len() <= Self::MAX_LEN {
            true => Ok(Self(json.into())),
            false => Err(RetryTooLong),
        }
    }

    /// The push as JSON.
    pub fn json(&self) -> &str {
        &self.0
    }
}

/// The push is longer than [`Retry::MAX_LEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has at most 65536 bytes of JSON")]
pub struct RetryTooLong;
