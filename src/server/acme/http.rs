//! The client for HTTP that talks to an authority.

use std::{future::Future, path::Path, pin::Pin, time::Duration};

use axum::{body::Bytes, http};
use http_body_util::BodyExt;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("--acme-ca: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("a client for HTTPS can't be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client that also trusts the root certificates in this file.
pub fn client(roots: Option<&Path>) -> Result<Http, HttpError> {
    let mut builder = reqwest::Client::builder().timeout(TIMEOUT);
    if let Some(path) = roots {
        let pem = std::fs::read(path)?;
        for root in reqwest::Certificate::from_pem_bundle(&pem)? {
            builder = builder.add_root_certificate(root);
        }
    }
    Ok(Http(builder.build()?))
}

/// See the module documentation.
pub struct Http(reqwest::Client);

type Answer = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for Http {
    fn request(&self, request: http::Request<BodyWrapper<Bytes>>) -> Answer {
        let client = self.0.clone();
        Box::pin(async move {
            let other = |error: reqwest::Error| Error::Other(Box::new(error));
            let (parts, body) = request.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(never) => match never {},
            };
            let request = http::Request::from_parts(parts, body);
            let request = reqwest::Request::try_from(request).map_err(other)?;
            let response = client.execute(request).await.map_err(other)?;
            let response = http::Response::<reqwest::Body>::from(response);
            Ok(BytesResponse::from(response))
        })
    }
}
