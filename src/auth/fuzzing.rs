//! Fuzz targets: tokens, and the fields of a request. See `src/fuzzing.rs`.

use std::{net::SocketAddr, sync::OnceLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

use super::{InvalidToken, client_address, cookie, key_text, parse_name, token::Tokens};
use crate::config::{Host, Origin, Settings};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A token as it came, and one with the first line as its header and the rest as its claims, which is signed. The first
/// has no right signature, so it is never accepted.
pub fn token(input: &[u8]) {
    static TOKENS: OnceLock<Tokens> = OnceLock::new();
    let tokens = TOKENS.get_or_init(|| {
        let settings = Settings::from_flags(["--stream-secret", SECRET]).expect("settings");
        Tokens::new(&settings, None).expect("there is a secret")
    });
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    assert!(
        tokens.verify(text).is_err(),
        "a token without a signature was accepted"
    );
    assert!(!key_text::is_intact(text) || key_text::is_key(text));
    let (head, claims) = text
        .split_once('\n')
        .unwrap_or((r#"{"alg":"HS256"}"#, text));
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(head),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    let verified = tokens.verify(&format!("{signed}.{signature}"));
    let is_right = !matches!(verified, Err(InvalidToken::Signature));
    let says_so =
        serde_json::from_str::<serde_json::Value>(head).is_ok_and(|head| head["alg"] == "HS256");
    assert!(
        is_right || !says_so,
        "a right signature was refused: {head}"
    );
}

/// `Forwarded`, `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, `Cookie`, `Host` and `Origin`, in a line each.
pub fn request_headers(input: &[u8]) {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    let settings = SETTINGS.get_or_init(|| {
        Settings::from_flags(["--trusted-proxy", "127.0.0.0/8"]).expect("settings")
    });
    let names = [
        header::FORWARDED,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-forwarded-proto"),
        HeaderName::from_static("x-forwarded-host"),
        header::COOKIE,
        header::HOST,
        header::ORIGIN,
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in names.into_iter().zip(input.split(|byte| *byte == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    let stranger = SocketAddr::from(([192, 0, 2, 1], 1));
    let sender = client_address(Some(stranger), &headers, &settings.proxy);
    assert_eq!(
        sender.address,
        Some(stranger),
        "a peer that is not trusted was believed"
    );
    let proxy = SocketAddr::from(([127, 0, 0, 1], 1));
    let sender = client_address(Some(proxy), &headers, &settings.proxy);
    assert!(!sender.ignored || sender.address == Some(proxy));
    for value in cookie::values(&headers, "tidings_session") {
        assert!(!value.contains(';'));
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    if let Ok(host) = text(header::HOST).parse::<Host>() {
        assert_eq!(host.to_string().parse(), Ok(host));
    }
    if let Ok(origin) = text(header::ORIGIN).parse::<Origin>() {
        assert_eq!(origin.to_string().parse(), Ok(origin));
    }
    let _ = parse_name(text(header::COOKIE));
}
