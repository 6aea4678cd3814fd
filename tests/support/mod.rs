//! What the tests of one server and those of a cluster have in common.

pub mod damaged_file;
mod endpoint;
mod listener;
pub mod receiver;

use std::{future::Future, time::Duration};

use app::wire::{PushRequest, To};
use serde_json::{json, value::RawValue};

pub use endpoint::Endpoint;
pub use listener::Listener;

/// The maximum wait, much longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits with a timeout.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future)
        .await
        .expect("this should have happened long ago")
}

/// A push of a text to this audience.
pub fn push_of(to: To, text: &str) -> PushRequest {
    let data = RawValue::from_string(json!(text).to_string()).expect("JSON");
    PushRequest::new(to, data)
}

/// The number in a cursor.
pub fn seq(cursor: &str) -> u64 {
    let (_, seq) = cursor.split_once('-').expect("a cursor");
    seq.parse().expect("a number")
}

/// Encodes a text for a query.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The audience of one client.
pub fn client(client_id: &str) -> To {
    To::Client(client_id.to_owned())
}

/// The audience of one topic.
pub fn topic(topic: &str) -> To {
    To::Topic(topic.to_owned())
}

/// Runs an ignored test of this program in its own namespace (`--net` or `--mount`), prepared by the commands in
/// `set_up`.
pub fn run_in_namespace(namespace: &str, set_up: &str, test: &str) {
    let itself = std::env::current_exe().expect("this program");
    let inside = format!("{set_up} && exec \"$0\" --ignored --exact {test}");
    let status = std::process::Command::new("unshare")
        .args(["--map-root-user", namespace, "sh", "-c", &inside])
        .arg(itself)
        .status()
        .expect("unshare, of util-linux, runs");
    assert!(status.success(), "inside: {status}");
}
