//! Sends spans over HTTP, with the client that the commands use too.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use tokio::runtime::Handle;

use super::TracesError;

/// The path of spans below the URL of a collector (OpenTelemetry Protocol, section on OTLP/HTTP).
const PATH: &str = "v1/traces";

/// What sends spans to this collector.
pub fn to(endpoint: &str) -> Result<SpanExporter, TracesError> {
    let client = Client {
        http: reqwest::Client::new(),
        runtime: Handle::current(),
    };
    let url = format!("{}/{PATH}", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(url);
    exporter
        .build()
        .map_err(|error| TracesError(error.to_string()))
}

#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    /// The thread that sends has no runtime of its own.
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (http, request) = (self.http.clone(), reqwest::Request::try_from(request)?);
        let sent = self.runtime.spawn(async move {
            let response = http.execute(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, response.bytes().await?))
        });
        let (status, headers, body) = sent.await??;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
