//! Addresses that people type: pages, redirects, and the page for unknown addresses.

use app::wire::Problem;
use reqwest::redirect::Policy;

use crate::harness::{Server, within};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn get(server: &Server, path: &str, accept: &str) -> reqwest::Response {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none());
    let request = client.build().expect("a client").get(server.url(path));
    within(request.header("accept", accept).send())
        .await
        .expect("an answer")
}

#[tokio::test]
async fn a_trailing_slash_redirects_to_the_page() {
    let server = Server::start().await;
    for (typed, page) in [
        ("/admin/", "/admin"),
        (
            "/admin/clients/?q=a%2Fb&sort=since",
            "/admin/clients?q=a%2Fb&sort=since",
        ),
        ("/jobs/", "/jobs"),
        ("/try/", "/try"),
        ("/docs/", "/docs"),
        ("/docs/start/", "/docs/start"),
    ] {
        let answer = get(&server, typed, BROWSER).await;
        assert_eq!(answer.status(), 308, "{typed}");
        assert_eq!(answer.headers()["location"], page);
        assert_eq!(get(&server, page, BROWSER).await.status(), 200, "{page}");
    }
}

#[tokio::test]
async fn an_unknown_address_shows_a_page_with_links_to_a_browser() {
    let server = Server::start().await;
    for path in [
        "/nothing",
        "/nothing/",
        "/admin/clients/x/y",
        "//evil.example/",
    ] {
        let answer = get(&server, path, BROWSER).await;
        assert_eq!(answer.status(), 404, "{path}");
        let kind = answer.headers()["content-type"].to_str().expect("text");
        assert!(kind.starts_with("text/html"), "{kind}");
        assert!(answer.headers().contains_key("content-security-policy"));
        let html = answer.text().await.expect("a page");
        assert!(html.contains("<h1"), "{html}");
        assert!(html.contains("href=\"./\""), "{html}");
    }
}

#[tokio::test]
async fn an_api_address_shows_a_page_to_a_browser() {
    let server = Server::start().await;
    for path in ["/push/batch", "/ack"] {
        let answer = get(&server, path, BROWSER).await;
        assert_eq!(answer.status(), 405, "{path}");
        assert_eq!(answer.headers()["allow"], "POST");
        assert!(answer.text().await.expect("a page").contains("href=\"./\""));
    }
}

#[tokio::test]
async fn an_unknown_address_is_a_problem_document_for_a_program() {
    let server = Server::start().await;
    for (path, status, code) in [
        ("/nothing", 404, "not_found"),
        ("/ack", 405, "method_not_allowed"),
    ] {
        for accept in ["*/*", "application/json", "text/event-stream"] {
            let answer = get(&server, path, accept).await;
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let problem: Problem = answer.json().await.expect("a problem document");
            assert_eq!(problem.code, code);
        }
    }
}

/// Leptos has places for pages on each thread, which pages that are rendered at the same time must not share.
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_asked_for_at_once_are_all_whole() {
    let server = Server::start().await;
    let paths = ["/", "/admin", "/jobs", "/try", "/nothing"];
    let asked = (0..150).map(|n| {
        let url = server.url(paths[n % paths.len()]);
        tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy();
            let client = match n % 2 {
                0 => client,
                _ => client.http2_prior_knowledge(),
            };
            let request = client.build().expect("a client").get(&url);
            let answer = request.header("accept", BROWSER).send().await;
            let answer = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
            let expected = if url.ends_with("/nothing") { 404 } else { 200 };
            assert_eq!(answer.status(), expected, "{url}");
            let html = answer.text().await.expect("a page");
            assert!(html.contains("<title>"), "{url}: {html}");
            assert!(html.contains("</html>"), "{url}: {html}");
        })
    });
    for asked in asked.collect::<Vec<_>>() {
        within(asked).await.expect("a whole page");
    }
}
