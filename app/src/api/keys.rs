//! API keys: make, list, change, rotate, revoke, test.

use serde::{Deserialize, Serialize};

use super::{ApiError, Client, encoded, query, to_json};
use crate::{
    json,
    wire::{
        AccessAnswer, AccessQuestion, KeyInfo, KeyRequest, KeyUpdate, KeysPage, LimitsList, NewKey,
        RolesList, Rotation,
    },
};

impl Client {
    /// Makes a key. Its text is only in this answer.
    pub async fn create_key(&self, key: &KeyRequest) -> Result<NewKey, ApiError> {
        self.call("POST", "/api/keys", Some(to_json(key)?)).await
    }

    /// One page of keys, newest first. `before` is `next` of the previous page.
    pub async fn keys(&self, before: Option<&str>, limit: u32) -> Result<KeysPage, ApiError> {
        let limit = limit.to_string();
        let pairs = [("before", before), ("limit", Some(limit.as_str()))];
        self.call("GET", &query::path("/api/keys", &pairs), None)
            .await
    }

    /// One key.
    pub async fn key(&self, id: &str) -> Result<KeyInfo, ApiError> {
        self.call("GET", &key_path(id), None).await
    }

    /// Changes the name, the rights or the end of a key.
    pub async fn update_key(&self, id: &str, update: &KeyUpdate) -> Result<KeyInfo, ApiError> {
        let body = to_json(update)?;
        self.call("PATCH", &key_path(id), Some(body)).await
    }

    /// Gives a key a new text. The old one is good for a while.
    pub async fn rotate_key(&self, id: &str, rotation: &Rotation) -> Result<NewKey, ApiError> {
        let path = format!("{}/rotate", key_path(id));
        self.call("POST", &path, Some(to_json(rotation)?)).await
    }

    /// Revokes a key.
    pub async fn revoke_key(&self, id: &str) -> Result<(), ApiError> {
        self.command("DELETE", &key_path(id), None).await
    }

    /// What a secret may do.
    pub async fn access(&self, question: &AccessQuestion) -> Result<AccessAnswer, ApiError> {
        self.call("POST", "/api/access", Some(to_json(question)?))
            .await
    }

    /// The same in words, for a client or a topic, if one is given. The rest of the answer is not read: that would make the pages
    /// larger.
    pub async fn access_in_words(
        &self,
        token: String,
        client: Option<String>,
        topic: Option<String>,
    ) -> Result<String, ApiError> {
        #[derive(Serialize)]
        struct Question {
            token: String,
            client: Option<String>,
            topic: Option<String>,
        }
        #[derive(Deserialize)]
        struct Words {
            summary: String,
        }
        let question = to_json(&Question {
            token,
            client,
            topic,
        })?;
        let (status, body) = self.send("POST", "/api/access", Some(question)).await?;
        match status {
            200..=299 => json::decode::<Words>(&body)
                .map(|words| words.summary)
                .map_err(|error| ApiError::Decode(error.to_string())),
            _ => Err(ApiError::refused(status, &body)),
        }
    }

    /// All limits.
    pub async fn limits(&self) -> Result<LimitsList, ApiError> {
        self.call("GET", "/api/limits", None).await
    }

    /// All roles.
    pub async fn roles(&self) -> Result<RolesList, ApiError> {
        self.call("GET", "/api/roles", None).await
    }
}

fn key_path(id: &str) -> String {
    format!("/api/keys/{}", encoded(id))
}
