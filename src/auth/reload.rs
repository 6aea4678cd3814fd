//! The rules of access when the settings change, and what is counted across such changes.

use std::sync::Arc;

use super::{Auth, FindSession, Refusal, role::Roles};
use crate::{config::Settings, metrics::CounterFamily};

impl Auth {
    /// The rules of other settings, with the attempts and counts of these. Whether there is an admin token does not
    /// change.
    #[must_use]
    pub fn reloaded(&self, settings: &Settings) -> Self {
        let admin = self.admin.as_ref();
        let nobody = || -> FindSession { Arc::new(|_| None) };
        let find = admin.map_or_else(nobody, |admin| Arc::clone(&admin.find_session));
        self.keys.set_roles(Roles::of(settings));
        let mut new = Self::new(settings, find, Arc::clone(&self.keys));
        new.failures = Arc::clone(&self.failures);
        if let (Some(new), Some(admin)) = (&mut new.admin, admin) {
            new.attempts = Arc::clone(&admin.attempts);
        }
        new
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
