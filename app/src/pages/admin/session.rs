//! The admin session.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{ApiError, Client},
    browser,
    components::effect,
    erased_signal::ErasedSignal,
    i18n,
    wire::{Session, SignIn},
};

/// The session. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct AdminSession {
    /// None until the server has answered.
    session: ErasedSignal<Option<Session>>,
    pub(super) field_error: RwSignal<Option<String>>,
    pub(super) busy: RwSignal<bool>,
    /// Whether the password was right, and the code of a second factor is missing.
    pub(super) needs_code: RwSignal<bool>,
    /// Whether the stream of the panel was refused the server's own topics, as it is to who may not read everything.
    pub(super) refused: RwSignal<bool>,
}

impl AdminSession {
    pub(super) fn new() -> Self {
        let session = Self {
            session: ErasedSignal::new(None),
            field_error: RwSignal::new(None),
            busy: RwSignal::new(false),
            needs_code: RwSignal::new(false),
            refused: RwSignal::new(false),
        };
        effect(move || {
            spawn_local(async move { session.ask().await });
        });
        session
    }

    /// The session as the server has answered it.
    pub(super) fn shown(self) -> ErasedSignal<Option<Session>> {
        self.session
    }

    /// Whether the caller is an admin.
    pub(super) fn is_admin(self) -> bool {
        self.session
            .with(|session| session.as_ref().is_some_and(|session| session.admin))
    }

    /// Whether the caller may do this, to some clients or topics at least.
    pub(super) fn may(self, action: &str) -> bool {
        self.session
            .with(|session| session.as_ref().is_some_and(|session| session.may(action)))
    }

    /// Whether the caller is known not to be an admin.
    pub(super) fn needs_sign_in(self) -> bool {
        self.session
            .with(|session| session.as_ref().is_some_and(|session| !session.admin))
    }

    /// Whether the server has an admin token.
    pub(super) fn has_token(self) -> bool {
        self.session.with(|session| {
            session
                .as_ref()
                .is_some_and(|session| session.token_required)
        })
    }

    /// Loads the session, with retries until the server answers, for example after a restart.
    pub(super) async fn ask(self) {
        match Client::new("").session().await {
            Ok(session) => {
                self.session.set(Some(session));
            }
            Err(error) => {
                self.field_error.try_set(Some(i18n::error(&error)));
                let again = browser::Timer::after(2_000.0, move || {
                    spawn_local(async move { Box::pin(self.ask()).await });
                });
                again.detach();
            }
        }
    }

    /// Whether there are people who sign in with a name and a password.
    pub(super) fn has_people(self) -> bool {
        self.session
            .with(|session| session.as_ref().is_some_and(|session| session.people))
    }

    /// The name of the issuer whose accounts may sign in, if there is one.
    pub(super) fn issuer(self) -> Option<String> {
        self.session
            .with(|session| session.as_ref().and_then(|session| session.oidc.clone()))
    }

    /// Whether a person has signed in with a password, and not a token, or an account of an issuer.
    pub(super) fn is_person(self) -> bool {
        let is = |session: &Session| session.person.is_some() && session.issuer.is_none();
        self.session
            .with(|session| session.as_ref().is_some_and(is))
    }

    pub(super) fn sign_in(self, sign_in: SignIn) {
        self.busy.set(true);
        spawn_local(async move {
            match Client::new("").sign_in(&sign_in).await {
                Ok(session) => {
                    self.field_error.try_set(None);
                    self.needs_code.try_set(false);
                    self.session.set(Some(session));
                }
                Err(ApiError::Problem(problem)) if problem.code == "code_needed" => {
                    self.field_error.try_set(None);
                    self.needs_code.try_set(true);
                }
                Err(error) => {
                    self.field_error.try_set(Some(i18n::error(&error)));
                }
            }
            self.busy.try_set(false);
        });
    }

    pub(super) fn sign_out(self) {
        spawn_local(async move {
            match Client::new("").sign_out().await {
                Ok(()) => self.ask().await,
                Err(error) => {
                    self.field_error.try_set(Some(i18n::error(&error)));
                }
            }
        });
    }

    /// Marks the session as ended if a call was refused for that reason.
    pub(super) fn check_unauthorized(self, error: &ApiError) {
        if error.is_unauthorized() {
            self.session.update(|session| {
                if let Some(session) = session {
                    session.admin = false;
                }
            });
        }
    }
}
