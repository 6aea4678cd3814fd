//! Parses the bodies of requests for people.

use app::wire::{KeyRequest, KeyUpdate, PersonRequest, PersonUpdate};

use crate::{
    auth::{Access, check_new_password, parse_name},
    http::{Code, Error, keys},
    log::PersonName,
};

/// A name to sign in with.
pub fn name(name: &str) -> Result<PersonName, Error> {
    parse_name(name).map_err(|why| Error::invalid("name", why))
}

/// Refuses a new password that is easy to guess. `field` has it.
pub fn check_password(field: &str, password: &str, name: &str) -> Result<(), Error> {
    check_new_password(password, name).map_err(|why| Error::invalid(field, why))
}

/// Refuses what only the person can do, and what the person does in another way.
pub fn check_own(update: &PersonUpdate, is_own: bool) -> Result<(), Error> {
    if update.totp == Some(true) {
        let why = "can only be false: nobody but the person can set up a second factor";
        return Err(Error::invalid("totp", why));
    }
    let (field, path) = match (&update.password, update.totp) {
        (Some(_), _) => ("password", "/api/account/password"),
        (None, Some(_)) => ("totp", "/api/account/totp/remove"),
        (None, None) => return Ok(()),
    };
    match is_own {
        true => {
            let detail = format!("this is your own: change it with POST {path} and your password");
            Err(Error::new(Code::Forbidden, detail).field(field))
        }
        false => Ok(()),
    }
}

/// What a new person is given.
pub fn access(request: PersonRequest) -> Access {
    keys::access_of(KeyRequest {
        role: request.role,
        permissions: request.permissions,
        clients: request.clients,
        topics: request.topics,
        everyone: request.everyone,
        ..KeyRequest::default()
    })
}

/// What a person has after a change, as [`keys::updated_access`].
pub fn updated_access(stored: &str, update: PersonUpdate) -> Option<Access> {
    keys::updated_access(
        stored,
        KeyUpdate {
            role: update.role,
            permissions: update.permissions,
            clients: update.clients,
            topics: update.topics,
            everyone: update.everyone,
            ..KeyUpdate::default()
        },
    )
}
