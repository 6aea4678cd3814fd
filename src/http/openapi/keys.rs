//! What the attributes of types can't say: which roles there are, that a key has a role or permissions, that one signs in
//! with a token or with a name and a password, and that one asks for one target.

use serde_json::{Value, json};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::{auth::Roles, config::Settings};

/// Adds it to the description.
pub fn add(api: &mut OpenApi, settings: &Settings) {
    let roles = Roles::of(settings);
    let names: Vec<&str> = roles.all().map(|role| role.name.as_str()).collect();
    let role = json!({
        "required": ["role"],
        "properties": {
            "role": { "enum": names },
            "permissions": { "type": ["array", "null"], "maxItems": 0 },
        },
    });
    let permissions = json!({
        "required": ["permissions"],
        "properties": {
            "permissions": { "type": "array", "minItems": 1 },
            "role": { "type": "null" },
            "clients": { "type": ["array", "null"], "maxItems": 0 },
            "topics": { "type": ["array", "null"], "maxItems": 0 },
            "everyone": { "type": "null" },
        },
    });
    let nothing = json!({
        "properties": {
            "role": { "type": "null" },
            "permissions": { "type": "null" },
            "clients": { "type": "null" },
            "topics": { "type": "null" },
            "everyone": { "type": "null" },
        },
    });
    let either = json!([role, permissions]);
    let update = json!([nothing, role, permissions]);
    add_keyword(api, "KeyRequest", "anyOf", either.clone());
    add_keyword(api, "KeyUpdate", "anyOf", update.clone());
    add_keyword(api, "PersonRequest", "anyOf", either);
    add_keyword(api, "PersonUpdate", "anyOf", update);
    let token = json!({
        "required": ["token"],
        "properties": {
            "token": { "type": "string" },
            "name": { "type": "null" },
            "password": { "type": "null" },
            "code": { "type": "null" },
        },
    });
    let person = json!({
        "required": ["name", "password"],
        "properties": {
            "token": { "type": "null" },
            "name": { "type": "string" },
            "password": { "type": "string" },
        },
    });
    add_keyword(api, "SignIn", "anyOf", json!([token, person]));
    let target = |client: &str, topic: &str, everyone: &[bool]| {
        json!({
            "properties": {
                "client": { "type": client },
                "topic": { "type": topic },
                "everyone": { "enum": everyone },
            },
        })
    };
    let targets = [
        target("null", "null", &[false, true]),
        target("string", "null", &[false]),
        target("null", "string", &[false]),
    ];
    add_keyword(api, "AccessQuestion", "anyOf", json!(targets));
}

fn add_keyword(api: &mut OpenApi, name: &str, keyword: &str, value: Value) {
    let schemas = api.components.as_mut().map(|all| &mut all.schemas);
    if let Some(RefOr::T(Schema::Object(object))) = schemas.and_then(|all| all.get_mut(name)) {
        let extensions = object.extensions.get_or_insert_default();
        extensions.insert(keyword.to_owned(), value);
    }
}
