//! Spans of requests, sent to a collector of OpenTelemetry: only with the cargo feature `otlp`. Without it, [`Traces`] has
//! no value, so what is done with it is not in the program.

#[cfg(not(feature = "otlp"))]
mod absent;
#[cfg(feature = "otlp")]
mod exporter;
#[cfg(feature = "otlp")]
mod otlp;

#[cfg(not(feature = "otlp"))]
pub use absent::{Traces, note_message, note_route};
#[cfg(feature = "otlp")]
pub use otlp::{Traces, note_message, note_route};

/// Why spans can't be sent.
#[derive(Debug, thiserror::Error)]
#[error("--otlp-endpoint: {0}")]
pub struct TracesError(pub String);

/// What a span says of a request from the beginning.
#[derive(Clone, Copy, Debug)]
pub struct SpanStart<'a> {
    /// The method.
    pub method: &'a str,
    /// The header field `traceparent` (W3C Trace Context).
    pub parent: Option<&'a str>,
    /// The header field `tracestate`.
    pub state: Option<&'a str>,
}
