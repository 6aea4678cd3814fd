//! `/openapi.json` describes what the server does. `scripts/check-api` tests the values that it takes and answers.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use app::wire::Problem;
use reqwest::Method;
use serde_json::Value;

use crate::harness::{Server, within};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The paths with their operations.
async fn paths(server: &Server) -> serde_json::Map<String, Value> {
    let api: Value = server.read("/openapi.json").await;
    api["paths"].as_object().expect("paths").clone()
}

async fn send(server: &Server, method: &str, path: &str) -> reqwest::Response {
    let method: Method = method.to_uppercase().parse().expect("a method");
    let request = server.http.request(method, server.url(path));
    within(request.send()).await.expect("an answer")
}

fn names(values: &Value) -> BTreeSet<String> {
    let values = values.as_array().expect("a list").iter();
    values
        .map(|value| value.as_str().expect("a text").to_owned())
        .collect()
}

#[tokio::test]
async fn every_path_takes_the_described_methods_and_no_other() {
    let server = Server::start().await;
    for (path, item) in paths(&server).await {
        let sent = path.replace("{id}", "x-1").replace("{client_id}", "x");
        let described: BTreeSet<&str> =
            METHODS.into_iter().filter(|m| !item[m].is_null()).collect();
        for method in METHODS {
            let answer = send(&server, method, &sent).await;
            if described.contains(method) {
                assert_ne!(answer.status(), 405, "{method} {path}");
                continue;
            }
            assert_eq!(answer.status(), 405, "{method} {path}");
            let allow = answer.headers()["allow"]
                .to_str()
                .expect("text")
                .to_lowercase();
            let allowed: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
            let allowed: BTreeSet<&str> = allowed.into_iter().filter(|m| *m != "head").collect();
            assert_eq!(allowed, described, "{path}");
            let problem: Problem = answer.json().await.expect("a problem");
            assert_eq!(problem.code, "method_not_allowed");
        }
    }
}

/// The Rust files of a folder and of the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// `routes!` makes a route out of a handler and its description. Whatever makes one without a description is found here: only
/// the pages have none, and the protocol of Mercure, which is described elsewhere.
#[test]
fn a_route_without_a_description_does_not_exist() {
    let http = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    for file in files(&http)
        .iter()
        .filter(|file| !file.ends_with("pages.rs") && !file.ends_with("mercure.rs"))
    {
        let source = fs::read_to_string(file).expect("a file");
        for without in [".route(", ".route_service(", ".nest(", ".nest_service("] {
            assert!(!source.contains(without), "{without} in {}", file.display());
        }
    }
}

#[tokio::test]
async fn every_error_code_is_described_where_it_occurs() {
    let server = Server::start().await;
    let api: Value = server.read("/openapi.json").await;
    let docs = server.get("/docs").await.text().await.expect("a page");
    let rows = docs.split("<li id=\"").skip(1);
    let all: BTreeSet<String> = rows
        .map(|row| row.split('"').next().expect("an id").to_owned())
        .collect();
    let schema = &api["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    assert_eq!(names(schema), all);

    let mut described = BTreeSet::new();
    let operations = api["paths"].as_object().expect("paths").values();
    for operation in operations.flat_map(|item| item.as_object().expect("operations").values()) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let Some(reference) = response["$ref"].as_str() else {
                // Done, or on to another page.
                assert!(status.starts_with(['2', '3']), "{status} of {operation}");
                continue;
            };
            let response = api
                .pointer(reference.trim_start_matches('#'))
                .expect("a response");
            let schema = &response["content"]["application/problem+json"]["schema"];
            described.extend(names(&schema["allOf"][1]["properties"]["code"]["enum"]));
        }
    }
    // The answer to the methods that are not described.
    assert!(api["components"]["responses"]["method_not_allowed"].is_object());
    described.insert("method_not_allowed".to_owned());
    assert_eq!(described, all);
}

#[tokio::test]
async fn limits_of_the_settings_are_described() {
    let flags = ["--max-ids-per-push", "7", "--max-topics", "3"];
    let server = Server::with(&flags).await;
    let api: Value = server.read("/openapi.json").await;
    let schemas = &api["components"]["schemas"];
    let audiences = schemas["To"]["oneOf"].as_array().expect("kinds");
    for audience in audiences
        .iter()
        .filter(|audience| audience["type"] == "object")
    {
        assert_eq!(audience["additionalProperties"], false);
    }
    let lists = audiences
        .iter()
        .map(|audience| &audience["properties"]["clients"]);
    let lists: Vec<&Value> = lists.filter(|clients| clients.is_object()).collect();
    assert_eq!(
        (&lists[0]["minItems"], &lists[0]["maxItems"]),
        (&1.into(), &7.into())
    );
    assert!(schemas["PushRequest"]["then"].is_object() && schemas["JobReport"]["then"].is_object());
    let parameters = api["paths"]["/sse"]["get"]["parameters"]
        .as_array()
        .expect("a list");
    let topics = parameters
        .iter()
        .find(|parameter| parameter["name"] == "topic");
    assert_eq!(topics.expect("a parameter")["schema"]["maxItems"], 3);
}

#[tokio::test]
async fn a_token_is_described_where_it_is_needed() {
    let token = "an-admin-token-for-the-tests";
    let server = Server::with(&["--admin-token", token]).await;
    for (path, item) in paths(&server).await {
        for method in METHODS.into_iter().filter(|method| !item[method].is_null()) {
            let answer = send(&server, method, &path).await;
            let is_sign_in = (method, path.as_str()) == ("post", "/api/session");
            let described = item[method]["security"].is_array();
            assert_eq!(
                answer.status() == 401 && !is_sign_in,
                described,
                "{method} {path}"
            );
        }
    }
    let open = Server::start().await;
    let items = paths(&open).await;
    assert!(items.values().all(|item| {
        METHODS
            .iter()
            .all(|method| item[method]["security"].is_null())
    }));
}
