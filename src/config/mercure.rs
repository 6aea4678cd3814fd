//! The protocol of Mercure: whether it is spoken, and which keys sign its tokens.

use std::path::PathBuf;

use clap::Args;

use super::{
    Secret,
    jwt::{InvalidKey, TokenKey, pem_keys},
};

/// The path of a hub. Topics that contain it are reserved for the hub.
pub const MERCURE_PATH: &str = "/.well-known/mercure";

/// Where the metadata of protected resources are (RFC 9728). The path of the resource follows.
pub const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";

/// What a key in PEM begins with, after blanks.
const PEM: &str = "-----BEGIN";

/// The protocol of Mercure. It is spoken if `--mercure` or a key is set.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Mercure")]
pub struct MercureSettings {
    /// Speak the Mercure protocol at /.well-known/mercure. The keys below switch it on, too. Tokens that are signed with
    /// `--jwt-key` or `--jwks-url` are taken as well, and an API key may publish. These settings need a restart.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub mercure: bool,

    /// Key that signs the tokens of publishers: a secret of 32 bytes or more (HMAC), or public keys in PEM. A flag is visible
    /// in the list of processes: prefer the file or the environment.
    #[arg(long, value_name = "KEY")]
    pub mercure_publisher_key: Option<Secret>,

    /// File that contains the key of publishers, instead of `--mercure-publisher-key`.
    #[arg(long, value_name = "FILE")]
    pub mercure_publisher_key_file: Option<PathBuf>,

    /// Key that signs the tokens of subscribers, in the same forms.
    #[arg(long, value_name = "KEY")]
    pub mercure_subscriber_key: Option<Secret>,

    /// File that contains the key of subscribers, instead of `--mercure-subscriber-key`.
    #[arg(long, value_name = "FILE")]
    pub mercure_subscriber_key_file: Option<PathBuf>,

    /// Let subscribers without a token have public updates. Without it, every subscriber needs a token as soon as the server
    /// knows a key that signs some.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub mercure_anonymous: bool,

    /// Issuer (`iss`) of the access tokens that the two keys sign: with it, tokens are those of Mercure 1.0 (RFC 9068,
    /// `authorization_details`). Needs `--public-url`, because tokens must name this hub in `aud`: the public URL, followed by
    /// /.well-known/mercure.
    #[arg(long, value_name = "ISSUER")]
    pub mercure_issuer: Option<String>,

    /// Take the tokens of Mercure 0.x as well as those of `--mercure-issuer`, while clients are moved to 1.0. They may name no
    /// issuer, no audience and no end, and they may be in the URL.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub mercure_old_tokens: bool,

    /// Cookie in which browsers send tokens of Mercure 1.0. Those of 0.x are in `mercureAuthorization`. A name that begins with
    /// `__Secure-` needs HTTPS.
    #[arg(
        long,
        default_value = "__Secure-mercure_access_token",
        value_name = "NAME"
    )]
    pub mercure_cookie: String,

    /// Say who subscribes to what: subscriptions are listed below /.well-known/mercure/subscriptions, and an update is published
    /// for each that begins or ends. Each costs a write to the log.
    #[arg(long, action = clap::ArgAction::Set, default_value_t = false, default_missing_value = "true",
          num_args = 0..=1, require_equals = true, hide_possible_values = true, hide_default_value = true,
          value_name = "true|false")]
    pub mercure_subscriptions: bool,

    /// The keys of publishers, once they have been parsed.
    #[arg(skip)]
    pub publisher_keys: Vec<TokenKey>,

    /// The keys of subscribers, once they have been parsed.
    #[arg(skip)]
    pub subscriber_keys: Vec<TokenKey>,
}

impl MercureSettings {
    /// Whether the protocol is spoken.
    pub fn is_on(&self) -> bool {
        self.mercure
            || self.mercure_publisher_key.is_some()
            || self.mercure_subscriber_key.is_some()
    }

    /// Whether tokens of Mercure 0.x are taken.
    pub fn takes_old_tokens(&self) -> bool {
        self.mercure_issuer.is_none() || self.mercure_old_tokens
    }

    /// Parses the keys. The error says whose key it is.
    pub(super) fn parse_keys(&mut self) -> Result<(), (&'static str, InvalidKey)> {
        let keys = |whose, secret: &Option<Secret>| match secret {
            None => Ok(Vec::new()),
            Some(secret) => parse(secret).map_err(|why| (whose, why)),
        };
        self.publisher_keys = keys("publisher", &self.mercure_publisher_key)?;
        self.subscriber_keys = keys("subscriber", &self.mercure_subscriber_key)?;
        Ok(())
    }
}

fn parse(secret: &Secret) -> Result<Vec<TokenKey>, InvalidKey> {
    let text = secret.expose();
    match text.trim_start().starts_with(PEM) {
        true => pem_keys(text),
        false => TokenKey::of_secret(text.as_bytes()).map(|key| vec![key]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn settings(flags: &[&str]) -> Result<MercureSettings, String> {
        let settings = Settings::from_flags(flags).map_err(|why| why.to_string());
        settings.map(|settings| settings.mercure)
    }

    #[test]
    fn it_is_off_unless_it_is_switched_on() {
        assert!(!settings(&[]).expect("valid").is_on());
        assert!(!settings(&["--mercure-anonymous"]).expect("valid").is_on());
        assert!(settings(&["--mercure"]).expect("valid").is_on());
        let key = "!ChangeThisMercureHubJWTSecretKey!";
        for flag in ["--mercure-publisher-key", "--mercure-subscriber-key"] {
            assert!(settings(&[flag, key]).expect("valid").is_on());
        }
    }

    #[test]
    fn an_issuer_needs_a_public_url() {
        let issuer = ["--mercure", "--mercure-issuer", "https://example.com"];
        let refused = settings(&issuer).expect_err("refused");
        assert!(refused.contains("--public-url"), "{refused}");
        let public = ["--public-url", "https://push.example.org/a"];
        let flags = [&issuer[..], &public].concat();
        let all = Settings::from_flags(flags).expect("valid");
        let url = "https://push.example.org/a/.well-known/mercure";
        assert_eq!(all.hub_url().expect("a URL").as_str(), url);
        assert!(!all.mercure.takes_old_tokens());
        assert!(settings(&["--mercure"]).expect("valid").takes_old_tokens());
    }

    #[test]
    fn a_key_is_a_secret_or_pem() {
        let path = |name: &str| format!("{}/tests/tokens/{name}", env!("CARGO_MANIFEST_DIR"));
        let of_file = |name| settings(&["--mercure-publisher-key-file", &path(name)]);
        for name in ["rsa.pem", "p-256.pem", "ed25519.pem"] {
            let keys = of_file(name).expect("a key").publisher_keys;
            assert!(keys.len() == 1 && keys[0].is_public(), "{name}");
        }
        let secret = settings(&["--mercure-subscriber-key", &"k".repeat(32)]).expect("a key");
        assert!(!secret.subscriber_keys[0].is_public() && secret.publisher_keys.is_empty());
        let refused = settings(&["--mercure-subscriber-key", "short"]).expect_err("refused");
        assert!(
            refused.starts_with("--mercure-subscriber-key") && refused.contains("32 bytes"),
            "{refused}"
        );
        let refused = of_file("rsa.private.pem").expect_err("refused");
        assert!(refused.contains("private key"), "{refused}");
    }
}
