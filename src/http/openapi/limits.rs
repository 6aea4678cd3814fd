//! What the attributes of types can't say: limits of the settings, and fields that depend on each other.

use serde_json::{Value, json};
use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    schema::{AdditionalProperties, Array, Object},
};

use crate::config::Limits;

/// Adds it to the description.
pub fn add(api: &mut OpenApi, limits: &Limits) {
    for audience in audiences(api) {
        // A push has one audience.
        audience.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        if let Some(clients) = audience.properties.get_mut("clients").and_then(array) {
            clients.min_items = Some(1);
            clients.max_items = Some(limits.max_ids_per_push);
        }
    }
    // An ephemeral message is not stored, so it can't be found by its key, and it has no receipts.
    add_keywords(
        api,
        "PushRequest",
        [
            (
                "if",
                json!({"properties": {"ttl": {"const": 0}}, "required": ["ttl"]}),
            ),
            (
                "then",
                json!({"properties": {"idempotency_key": {"type": "null"}, "track": {"const": false}}}),
            ),
        ],
    );
    // The line is the number of the first line of the message.
    add_keywords(
        api,
        "JobReport",
        [
            (
                "if",
                json!({"properties": {"line": {"type": "integer"}}, "required": ["line"]}),
            ),
            (
                "then",
                json!({"properties": {"message": {"type": "string"}}, "required": ["message"]}),
            ),
        ],
    );
    let stream = api
        .paths
        .paths
        .get_mut("/sse")
        .and_then(|path| path.get.as_mut());
    for parameter in stream
        .into_iter()
        .flat_map(|stream| stream.parameters.iter_mut().flatten())
    {
        if let Some(topics) = parameter.schema.as_mut().and_then(array) {
            topics.max_items = Some(limits.max_topics);
        }
    }
}

/// The kinds of audiences that are objects.
fn audiences(api: &mut OpenApi) -> impl Iterator<Item = &mut Object> {
    let items = match schema(api, "To") {
        Some(Schema::OneOf(kinds)) => kinds.items.as_mut_slice(),
        _ => &mut [],
    };
    items.iter_mut().filter_map(|kind| match kind {
        RefOr::T(Schema::Object(object)) if !object.properties.is_empty() => Some(object),
        _ => None,
    })
}

/// Adds keywords of JSON Schema that `utoipa` does not have.
fn add_keywords<const N: usize>(api: &mut OpenApi, name: &str, keywords: [(&str, Value); N]) {
    if let Some(Schema::Object(object)) = schema(api, name) {
        let extensions = object.extensions.get_or_insert_default();
        extensions.extend(keywords.map(|(keyword, value)| (keyword.to_owned(), value)));
    }
}

fn schema<'a>(api: &'a mut OpenApi, name: &str) -> Option<&'a mut Schema> {
    match api.components.as_mut()?.schemas.get_mut(name)? {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    }
}

fn array(schema: &mut RefOr<Schema>) -> Option<&mut Array> {
    match schema {
        RefOr::T(Schema::Array(array)) => Some(array),
        _ => None,
    }
}
