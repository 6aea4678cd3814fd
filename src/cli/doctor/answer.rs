//! Whether the server answers at its URL: certificate, clock, HTTP version, path, CORS.

use std::time::{Duration, SystemTime};

use reqwest::{Method, Response, StatusCode, Version, header, tls::TlsInfo};

use crate::server::tls::validity::validity;

use super::{
    finding::Finding,
    visit::{Visit, cause},
};

/// Days before its end at which a certificate should have been replaced.
const RENEWED: i64 = 14;

/// The most seconds that clocks may differ.
const SKEW: u64 = 30;

/// The checks that need no stream. An error: the server does not answer, so that there is nothing else to check.
pub async fn check(visit: &Visit) -> Result<Vec<Finding>, Vec<Finding>> {
    let asked = visit.request(Method::GET, "/health/live").send().await;
    let response = asked.map_err(|error| vec![no_answer(error)])?;
    let mut findings = vec![version(visit, &response), clock(&response)];
    findings.extend(certificate(&response));
    if !is_own(response).await {
        let found = format!("there is no Tidings at {}", visit.base);
        let change = match is_at_root(visit).await {
            true => {
                "it is at / of this host: let the proxy pass this path on, and start the server with --public-url"
            }
            false => "check the address in the proxy, and that the server runs",
        };
        findings.push(Finding::fail("address", found, change));
        return Err(findings);
    }
    findings.push(path(visit).await);
    findings.push(cors(visit).await);
    findings.push(secrecy(visit));
    Ok(findings)
}

fn no_answer(error: reqwest::Error) -> Finding {
    let why = cause(error);
    if !why.contains("certificate") {
        let change =
            "check the address, that the server and the proxy run, and that no firewall is between";
        return Finding::fail("address", why, change);
    }
    // As rustls words them.
    let change = if why.contains("UnknownIssuer") {
        "install all certificates between it and a known authority (fullchain.pem), or name the root of your own authority: --ca FILE"
    } else if why.contains("not valid for name") {
        "install a certificate for this name, or use the name that it is for"
    } else if why.contains("expired") {
        "renew it, and check why it was not renewed"
    } else {
        "install a certificate for this name, with all certificates between it and a known authority"
    };
    Finding::fail("certificate", why, change)
}

/// Whether this is the answer of `/health/live`.
async fn is_own(response: Response) -> bool {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    status == StatusCode::OK && text == "live"
}

async fn is_at_root(visit: &Visit) -> bool {
    let root = visit.at_root();
    match root.request(Method::GET, "/health/live").send().await {
        Ok(response) => visit.url.path() != "/" && is_own(response).await,
        Err(_) => false,
    }
}

fn version(visit: &Visit, response: &Response) -> Finding {
    let version = format!("{:?}", response.version());
    match response.version() {
        Version::HTTP_11 if visit.url.scheme() == "https" => Finding::warn(
            "http",
            format!("{version}: a browser opens six connections at most, so six tabs with streams"),
            "switch on HTTP/2 in the proxy (nginx: http2 on; HAProxy: alpn h2,http/1.1)",
        ),
        _ => Finding::ok("http", version),
    }
}

fn clock(response: &Response) -> Finding {
    let date = response.headers().get(header::DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let Some(date) = date else {
        return Finding::warn(
            "clock",
            "there is no Date header",
            "let the proxy pass it on",
        );
    };
    let now = SystemTime::now();
    let apart = now
        .duration_since(date)
        .unwrap_or_else(|early| early.duration());
    match apart > Duration::from_secs(SKEW) {
        true => Finding::warn(
            "clock",
            format!("the clocks are {} s apart", apart.as_secs()),
            "synchronize both machines with a time server (chrony or systemd-timesyncd)",
        ),
        false => Finding::ok("clock", "the clocks agree"),
    }
}

fn certificate(response: &Response) -> Option<Finding> {
    let info = response.extensions().get::<TlsInfo>()?;
    let end = validity(info.peer_certificate()?)?.end;
    let days = match end.duration_since(SystemTime::now()) {
        Ok(left) => days(left),
        Err(over) => -days(over.duration()),
    };
    let found = format!("valid for {days} more days");
    Some(match days < RENEWED {
        true => Finding::warn(
            "certificate",
            found,
            "renew it, and check why it was not renewed",
        ),
        false => Finding::ok("certificate", found),
    })
}

/// Whole days.
fn days(span: Duration) -> i64 {
    i64::try_from(span.as_secs() / 86_400).unwrap_or(i64::MAX)
}

/// Whether the pages link to files below the path of the URL.
async fn path(visit: &Visit) -> Finding {
    let asked = visit
        .request(Method::GET, "/")
        .header(header::ACCEPT, "text/html");
    let html = match asked.send().await {
        Ok(response) => response.text().await.unwrap_or_default(),
        Err(error) => return Finding::fail("path", cause(error), "check the log of the proxy"),
    };
    let base = html.split_once("<base href=\"");
    let base = base.and_then(|(_, rest)| rest.split_once('"'));
    let path = visit.url.path().trim_end_matches('/');
    let change = format!("start the server with --public-url {}", visit.base);
    match base {
        Some((base, _)) if base.trim_end_matches('/') == path => {
            Finding::ok("path", format!("pages are at {base}"))
        }
        Some((base, _)) => Finding::fail("path", format!("pages link to files at {base}"), change),
        None => Finding::fail("path", "there is no page", change),
    }
}

/// Whether pages of other origins may open streams. A proxy that adds the same header makes browsers refuse both.
async fn cors(visit: &Visit) -> Finding {
    // Refused for its client id, but with the headers of a stream.
    let asked = visit.request(Method::GET, "/sse?client_id=");
    let asked = asked.header(header::ORIGIN, "https://doctor.invalid");
    let response = match asked.send().await {
        Ok(response) => response,
        Err(error) => return Finding::fail("cors", cause(error), "check the log of the proxy"),
    };
    let allowed = response
        .headers()
        .get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    match allowed.iter().collect::<Vec<_>>()[..] {
        [] => Finding::ok(
            "cors",
            "only the origins in --allow-origin may open streams",
        ),
        [one] if one == "*" => Finding::ok("cors", "pages of every origin may open streams"),
        [_] => Finding::ok("cors", "the origin is answered"),
        _ => Finding::fail(
            "cors",
            "Access-Control-Allow-Origin comes twice, so browsers refuse streams from other origins",
            "remove it from the proxy: the server sets it",
        ),
    }
}

/// Whether a token is readable on the way.
fn secrecy(visit: &Visit) -> Finding {
    let host = visit.url.host_str().unwrap_or_default();
    let is_local = host
        .parse()
        .is_ok_and(|host: crate::config::Host| host.is_loopback());
    match visit.url.scheme() == "http" && !is_local {
        true => Finding::warn(
            "secrecy",
            "tokens and messages go over the network in clear text",
            "use HTTPS: let the proxy redirect http:// to https://",
        ),
        false => Finding::ok("secrecy", "tokens and messages can't be read on the way"),
    }
}
