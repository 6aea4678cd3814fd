//! Signing in to the panel with accounts of an issuer: OpenID Connect.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::Args;

use super::{Secret, SecureUrl};

/// The claim that is mapped to roles, if the settings name no other.
const CLAIM: &str = "groups";

/// The longest name of the issuer on the sign-in page, in characters.
const MAX_NAME: usize = 40;

/// Signing in with OpenID Connect.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Access")]
pub struct OidcSettings {
    /// OpenID Connect issuer whose accounts may sign in to the panel, such as https://accounts.example.org/realms/shop: https, or
    /// http to this machine. Exactly as it is named in its tokens (`iss`). Needs `--oidc-client-id`, `--oidc-role` and
    /// `--admin-token`. Register https://HOST/api/session/oidc/callback as the redirect URL there, with the host and the path of
    /// `--public-url`.
    #[arg(long, value_name = "URL")]
    pub oidc_issuer: Option<IssuerUrl>,

    /// Client id of this server at the issuer.
    #[arg(long, value_name = "ID")]
    pub oidc_client_id: Option<String>,

    /// Client secret of this server at the issuer. Without it, this server is a public client: PKCE alone protects the sign-in. A
    /// flag is visible in the list of processes: prefer the file or the environment.
    #[arg(long, value_name = "SECRET")]
    pub oidc_client_secret: Option<Secret>,

    /// File that contains the client secret, instead of `--oidc-client-secret`. A line end after the secret is ignored.
    #[arg(long, value_name = "FILE")]
    pub oidc_client_secret_file: Option<PathBuf>,

    /// Scopes to ask the issuer for, with spaces between them. `openid` must be one of them.
    #[arg(long, default_value = "openid profile email", value_name = "SCOPES")]
    pub oidc_scope: String,

    /// Claim that says which role somebody has: a text, or a list of texts. A path such as `realm_access.roles` leads into
    /// objects. `email` counts only if the issuer says that it has verified it.
    #[arg(long, default_value = CLAIM, value_name = "PATH")]
    pub oidc_claim: String,

    /// Role of those who have this value in the claim, such as `push-admins=admin`. Repeat the flag or separate mappings with
    /// commas. If several fit, the first one counts. Whoever has none of the values can't sign in.
    #[arg(long, value_delimiter = ',', value_name = "VALUE=ROLE")]
    pub oidc_role: Vec<ClaimRole>,

    /// Name of the issuer on the sign-in page: *Sign in with NAME*. Default: its host.
    #[arg(long, value_name = "NAME", value_parser = shown_name)]
    pub oidc_name: Option<String>,
}

impl OidcSettings {
    /// Refuses settings that do not go together.
    pub(super) fn check(&self, has_admin_token: bool) -> Result<(), InvalidOidc> {
        use InvalidOidc as Invalid;
        if self.oidc_issuer.is_none() {
            let given = [
                ("--oidc-client-id", self.oidc_client_id.is_some()),
                ("--oidc-client-secret", self.oidc_client_secret.is_some()),
                ("--oidc-role", !self.oidc_role.is_empty()),
                ("--oidc-name", self.oidc_name.is_some()),
            ];
            let alone = given.into_iter().find(|(_, is_given)| *is_given);
            return alone.map_or(Ok(()), |(flag, _)| Err(Invalid::WithoutIssuer(flag)));
        }
        if self.oidc_client_id.as_deref().is_none_or(str::is_empty) {
            return Err(Invalid::Needs("--oidc-client-id (TIDINGS_OIDC_CLIENT_ID)"));
        }
        if self.oidc_role.is_empty() {
            return Err(Invalid::Needs(
                "--oidc-role (TIDINGS_OIDC_ROLE), so that somebody can sign in",
            ));
        }
        if !has_admin_token {
            return Err(Invalid::Needs(
                "--admin-token (TIDINGS_ADMIN_TOKEN): without one, nobody has to sign in",
            ));
        }
        let mut scopes = self.oidc_scope.split(' ');
        match scopes.any(|scope| scope == "openid") {
            true => Ok(()),
            false => Err(Invalid::Scope),
        }
    }

    /// The names of the roles that claims are mapped to.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.oidc_role.iter().map(|mapped| mapped.role.as_str())
    }
}

/// The name of an issuer on a button.
fn shown_name(text: &str) -> Result<String, String> {
    let is_long = text.chars().count() > MAX_NAME;
    match text.trim().is_empty() || is_long || text.chars().any(char::is_control) {
        true => Err(format!(
            "must have 1 to {MAX_NAME} characters, not only spaces, and no control characters"
        )),
        false => Ok(text.to_owned()),
    }
}

/// An issuer, exactly as it names itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl(SecureUrl);

impl IssuerUrl {
    /// The issuer.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its host, with the port if one is named.
    pub fn host(&self) -> &str {
        self.as_str().split('/').nth(2).unwrap_or_default()
    }
}

impl FromStr for IssuerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.contains(['?', '#']) {
            true => Err("must have no query and no fragment"),
            false => text.parse().map(Self),
        }
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A role for those who have a value in the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRole {
    /// The value.
    pub value: String,
    /// The name of the role.
    pub role: String,
}

impl FromStr for ClaimRole {
    type Err = &'static str;

    /// The last `=` separates them, because names of roles have none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.rsplit_once('=') {
            Some((value, role)) if !value.is_empty() && !role.is_empty() => Ok(Self {
                value: value.to_owned(),
                role: role.to_owned(),
            }),
            _ => Err("must be a value of the claim and a role, such as push-admins=admin"),
        }
    }
}

impl fmt::Display for ClaimRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.value, self.role)
    }
}

/// Why settings of OpenID Connect do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOidc {
    /// A setting has no effect without an issuer.
    #[error("{0} needs an issuer: set --oidc-issuer (TIDINGS_OIDC_ISSUER)")]
    WithoutIssuer(&'static str),
    /// The issuer alone is not enough.
    #[error("--oidc-issuer (TIDINGS_OIDC_ISSUER) needs also {0}")]
    Needs(&'static str),
    /// Without this scope the issuer gives no ID token.
    #[error("--oidc-scope (TIDINGS_OIDC_SCOPE) must contain openid")]
    Scope,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn refused(flags: &str) -> String {
        let read = Settings::from_flags(flags.split_whitespace());
        read.expect_err(flags).to_string()
    }

    #[test]
    fn what_goes_together_is_named() {
        let issuer = "--oidc-issuer https://a.example";
        let client = "--oidc-client-id tidings";
        let role = "--oidc-role staff=viewer";
        let token = "--admin-token 0123456789abcdef";
        for (flags, needed) in [
            (client.to_owned(), "--oidc-issuer"),
            (role.to_owned(), "--oidc-issuer"),
            (format!("{issuer} {role} {token}"), "--oidc-client-id"),
            (format!("{issuer} {client} {token}"), "--oidc-role"),
            (format!("{issuer} {client} {role}"), "--admin-token"),
            (
                format!("{issuer} {client} {role} {token} --oidc-scope=email"),
                "openid",
            ),
        ] {
            let why = refused(&flags);
            assert!(why.contains(needed), "{flags}: {why}");
        }
        let all = format!("{issuer} {client} {role} {token}");
        let settings = Settings::from_flags(all.split_whitespace()).expect("settings");
        assert_eq!(settings.oidc.roles().collect::<Vec<_>>(), ["viewer"]);
    }

    #[test]
    fn an_issuer_has_https_and_no_query() {
        for good in [
            "https://a.example",
            "https://a.example/realms/b",
            "http://127.0.0.1:1/",
        ] {
            assert_eq!(
                good.parse().as_ref().map(IssuerUrl::as_str),
                Ok(good),
                "exactly as it is given"
            );
        }
        for bad in [
            "http://a.example",
            "https://a.example?b",
            "https://a.example/#b",
            "a.example",
            "https://b@a.example",
        ] {
            assert!(bad.parse::<IssuerUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_may_have_an_equals_sign_and_a_role_not() {
        let mapped: ClaimRole = "cn=ops=operator".parse().expect("a mapping");
        assert_eq!(
            (mapped.value.as_str(), mapped.role.as_str()),
            ("cn=ops", "operator")
        );
        for bad in ["ops", "=operator", "ops=", ""] {
            assert!(bad.parse::<ClaimRole>().is_err(), "{bad}");
        }
    }
}
