//! Stream tokens of other issuers: whose keys sign them, and what they must say.

mod algorithm;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod jwk;
mod key;
mod key_file;
mod pem;

use std::path::PathBuf;

use clap::Args;

pub use algorithm::{Algorithm, Bits};
pub use jwk::published_keys;
pub use key::{InvalidKey, KeyMaterial, TokenKey};
pub use key_file::UnreadableKey;
pub(super) use pem::keys as pem_keys;

use super::SecureUrl;

/// Tokens of other issuers. A token that is signed with the stream secret needs none of this.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Access")]
pub struct JwtSettings {
    /// File with keys that sign stream tokens: public keys in PEM (RSA, EC P-256 and P-384, Ed25519), a JWK, or a set
    /// of JWKs (JWKS). If it is set, every stream needs a token. Repeat the flag or separate files with commas. SIGHUP
    /// reads them again.
    #[arg(long, value_delimiter = ',', value_name = "FILE")]
    pub jwt_key: Vec<PathBuf>,

    /// The keys in these files, once they have been read.
    #[arg(skip)]
    pub keys: Vec<TokenKey>,

    /// URL where an issuer publishes the keys that sign stream tokens (JWKS): https, or http to this machine. They are
    /// read at the start, every ten minutes, and when a token names a key that is not known. While the issuer can't be
    /// reached, the last keys hold. If it is set, every stream needs a token.
    #[arg(long, value_name = "URL")]
    pub jwks_url: Option<SecureUrl>,

    /// Issuer (`iss`) that tokens signed with `--jwt-key` or `--jwks-url` must name. Repeat the flag or separate
    /// issuers with commas to allow several.
    #[arg(long, value_delimiter = ',', value_name = "ISSUER")]
    pub jwt_issuer: Vec<String>,

    /// Audience (`aud`) that these tokens must name. Repeat the flag or separate audiences with commas to allow several.
    /// Without it, a token that names an audience is refused, because it is for another service.
    #[arg(long, value_delimiter = ',', value_name = "AUDIENCE")]
    pub jwt_audience: Vec<String>,

    /// Seconds by which the clock of the issuer may differ, 0 to 300.
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=300))]
    pub jwt_leeway: u64,

    /// Claim with the topics of these tokens: a list, or a text with spaces between the topics. A path such as
    /// `mercure.subscribe` leads into objects.
    #[arg(long, default_value = "topics", value_name = "PATH")]
    pub jwt_topics_claim: String,

    /// What entries of this claim must begin with to be topics. It is cut off, and other entries are ignored: `topic:`
    /// with the claim `scope` reads the topic orders/** from `openid topic:orders/**`.
    #[arg(
        long,
        default_value = "",
        value_name = "TEXT",
        hide_default_value = true
    )]
    pub jwt_topics_prefix: String,
}

impl JwtSettings {
    /// Reads the files with keys. The error names the file.
    pub(super) fn read_keys(&mut self) -> Result<(), (PathBuf, UnreadableKey)> {
        let read = |path: &PathBuf| key_file::read(path).map_err(|why| (path.clone(), why));
        let keys = self.jwt_key.iter().map(read);
        self.keys = keys.collect::<Result<Vec<_>, _>>()?.concat();
        Ok(())
    }

    /// Whether tokens of other issuers are taken, so that every stream needs a token.
    pub fn are_set(&self) -> bool {
        !self.jwt_key.is_empty() || self.jwks_url.is_some()
    }
}

impl JwtSettings {
    /// Whether other files with keys can be taken while the server runs. Whether there are any can't change, because that
    /// may decide whether streams need a token.
    pub(super) fn may_become(&self, new: &Self) -> bool {
        self.jwt_key.is_empty() == new.jwt_key.is_empty()
    }

    /// Takes over what can change while the server runs.
    pub(super) fn take_changeable(&mut self, new: &Self) {
        let old = std::mem::replace(self, new.clone());
        if !old.may_become(new) {
            (self.jwt_key, self.keys) = (old.jwt_key, old.keys);
        }
        self.jwks_url = old.jwks_url;
    }
}
