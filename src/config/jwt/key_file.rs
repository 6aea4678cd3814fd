//! Files with keys.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use super::{
    jwk,
    key::{InvalidKey, TokenKey},
    pem,
};

/// The largest file in bytes. The limit also catches wrong paths, such as a device without an end.
const MAX_FILE: u64 = 256 * 1024;

/// The keys of a file: PEM, a JWK or a set of JWKs.
pub fn read(path: &Path) -> Result<Vec<TokenKey>, UnreadableKey> {
    let mut text = String::new();
    fs::File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(UnreadableKey::TooLong);
    }
    Ok(match text.trim_start().starts_with('{') {
        true => jwk::keys(&text)?,
        false => pem::keys(&text)?,
    })
}

/// Why a file with keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableKey {
    /// The file could not be read, or is not UTF-8.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is larger than 256 KiB.
    #[error("the file is larger than 256 KiB, so it can not be a key")]
    TooLong,
    /// A key in it can't be used.
    #[error(transparent)]
    Key(#[from] InvalidKey),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn stored(name: &str) -> Result<usize, String> {
        let path = format!("{}/tests/tokens/{name}", env!("CARGO_MANIFEST_DIR"));
        count(Path::new(&path))
    }

    fn written(text: &str) -> Result<usize, String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        count(file.path())
    }

    fn count(path: &Path) -> Result<usize, String> {
        let keys = read(path).map_err(|why| why.to_string())?;
        Ok(keys.len())
    }

    fn text(name: &str) -> String {
        let path = format!("{}/tests/tokens/{name}", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(path).expect("a file")
    }

    fn refused(result: Result<usize, String>, part: &str) {
        let why = result.expect_err("refused");
        assert!(why.contains(part), "{why}");
    }

    #[test]
    fn keys_of_all_types_are_read() {
        for name in ["rsa.pem", "p-256.pem", "p-384.pem", "ed25519.pem"] {
            assert_eq!(stored(name), Ok(1), "{name}");
        }
        assert_eq!(stored("jwks.json"), Ok(4));
        let several = [text("rsa.pem"), text("ed25519.pem")].concat();
        assert_eq!(written(&several), Ok(2));
        let set: serde_json::Value = serde_json::from_str(&text("jwks.json")).expect("JSON");
        assert_eq!(written(&set["keys"][1].to_string()), Ok(1));
    }

    #[test]
    fn a_file_with_something_else_says_what_it_is() {
        refused(stored("small.pem"), "2048 to 8192 bits; this one has 1024");
        refused(stored("rsa.private.pem"), "private key");
        refused(stored("certificate.pem"), "certificate");
        refused(stored("nothing.pem"), "No such file");
        refused(written(""), "BEGIN PUBLIC KEY");
        refused(written("hello"), "BEGIN PUBLIC KEY");
        refused(written("{}"), "kty");
        refused(written("{\"keys\":[]}"), "no key in it");
        refused(written(&"x".repeat(300_000)), "larger than 256 KiB");
        let cut = text("rsa.pem")
            .lines()
            .take(4)
            .collect::<Vec<_>>()
            .join("\n");
        refused(written(&cut), "");
        let set = format!("{{\"keys\":[{}1]}}", "1,".repeat(99));
        refused(written(&set), "");
    }

    #[test]
    fn a_jwk_that_can_not_be_right_is_refused() {
        let short = r#"{"kty":"oct","k":"c2hvcnQ"}"#;
        refused(written(short), "32 bytes or more");
        refused(written(r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#), "2048");
        refused(
            written(r#"{"kty":"RSA","n":"A+/=","e":"AQAB"}"#),
            "base64url",
        );
        refused(
            written(r#"{"kty":"RSA","e":"AQAB"}"#),
            "n of a key is missing",
        );
        refused(
            written(r#"{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}"#),
            "point",
        );
        refused(
            written(r#"{"kty":"OKP","crv":"Ed25519","x":"AQAB"}"#),
            "point",
        );
        let set: serde_json::Value = serde_json::from_str(&text("jwks.json")).expect("JSON");
        let mut private = set["keys"][0].clone();
        private["d"] = "AQAB".into();
        refused(written(&private.to_string()), "private key");
        let mut other = set["keys"][0].clone();
        other["alg"] = "ES256".into();
        refused(written(&other.to_string()), "alg");
        let mut long = set["keys"][0].clone();
        long["kid"] = "k".repeat(257).into();
        refused(written(&long.to_string()), "kid");
    }

    #[test]
    fn an_issuer_may_publish_keys_that_are_of_no_use_here() {
        let mut set: serde_json::Value = serde_json::from_str(&text("jwks.json")).expect("JSON");
        let keys = set["keys"].as_array_mut().expect("a list");
        let mut encrypts = keys[0].clone();
        encrypts["use"] = "enc".into();
        let of_no_use = [
            encrypts,
            serde_json::json!({"kty":"EC","crv":"secp256k1","x":"AQAB","y":"AQAB"}),
            serde_json::json!({"kty":"RSA","n":"AQAB","e":"AQAB"}),
            serde_json::json!({"kty":"oct","k":"a".repeat(64)}),
            serde_json::json!({"kty":"new"}),
            serde_json::json!(1),
        ];
        keys.extend(of_no_use);
        let published = jwk::published_keys(set.to_string().as_bytes());
        assert_eq!(published.map(|keys| keys.len()), Ok(4));
        let none = jwk::published_keys(br#"{"keys":[{"kty":"new"}]}"#);
        assert!(none.is_err());
        assert!(jwk::published_keys(b"<html>").is_err());
    }
}
