//! `/metrics`: what is counted, who may read it, and that its lists are complete.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use app::wire::To;
use tidings::http::metrics;

use crate::{
    command::{Running, server as server_process},
    harness::{Server, push_of, within},
};

/// All samples of a text: their names with labels, and their values.
fn samples(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut samples = BTreeMap::new();
    for line in lines {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        let value = value.parse().expect("a number");
        let before = samples.insert(name.to_owned(), value);
        assert!(before.is_none(), "{name} is there twice");
    }
    samples
}

async fn scrape(server: &Server) -> BTreeMap<String, f64> {
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    samples(&answer.text().await.expect("a text"))
}

/// Scrapes until a sample has this value.
async fn until(server: &Server, name: &str, value: f64) -> BTreeMap<String, f64> {
    within(async {
        loop {
            let found = scrape(server).await;
            if found.get(name) == Some(&value) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn pushes_deliveries_and_streams_are_counted() {
    let server = Server::start().await;
    let before = scrape(&server).await;
    assert_eq!(before["tidings_connections"], 0.0);
    assert_eq!(before["tidings_ready"], 1.0);

    let mut ada = server.listen("ada", &["orders/*"]).await;
    server.push(To::Client("ada".to_owned()), "one").await;
    server.push(To::Topic("orders/1".to_owned()), "two").await;
    let mut ephemeral = push_of(To::Everyone, "three");
    ephemeral.ttl = Some(0);
    server.api.push(&ephemeral).await.expect("sent");
    for text in ["one", "two", "three"] {
        assert_eq!(ada.text().await, text);
    }
    // The counts of a thread follow its writes.
    let now = within(async {
        loop {
            let now = scrape(&server).await;
            if now["tidings_delivery_lag_seconds_count"] >= 3.0 {
                return now;
            }
        }
    })
    .await;
    assert_eq!(now["tidings_connections"], 1.0);
    assert_eq!(now["tidings_clients"], 1.0);
    assert_eq!(now["tidings_topics"], 1.0);
    for (audience, kind) in [
        ("client", "durable"),
        ("topic", "durable"),
        ("everyone", "ephemeral"),
    ] {
        let name = format!("tidings_pushes_total{{audience=\"{audience}\",kind=\"{kind}\"}}");
        assert_eq!(now[&name], 1.0, "{name}");
    }
    assert_eq!(now["tidings_deliveries_total"], 3.0);
    assert_eq!(now["tidings_push_duration_seconds_count"], 3.0);
    assert_eq!(
        now["tidings_push_duration_seconds_bucket{le=\"+Inf\"}"],
        3.0
    );
    assert_eq!(now["tidings_log_messages"], 2.0);
    assert_eq!(now["tidings_log_appended_messages_total"], 2.0);
    assert_eq!(now["tidings_log_appended_bytes_total"], 6.0);
    assert_eq!(now["tidings_log_commit_messages_sum"], 2.0);
    assert!(now["tidings_log_commit_duration_seconds_count"] >= 2.0);
    assert!(now["tidings_log_size_bytes"] > 0.0);
    assert!(now["tidings_stream_written_bytes_total"] > 100.0);
    assert!(now["process_open_fds"] > 3.0);
    assert!(now["process_cpu_seconds_total"] > 0.0);

    drop(ada);
    let after = until(&server, "tidings_connections", 0.0).await;
    let ended =
        |reason: &str| after[&format!("tidings_streams_closed_total{{reason=\"{reason}\"}}")];
    assert_eq!(ended("left") + ended("lost"), 1.0);
    assert_eq!(after["tidings_streams_opened_total"], 1.0);
}

#[tokio::test]
async fn what_a_stream_reads_from_the_log_and_can_not_get_is_counted() {
    let server = Server::start().await;
    server.push(To::Client("ada".to_owned()), "waits").await;
    let mut ada = server.listen("ada", &[]).await;
    assert_eq!(ada.text().await, "waits");
    let mut stranger = server.resume("eve", "strange-7", &[]).await;
    assert_eq!(stranger.message().await.event, "gap");
    let now = scrape(&server).await;
    assert_eq!(now["tidings_replays_total{cause=\"connected\"}"], 1.0);
    assert_eq!(now["tidings_replays_total{cause=\"behind\"}"], 0.0);
    assert!(now["tidings_replay_pages_total"] >= 1.0);
    assert!(now["tidings_replay_read_bytes_total"] > 0.0);
    assert_eq!(now["tidings_gaps_total{reason=\"unknown_epoch\"}"], 1.0);
}

#[tokio::test]
async fn refusals_are_counted_by_code_and_by_kind() {
    let token = "an-admin-token-for-the-tests";
    let server = Server::with(&["--admin-token", token]).await;
    assert_eq!(server.get("/metrics").await.status(), 401);
    assert_eq!(server.get("/nowhere").await.status(), 404);
    let request = server.http.get(server.url("/metrics")).bearer_auth(token);
    let answer = within(request.send()).await.expect("an answer");
    let now = samples(&answer.text().await.expect("a text"));
    assert_eq!(now["tidings_errors_total{code=\"unauthorized\"}"], 1.0);
    assert_eq!(now["tidings_errors_total{code=\"not_found\"}"], 1.0);
    assert_eq!(now["tidings_errors_total{code=\"internal\"}"], 0.0);
    assert_eq!(
        now["tidings_auth_failures_total{kind=\"unauthorized\"}"],
        1.0
    );
    assert_eq!(now["tidings_http_requests_total{class=\"4xx\"}"], 2.0);
}

#[test]
fn an_address_of_its_own_needs_no_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = [
        "--admin-token",
        "an-admin-token-for-the-tests",
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let running = Running::start(server_process(folder.path(), &flags));
    let url = loop {
        let line = running.error_line();
        if let Some((_, url)) = line.split_once("metrics are at ") {
            break url.to_owned();
        }
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = http();
        let text = within(client.get(&url).send()).await.expect("an answer");
        let text = text.text().await.expect("a text");
        assert_eq!(samples(&text)["tidings_connections"], 0.0);
        let elsewhere = url.replace("/metrics", "/api/stats");
        let answer = within(client.get(elsewhere).send()).await;
        assert_eq!(answer.expect("an answer").status(), 404);
    });
    assert_eq!(running.signalled("-TERM").0, Some(0));
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn what_is_served_is_what_is_in_the_list() {
    let server = Server::start().await;
    let text = server.get("/metrics").await.text().await.expect("a text");
    let mut served = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a type");
        assert!(served.insert(name.to_owned()), "{name} is there twice");
        let metric = metrics::catalog::ALL.iter().find(|m| m.name == name);
        let metric = metric.unwrap_or_else(|| panic!("{name} is not in the list"));
        assert_eq!(metric.kind.as_str(), kind);
        assert!(
            metric.name.ends_with(metric.unit),
            "{name} ends with its unit"
        );
        assert!(!metric.name.ends_with("_total"), "{name}");
    }
    let missing = metrics::catalog::ALL.iter().map(|metric| metric.name);
    let missing: Vec<&str> = missing.filter(|name| !served.contains(*name)).collect();
    // Only with a cluster, with an issuer, and with a connect hook.
    let elsewhere = |name: &&str| {
        let parts = ["tidings_cluster_", "tidings_jwks_", "tidings_connect_hook"];
        parts.iter().any(|part| name.starts_with(part))
    };
    assert!(missing.iter().all(elsewhere), "not served: {missing:?}");
}

#[test]
fn the_list_in_the_documentation_is_complete() {
    let file = repository().join("docs/metrics.md");
    let made = metrics::documented();
    if std::env::var_os("WRITE_DOCS").is_some() {
        fs::write(&file, &made).expect("written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == made,
        "docs/metrics.md differs from the list: WRITE_DOCS=1 scripts/cargo test -p tidings --test it -- metrics::the_list writes it"
    );
}

/// All names of metrics of this server in a text.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !is_part(c));
    let own = words.filter(|word| word.starts_with("tidings_"));
    own.map(str::to_owned).collect()
}

#[test]
fn dashboards_and_rules_use_metrics_that_exist() {
    let families = metrics::catalog::ALL.iter().map(|m| m.name.to_owned());
    let known: BTreeSet<String> = metrics::sample_names()
        .into_iter()
        .chain(families)
        .collect();
    for file in [
        "packaging/grafana/tidings.json",
        "packaging/prometheus/alerts.yaml",
        "packaging/prometheus/alerts_test.yaml",
    ] {
        let text = fs::read_to_string(repository().join(file)).expect(file);
        let used = names(&text);
        assert!(used.len() > 5, "{file} uses metrics");
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "{file} uses {unknown:?}");
    }
}

#[test]
fn the_dashboard_is_a_dashboard() {
    let file = Path::new("packaging/grafana/tidings.json");
    let text = fs::read_to_string(repository().join(file)).expect("the dashboard");
    let dashboard: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<i64> = panels
        .iter()
        .filter_map(|panel| panel["id"].as_i64())
        .collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().expect("queries");
        assert!(!targets.is_empty(), "{}", panel["title"]);
    }
}

/// An HTTP client that uses no proxy.
fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().build();
    client.expect("a client")
}
