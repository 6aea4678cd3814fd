//! The content coding of request bodies (RFC 9110, section 8.4). tower-http decompresses them; handlers read the
//! result, and their limits hold for the decompressed size.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use tower::{Service, ServiceExt, service_fn};
use tower_http::decompression::{DecompressionBody, RequestDecompression};

use super::{Code, Error};

/// An extension of a request whose body is compressed, with the name of the coding.
#[derive(Clone, Copy, Debug)]
pub struct Compressed(pub &'static str);

impl Compressed {
    /// The body is not what the coding says, or it is not complete.
    pub fn damaged(self) -> Error {
        let detail = format!("the body is not valid or not complete {}", self.0);
        Error::new(Code::InvalidContentCoding, detail).field("content-encoding")
    }
}

/// Decompresses the body of a request and gives it to the router. Refuses codings other than gzip and zstd, and names
/// those in `Accept-Encoding` (RFC 7694). Requests without a coding, which are most, pass without the decompressor and
/// its allocations.
pub async fn decompress(request: Request, router: Router) -> Result<Response, Error> {
    match request.headers().contains_key(header::CONTENT_ENCODING) {
        // Boxed, so that other requests do not take the memory for it.
        true => Box::pin(decompress_coded(request, router)).await,
        false => Ok(route(request, router).await),
    }
}

async fn route(request: Request, mut router: Router) -> Response {
    let Ok(response) = router.call(request).await;
    response
}

async fn decompress_coded(mut request: Request, mut router: Router) -> Result<Response, Error> {
    let fields = request.headers().get_all(header::CONTENT_ENCODING);
    let codings: Vec<String> = fields
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .map(|coding| String::from_utf8_lossy(coding.trim_ascii()).to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    request.headers_mut().remove(header::CONTENT_ENCODING);
    let coding = match codings.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => return Ok(route(request, router).await),
        // A recipient should treat both names as the same (RFC 9110, section 8.4.1.3).
        ["gzip" | "x-gzip"] => "gzip",
        ["zstd"] => "zstd",
        _ => {
            let codings = codings.join(", ");
            let detail =
                format!("the content coding {codings:?} is not supported: use gzip, zstd, or none");
            return Err(
                Error::new(Code::UnsupportedContentCoding, detail).field("content-encoding")
            );
        }
    };
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    request.extensions_mut().insert(Compressed(coding));
    let inner = service_fn(move |request: Request<DecompressionBody<Body>>| {
        router.call(request.map(Body::new))
    });
    let service = RequestDecompression::new(inner).no_br().no_deflate();
    match service.oneshot(request).await {
        Ok(response) => Ok(response.map(Body::new)),
        Err(error) => Err(Error::new(Code::InvalidContentCoding, error.to_string())),
    }
}
