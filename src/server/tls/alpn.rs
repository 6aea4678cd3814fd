//! What a client can choose in the handshake (ALPN, RFC 7301).

/// HTTP/2 (RFC 9113).
pub const H2: &[u8] = b"h2";

/// The check of an authority (RFC 8737).
pub const ACME: &[u8] = b"acme-tls/1";

/// HTTP/1.1.
pub const HTTP_1_1: &[u8] = b"http/1.1";
