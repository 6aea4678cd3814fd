//! Who may come in.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{ApiError, Client},
    browser,
    components::effect,
    erased_signal::ErasedSignal,
    i18n,
    wire::{Session, SignIn},
};

/// The door of the panel. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct AdminSession {
    /// None until the server has been asked.
    session: ErasedSignal<Option<Session>>,
    pub(super) field_error: RwSignal<Option<String>>,
    pub(super) busy: RwSignal<bool>,
}

impl AdminSession {
    pub(super) fn new() -> Self {
        let session = Self {
            session: ErasedSignal::new(None),
            field_error: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        effect(move || {
            spawn_local(async move { session.ask().await });
        });
        session
    }

    /// Whether this is an admin.
    pub(super) fn is_admin(self) -> bool {
        self.session
            .with(|session| session.is_some_and(|session| session.admin))
    }

    /// Whether it is known that this is no admin.
    pub(super) fn needs_sign_in(self) -> bool {
        self.session
            .with(|session| session.is_some_and(|session| !session.admin))
    }

    /// Whether the server has a token to ask for.
    pub(super) fn has_token(self) -> bool {
        self.session
            .with(|session| session.is_some_and(|session| session.token_required))
    }

    /// Asks until the server answers: a panel that was opened during a restart comes up after it.
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

    pub(super) fn sign_in(self, token: String) {
        self.busy.set(true);
        spawn_local(async move {
            match Client::new("").sign_in(&SignIn { token }).await {
                Ok(session) => {
                    self.field_error.try_set(None);
                    self.session.set(Some(session));
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

    /// Takes note when a call was refused because the session has ended.
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
