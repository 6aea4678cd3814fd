//! Signing in to the panel with an account of the issuer, for a request.

use std::time::Instant;

use axum::http::{header, request::Parts};

use super::{
    Action, Auth, Principal, Refusal, RefusalKind, SignInError, SignedIn, Target,
    access::IssuerAccount,
    admin_token::AdminToken,
    allows, cookie,
    credentials::remote,
    oidc::{Begun, Confirmed, NoRole, Oidc, OidcError},
    own_cookie::{OwnCookie, is_https},
    people::Person,
    same_origin,
};
use crate::query::Pairs;

/// Where the issuer sends the browser back to.
pub const CALLBACK: &str = "/api/session/oidc/callback";

/// The first page of the panel.
const PANEL: &str = "/admin";

/// The longest path that a browser is sent to afterwards, in bytes.
const MAX_PATH: usize = 512;

/// Why a sign-in with an account of the issuer failed.
#[derive(Debug, thiserror::Error)]
pub enum OidcSignInError {
    /// The request is not allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No issuer is configured.
    #[error("no OpenID Connect issuer is configured: see --oidc-issuer")]
    NotConfigured,
    /// The server does not know its own URL.
    #[error("the request names no host, and --public-url is not set")]
    NoHost,
    /// Where to go afterwards is not a page of the panel.
    #[error("must be a path of the panel, such as /admin/keys")]
    Elsewhere,
    /// The issuer, or this server, can't do it now.
    #[error(transparent)]
    Oidc(#[from] OidcError),
}

impl Auth {
    /// The issuer, if one is configured.
    pub fn oidc(&self) -> Option<&Oidc> {
        self.oidc.as_deref()
    }

    fn oidc_with_key(&self) -> Result<(&Oidc, &AdminToken), OidcSignInError> {
        let both = self.oidc().zip(self.admin.as_ref());
        both.ok_or(OidcSignInError::NotConfigured)
    }

    /// Begins a sign-in for the browser that sends this request. `to`: where it goes afterwards. `now` is in milliseconds since
    /// 1970.
    pub async fn begin_oidc(
        &self,
        parts: &Parts,
        to: Option<&str>,
        now: u64,
    ) -> Result<Begun, OidcSignInError> {
        let (oidc, admin) = self.oidc_with_key()?;
        same_origin::check_origin(parts, &self.hosts)?;
        let to = match to {
            Some(to) if is_of_panel(to) => to.to_owned(),
            Some(_) => return Err(OidcSignInError::Elsewhere),
            None => self.page_before(parts).unwrap_or_else(|| PANEL.to_owned()),
        };
        let callback = self.callback(parts)?;
        let sessions = self.sessions_of(parts);
        let begun = oidc.begin(&admin.digest, &callback, &to, &sessions, now);
        Ok(begun.await?)
    }

    /// Finishes a sign-in. The browser came back from the issuer with this query.
    pub async fn finish_oidc(
        &self,
        parts: &Parts,
        query: &Pairs,
        now: u64,
    ) -> Result<Confirmed, OidcSignInError> {
        let (oidc, admin) = self.oidc_with_key()?;
        let callback = self.callback(parts)?;
        let name = OwnCookie::SignIn.name(parts, &self.proxy);
        let cookies = cookie::values(&parts.headers, name);
        let finished = match oidc.attempt(&admin.digest, query, cookies, now) {
            Ok(attempt) => oidc.finish(&admin.digest, &callback, query, attempt).await,
            Err(error) => Err(error),
        };
        finished.map_err(|error| {
            let refusal = |kind| OidcSignInError::Refused(Refusal::new(kind, error.to_string()));
            match &error {
                OidcError::Denied(_) => refusal(RefusalKind::Forbidden),
                OidcError::Unavailable(_) | OidcError::Busy | OidcError::NoRandomBits(_) => {
                    error.into()
                }
                // Counted as a wrong token is.
                OidcError::NotBegun
                | OidcError::Used
                | OidcError::NoCode
                | OidcError::OtherIssuer
                | OidcError::Code(_)
                | OidcError::Token(_) => {
                    match admin.attempts.check(remote(parts), false, Instant::now()) {
                        Ok(_) => refusal(RefusalKind::Unauthorized),
                        Err(none) => Refusal::from(none).into(),
                    }
                }
            }
        })
    }

    /// Whether the issuer with which a person has signed in still is the one of the settings.
    pub(super) fn may_go_on(&self, person: &Person) -> bool {
        let Some(account) = &person.account else {
            return true;
        };
        let oidc = self.oidc.as_ref();
        oidc.is_some_and(|oidc| oidc.issuer() == account.issuer)
    }

    /// The session of the person with this account, if they may read.
    pub fn sign_in_account(&self, account: &IssuerAccount) -> Result<SignedIn, SignInError> {
        let stored = self.people.with_account(account);
        let person = stored
            .as_ref()
            .and_then(|stored| self.people.get(&stored.id));
        let session = self.new_session()?;
        let (Some(stored), Some(person)) = (stored, person) else {
            return Err(removed().into());
        };
        let principal = Principal::Person(person);
        allows(&principal, Action::Read, Target::Server)?;
        Ok(SignedIn {
            principal,
            session: Some(session),
            checked: Some((stored.version, None)),
        })
    }

    /// The URL of the callback, as it is registered at the issuer: below the public URL, or else at the host of the request.
    fn callback(&self, parts: &Parts) -> Result<String, OidcSignInError> {
        if let Some(public) = &self.proxy.public_url {
            return Ok(format!("{public}{CALLBACK}"));
        }
        let hosts = same_origin::hosts(parts).unwrap_or_default();
        let host = hosts.first().ok_or(OidcSignInError::NoHost)?;
        let scheme = match is_https(parts, &self.proxy) {
            true => "https",
            false => "http",
        };
        Ok(format!("{scheme}://{host}{CALLBACK}"))
    }

    /// The page of the panel on which the link was.
    fn page_before(&self, parts: &Parts) -> Option<String> {
        let referer = parts.headers.get(header::REFERER)?.to_str().ok()?;
        let (_, rest) = referer.split_once("://")?;
        let path = &rest[rest.find('/')?..];
        let path = path.strip_prefix(self.proxy.path())?;
        is_of_panel(path).then(|| path.to_owned())
    }
}

impl From<NoRole> for Refusal {
    fn from(why: NoRole) -> Self {
        Self::new(RefusalKind::Forbidden, why.to_string())
    }
}

fn removed() -> Refusal {
    let detail = "this account was removed at this moment: sign in again";
    Refusal::new(RefusalKind::Unauthorized, detail)
}

/// Whether this is the path of a page of the panel, perhaps with a query. So no browser is sent to another server, and to no
/// other page of this one.
fn is_of_panel(to: &str) -> bool {
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_~".contains(c);
    let is_path = match path.strip_prefix(PANEL) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix('/')
            .is_some_and(|place| !place.is_empty() && place.chars().all(plain)),
        None => false,
    };
    let in_query = |c: char| c.is_ascii_alphanumeric() || "-._~%=&+*/:@,".contains(c);
    is_path && to.len() <= MAX_PATH && query.chars().all(in_query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_panel_are_gone_to() {
        for good in [
            "/admin",
            "/admin/keys",
            "/admin/audit?caller=a%20b&since=1",
            "/admin?x",
        ] {
            assert!(is_of_panel(good), "{good}");
        }
        for bad in [
            "",
            "admin",
            "/",
            "/adminx",
            "/admin/",
            "/admin//evil.example",
            "//evil.example/admin",
            "/admin/../push",
            "/admin/keys/x",
            "/admin\\evil",
            "/admin/\n",
            "/admin?a\"b",
            "/admin#x",
            "https://evil.example/admin",
            "/push?client_id=a&message=b",
            &format!("/admin?{}", "x".repeat(600)),
        ] {
            assert!(!is_of_panel(bad), "{bad}");
        }
    }
}
