//! The site as a browser sees it, page and files together.

use super::*;
use crate::config::Settings;
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tower::ServiceExt;

async fn get(path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let settings = Settings::from_flags([""; 0]).expect("settings");
    router::<()>(&settings.proxy)
        .oneshot(request)
        .await
        .expect("an answer")
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    String::from_utf8(bytes.expect("a body").to_vec()).expect("text")
}

fn policy(response: &Response) -> String {
    let value = &response.headers()[header::CONTENT_SECURITY_POLICY];
    value.to_str().expect("text").to_owned()
}

/// The nonce that the policy names.
fn nonce(policy: &str) -> &str {
    let (_, from) = policy.split_once("'nonce-").expect("a nonce");
    from.split_once('\'').expect("its end").0
}

#[tokio::test]
async fn a_page_only_runs_scripts_of_this_server() {
    for path in ["/", "/admin"] {
        let response = get(path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(
            response.headers()[header::X_CONTENT_TYPE_OPTIONS],
            "nosniff"
        );
        let policy = policy(&response);
        assert!(policy.contains("object-src 'none'; "));
        assert!(!policy.contains("unsafe-inline"));

        let html = text(response).await;
        let marked = format!("<script nonce=\"{}\">", nonce(&policy));
        let inline = html.matches("<script>").count();
        assert_eq!(inline, 0, "a script that the policy stops: {html}");
        assert!(html.contains(&marked), "{html}");
    }
}

#[tokio::test]
async fn a_page_is_rendered_in_the_preferred_language() {
    for (headers, tag, text_of_it) in [
        (vec![], "en", "This page is a client."),
        (
            vec![("accept-language", "zh-CN,zh;q=0.9,en;q=0.8")],
            "zh-CN",
            "此页面是一个客户端",
        ),
        (
            vec![("accept-language", "es-MX,en;q=0.8")],
            "es",
            "Esta página es un cliente.",
        ),
        (
            vec![("accept-language", "de")],
            "de",
            "Diese Seite ist ein Client.",
        ),
        (
            vec![("accept-language", "fr-CA, en;q=0.5")],
            "fr",
            "Cette page est un client.",
        ),
        (
            vec![("accept-language", "pt")],
            "pt-BR",
            "Esta página é um cliente.",
        ),
        (
            vec![("accept-language", "ja")],
            "ja",
            "このページはクライアントです。",
        ),
        (
            vec![("accept-language", "zh"), ("cookie", "tidings_lang=en")],
            "en",
            "This page is a client.",
        ),
    ] {
        let response = get("/", &headers).await;
        assert_eq!(response.headers()[header::CONTENT_LANGUAGE], tag);
        assert_eq!(response.headers()[header::VARY], "accept-language, cookie");
        let html = text(response).await;
        assert!(html.contains(&format!("<html lang=\"{tag}\"")), "{html}");
        assert!(html.contains(text_of_it), "{html}");
    }
}

/// What `<link rel="preload">` of texts names.
fn texts_of(html: &str) -> Vec<String> {
    let links = html.split("href=\"").skip(1);
    let names = links.filter_map(|rest| rest.split('"').next());
    let texts = names.filter(|name| name.starts_with("pkg/texts."));
    texts.map(|name| format!("/{name}")).collect()
}

#[tokio::test]
async fn a_page_names_the_texts_of_its_language_and_they_may_be_cached_for_ever() {
    for (path, count) in [("/", 1), ("/jobs/7", 1), ("/admin/push?to=a", 2)] {
        let html = text(get(path, &[("accept-language", "fr")]).await).await;
        let texts = texts_of(&html);
        assert_eq!(texts.len(), count, "{html}");
        let response = get(&texts[0], &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers();
        assert_eq!(headers[header::CACHE_CONTROL], Caching::Forever.header());
        assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
        assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        let plain = text(get(&texts[0], &[]).await).await;
        assert!(plain.contains("Cette page est un client."), "{plain}");
        assert!(!plain.contains("This page is a client."), "{plain}");
    }
}

#[tokio::test]
async fn every_section_of_the_panel_has_a_url() {
    for path in ["/admin", "/admin/clients", "/admin/messages", "/admin/push"] {
        assert_eq!(get(path, &[]).await.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_nonce_is_used_once() {
    let first = policy(&get("/", &[]).await);
    let second = policy(&get("/", &[]).await);
    assert_ne!(nonce(&first), nonce(&second));
}

#[tokio::test]
async fn the_page_of_the_api_description_loads_nothing_from_other_hosts() {
    let response = get("/docs/api", &[]).await;
    assert!(!policy(&response).contains("unsafe"));
    let html = text(response).await;
    assert!(!html.contains("//"), "{html}");
    assert!(!html.contains('{'), "a place that was not filled: {html}");
}

#[tokio::test]
async fn the_link_of_a_problem_exists() {
    let html = text(get("/docs", &[]).await).await;
    for code in Code::ALL {
        let link = Error::new(code, "").problem().kind;
        let anchor = link.strip_prefix("/docs#").expect("a place on that page");
        assert!(html.contains(&format!("id=\"{anchor}\"")), "{link}");
    }
}

#[tokio::test]
async fn an_unknown_file_is_not_found() {
    for path in [
        "/pkg/nothing.js",
        "/pkg/texts.0123456789abcdef.en.pages.txt",
        "/pkg/../manifest.json",
        "/pkg/%2e%2e/manifest.json",
    ] {
        assert_eq!(
            get(path, &[]).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
