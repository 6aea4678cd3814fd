//! Passwords and their hashes.
//!
//! Argon2id with the parameters that OWASP recommends: 19 MiB, two passes, one lane. A guess costs as much as a sign-in, so
//! it runs on a thread for blocking work, and only a few at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use tokio::sync::Semaphore;

use crate::{config::Secret, log::Hidden};

/// How many passwords are hashed at once. Each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;

/// How many may wait for it.
const MAX_WAITING: usize = 64;

/// The shortest password, in characters.
const SHORTEST: usize = 10;

/// The longest password, in bytes.
const LONGEST: usize = 256;

/// Checked where there is no person of that name, so that the answer takes as long. No password has this hash.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many others are being hashed.
    #[error("too many people sign in at this moment: try again in a second")]
    Busy,
    /// The system has no random bits for a salt, or no memory.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// Hashes passwords.
#[derive(Debug)]
pub(super) struct Passwords {
    permits: Semaphore,
    waiting: AtomicUsize,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            permits: Semaphore::new(AT_ONCE),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Passwords {
    /// The hash of a new password, with a random salt (PHC string format).
    pub async fn hash(&self, password: Secret) -> Result<Hidden<String>, PasswordError> {
        let mut salt = [0; 16];
        let failed = |why: &dyn std::fmt::Display| PasswordError::Failed(why.to_string());
        getrandom::fill(&mut salt).map_err(|why| failed(&why))?;
        let salt = SaltString::encode_b64(&salt).map_err(|why| failed(&why))?;
        let hash = move || {
            let hash = Argon2::default().hash_password(password.expose().as_bytes(), &salt);
            hash.map(|hash| Hidden(hash.to_string()))
        };
        self.run(hash).await?.map_err(|why| failed(&why))
    }

    /// Whether a password has this hash. Without a hash, it takes as long and is wrong.
    pub async fn verify(
        &self,
        password: Secret,
        hash: Option<Hidden<String>>,
    ) -> Result<bool, PasswordError> {
        let verify = move || {
            let text = hash.as_ref().map_or(NOBODY, |hash| &hash.0);
            let parsed = PasswordHash::new(text);
            let password = password.expose().as_bytes();
            let is_right = parsed.is_ok_and(|parsed| {
                let verified = Argon2::default().verify_password(password, &parsed);
                verified.is_ok()
            });
            is_right && hash.is_some()
        };
        self.run(verify).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let waiting = Waiting::enter(&self.waiting).ok_or(PasswordError::Busy)?;
        let permit = self.permits.acquire().await;
        drop(waiting);
        let done = tokio::task::spawn_blocking(work).await;
        drop(permit);
        done.map_err(|why| PasswordError::Failed(why.to_string()))
    }
}

/// Counts one that waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(number: &'a AtomicUsize) -> Option<Self> {
        let entered = Self(number);
        (number.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(entered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Refuses a new password that is too short, too long, or the name. Fails with the reason.
pub fn check_new_password(password: &str, name: &str) -> Result<(), String> {
    if password.chars().count() < SHORTEST {
        return Err(format!("must have at least {SHORTEST} characters"));
    }
    if password.len() > LONGEST {
        return Err(format!("must have at most {LONGEST} bytes"));
    }
    if password.to_lowercase() == name.to_lowercase() {
        return Err("must not be the name".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        text.to_owned().into()
    }

    #[tokio::test]
    async fn a_password_has_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = || async { passwords.hash(secret("correct horse")).await };
        let (one, two) = (hash().await.expect("a hash"), hash().await.expect("a hash"));
        assert!(one.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(one.0, two.0, "each has its own salt");
        let verify = |text: &'static str, hash: Option<Hidden<String>>| {
            let passwords = &passwords;
            async move { passwords.verify(secret(text), hash).await.expect("done") }
        };
        assert!(verify("correct horse", Some(one.clone())).await);
        assert!(!verify("Correct horse", Some(one)).await);
        assert!(!verify("correct horse", None).await);
        assert!(!verify("x", Some(Hidden("no hash".to_owned()))).await);
    }

    #[test]
    fn the_hash_of_nobody_takes_as_long_as_others() {
        let parsed = PasswordHash::new(NOBODY).expect("a hash");
        let params = argon2::Params::try_from(&parsed).expect("parameters");
        let ours = argon2::Params::default();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (ours.m_cost(), ours.t_cost(), ours.p_cost())
        );
        assert_eq!(
            (ours.m_cost(), ours.t_cost(), ours.p_cost()),
            (19 * 1024, 2, 1)
        );
    }

    #[test]
    fn a_new_password_is_long_enough_and_not_the_name() {
        assert!(check_new_password("ten letter", "ada").is_ok());
        assert!(check_new_password("short one", "ada").is_err());
        assert!(check_new_password("张张张张张张张张张张", "ada").is_ok());
        assert!(check_new_password("Ada.Lovelace", "ada.lovelace").is_err());
        assert!(check_new_password(&"x".repeat(257), "ada").is_err());
    }
}
