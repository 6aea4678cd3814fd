//! People, the account of the caller, and sessions.

use super::{ApiError, Client, encoded, query, to_json};
use crate::wire::{
    PasswordChange, PasswordProof, PeoplePage, PersonInfo, PersonRequest, PersonUpdate,
    SessionsList, TotpConfirmation, TotpSetup,
};

impl Client {
    /// Adds a person.
    pub async fn add_person(&self, person: &PersonRequest) -> Result<PersonInfo, ApiError> {
        self.call("POST", "/api/people", Some(to_json(person)?))
            .await
    }

    /// One page of people, newest first. `before` is `next` of the previous page.
    pub async fn people(&self, before: Option<&str>, limit: u32) -> Result<PeoplePage, ApiError> {
        let limit = limit.to_string();
        let pairs = [("before", before), ("limit", Some(limit.as_str()))];
        self.call("GET", &query::path("/api/people", &pairs), None)
            .await
    }

    /// One person.
    pub async fn person(&self, id: &str) -> Result<PersonInfo, ApiError> {
        self.call("GET", &person_path(id), None).await
    }

    /// Changes a person.
    pub async fn update_person(
        &self,
        id: &str,
        update: &PersonUpdate,
    ) -> Result<PersonInfo, ApiError> {
        let body = to_json(update)?;
        self.call("PATCH", &person_path(id), Some(body)).await
    }

    /// Removes a person.
    pub async fn remove_person(&self, id: &str) -> Result<(), ApiError> {
        self.command("DELETE", &person_path(id), None).await
    }

    /// The person who has signed in.
    pub async fn account(&self) -> Result<PersonInfo, ApiError> {
        self.call("GET", "/api/account", None).await
    }

    /// Changes the own password.
    pub async fn change_password(&self, change: &PasswordChange) -> Result<(), ApiError> {
        let body = to_json(change)?;
        self.command("POST", "/api/account/password", Some(body))
            .await
    }

    /// A secret for an own second factor.
    pub async fn new_totp(&self, proof: &PasswordProof) -> Result<TotpSetup, ApiError> {
        self.call("POST", "/api/account/totp", Some(to_json(proof)?))
            .await
    }

    /// Sets up the own second factor.
    pub async fn confirm_totp(
        &self,
        confirmation: &TotpConfirmation,
    ) -> Result<PersonInfo, ApiError> {
        let body = to_json(confirmation)?;
        self.call("PUT", "/api/account/totp", Some(body)).await
    }

    /// Removes the own second factor.
    pub async fn remove_totp(&self, proof: &PasswordProof) -> Result<PersonInfo, ApiError> {
        let body = to_json(proof)?;
        self.call("POST", "/api/account/totp/remove", Some(body))
            .await
    }

    /// The open sessions that the caller may see.
    pub async fn sessions(&self) -> Result<SessionsList, ApiError> {
        self.call("GET", "/api/sessions", None).await
    }

    /// Ends a session.
    pub async fn end_session(&self, id: &str) -> Result<(), ApiError> {
        let path = format!("/api/sessions/{}", encoded(id));
        self.command("DELETE", &path, None).await
    }
}

fn person_path(id: &str) -> String {
    format!("/api/people/{}", encoded(id))
}
