//! How much a caller may push.

use crate::{
    auth::Principal,
    config::RateLimits,
    http::{AppState, Error},
};

/// Counts a push of so many bytes of data, or refuses it if its caller has pushed too much.
pub fn check_rates(
    caller: &Principal,
    state: &AppState,
    rates: &RateLimits,
    bytes: usize,
) -> Result<(), Error> {
    let is_limited =
        matches!(caller, Principal::Key(_) | Principal::Person(_)) || rates.limit_admin;
    if is_limited {
        state.limits.push(rates, caller.id(), bytes)?;
    }
    if let Principal::Key(text) = caller {
        text.key.take_push()?;
    }
    Ok(())
}

/// A push that was parsed was refused afterwards: it does not count for the quota of its caller.
pub fn not_pushed(caller: &Principal) {
    if let Principal::Key(text) = caller {
        text.key.give_push_back();
    }
}
