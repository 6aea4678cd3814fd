//! How requests are refused: the error codes of each route, as responses of the description.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::{
    Components, Content, Header, ObjectBuilder, Ref, RefOr, Response, Type,
    extensions::ExtensionsBuilder,
    header::HeaderBuilder,
    path::{Operation, Parameter, ParameterIn},
    schema::{AllOfBuilder, Schema},
};

use super::Code;

/// Codes of routes that read the log.
pub const READ: &[Code] = &[Code::LogUnavailable, Code::LogDamaged];

/// Codes of routes that write to the log.
pub const WRITE: &[Code] = &[
    Code::StorageFull,
    Code::LogUnavailable,
    Code::ClusterUnavailable,
    Code::LogDamaged,
    Code::ShuttingDown,
];

/// Codes of all routes: the request itself is not acceptable.
const ANY: &[Code] = &[
    Code::InvalidRequest,
    Code::RequestTimeout,
    Code::UrlTooLong,
    Code::UnsupportedContentCoding,
    Code::HeadersTooLarge,
    Code::Internal,
];

/// Codes of routes with a body.
const BODY: &[Code] = &[Code::UnsupportedMediaType, Code::InvalidContentCoding];

/// Codes of routes whose body is one JSON document.
const JSON: &[Code] = &[
    Code::InvalidJson,
    Code::InvalidField,
    Code::MissingField,
    Code::UnknownField,
    Code::MessageTooLarge,
];

/// Where the codes of a response are kept until the description is completed.
const CODES: &str = "x-codes";

/// Defines a type for `responses(..)` of a route: the codes by which this route refuses a request, besides those that
/// [`complete`] adds.
macro_rules! refuses {
    ($name:ident: $($code:ident),* $(; $group:ident)?) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                let own: &[$crate::http::Code] = &[$($crate::http::Code::$code),*];
                $crate::http::openapi::responses(&[own $(, $crate::http::openapi::$group)?].concat())
            }
        }
    };
}
pub(in crate::http) use refuses;

/// Responses with these codes, by their status. [`complete`] fills them.
pub fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut responses = BTreeMap::new();
    insert(&mut responses, codes);
    responses
}

/// Adds codes to an operation.
pub fn add(operation: &mut Operation, codes: &[Code]) {
    insert(&mut operation.responses.responses, codes);
}

fn insert(responses: &mut BTreeMap<String, RefOr<Response>>, codes: &[Code]) {
    for code in codes {
        let status = code.parts().0.as_str().to_owned();
        let known = responses.get(&status).map(codes_of).unwrap_or_default();
        if !known.contains(code) {
            let all = known.iter().chain([code]);
            responses.insert(status, RefOr::T(unfinished(all)));
        }
    }
}

fn unfinished<'a>(codes: impl Iterator<Item = &'a Code>) -> Response {
    let names: Vec<&str> = codes.map(|code| code.parts().1).collect();
    let extensions = ExtensionsBuilder::new().add(CODES, json!(names)).build();
    let mut response = Response::default();
    response.extensions = Some(extensions);
    response
}

/// The codes of an unfinished response; none for others.
fn codes_of(response: &RefOr<Response>) -> Vec<Code> {
    let RefOr::T(response) = response else {
        return Vec::new();
    };
    let names = response.extensions.as_ref().and_then(|all| all.get(CODES));
    let names = names
        .and_then(|names| names.as_array())
        .into_iter()
        .flatten();
    let named =
        |name: &serde_json::Value| Code::ALL.into_iter().find(|code| name == code.parts().1);
    names.filter_map(named).collect()
}

/// Adds the codes that follow from the parameters and the body of an operation, and describes all its codes. Routes
/// share the descriptions, as components.
pub fn complete(operation: &mut Operation, components: &mut Components) {
    add(operation, ANY);
    if let Some(body) = &operation.request_body {
        let is_json = body.content.contains_key("application/json");
        add(operation, BODY);
        add(operation, if is_json { JSON } else { &[] });
    }
    if operation.parameters.iter().flatten().any(is_query) {
        add(operation, &[Code::InvalidField]);
    }
    for response in operation.responses.responses.values_mut() {
        let codes = codes_of(response);
        if !codes.is_empty() {
            let names: Vec<&str> = codes.iter().map(|code| code.parts().1).collect();
            let name = names.join(".");
            *response = RefOr::Ref(Ref::from_response_name(&name));
            let described = || RefOr::T(described(&codes));
            components.responses.entry(name).or_insert_with(described);
        }
    }
}

/// Lists all codes in the schema of problems, and the responses that no listed operation has.
pub fn list_codes(components: &mut Components) {
    for code in [Code::NotFound, Code::MethodNotAllowed] {
        let described = RefOr::T(described(&[code]));
        components
            .responses
            .insert(code.parts().1.to_owned(), described);
    }
    let problem = components.schemas.get_mut("Problem");
    if let Some(RefOr::T(Schema::Object(problem))) = problem
        && let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code")
    {
        code.enum_values = Some(Code::ALL.map(|code| code.parts().1.into()).into());
    }
}

fn is_query(parameter: &Parameter) -> bool {
    parameter.parameter_in == ParameterIn::Query
}

/// A problem document with one of these codes.
fn described(codes: &[Code]) -> Response {
    let lines = codes.iter().map(|code| {
        let (_, name, title) = code.parts();
        format!("- `{name}`: {title}")
    });
    let names = codes.iter().map(|code| code.parts().1);
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(names));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("Problem"))
        .item(ObjectBuilder::new().property("code", code));
    let content = Content::new(Some(Schema::AllOf(schema.build())));
    let mut response = Response::new(lines.collect::<Vec<_>>().join("\n"));
    response.content = [("application/problem+json".to_owned(), content)].into();
    response.headers = headers(codes);
    response
}

/// The header fields of a problem with one of these codes.
fn headers(codes: &[Code]) -> BTreeMap<String, Header> {
    let mut headers = BTreeMap::new();
    let retried = [429, 503, 507];
    if codes
        .iter()
        .any(|code| retried.contains(&code.parts().0.as_u16()))
    {
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0));
        let header = header(
            seconds,
            "After how many seconds the request may be repeated",
        );
        headers.insert("Retry-After".to_owned(), header);
    }
    let text = || ObjectBuilder::new().schema_type(Type::String);
    if codes.contains(&Code::Unauthorized) {
        let header = header(text(), "The scheme of the token");
        headers.insert("WWW-Authenticate".to_owned(), header);
    }
    if codes.contains(&Code::MethodNotAllowed) {
        let header = header(text(), "The methods of this path");
        headers.insert("Allow".to_owned(), header);
    }
    if codes.contains(&Code::UnsupportedContentCoding) {
        let header = header(text(), "The content codings that are read, with that code");
        headers.insert("Accept-Encoding".to_owned(), header);
    }
    headers
}

fn header(schema: ObjectBuilder, description: &str) -> Header {
    HeaderBuilder::new()
        .schema(schema)
        .description(Some(description))
        .build()
}
