//! What the server knows of the past of a client: messages to it with their receipts, and entries of the audit trail.

use leptos::{prelude::*, task::spawn_local};

use super::super::AdminSession;
use crate::{
    api::{AudienceQuery, AuditQuery, Client, MessagesQuery},
    browser::Timer,
    erased_signal::ErasedSignal,
    i18n,
    wire::{AuditInfo, MessageInfo},
};

/// Messages that are loaded at first, and each time somebody asks for older ones.
const PAGE: u32 = 50;

/// Entries of the audit trail that are loaded.
const ENTRIES: u32 = 100;

/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 250.0;

/// The past of a client. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct ClientHistory {
    pub(super) session: AdminSession,
    id: StoredValue<String>,
    /// Messages, newest first.
    pub(super) messages: ErasedSignal<Vec<MessageInfo>>,
    /// Whether messages have been loaded.
    pub(super) loaded: RwSignal<bool>,
    /// The cursor before which there are older ones.
    pub(super) next: RwSignal<Option<String>>,
    /// Entries of the audit trail, newest first.
    pub(super) entries: ErasedSignal<Vec<AuditInfo>>,
    /// Why it could not be loaded.
    pub(super) wrong: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl ClientHistory {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            id: StoredValue::default(),
            messages: ErasedSignal::default(),
            loaded: RwSignal::new(false),
            next: RwSignal::new(None),
            entries: ErasedSignal::default(),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(None),
        }
    }

    /// Loads the past of the client that is shown then again, shortly.
    pub(super) fn load_soon(self) {
        self.due.try_update_value(|due| {
            due.get_or_insert_with(|| {
                Timer::after(BATCH_DELAY, move || {
                    self.due.try_set_value(None);
                    self.load(self.id.try_get_value().unwrap_or_default());
                })
            });
        });
    }

    /// Loads the past of this client.
    pub(super) fn load(self, id: String) {
        if self.id.try_get_value().as_ref() != Some(&id) {
            self.id.try_set_value(id.clone());
            self.messages.set(Vec::new());
            self.entries.set(Vec::new());
            self.loaded.try_set(false);
            self.next.try_set(None);
        }
        if id.is_empty() {
            return;
        }
        spawn_local(async move {
            self.take_messages(id.clone(), None).await;
            if untrack(|| self.session.may("manage")) {
                self.take_entries(id).await;
            }
        });
    }

    /// Loads older messages.
    pub(super) fn load_older(self) {
        let (id, before) = (self.id.get_value(), self.next.get_untracked());
        spawn_local(async move { self.take_messages(id, before).await });
    }

    async fn take_messages(self, id: String, before: Option<String>) {
        let query = MessagesQuery {
            limit: Some(PAGE),
            before: before.clone(),
            audience: Some(AudienceQuery::Client(id.clone())),
            ..MessagesQuery::default()
        };
        let answer = Client::new("").messages(&query).await;
        if self.id.try_get_value() != Some(id) {
            return;
        }
        match answer {
            Ok(page) => {
                self.wrong.set(None);
                self.messages.update(|messages| {
                    if before.is_none() {
                        messages.clear();
                    }
                    messages.extend(page.messages);
                });
                self.next.set(page.next);
                self.loaded.try_set(true);
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.set(Some(i18n::error(&error)));
            }
        }
    }

    async fn take_entries(self, id: String) {
        let query = AuditQuery {
            limit: Some(ENTRIES),
            client: Some(id.clone()),
            ..AuditQuery::default()
        };
        let answer = Client::new("").audit(&query).await;
        if self.id.try_get_value() != Some(id) {
            return;
        }
        match answer {
            Ok(page) => self.entries.set(page.entries),
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.wrong.set(Some(i18n::error(&error)));
            }
        }
    }
}
