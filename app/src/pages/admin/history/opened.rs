//! The message whose details are shown. Its id is in the URL, and going back in the browser closes it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    api::ApiError,
    browser,
    components::effect,
    erased_signal::ErasedSignal,
    i18n::{self, texts},
    pages::admin::{AdminSession, CurrentSection, Section},
    wire::MessageDetail,
};

/// The parameter of the URL, with what is around it.
const PARAMETER: &str = "message=";

/// See the module documentation. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct OpenedMessage {
    session: AdminSession,
    /// Its id; empty: none is open.
    pub(super) id: RwSignal<String>,
    pub(super) detail: ErasedSignal<Option<Arc<MessageDetail>>>,
    /// Why the details could not be loaded.
    pub(super) wrong: RwSignal<Option<String>>,
    /// Whether the entry before in the history of the browser is the same list, without the message.
    is_after_list: StoredValue<bool>,
    listener: StoredValue<Option<browser::Listener>, LocalStorage>,
}

impl OpenedMessage {
    pub(super) fn new(session: AdminSession) -> Self {
        let opened = Self {
            session,
            id: RwSignal::default(),
            detail: ErasedSignal::new(None),
            wrong: RwSignal::new(None),
            is_after_list: StoredValue::new(false),
            listener: StoredValue::new_local(None),
        };
        effect(move || {
            opened.wrong.set(None);
            if opened.id.with(String::is_empty) {
                opened.detail.set(None);
            }
        });
        opened
    }

    pub(super) fn is_open(self) -> bool {
        self.id.with_untracked(|id| !id.is_empty())
    }

    /// The details, if they are loaded.
    pub(super) fn message(self) -> Option<Arc<MessageDetail>> {
        let detail = self.detail.try_read_untracked()?;
        Option::clone(&detail)
    }

    /// Opens a message.
    pub(super) fn open(self, id: String) {
        if !self.is_open() {
            // The URL of the message takes the place of this entry.
            browser::repeat_url();
            self.is_after_list.set_value(true);
        }
        self.show(id);
    }

    /// Shows another message in place of the one that is open.
    pub(super) fn show(self, id: String) {
        if self.id.with_untracked(|now| *now != id) {
            self.id.set(id);
        }
    }

    /// Closes it.
    pub(super) fn close(self) {
        let goes_back = self.is_after_list.get_value();
        self.stay();
        self.id.set(String::new());
        if goes_back {
            browser::go_back();
        }
    }

    /// The list has changed: closing does not go back to what it was before.
    pub(super) fn stay(self) {
        self.is_after_list.set_value(false);
    }

    /// Takes the details, if the message is still open.
    pub(super) fn take(self, id: &str, answer: Result<MessageDetail, ApiError>) {
        if self.id.try_get_untracked().as_deref() != Some(id) {
            return;
        }
        match answer {
            Ok(detail) => {
                self.wrong.try_set(None);
                self.detail.set(Some(Arc::new(detail)));
            }
            Err(error) => {
                self.session.check_unauthorized(&error);
                self.detail.set(None);
                let is_gone = matches!(&error, ApiError::Problem(problem) if problem.status == 404);
                self.wrong.try_set(Some(match is_gone {
                    true => texts().messages.message_gone.to_owned(),
                    false => i18n::error(&error),
                }));
            }
        }
    }

    /// Opens and closes it as the browser goes back and forward.
    pub(super) fn follow_the_browser(self, current: CurrentSection) {
        effect(move || {
            let follow = move |query: &str| {
                if !current.is_disposed() && untrack(|| current.is(Section::Messages)) {
                    self.stay();
                    self.show(message_of(query).to_owned());
                }
            };
            self.listener.set_value(Some(browser::on_back(follow)));
        });
    }
}

/// The id of the message in a query. Ids need no encoding.
fn message_of(query: &str) -> &str {
    let pairs = query.trim_start_matches('?').split('&');
    pairs
        .filter_map(|pair| pair.strip_prefix(PARAMETER))
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_query_is_found() {
        assert_eq!(message_of("?q=a&message=k3-7"), "k3-7");
        assert_eq!(message_of("?message=k3-7&q=a"), "k3-7");
        assert_eq!(message_of("?q=message"), "");
        assert_eq!(message_of(""), "");
    }
}
