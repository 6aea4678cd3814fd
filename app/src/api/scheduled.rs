//! Messages that are to be pushed later.

use super::{ApiError, Client, encoded, query, to_json};
use crate::wire::{ScheduledChange, ScheduledInfo, ScheduledPage};

impl Client {
    /// One page of messages that wait, in the order in which they are pushed. `after` is `next` of the previous page.
    pub async fn scheduled_page(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ScheduledPage, ApiError> {
        let limit = limit.to_string();
        let pairs = [("after", after), ("limit", Some(limit.as_str()))];
        self.call("GET", &query::path("/api/scheduled", &pairs), None)
            .await
    }

    /// One of them, also after it was pushed.
    pub async fn scheduled(&self, id: &str) -> Result<ScheduledInfo, ApiError> {
        self.call("GET", &path(id), None).await
    }

    /// Changes the time of one.
    pub async fn reschedule(
        &self,
        id: &str,
        change: &ScheduledChange,
    ) -> Result<ScheduledInfo, ApiError> {
        self.call("PATCH", &path(id), Some(to_json(change)?)).await
    }

    /// Cancels one.
    pub async fn cancel_scheduled(&self, id: &str) -> Result<(), ApiError> {
        self.command("DELETE", &path(id), None).await
    }
}

fn path(id: &str) -> String {
    format!("/api/scheduled/{}", encoded(id))
}
