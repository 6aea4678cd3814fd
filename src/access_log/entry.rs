//! One request, from its arrival to the last byte of its answer.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicU16, AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use serde_json::json;

use super::line_queue::LineQueue;
use crate::timestamp::now;

/// What is known of a request when it arrives. Nothing of it may be secret.
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// An id, for those who want to find the same request in other logs.
    pub id: String,
    /// The address of the peer.
    pub peer: Option<SocketAddr>,
    /// The method.
    pub method: String,
    /// Path and query, without secrets.
    pub path: String,
    /// The version of HTTP.
    pub version: &'static str,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
}

/// See the module documentation. Its line is written when it is dropped.
pub struct AccessEntry {
    lines: LineQueue,
    facts: RequestFacts,
    began: Instant,
    status: AtomicU16,
    bytes: AtomicU64,
    events: AtomicU64,
    /// Set if the request has opened a stream.
    reason: OnceLock<&'static str>,
}

impl AccessEntry {
    pub(super) fn new(lines: LineQueue, facts: RequestFacts) -> Self {
        Self {
            lines,
            facts,
            began: Instant::now(),
            status: AtomicU16::new(0),
            bytes: AtomicU64::new(0),
            events: AtomicU64::new(0),
            reason: OnceLock::new(),
        }
    }

    /// The id of the request.
    pub fn id(&self) -> &str {
        &self.facts.id
    }

    /// Sets the status of the answer.
    pub fn set_status(&self, status: u16) {
        self.status.store(status, Relaxed);
    }

    /// Adds bytes of the answer.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Adds messages that were written to a stream.
    pub fn add_events(&self, events: u64) {
        self.events.fetch_add(events, Relaxed);
    }

    /// Sets why a stream has ended. The first reason counts.
    pub fn set_reason(&self, reason: &'static str) {
        let _ = self.reason.set(reason);
    }

    fn line(&self) -> String {
        let facts = &self.facts;
        let mut line = json!({
            "time": now(),
            "peer": facts.peer.map(|peer| peer.to_string()),
            "method": facts.method,
            "path": facts.path,
            "status": self.status.load(Relaxed),
            "bytes": self.bytes.load(Relaxed),
            "duration_ms": self.began.elapsed().as_micros() as f64 / 1e3,
            "request_id": facts.id,
            "version": facts.version,
            "user_agent": facts.user_agent,
        });
        if let (Some(reason), Some(fields)) = (self.reason.get(), line.as_object_mut()) {
            fields.insert("events".to_owned(), self.events.load(Relaxed).into());
            fields.insert("closed".to_owned(), (*reason).into());
        }
        line.to_string()
    }
}

impl Drop for AccessEntry {
    fn drop(&mut self) {
        self.lines.put(self.line());
    }
}

impl fmt::Debug for AccessEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessEntry")
            .field("id", &self.facts.id)
            .finish_non_exhaustive()
    }
}
