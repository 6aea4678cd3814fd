//! The rules of access when the settings change, and what is counted across such changes.

use std::sync::Arc;

use super::{Auth, FindSession, Jwks, Refusal, role::Roles, token::Tokens};
use crate::{config::Settings, metrics::CounterFamily};

impl Auth {
    /// The rules of other settings, with the attempts and counts of these. Whether there is an admin token does not
    /// change.
    #[must_use]
    pub fn reloaded(&self, settings: &Settings) -> Self {
        let admin = self.admin.as_ref();
        let nobody = || -> FindSession { Arc::new(|_| None) };
        let find = admin.map_or_else(nobody, |admin| Arc::clone(&admin.find_session));
        let roles = Roles::of(settings);
        self.people.set_roles(&roles);
        self.keys.set_roles(roles);
        let (keys, people) = (Arc::clone(&self.keys), Arc::clone(&self.people));
        let mut new = Self::new(settings, find, keys, people);
        new.session_streams = Arc::clone(&self.session_streams);
        new.stream = Tokens::new(settings, self.jwks().cloned());
        // Its settings do not change while the server runs.
        new.oidc = self.oidc.clone();
        new.failures = Arc::clone(&self.failures);
        if let (Some(new), Some(admin)) = (&mut new.admin, admin) {
            new.attempts = Arc::clone(&admin.attempts);
        }
        new.forged = Arc::clone(&self.forged);
        new.limit_failures(settings);
        new
    }

    /// Takes the limit of wrong tokens from the settings.
    pub(super) fn limit_failures(&self, settings: &Settings) {
        let per_minute = settings.limits.rates.limit_failures;
        let of_admin = self.admin.iter().map(|admin| &admin.attempts);
        of_admin
            .chain([&self.forged])
            .for_each(|limit| limit.set(per_minute));
        self.people.guesses.set(per_minute);
    }

    /// The keys that an issuer publishes, if the settings say where.
    pub fn jwks(&self) -> Option<&Arc<Jwks>> {
        self.stream.as_ref()?.jwks()
    }

    /// Counts a request that was refused.
    pub fn count_failure(&self, refusal: &Refusal) {
        self.failures.inc(refusal.kind.name());
    }

    /// Requests that were refused, by kind.
    pub fn failures(&self) -> &CounterFamily {
        &self.failures
    }
}
