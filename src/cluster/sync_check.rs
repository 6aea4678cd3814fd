//! Whether the NATS servers write to the disk before they confirm a record: `sync_interval: always`. By default they
//! write every two minutes, so a power failure of several of them loses records that were confirmed.
//!
//! A client of NATS cannot ask for this. The answers of JetStream (account, stream) do not contain it. `$SYS` requests
//! do, but only the system account may make them, and that account has no JetStream, so the account of the stream can
//! never ask. HTTP monitoring (`/varz`) says it without any account. So this asks there, each server by its own address.

use std::time::Duration;

use async_nats::jetstream::stream::Info;
use serde::Deserialize;

use crate::config::MonitorUrl;

/// Time in which a monitoring address must answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What the monitoring of the servers has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Names of servers that write before they confirm.
    pub safe: Vec<String>,
    /// Names of servers that confirm before they write.
    pub weak: Vec<String>,
    /// Addresses that did not answer, each with the reason.
    pub silent: Vec<String>,
    /// Names of servers with a copy of the stream that no address has told about.
    pub unknown: Vec<String>,
}

impl SyncReport {
    /// Weaknesses, in words for people.
    pub fn weaknesses(&self) -> Vec<String> {
        let weak = self.weak.iter().map(|name| format!(
            "the NATS server {name} confirms records before they are on its disk: set `sync_interval: always` in its jetstream configuration"
        ));
        let unknown = (!self.unknown.is_empty()).then(|| format!(
            "it is not known whether these NATS servers write to the disk before they confirm: {}. Name the HTTP monitoring address of each in --cluster-monitor",
            self.unknown.join(", ")
        ));
        let silent = self
            .silent
            .iter()
            .map(|why| format!("--cluster-monitor: {why}"));
        weak.chain(unknown).chain(silent).collect()
    }

    fn add(&mut self, server: Varz) {
        let config = server.jetstream.and_then(|jetstream| jetstream.config);
        match config {
            Some(config) if config.sync_always => self.safe.push(server.server_name),
            Some(_) => self.weak.push(server.server_name),
            // A server without JetStream has no copy of the stream.
            None => {}
        }
    }
}

/// Asks the monitoring of each server. `info` names the servers that have a copy of the stream.
pub async fn ask(monitors: &[MonitorUrl], info: &Info) -> SyncReport {
    let mut report = SyncReport::default();
    let answers = futures_util::future::join_all(monitors.iter().map(varz)).await;
    for (url, answer) in monitors.iter().zip(answers) {
        match answer {
            Ok(server) => report.add(server),
            Err(why) => report
                .silent
                .push(format!("{} does not answer: {why}", url.as_str())),
        }
    }
    let told = |name: &String| report.safe.contains(name) || report.weak.contains(name);
    let mut unknown: Vec<String> = copies(info).filter(|name| !told(name)).collect();
    unknown.sort();
    report.unknown = unknown;
    report
}

/// The names of the servers with a copy of the stream. A server that runs alone is not named.
fn copies(info: &Info) -> impl Iterator<Item = String> {
    let cluster = info.cluster.iter();
    cluster.flat_map(|cluster| {
        let others = cluster.replicas.iter().map(|peer| peer.name.clone());
        cluster.leader.clone().into_iter().chain(others)
    })
}

async fn varz(url: &MonitorUrl) -> Result<Varz, String> {
    let get = async {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()?;
        let response = client.get(format!("{}/varz", url.as_str())).send().await?;
        response.error_for_status()?.json().await
    };
    get.await
        .map_err(|error: reqwest::Error| error.without_url().to_string())
}

#[derive(Deserialize)]
struct Varz {
    server_name: String,
    jetstream: Option<VarzJetStream>,
}

#[derive(Deserialize)]
struct VarzJetStream {
    config: Option<VarzConfig>,
}

#[derive(Deserialize)]
struct VarzConfig {
    #[serde(default)]
    sync_always: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monitoring_tells_which_servers_write_first() {
        let mut report = SyncReport::default();
        let servers = [
            r#"{"server_name":"a","jetstream":{"config":{"sync_interval":120000000000,"sync_always":true}}}"#,
            r#"{"server_name":"b","jetstream":{"config":{"sync_interval":120000000000}}}"#,
            r#"{"server_name":"c","jetstream":{}}"#,
        ];
        for server in servers {
            report.add(serde_json::from_str(server).expect("a server"));
        }
        assert_eq!(report.safe, ["a"]);
        assert_eq!(report.weak, ["b"]);
        assert_eq!(report.weaknesses().len(), 1);
    }
}
