//! Saved lists and templates.

use super::{ApiError, Client, encoded, to_json};
use crate::wire::{
    ListRequest, SavedList, SavedLists, SavedTemplate, SavedTemplates, TemplateRequest,
};

impl Client {
    /// All saved lists that one may push to, by name.
    pub async fn lists(&self) -> Result<SavedLists, ApiError> {
        self.call("GET", "/api/lists", None).await
    }

    /// A saved list with its members.
    pub async fn list(&self, id: &str) -> Result<SavedList, ApiError> {
        self.call("GET", &list_path(id), None).await
    }

    /// Saves a new list.
    pub async fn create_list(&self, list: &ListRequest) -> Result<SavedList, ApiError> {
        self.call("POST", "/api/lists", Some(to_json(list)?)).await
    }

    /// Replaces the name and the members of a list.
    pub async fn replace_list(&self, id: &str, list: &ListRequest) -> Result<SavedList, ApiError> {
        self.call("PUT", &list_path(id), Some(to_json(list)?)).await
    }

    /// Removes a list.
    pub async fn delete_list(&self, id: &str) -> Result<(), ApiError> {
        self.command("DELETE", &list_path(id), None).await
    }

    /// All templates, by name.
    pub async fn templates(&self) -> Result<SavedTemplates, ApiError> {
        self.call("GET", "/api/templates", None).await
    }

    /// A template with its data.
    pub async fn template(&self, id: &str) -> Result<SavedTemplate, ApiError> {
        self.call("GET", &template_path(id), None).await
    }

    /// Saves a new template.
    pub async fn create_template(
        &self,
        template: &TemplateRequest,
    ) -> Result<SavedTemplate, ApiError> {
        let body = to_json(template)?;
        self.call("POST", "/api/templates", Some(body)).await
    }

    /// Replaces a template.
    pub async fn replace_template(
        &self,
        id: &str,
        template: &TemplateRequest,
    ) -> Result<SavedTemplate, ApiError> {
        let body = to_json(template)?;
        self.call("PUT", &template_path(id), Some(body)).await
    }

    /// Removes a template.
    pub async fn delete_template(&self, id: &str) -> Result<(), ApiError> {
        self.command("DELETE", &template_path(id), None).await
    }
}

fn list_path(id: &str) -> String {
    format!("/api/lists/{}", encoded(id))
}

fn template_path(id: &str) -> String {
    format!("/api/templates/{}", encoded(id))
}
