//! What the server says about itself: health, proxies, cookies, descriptors, nodes.

use std::net::IpAddr;

use app::wire::{Diagnosis, NodeState, Nodes, SignIn};
use reqwest::{Method, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{
    finding::Finding,
    visit::{Visit, cause},
};

/// How many records a node may be behind.
const LAG: u64 = 1_000;

/// The checks of the server. Some of them need an admin.
pub async fn check(visit: &Visit) -> Vec<Finding> {
    let mut findings = vec![health(visit).await];
    match read::<Diagnosis>(visit, "/api/diagnosis").await {
        Ok((diagnosis, from)) => {
            findings.push(proxy(&diagnosis, from));
            findings.extend(descriptors(&diagnosis));
        }
        Err(Refusal::Refused) => {
            let found = "proxies, cookies, descriptors and nodes were not checked";
            let change = "give the admin token: --token or --token-file";
            findings.push(Finding::warn("admin", found, change));
            return findings;
        }
        Err(Refusal::Failed(why)) => {
            let change = "check that server and doctor have the same version";
            findings.push(Finding::warn("admin", why, change));
            return findings;
        }
    }
    if visit.has_token() {
        findings.push(cookie(visit).await);
    }
    findings.extend(nodes(visit).await);
    findings
}

async fn health(visit: &Visit) -> Finding {
    let change = "see the log of the server";
    let response = match visit.request(Method::GET, "/health/ready").send().await {
        Ok(response) => response,
        Err(error) => return Finding::fail("health", cause(error), change),
    };
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    match status {
        StatusCode::OK if text == "ready" => Finding::ok("health", text),
        StatusCode::OK => Finding::warn("health", text, change),
        _ => Finding::fail("health", format!("{status}: {text}"), change),
    }
}

enum Refusal {
    /// An admin is needed.
    Refused,
    /// There is no such answer.
    Failed(String),
}

/// Reads JSON that is for an admin. Also returns the address that answered, of the server or of a proxy.
async fn read<T: DeserializeOwned>(
    visit: &Visit,
    path: &str,
) -> Result<(T, Option<IpAddr>), Refusal> {
    let failed = |error| Refusal::Failed(format!("{path}: {}", cause(error)));
    let response = visit.as_admin(Method::GET, path).send().await;
    let response = response.map_err(failed)?;
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Refusal::Refused),
        StatusCode::OK => {
            let from = response.remote_addr().map(|address| address.ip());
            Ok((response.json().await.map_err(failed)?, from))
        }
        status => Err(Refusal::Failed(format!("{path}: {status}"))),
    }
}

/// Whether the server sees the addresses of its users. `from`: the address that answered.
fn proxy(diagnosis: &Diagnosis, from: Option<IpAddr>) -> Finding {
    let peer = diagnosis.peer.as_deref().unwrap_or("unix");
    if diagnosis.ignored {
        let found = format!(
            "the proxy at {peer} says who its users are, but the server does not believe it: it limits attempts of all users together"
        );
        return Finding::warn(
            "proxy",
            found,
            format!("start the server with --trusted-proxy {peer}"),
        );
    }
    let address = diagnosis.address.as_deref().unwrap_or("unknown");
    let local = address
        .parse()
        .is_ok_and(|address: IpAddr| address.is_loopback());
    // Where the name leads to loopback (/etc/hosts), the true address of the doctor is on loopback, too.
    let remote = from.is_some_and(|from| !from.is_loopback());
    match remote && local {
        true => Finding::warn(
            "proxy",
            format!("the server sees the address {address} for its users"),
            "let the proxy set X-Forwarded-For, and start the server with --trusted-proxy 127.0.0.1",
        ),
        false => Finding::ok(
            "proxy",
            format!("the server sees this request come from {address}"),
        ),
    }
}

fn descriptors(diagnosis: &Diagnosis) -> Option<Finding> {
    let (limit, open) = (diagnosis.descriptor_limit?, diagnosis.descriptors?);
    let found = format!("{open} of {limit} files and sockets are open");
    Some(match limit < 4096 || open > limit / 10 * 8 {
        true => Finding::warn(
            "descriptors",
            found,
            "raise the limit: LimitNOFILE=1048576 in the systemd unit, or ulimit -n",
        ),
        false => Finding::ok("descriptors", found),
    })
}

/// Signs in and out, and looks at the cookie.
async fn cookie(visit: &Visit) -> Finding {
    let sign_in = SignIn {
        token: Some(visit.token().to_owned()),
        ..SignIn::default()
    };
    let asked = visit.request(Method::POST, "/api/session").json(&sign_in);
    let response = match asked.send().await {
        Ok(response) => response,
        Err(error) => return Finding::fail("cookie", cause(error), "check the log of the proxy"),
    };
    let status = response.status();
    let cookie = response.headers().get(header::SET_COOKIE);
    let cookie = cookie.and_then(|cookie| cookie.to_str().ok());
    let Some(cookie) = cookie else {
        return match status {
            StatusCode::OK => Finding::ok("cookie", "none: the server has no admin token"),
            _ => Finding::fail("cookie", format!("signing in: {status}"), "check the token"),
        };
    };
    let finding = judge(visit, cookie);
    let pair = cookie.split(';').next().unwrap_or_default().to_owned();
    let bye = visit.request(Method::DELETE, "/api/session");
    // The session ends by itself if this fails.
    let _ = bye.header(header::COOKIE, pair).send().await;
    finding
}

fn judge(visit: &Visit, cookie: &str) -> Finding {
    let parts: Vec<&str> = cookie.split(';').map(str::trim).collect();
    let path = parts.iter().find_map(|part| part.strip_prefix("Path="));
    let path = path.unwrap_or("/").trim_end_matches('/');
    let url = visit.url.path().trim_end_matches('/');
    let change = format!("start the server with --public-url {}", visit.base);
    if visit.url.scheme() == "https" && !parts.contains(&"Secure") {
        let change =
            format!("{change} and --trusted-proxy, and let the proxy set X-Forwarded-Proto");
        return Finding::warn(
            "cookie",
            "it lacks Secure: browsers send it without HTTPS too",
            change,
        );
    }
    if path.is_empty() && !url.is_empty() {
        let found = "it is sent to everything on this host";
        return Finding::warn("cookie", found, change);
    }
    match url == path || url.starts_with(&format!("{path}/")) {
        true => Finding::ok("cookie", format!("for {}/ only", path)),
        false => Finding::fail(
            "cookie",
            format!("it is for {path}, so nobody can sign in"),
            change,
        ),
    }
}

/// The nodes of a cluster; nothing for a server that runs alone.
async fn nodes(visit: &Visit) -> Vec<Finding> {
    let Ok((Nodes { nodes, stream, .. }, _)) = read::<Nodes>(visit, "/api/nodes").await else {
        return Vec::new();
    };
    let Some(stream) = stream else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for node in &nodes {
        let name = &node.name;
        let why = node.reason.as_deref().unwrap_or("it does not answer");
        findings.push(match node.state {
            NodeState::Ready if node.lag > LAG => Finding::warn(
                "node",
                format!("{name} is {} records behind", node.lag),
                "see its log, and the load of its machine",
            ),
            NodeState::Ready => Finding::ok("node", format!("{name} is ready")),
            NodeState::Draining => {
                Finding::warn("node", format!("{name} is shutting down"), "wait for it")
            }
            NodeState::NotReady | NodeState::Gone => Finding::fail(
                "node",
                format!("{name}: {why}"),
                format!("see the log of {name}"),
            ),
        });
    }
    if !stream.reachable {
        let change = "check the NATS servers in --cluster";
        findings.push(Finding::fail("nats", "the stream is not reachable", change));
    }
    let weak = |text: &String| Finding::warn("nats", text.clone(), "see docs/cluster.md");
    findings.extend(stream.weaknesses.iter().map(weak));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn an_address_on_loopback_is_wrong_only_for_who_came_over_the_network() {
        let diagnosis = Diagnosis {
            address: Some("127.0.0.1".into()),
            peer: Some("127.0.0.1".into()),
            ignored: false,
            descriptor_limit: None,
            descriptors: None,
        };
        let level = |from: &str| proxy(&diagnosis, from.parse().ok()).level;
        assert_eq!(level("203.0.113.7"), Level::Warn);
        assert_eq!(level("127.0.1.1"), Level::Ok);
    }
}
