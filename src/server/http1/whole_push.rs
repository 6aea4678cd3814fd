//! Recognises a push in the bytes that a peer has sent: one whole request of a simple form, and nothing after it.
//!
//! Nothing is refused here. Whatever is of another form, also if it is not valid, is for hyper, which reads the same bytes.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
};

/// The most fields that such a head has.
const MAX_FIELDS: usize = 32;

/// The most bytes of such a request, head and body.
const MAX_BYTES: usize = 64 * 1024;

/// How every such request begins.
const BEGIN: &[u8] = b"POST /";

/// The path where messages are pushed to, which may come after the path of the public URL.
const PATH: &str = "/push";

/// What some bytes are.
pub enum Recognised {
    /// A push.
    Push(Box<Request>),
    /// The beginning of what may be one.
    Incomplete,
    /// Something else.
    Other,
}

/// Says what these bytes are. A head of over `max_head` bytes is something else.
pub fn recognise(bytes: &Bytes, max_head: usize) -> Recognised {
    let begin = bytes.len().min(BEGIN.len());
    if bytes[..begin] != BEGIN[..begin] {
        return Recognised::Other;
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let head_len = match head.parse(bytes) {
        Ok(httparse::Status::Complete(len)) if len <= max_head => len,
        Ok(httparse::Status::Partial) if bytes.len() <= max_head => return Recognised::Incomplete,
        _ => return Recognised::Other,
    };
    let target = head.path.unwrap_or_default();
    if head.version != Some(1) || !target.ends_with(PATH) {
        return Recognised::Other;
    }
    let Some((headers, body_len)) = read_fields(bytes, head.headers) else {
        return Recognised::Other;
    };
    let len = head_len.saturating_add(body_len);
    if len > MAX_BYTES || bytes.len() > len {
        return Recognised::Other;
    }
    if bytes.len() < len {
        return Recognised::Incomplete;
    }
    let Ok(uri) = Uri::from_maybe_shared(bytes.slice_ref(target.as_bytes())) else {
        return Recognised::Other;
    };
    let mut request = Request::new(Body::from(bytes.slice(head_len..)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Recognised::Push(Box::new(request))
}

/// The fields of a head, and the length of the body. None if they say that more is to be done than to read that body.
fn read_fields(bytes: &Bytes, fields: &[httparse::Header<'_>]) -> Option<(HeaderMap, usize)> {
    let mut headers = HeaderMap::with_capacity(fields.len());
    let mut body_len = None;
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        let is_simple = match name {
            header::CONTENT_LENGTH => {
                let len = std::str::from_utf8(field.value).ok()?;
                let is_number = !len.is_empty() && len.bytes().all(|byte| byte.is_ascii_digit());
                let len = len.parse().ok().filter(|_| is_number);
                body_len.is_none() && {
                    body_len = len;
                    len.is_some()
                }
            }
            header::CONNECTION => field.value.eq_ignore_ascii_case(b"keep-alive"),
            header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::EXPECT
            | header::TE
            | header::TRAILER => false,
            _ => true,
        };
        if !is_simple {
            return None;
        }
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(field.value)).ok()?;
        headers.append(name, value);
    }
    Some((headers, body_len?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUSH: &str = "POST /push HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\nconnection: Keep-Alive\r\ncontent-length: 4\r\n\r\nbody";

    fn of(text: &str) -> Recognised {
        recognise(&Bytes::copy_from_slice(text.as_bytes()), 1_024)
    }

    #[tokio::test]
    async fn a_whole_push_is_a_request_with_all_fields_and_its_body() {
        let Recognised::Push(request) = of(PUSH) else {
            panic!("not recognised");
        };
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "/push");
        let values = request.headers().get_all("x-one");
        assert_eq!(values.iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(request.headers().len(), 5);
        let body = axum::body::to_bytes(request.into_body(), 10).await;
        assert_eq!(body.expect("a body"), "body");
        let below = PUSH.replace("/push", "/base/push");
        assert!(matches!(of(&below), Recognised::Push(_)));
    }

    #[test]
    fn every_beginning_of_a_push_is_incomplete() {
        for end in 0..PUSH.len() {
            assert!(matches!(of(&PUSH[..end]), Recognised::Incomplete), "{end}");
        }
    }

    #[test]
    fn all_else_is_left_to_hyper() {
        let with = |field: &str| PUSH.replace("Host: a", field);
        let others = [
            format!("{PUSH}{PUSH}"),
            PUSH.replace("POST", "PUT"),
            PUSH.replace("POST", "post"),
            PUSH.replace("/push", "/push/batch"),
            PUSH.replace("/push", "/push?a=b"),
            PUSH.replace("/push", "http://a/push"),
            PUSH.replace("HTTP/1.1", "HTTP/1.0"),
            PUSH.replace("content-length: 4\r\n", ""),
            PUSH.replace(": 4", ": +4"),
            PUSH.replace(": 4", ": 4, 4"),
            PUSH.replace(": 4", ":"),
            PUSH.replace(": 4", ": 99999"),
            PUSH.replace(": 4", ": 99999999999999999999"),
            PUSH.replace("Keep-Alive", "close"),
            with("content-length: 4"),
            with("transfer-encoding: chunked"),
            with("Expect: 100-continue"),
            with("Upgrade: websocket"),
            with("a b: c"),
            with(&format!("x: {}", "x".repeat(1_024))),
            with(&"x: y\r\n".repeat(MAX_FIELDS)),
            format!("\r\n{PUSH}"),
        ];
        for other in others {
            assert!(matches!(of(&other), Recognised::Other), "{other}");
        }
    }
}
