//! Loads the history, and what has changed of it.

use leptos::{prelude::*, task::spawn_local};

use super::History;
use crate::{
    api::{Client, MessagesQuery},
    browser::{self, Timer},
    i18n::{self, interpolate, texts},
    message_history::{MessageHistory, is_for_any_of},
    pages::admin::Section,
    wire::MessageInfo,
};

/// Messages per request.
const PAGE: u32 = 50;
/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 250.0;

/// What to load when the timer fires.
#[derive(Default)]
pub(super) struct Due {
    timer: Option<Timer>,
    /// Whether messages may have been pushed.
    pub(super) pushed: bool,
    /// Whether everything has to be loaded again.
    pub(super) anew: bool,
    /// Whether to refresh messages to topics and to everyone. The server sends no updates of their receipts.
    pub(super) in_progress: bool,
    /// The clients whose receipts have changed.
    pub(super) moved: Vec<String>,
}

impl History {
    pub(super) fn ask(self, note: impl FnOnce(&mut Due)) {
        self.due.try_update_value(|due| {
            note(due);
            let ring = move || spawn_local(async move { self.refresh().await });
            due.timer
                .get_or_insert_with(|| Timer::after(BATCH_DELAY, ring));
        });
    }

    async fn refresh(self) {
        if self.current.is_disposed() || !untrack(|| self.current.is(Section::Messages)) {
            self.due.try_update_value(|due| due.timer = None);
            return;
        }
        if self
            .unanswered
            .try_get_value()
            .is_some_and(|count| count > 0)
        {
            self.due.try_update_value(|due| due.timer = None);
            self.ask(|_| {});
            return;
        }
        let Some(due) = self.due.try_update_value(std::mem::take) else {
            return;
        };
        if due.anew || due.pushed {
            let page = self.read(None, PAGE, move |messages, page, next| {
                if due.anew {
                    *messages = MessageHistory::default();
                }
                messages.renew(page, next);
            });
            page.await;
        }
        let now = browser::now();
        let affected_by = self.messages.try_read_untracked().map(|messages| {
            let in_progress = due.in_progress.then(|| messages.in_progress(now)).flatten();
            [messages.affected_by(&due.moved), in_progress]
        });
        for (before, count) in affected_by.into_iter().flatten().flatten() {
            self.read(before, count as u32, |messages, page, _| {
                messages.merge(page)
            })
            .await;
        }
        if let Some(open) = self.opened.message()
            && is_for_any_of(&open.message, &due.moved)
        {
            self.look_at(open.message.id.clone()).await;
        }
    }

    /// Loads a page, and applies it if the filter has not changed.
    async fn read(
        self,
        before: Option<String>,
        limit: u32,
        merge: impl FnOnce(&mut MessageHistory, Vec<MessageInfo>, Option<String>) + 'static,
    ) {
        let Some(wanted) = self.filter.try_query() else {
            return;
        };
        let query = MessagesQuery {
            before,
            limit: Some(limit),
            ..wanted.clone()
        };
        let answer = self.count(Client::new("").messages(&query)).await;
        match answer {
            Ok(page) if self.filter.try_query().as_ref() == Some(&wanted) => {
                self.messages
                    .update(|messages| merge(messages, page.messages, page.next));
                self.loaded.try_set(true);
                self.wrong.try_set(None);
            }
            Ok(_) => {}
            Err(error) => {
                self.session.check_unauthorized(&error);
                let why = i18n::error(&error);
                let said = interpolate(texts().messages.failed, &[("why", &why)]);
                self.wrong.try_set(Some(said));
            }
        }
    }

    /// Counts a request until its answer.
    pub(super) async fn count<T>(self, request: impl Future<Output = T>) -> T {
        self.unanswered.try_update_value(|count| *count += 1);
        let answer = request.await;
        self.unanswered.try_update_value(|count| *count -= 1);
        answer
    }

    /// Loads older messages.
    pub(super) fn read_on(self) {
        let before = self.messages.read_untracked().next();
        spawn_local(async move {
            self.read(before, PAGE, MessageHistory::append).await;
        });
    }
}
