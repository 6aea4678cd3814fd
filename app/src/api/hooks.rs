//! Webhooks: make, list, change, try, send again.

use super::{ApiError, Client, encoded, query, to_json};
use crate::wire::{
    HookDeliveries, HookDelivery, HookInfo, HookReplay, HookRequest, HookUpdate, HooksList,
    NewHook, Rotation,
};

impl Client {
    /// Makes a webhook. Its secret is only in this answer.
    pub async fn create_hook(&self, hook: &HookRequest) -> Result<NewHook, ApiError> {
        self.call("POST", "/api/hooks", Some(to_json(hook)?)).await
    }

    /// All webhooks, newest first.
    pub async fn hooks(&self) -> Result<HooksList, ApiError> {
        self.call("GET", "/api/hooks", None).await
    }

    /// One webhook.
    pub async fn hook(&self, id: &str) -> Result<HookInfo, ApiError> {
        self.call("GET", &hook_path(id, ""), None).await
    }

    /// Changes a webhook.
    pub async fn update_hook(&self, id: &str, update: &HookUpdate) -> Result<HookInfo, ApiError> {
        let body = to_json(update)?;
        self.call("PATCH", &hook_path(id, ""), Some(body)).await
    }

    /// Removes a webhook.
    pub async fn delete_hook(&self, id: &str) -> Result<(), ApiError> {
        self.command("DELETE", &hook_path(id, ""), None).await
    }

    /// Gives a webhook a new secret. The old one signs too for a while.
    pub async fn rotate_hook(&self, id: &str, rotation: &Rotation) -> Result<NewHook, ApiError> {
        let body = to_json(rotation)?;
        self.call("POST", &hook_path(id, "/rotate"), Some(body))
            .await
    }

    /// Sends again what happened since then, in milliseconds since 1970.
    pub async fn replay_hook(&self, id: &str, since: u64) -> Result<HookInfo, ApiError> {
        let since = Some(since);
        let body = to_json(&HookReplay { since })?;
        self.call("POST", &hook_path(id, "/replay"), Some(body))
            .await
    }

    /// One page of deliveries, the newest events first. `before` is `next` of the previous page.
    pub async fn hook_deliveries(
        &self,
        id: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<HookDeliveries, ApiError> {
        let limit = limit.to_string();
        let pairs = [("before", before), ("limit", Some(limit.as_str()))];
        let path = query::path(&hook_path(id, "/deliveries"), &pairs);
        self.call("GET", &path, None).await
    }

    /// Sends an event to try a webhook.
    pub async fn test_hook(&self, id: &str) -> Result<HookDelivery, ApiError> {
        self.call("POST", &hook_path(id, "/test"), None).await
    }

    /// Sends an event again.
    pub async fn send_hook_event(&self, id: &str, event: &str) -> Result<HookDelivery, ApiError> {
        let rest = format!("/deliveries/{}/send", encoded(event));
        self.call("POST", &hook_path(id, &rest), None).await
    }
}

fn hook_path(id: &str, rest: &str) -> String {
    format!("/api/hooks/{}{rest}", encoded(id))
}
