//! Spans by OpenTelemetry.

use std::fmt::Display;

use opentelemetry::{
    Context, Key, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{
        FutureExt, SpanKind, Status, TraceContextExt, Tracer as _, TracerProvider as _,
        get_active_span,
    },
};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};

use super::{SpanStart, TracesError, exporter};

/// The name of spans of this program, and of the service where `OTEL_SERVICE_NAME` names none.
const NAME: &str = "tidings";

/// Makes spans and sends them in batches, from a thread of its own.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Starts to send spans to this collector. The variables of OpenTelemetry (`OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`,
    /// `OTEL_EXPORTER_OTLP_HEADERS`, …) hold. Needs a tokio runtime.
    pub fn start(endpoint: &str, node: &str) -> Result<Self, TracesError> {
        let exporter = exporter::to(endpoint)?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource(node))
            .build();
        Ok(Self {
            tracer: provider.tracer(NAME),
            provider,
        })
    }

    /// Makes a span of the answer to a request. It is the current one while the answer is made.
    pub async fn request<T>(
        &self,
        start: SpanStart<'_>,
        answer: impl Future<Output = T>,
        status: impl FnOnce(&T) -> u16,
    ) -> T {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &start);
        let method = start.method.to_owned();
        let span = self
            .tracer
            .span_builder(method.clone())
            .with_kind(SpanKind::Server)
            .with_attributes([KeyValue::new("http.request.method", method)])
            .start_with_context(&self.tracer, &parent);
        let context = parent.with_span(span);
        let answer = answer.with_context(context.clone()).await;
        let (span, status) = (context.span(), status(&answer));
        span.set_attribute(KeyValue::new(
            "http.response.status_code",
            i64::from(status),
        ));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
        answer
    }

    /// Sends what is left.
    pub async fn finish(&self) {
        let provider = self.provider.clone();
        // It waits for the thread that sends.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown());
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// What is said about this program.
fn resource(node: &str) -> Resource {
    let name = Resource::builder().build().get(&Key::new("service.name"));
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", node.to_owned()));
    match is_named {
        true => resource.build(),
        false => resource.with_service_name(NAME).build(),
    }
}

/// Names the route of the current request in its span.
pub fn note_route(method: &str, route: &str) {
    get_active_span(|span| {
        span.update_name(format!("{method} {route}"));
        span.set_attribute(KeyValue::new("http.route", route.to_owned()));
    });
}

/// Names the message of the current request in its span.
pub fn note_message(id: &impl Display) {
    get_active_span(|span| {
        span.set_attribute(KeyValue::new("messaging.message.id", id.to_string()));
    });
}

impl Extractor for SpanStart<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.parent,
            "tracestate" => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}
