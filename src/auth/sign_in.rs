//! Signing in to the panel, and out.

use std::time::Instant;

use axum::http::request::Parts;

use super::{
    Action, Auth, Principal, Refusal, RefusalKind, Target, allows, credentials::remote,
    guess_limit::Guess, key_text, own_cookie::OwnCookie, password::PasswordError, people::folded,
    same_origin, session::NewSession, totp,
};
use crate::{config::Secret, log::StoredPerson, network::Network};

/// Why signing in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// What was shown is wrong, or the request is not allowed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The password was not checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The system has no random bits for the id of the session.
    #[error("no random bits: {0}")]
    NoRandomBits(#[from] getrandom::Error),
}

/// What a person shows.
#[derive(Debug)]
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// The code of the second factor.
    pub code: Option<String>,
}

/// Somebody has signed in, once the session is open.
pub struct SignedIn {
    /// Who.
    pub principal: Principal,
    /// The session to open. None: no admin token is configured, so none is needed.
    pub session: Option<NewSession>,
    /// Of a person: the version that was checked, and the step of the code.
    pub checked: Option<(u64, Option<u64>)>,
}

impl Auth {
    /// Checks the admin token, or an API key that may read.
    pub fn sign_in(&self, token: &str, parts: &Parts) -> Result<SignedIn, SignInError> {
        let Some(admin) = &self.admin else {
            return self.without_session(parts);
        };
        same_origin::check_origin(parts, &self.hosts)?;
        let check = || match key_text::is_key(token) {
            true => {
                let principal = Principal::Key(self.key(token, parts)?);
                allows(&principal, Action::Read, Target::Server)?;
                Ok(principal)
            }
            false => admin.check(token, parts).map(|()| Principal::Session),
        };
        let principal = check().map_err(|refusal: Refusal| refusal.field("token"))?;
        Ok(SignedIn {
            principal,
            session: Some(NewSession::random(&admin.digest)?),
            checked: None,
        })
    }

    /// Checks a name and a password, and a code if the person has a second factor. The answer for a name that nobody has is
    /// the same, and takes as long. `is_familiar`: whether the person has signed in from this address before. `now` is in
    /// milliseconds since 1970.
    pub async fn sign_in_person(
        &self,
        shown: Credentials,
        is_familiar: bool,
        parts: &Parts,
        now: u64,
    ) -> Result<SignedIn, SignInError> {
        let Some(admin) = &self.admin else {
            return self.without_session(parts);
        };
        same_origin::check_origin(parts, &self.hosts)?;
        let Credentials {
            name,
            password,
            code,
        } = shown;
        let stored = self.people.named(&name);
        // Somebody who signs in at an issuer has none.
        let hash = stored.as_ref().map(|stored| stored.password.clone());
        let hash = hash.filter(|hash| !hash.0.is_empty());
        let name = folded(&name);
        let guess = Guess {
            name: &name,
            network: Network::of(remote(parts)),
            is_familiar,
        };
        self.begin(guess)?;
        let is_right = self.people.passwords.verify(password, hash).await?;
        let person = stored
            .as_ref()
            .and_then(|stored| self.people.get(&stored.id));
        let (Some(stored), Some(person), true) = (stored, person, is_right) else {
            return Err(wrong(
                "there is nobody with this name and this password",
                "password",
            )
            .into());
        };
        let step = match (&stored.totp, code.as_deref()) {
            (None, _) => None,
            (Some(_), None | Some("")) => {
                self.people.guesses.not_wrong(guess);
                let detail = "this person has a second factor: send the code that the app shows";
                return Err(Refusal::new(RefusalKind::CodeNeeded, detail)
                    .field("code")
                    .into());
            }
            (Some(totp), Some(code)) => Some(totp::check(totp, code, now).ok_or_else(|| {
                let detail =
                    "the code is wrong, was used before, or is too old: wait for the next one";
                wrong(detail, "code")
            })?),
        };
        self.people.guesses.right(guess);
        let principal = Principal::Person(person);
        allows(&principal, Action::Read, Target::Server)?;
        Ok(SignedIn {
            principal,
            session: Some(NewSession::random(&admin.digest)?),
            checked: Some((stored.version, step)),
        })
    }

    /// Checks the password of a person who has signed in and changes something of their own.
    pub async fn check_password(
        &self,
        person: &StoredPerson,
        password: Secret,
        parts: &Parts,
    ) -> Result<(), SignInError> {
        let guess = Guess {
            name: &person.name.folded,
            network: Network::of(remote(parts)),
            is_familiar: true,
        };
        self.begin(guess)?;
        let hash = Some(person.password.clone());
        if !self.people.passwords.verify(password, hash).await? {
            let detail = "this is not the password";
            return Err(Refusal::new(RefusalKind::Forbidden, detail)
                .field("password")
                .into());
        }
        self.people.guesses.right(guess);
        Ok(())
    }

    fn begin(&self, guess: Guess<'_>) -> Result<(), Refusal> {
        let begun = self.people.guesses.begin(guess, Instant::now());
        begun.map_err(|reached| {
            let detail = format!("too many wrong passwords: wait {} s", reached.retry_after());
            Refusal::new(RefusalKind::TooManyTries, detail).limited(reached)
        })
    }

    /// A session that is to be opened. Fails without an admin token: there are no sessions then.
    pub fn new_session(&self) -> Result<NewSession, SignInError> {
        let admin = self.admin.as_ref().ok_or_else(|| {
            Refusal::new(
                RefusalKind::Forbidden,
                "there are no sessions without an admin token",
            )
        })?;
        Ok(NewSession::random(&admin.digest)?)
    }

    /// Where no admin token is configured, this machine needs no session.
    fn without_session(&self, parts: &Parts) -> Result<SignedIn, SignInError> {
        Ok(SignedIn {
            principal: self.principal(parts)?,
            session: None,
            checked: None,
        })
    }

    /// The hash of a new password.
    pub async fn hash(
        &self,
        password: Secret,
    ) -> Result<crate::log::Hidden<String>, PasswordError> {
        self.people.passwords.hash(password).await
    }

    /// The digests of the open sessions that are to be closed: those of all session cookies of the request.
    pub fn sign_out(&self, parts: &Parts) -> Result<Vec<[u8; 32]>, Refusal> {
        if self.admin.is_none() {
            return self.principal(parts).map(|_| Vec::new());
        }
        same_origin::check_origin(parts, &self.hosts)?;
        Ok(self.sessions_of(parts))
    }

    /// The digests of the open sessions of all session cookies of a request.
    pub fn sessions_of(&self, parts: &Parts) -> Vec<[u8; 32]> {
        let cookie = OwnCookie::Session.name(parts, &self.proxy);
        let admin = self.admin.iter();
        admin
            .flat_map(|admin| admin.sessions(parts, cookie))
            .map(|(digest, _)| digest)
            .collect()
    }
}

fn wrong(detail: &str, field: &'static str) -> Refusal {
    Refusal::new(RefusalKind::Unauthorized, detail).field(field)
}
