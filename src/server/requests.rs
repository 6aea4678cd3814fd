//! What all requests of one connection have in common, whatever the version of HTTP.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};

use super::{fd_limit::DescriptorLimit, redirect::Redirect};
use crate::{
    auth::{ConnectionInfo, Scheme},
    http::{Code, Error, NoStreams, Service},
};

/// What is answered to a request whose head has more bytes than this.
pub fn head_too_large(most: usize) -> Error {
    Error::new(
        Code::HeadersTooLarge,
        format!("the head of the request has over {most} bytes (max_header_bytes)"),
    )
}

/// Answers the requests of one connection.
pub struct Requests {
    /// Answers the requests.
    pub service: Arc<Service>,
    /// The connection.
    pub info: ConnectionInfo,
    /// Set if the socket has one of the reserved descriptors: then it opens no stream and is not kept alive.
    pub reserved: Option<DescriptorLimit>,
    /// Set if all requests are redirected.
    pub redirect: Option<Redirect>,
    /// The value of `Strict-Transport-Security`.
    pub hsts: Option<HeaderValue>,
}

impl Requests {
    /// Adds to a request what is known of its connection.
    pub fn prepare<B>(&self, request: Request<B>) -> Request
    where
        B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let mut request = request.map(Body::new);
        let extensions = request.extensions_mut();
        extensions.insert(self.info);
        if let Some(descriptors) = self.reserved {
            extensions.insert(NoStreams {
                limit: descriptors.limit(),
                reserve: descriptors.reserve(),
            });
        }
        request
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        let redirected = self.redirect.and_then(|redirect| {
            redirect.answer(request.method(), request.uri(), request.headers())
        });
        let mut response = match redirected {
            Some(response) => self.service.answer_with(request, response),
            None => self.service.answer(request).await,
        };
        if let Some(hsts) = &self.hsts
            && self.info.scheme == Scheme::Https
        {
            let headers = response.headers_mut();
            headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
        }
        response
    }
}
