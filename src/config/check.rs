//! What no single setting can see: whether they make sense together, and are safe.

use std::net::SocketAddr;

use super::{Secret, Settings};

/// The shortest admin token, in characters: what people type is guessed when it is shorter.
pub const MIN_ADMIN_TOKEN: usize = 16;

/// The shortest stream secret, in bytes: RFC 7518, section 3.2 wants as many as SHA-256 has.
pub const MIN_STREAM_SECRET: usize = 32;

impl Settings {
    /// Refuses settings that can't be meant, or would open this server to others.
    pub fn validate(&self) -> Result<(), InvalidSettings> {
        if let Some(token) = &self.admin_token {
            check_admin_token(token)?;
        }
        self.check_addresses(&self.listen.known())?;
        if let Some(secret) = &self.stream_secret {
            check_stream_secret(secret)?;
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
    // What a header field can't carry could never be shown as a bearer token (RFC 9110, section 5.5).
    match token.chars().all(|c| c.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(InvalidSettings::UnprintableAdminToken),
    }
}

pub(super) fn check_stream_secret(secret: &Secret) -> Result<(), InvalidSettings> {
    match secret.expose().len() < MIN_STREAM_SECRET {
        true => Err(InvalidSettings::ShortStreamSecret),
        false => Ok(()),
    }
}

/// Settings that the server does not start with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// Everybody who reaches the address could push.
    #[error(
        "{0} is open to other machines, and there is no admin token: set --admin-token (TIDINGS_ADMIN_TOKEN) or listen on 127.0.0.1"
    )]
    PublicWithoutToken(SocketAddr),
    /// Under [`MIN_ADMIN_TOKEN`].
    #[error(
        "--admin-token (TIDINGS_ADMIN_TOKEN) needs 16 characters or more: `openssl rand -hex 32` makes a good one"
    )]
    ShortAdminToken,
    /// It does not fit in a header field.
    #[error(
        "--admin-token (TIDINGS_ADMIN_TOKEN) may have printable ASCII characters only, and no spaces"
    )]
    UnprintableAdminToken,
    /// Under [`MIN_STREAM_SECRET`].
    #[error(
        "--stream-secret (TIDINGS_STREAM_SECRET) needs 32 bytes or more: `openssl rand -hex 32` makes a good one"
    )]
    ShortStreamSecret,
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
    fn without_a_token_only_this_machine_is_served() {
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
    fn a_secret_that_is_easily_guessed_is_refused() {
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
