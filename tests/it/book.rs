//! The documentation at `/docs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use reqwest::{Url, header};

use crate::harness::{Server, within};

/// The titles and URLs of all pages, from their list.
fn pages() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/SUMMARY.md");
    let text = fs::read_to_string(file).expect("the list of pages");
    let links = text.lines().filter_map(|line| {
        let (title, rest) = line.split_once('[')?.1.split_once("](")?;
        let path = rest.strip_suffix(".md)")?;
        let url = match path {
            "introduction" => "/docs".to_owned(),
            path => format!("/docs/{path}"),
        };
        Some((title.to_owned(), url))
    });
    links.collect()
}

async fn html(server: &Server, path: &str) -> String {
    let answer = server.get(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    let kind = answer.headers()[header::CONTENT_TYPE].to_str();
    assert!(kind.expect("text").starts_with("text/html"), "{path}");
    within(answer.text()).await.expect("a page")
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> BTreeSet<&'a str> {
    let begin = format!(" {attribute}=\"");
    let values = html.split(begin.as_str()).skip(1);
    values
        .map(|rest| rest.split('"').next().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn every_page_of_the_documentation_is_there_with_its_title() {
    let server = Server::start().await;
    let pages = pages();
    assert!(pages.len() > 20, "{pages:?}");
    for (title, url) in &pages {
        let html = html(&server, url).await;
        assert!(
            html.contains(&format!("<title>{title} · Tidings</title>")),
            "{url}"
        );
        assert_eq!(html.matches("<h1").count(), 1, "{url}");
        assert!(!html.contains("{root}") && !html.contains("<!--"), "{url}");
    }
}

/// Follows every link from the first page, with this path before all of them.
async fn all_links_lead_somewhere(flags: &[&str], prefix: &str) {
    let server = Server::with(flags).await;
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    let mut waiting = vec![format!("{prefix}/docs")];
    while let Some(path) = waiting.pop() {
        if found.contains_key(&path) {
            continue;
        }
        let answer = server.get(&path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let text =
            String::from_utf8_lossy(&within(answer.bytes()).await.expect("a body")).into_owned();
        let is_page =
            path.starts_with(&format!("{prefix}/docs")) && text.contains("class=\"book\"");
        if is_page {
            let here = Url::parse(&server.url(&path)).expect("a URL");
            for link in values(&text, "href").union(&values(&text, "src")) {
                let to = here.join(link).expect("a link");
                if to.host() != here.host() || to.port() != here.port() {
                    continue;
                }
                assert!(to.path().starts_with(prefix), "{link} of {path}");
                waiting.push(to.path().to_owned());
                if let Some(anchor) = to.fragment() {
                    anchors.insert((to.path().to_owned(), anchor.to_owned()));
                }
            }
        }
        found.insert(path, text);
    }
    for (path, anchor) in anchors {
        let there = values(&found[&path], "id").contains(anchor.as_str());
        assert!(there, "{path}#{anchor}");
    }
    for (_, url) in pages() {
        assert!(
            found.contains_key(&format!("{prefix}{url}")),
            "{url} can't be reached"
        );
    }
    let style = found.keys().find(|path| path.contains("/book."));
    assert!(
        style.is_some_and(|path| path.ends_with(".css")),
        "{:?}",
        found.keys()
    );
}

#[tokio::test]
async fn all_links_of_the_documentation_lead_somewhere() {
    all_links_lead_somewhere(&[], "").await;
}

#[tokio::test]
async fn the_documentation_works_below_a_path() {
    all_links_lead_somewhere(&["--public-url", "https://example.org/push"], "/push").await;
}

#[tokio::test]
async fn a_page_is_sent_compressed_or_not_and_only_once() {
    let server = Server::start().await;
    let get = async |name: header::HeaderName, value: &str| {
        let client = reqwest::Client::builder().no_proxy().build();
        let request = client.expect("a client").get(server.url("/docs/concepts"));
        within(request.header(name, value).send())
            .await
            .expect("an answer")
    };
    let packed = get(header::ACCEPT_ENCODING, "gzip, br").await;
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(packed.headers()[header::CACHE_CONTROL], "no-cache");
    let policy = packed.headers()[header::CONTENT_SECURITY_POLICY].to_str();
    assert!(
        policy
            .expect("text")
            .starts_with("default-src 'self'; script-src 'self';")
    );
    let tag = packed.headers()[header::ETAG]
        .to_str()
        .expect("text")
        .to_owned();
    let mut unpacked = String::new();
    let bytes = within(packed.bytes()).await.expect("a body");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut unpacked)
        .expect("text");

    let plain = get(header::ACCEPT_ENCODING, "identity").await;
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    assert_ne!(plain.headers()[header::ETAG], tag.as_str());
    assert_eq!(within(plain.text()).await.expect("a page"), unpacked);

    let plain_tag = get(header::ACCEPT_ENCODING, "identity").await.headers()[header::ETAG].clone();
    let known = get(header::IF_NONE_MATCH, plain_tag.to_str().expect("text")).await;
    assert_eq!(known.status(), 304);
    assert_eq!(within(known.bytes()).await.expect("no body").len(), 0);
}

#[tokio::test]
async fn a_file_for_a_proxy_is_shown_as_text_and_nothing_else_is_there() {
    let server = Server::start().await;
    let answer = server.get("/docs/packaging/proxies/nginx.conf").await;
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "text/plain; charset=utf-8"
    );
    let text = within(answer.text()).await.expect("a text");
    assert_eq!(text, include_str!("../../packaging/proxies/nginx.conf"));
    for path in [
        "/docs/nothing",
        "/docs/start.md",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/manifest.json",
    ] {
        assert_eq!(server.get(path).await.status(), 404, "{path}");
    }
}
