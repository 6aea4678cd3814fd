//! URLs that nobody on the way can answer for.

use std::{fmt, str::FromStr};

use super::host::Origin;

/// A URL with `https:`, or with `http:` and a host that is this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecureUrl(String);

impl FromStr for SecureUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let authority = text.split('/').nth(2).unwrap_or_default();
        if authority.contains('@') {
            return Err("must not contain a user or a password");
        }
        match Origin::of_url(text) {
            Err(_) => Err("must be a URL like https://issuer.example/path"),
            // Whoever can change the answer can sign tokens.
            Ok(origin) if !origin.is_https() && !origin.host().is_loopback() => {
                Err("must begin with https://; http:// is allowed to this machine only")
            }
            Ok(_) => Ok(Self(text.to_owned())),
        }
    }
}

impl SecureUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_over_https_or_from_this_machine() {
        for good in [
            "https://issuer.example/jwks.json",
            "https://issuer.example:8443/keys?tenant=1",
            "http://127.0.0.1:9000/jwks.json",
            "http://[::1]:9000/jwks.json",
            "http://localhost/jwks.json",
        ] {
            assert!(good.parse::<SecureUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "issuer.example/jwks.json",
            "http://issuer.example/jwks.json",
            "http://127.0.0.1.evil.example/jwks.json",
            "https://user:password@issuer.example/",
            "http://localhost@evil.example/",
            "file:///etc/passwd",
        ] {
            assert!(bad.parse::<SecureUrl>().is_err(), "{bad}");
        }
    }
}
