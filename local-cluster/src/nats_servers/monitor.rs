//! What a nats-server tells on its monitoring port.

use serde_json::Value;

use crate::http;

/// Who leads JetStream, as one server sees it.
pub struct Meta {
    /// The name of the leader, if there is one.
    pub leader: Option<String>,
    /// The number of servers that follow it and are up to date. Only the leader knows it; for others it is 0.
    pub followers: usize,
}

/// Whether a server and its streams are healthy.
pub fn is_healthy(port: u16) -> bool {
    matches!(http::get(port, "/healthz"), Some((200, _)))
}

/// Who leads JetStream. None if the server does not answer.
pub fn meta(port: u16) -> Option<Meta> {
    let jsz = json(port, "/jsz")?;
    let meta = jsz.get("meta_cluster")?;
    let is_current = |replica: &&Value| {
        let is = |field: &str| replica.get(field).and_then(Value::as_bool);
        is("current") == Some(true) && is("offline") != Some(true)
    };
    let replicas = meta.get("replicas").and_then(Value::as_array);
    Some(Meta {
        leader: text(meta.get("leader")),
        followers: replicas.map_or(0, |replicas| replicas.iter().filter(is_current).count()),
    })
}

/// The streams with their leaders. None if the server does not answer.
pub fn streams(port: u16) -> Option<Vec<(String, Option<String>)>> {
    let jsz = json(port, "/jsz?streams=true")?;
    let accounts = jsz.get("account_details")?.as_array()?;
    let streams = accounts
        .iter()
        .filter_map(|account| account.get("stream_detail")?.as_array());
    let stream = |stream: &Value| {
        let leader = stream
            .get("cluster")
            .and_then(|cluster| text(cluster.get("leader")));
        Some((text(stream.get("name"))?, leader))
    };
    Some(streams.flatten().filter_map(stream).collect())
}

fn json(port: u16, path: &str) -> Option<Value> {
    let (_, body) = http::get(port, path)?;
    serde_json::from_str(&body).ok()
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
