//! Checks that the settings are safe and go together.

use std::net::SocketAddr;

use super::{InvalidCluster, InvalidKey, InvalidOidc, InvalidTls, Secret, Settings};

/// The shortest admin token, in characters. A shorter one can be guessed.
pub const MIN_ADMIN_TOKEN: usize = 16;

/// The shortest stream secret, in bytes: the size of a SHA-256 hash (RFC 7518, section 3.2).
pub const MIN_STREAM_SECRET: usize = 32;

impl Settings {
    /// Refuses secrets that are too short, a public address without an admin token, and settings of a cluster that do not
    /// go together.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        if let Some(token) = &self.admin_token {
            check_admin_token(token)?;
        }
        for address in self.listening.listen.iter().chain(&self.tls.listen_tls) {
            self.check_addresses(&address.known())?;
        }
        self.tls.check()?;
        if let Some(secret) = &self.stream_secret {
            check_stream_secret(secret)?;
        }
        let gives_tokens = self.need_stream_token() || self.admin_token.is_some();
        if !self.anonymous.require_token_for.is_empty() && !gives_tokens {
            return Err(InvalidSettings::NoTokens);
        }
        if !self.hooks.has_good_secret() {
            return Err(InvalidSettings::ConnectHookSecret);
        }
        self.oidc.check(self.admin_token.is_some())?;
        if self.mercure.mercure_issuer.is_some() && self.proxy.public_url.is_none() {
            return Err(InvalidSettings::MercureIssuerWithoutUrl);
        }
        if !is_cookie_name(&self.mercure.mercure_cookie) {
            return Err(InvalidSettings::MercureCookie);
        }
        self.cluster.check(&self.node)?;
        if self.proxy.proxy_protocol && self.proxy.trusted_proxy.is_empty() {
            return Err(InvalidSettings::ProxyProtocolWithoutProxy);
        }
        if self.monitoring.otlp_endpoint.is_some() && !cfg!(feature = "otlp") {
            return Err(InvalidSettings::NoTraces);
        }
        Ok(())
    }

    /// Without an admin token, refuses addresses that other machines can reach.
    pub fn check_addresses(&self, addresses: &[SocketAddr]) -> Result<(), InvalidSettings> {
        let is_public = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
        match addresses.iter().find(is_public) {
            Some(public) if self.admin_token.is_none() => {
                Err(InvalidSettings::PublicWithoutToken(*public))
            }
            _ => Ok(()),
        }
    }
}

fn check_admin_token(token: &Secret) -> Result<(), InvalidSettings> {
    let token = token.expose();
    if token.chars().count() < MIN_ADMIN_TOKEN {
        return Err(InvalidSettings::ShortAdminToken);
    }
    // A bearer token must fit into a header field (RFC 9110, section 5.5).
    match token.chars().all(|c| c.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(InvalidSettings::UnprintableAdminToken),
    }
}

fn is_cookie_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.chars().all(allowed)
}

pub(super) fn check_stream_secret(secret: &Secret) -> Result<(), InvalidSettings> {
    match secret.expose().len() < MIN_STREAM_SECRET {
        true => Err(InvalidSettings::ShortStreamSecret),
        false => Ok(()),
    }
}

/// Why the server does not start with these settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// The secret of the connect hook is none of Standard Webhooks.
    #[error("--connect-hook-secret (or its file) must be whsec_ and Base64 of 24 to 64 bytes")]
    ConnectHookSecret,
    /// Spans can't be sent by this program.
    #[error(
        "--otlp-endpoint (TIDINGS_OTLP_ENDPOINT): this program was built without the feature `otlp`; build it with `cargo build --release --features otlp`"
    )]
    NoTraces,
    /// The address is public, so that everybody could push.
    #[error(
        "{0} can be reached by other machines, so an admin token is needed: set --admin-token (TIDINGS_ADMIN_TOKEN) or listen on 127.0.0.1"
    )]
    PublicWithoutToken(SocketAddr),
    /// The admin token is shorter than [`MIN_ADMIN_TOKEN`].
    #[error(
        "--admin-token (TIDINGS_ADMIN_TOKEN) must have 16 characters or more: create one with `openssl rand -hex 32`"
    )]
    ShortAdminToken,
    /// The admin token does not fit into a header field.
    #[error(
        "--admin-token (TIDINGS_ADMIN_TOKEN) must have only printable ASCII characters and no spaces"
    )]
    UnprintableAdminToken,
    /// Nobody may send the header that each connection needs.
    #[error(
        "--proxy-protocol (TIDINGS_PROXY_PROTOCOL) needs the addresses of the proxies: set --trusted-proxy"
    )]
    ProxyProtocolWithoutProxy,
    /// The stream secret is shorter than [`MIN_STREAM_SECRET`].
    #[error(
        "--stream-secret (TIDINGS_STREAM_SECRET) must have 32 bytes or more: create one with `openssl rand -hex 32`"
    )]
    ShortStreamSecret,
    /// A role, or a pattern of topics or clients, is not valid: where it stands, and what is wrong.
    #[error("{0}")]
    Access(String),
    /// Nobody could get a token.
    #[error(
        "--require-token-for (TIDINGS_REQUIRE_TOKEN_FOR): nothing gives tokens: set also --stream-secret, --jwt-key, --jwks-url, or --admin-token for API keys"
    )]
    NoTokens,
    /// A key of Mercure can't be used: whose key, and what is wrong.
    #[error("--mercure-{0}-key (or its file): {1}")]
    MercureKey(&'static str, InvalidKey),
    /// Nobody knows which audience tokens must name.
    #[error(
        "--mercure-issuer (TIDINGS_MERCURE_ISSUER) needs the URL that tokens name as their audience: set --public-url"
    )]
    MercureIssuerWithoutUrl,
    /// The cookie of Mercure has a name that can't be.
    #[error(
        "--mercure-cookie (TIDINGS_MERCURE_COOKIE): the name of a cookie has letters, digits, and - _ . only"
    )]
    MercureCookie,
    /// The settings of the cluster do not go together.
    #[error(transparent)]
    Cluster(#[from] InvalidCluster),
    /// The settings of OpenID Connect do not go together.
    #[error(transparent)]
    Oidc(#[from] InvalidOidc),
    /// The settings of HTTPS do not go together.
    #[error(transparent)]
    Tls(#[from] InvalidTls),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigError;

    fn check(flags: &[&str]) -> Result<(), InvalidSettings> {
        match Settings::from_flags(flags) {
            Ok(_) => Ok(()),
            Err(ConfigError::Invalid(why)) => Err(why),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_public_address_needs_an_admin_token() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&["--listen", "[::1]:0"]), Ok(()));
        for address in ["0.0.0.0:8020", "[::]:8020", "192.0.2.1:80"] {
            let why = check(&["--listen", address]).expect_err("refused");
            assert!(why.to_string().contains("set --admin-token"), "{why}");
            let token = "0123456789abcdef";
            assert_eq!(
                check(&["--listen", address, "--admin-token", token]),
                Ok(())
            );
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        let token = |text| check(&["--admin-token", text]);
        assert_eq!(
            token("0123456789abcde"),
            Err(InvalidSettings::ShortAdminToken)
        );
        assert_eq!(token(""), Err(InvalidSettings::ShortAdminToken));
        assert_eq!(
            token("0123456789 abcdef"),
            Err(InvalidSettings::UnprintableAdminToken)
        );
        let key = |text: &str| check(&["--stream-secret", text]);
        assert_eq!(
            key(&"k".repeat(31)),
            Err(InvalidSettings::ShortStreamSecret)
        );
        assert_eq!(key(&"k".repeat(32)), Ok(()));
    }
}
