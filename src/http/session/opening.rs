//! Opens sessions, or says why not.

use axum::http::{header, request::Parts};

use crate::{
    auth::{Auth, NewSession, PasswordError, Principal, SESSION_LIFETIME, SignInError, remote},
    broker::Broker,
    http::{Code, Error, audited::address},
    log::{OpenedBy, PersonChange, SessionChange},
    network::Network,
};

/// How much of the name of a program is stored, in characters.
const PROGRAM: usize = 200;

/// Opens a session. `checked`: see [`SignedIn`](crate::auth::SignedIn).
pub async fn open(
    broker: &Broker,
    principal: &Principal,
    session: &NewSession,
    checked: Option<(u64, Option<u64>)>,
    parts: &Parts,
) -> Result<(), Error> {
    let log = broker.log();
    let mut change = session_to_open(log.now(), session, parts);
    match (principal, checked) {
        (Principal::Person(person), Some((version, step))) => {
            let sign_in = PersonChange::SignIn {
                id: person.id.to_string(),
                version,
                step,
                session: change,
            };
            log.change_person(sign_in).await?;
            if log.session(&session.digest).is_none() {
                let detail =
                    "the code was used before, or the password has just changed: sign in again";
                return Err(Error::new(Code::Unauthorized, detail).field("code"));
            }
        }
        _ => {
            if let Principal::Key(key) = principal {
                change.key = Some(key.digest);
            }
            log.open_session(change).await?;
        }
    }
    Ok(())
}

/// A session that is opened for this request now (milliseconds since 1970).
pub fn session_to_open(now: u64, session: &NewSession, parts: &Parts) -> SessionChange {
    let lifetime = SESSION_LIFETIME.as_secs() * 1000;
    let program = parts.headers.get(header::USER_AGENT);
    let program = program.and_then(|value| value.to_str().ok());
    SessionChange {
        digest: session.digest,
        ends_at: Some(now.saturating_add(lifetime)),
        key: None,
        from: address(parts).map(|address| address.to_string()),
        program: program.map(|text| text.chars().take(PROGRAM).collect()),
    }
}

/// Whether the person of this name has signed in from the address of the request before: last time, or with a session that
/// is open.
pub fn is_familiar(auth: &Auth, broker: &Broker, name: &str, parts: &Parts) -> bool {
    let Some(person) = auth.people().named(name) else {
        return false;
    };
    let here = Network::of(remote(parts));
    let is_here =
        |from: Option<&str>| Network::of_address(from.and_then(|from| from.parse().ok())) == here;
    let last = person.signed_in.as_ref();
    if last.is_some_and(|last| is_here(last.from.as_deref())) {
        return true;
    }
    let sessions = broker.log().sessions();
    sessions.iter().any(|(_, session)| {
        matches!(&session.by, OpenedBy::Person(id) if *id == person.id)
            && is_here(session.from.as_deref())
    })
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::new(Code::TooManyTries, error.to_string()),
            PasswordError::Failed(why) => {
                tracing::error!("{why}");
                Self::internal()
            }
        }
    }
}

/// Why somebody could not sign in, or could not show a password.
pub fn refused(auth: &Auth, error: SignInError) -> Error {
    match error {
        SignInError::Refused(refusal) => {
            auth.count_failure(&refusal);
            refusal.into()
        }
        SignInError::Password(error) => error.into(),
        SignInError::NoRandomBits(error) => {
            tracing::error!(%error, "no random bits for a session");
            Error::new(Code::Internal, "the server could not create a session")
        }
    }
}
