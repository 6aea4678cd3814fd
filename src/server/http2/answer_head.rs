//! The head of an answer, as fields (RFC 9113, section 8.3.2).

use std::time::SystemTime;

use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header, response::Parts};

use super::hpack;

/// Fields that say something about a connection of HTTP/1.1. They must not appear.
const OF_CONNECTIONS: [HeaderName; 5] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Whether an answer to this method with this status has no body, whatever its head says (RFC 9110, section 6.4.1).
pub fn has_no_body(method: &Method, status: StatusCode) -> bool {
    method == Method::HEAD
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
        || status.is_informational()
}

/// Appends the fields of an answer. `length` is the length of its body, if it is known.
pub fn encode(parts: &Parts, length: Option<u64>, block: &mut Vec<u8>) {
    hpack::field(":status", parts.status.as_str().as_bytes(), false, block);
    for (name, value) in &parts.headers {
        if !OF_CONNECTIONS.contains(name) {
            hpack::header(name.as_str(), value, block);
        }
    }
    if let Some(length) = length
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
    {
        hpack::header("content-length", &HeaderValue::from(length), block);
    }
    if !parts.headers.contains_key(header::DATE) {
        let date = httpdate::fmt_http_date(SystemTime::now());
        hpack::field("date", date.as_bytes(), false, block);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Response;

    use super::*;

    fn decoded(response: Response<()>, length: Option<u64>) -> Vec<(String, String)> {
        let mut block = Vec::new();
        encode(&response.into_parts().0, length, &mut block);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a text");
        let mut fields = Vec::new();
        let taken = hpack::Decoder::default().decode(&block, |name, value| {
            fields.push((text(name), text(value)));
            Ok(())
        });
        taken.expect("a valid block");
        fields
    }

    #[test]
    fn an_answer_says_its_date_and_its_length_and_nothing_of_a_connection() {
        let response = Response::builder()
            .status(404)
            .header("connection", "close")
            .header("x-own", "value");
        let fields = decoded(response.body(()).expect("a response"), Some(12));
        let names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, [":status", "x-own", "content-length", "date"]);
        assert_eq!(fields[0].1, "404");
        assert_eq!(fields[2].1, "12");
        assert!(fields[3].1.ends_with(" GMT"), "{fields:?}");
    }

    #[test]
    fn what_an_answer_says_itself_stays() {
        let response = Response::builder()
            .header("date", "then")
            .header("content-length", "5");
        let fields = decoded(response.body(()).expect("a response"), Some(12));
        let own = [
            (":status", "200"),
            ("date", "then"),
            ("content-length", "5"),
        ];
        assert_eq!(fields, own.map(|(name, value)| (name.into(), value.into())));
    }
}
