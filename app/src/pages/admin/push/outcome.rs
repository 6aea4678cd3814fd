//! The result and the delivery state of the last push.

use leptos::{prelude::*, task::spawn_local};

use super::super::{AdminSession, feed::Update};
use crate::{
    api::Client,
    browser::Timer,
    components::{
        EraseView, bar, missing_nodes, on_click, push_result_text, receipts_text, text, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{self, texts, tr},
    message_history::is_for_any_of,
    wire::{Ended, MessageInfo, PushAnswer, To},
};

/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 250.0;

/// The last push. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    session: AdminSession,
    answer: ErasedSignal<Option<(PushAnswer, To)>>,
    message: ErasedSignal<Option<MessageInfo>>,
    wrong: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl Outcome {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            answer: ErasedSignal::new(None),
            message: ErasedSignal::new(None),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(None),
        }
    }

    pub(super) fn clear(self) {
        self.answer.set(None);
        self.message.set(None);
        self.wrong.set(None);
    }

    pub(super) fn watch(self, answer: PushAnswer, to: To) {
        self.answer.set(Some((answer, to)));
        self.look();
    }

    fn id(self) -> Option<String> {
        let answer = self.answer.try_read_untracked()?;
        let (answer, _) = answer.as_ref().as_ref()?;
        // What is scheduled is no message yet.
        answer.id.clone().filter(|_| answer.due_at.is_none())
    }

    pub(super) fn handle(self, update: &Update) {
        let message = self.message.read_untracked();
        let moves = match message.as_ref() {
            Some(message) => moves(message, update),
            // It is being loaded: the answer may be older than this update.
            None => !matches!(update, Update::Sample(_) | Update::Clients(_)),
        };
        if moves {
            let look = move || {
                self.due.try_set_value(None);
                self.look();
            };
            self.due.try_update_value(|due| {
                due.get_or_insert_with(|| Timer::after(BATCH_DELAY, look));
            });
        }
    }

    fn look(self) {
        let Some(id) = self.id() else { return };
        spawn_local(async move {
            match Client::new("").message(&id).await {
                Ok(detail) if self.id().as_ref() == Some(&id) => {
                    self.message.set(Some(detail.message));
                }
                Ok(_) => {}
                Err(error) => self.session.check_unauthorized(&error),
            }
        });
    }

    fn recall(self) {
        let Some(id) = self.id() else { return };
        spawn_local(async move {
            match Client::new("").recall(&id).await {
                Ok(_) => self.look(),
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    self.wrong.try_set(Some(i18n::error(&error)));
                }
            }
        });
    }
}

/// Whether an update may change what is shown of a message.
fn moves(message: &MessageInfo, update: &Update) -> bool {
    let in_progress =
        message.receipts.sent + message.receipts.acknowledged < message.receipts.audience;
    match update {
        Update::Reload | Update::Pushed => true,
        Update::Receipts(clients) => message.clients.is_none() || is_for_any_of(message, clients),
        // The server sends no updates of receipts of topics and of everyone.
        Update::Sample(_) => message.clients.is_none() && in_progress,
        Update::Clients(_) => false,
    }
}

/// The view, shown after the first push.
pub(super) fn view(outcome: Outcome) -> AnyView {
    when(
        move || outcome.answer.with(Option::is_some),
        move || card(outcome),
    )
}

fn card(outcome: Outcome) -> AnyView {
    let said = text(move || {
        let answer = outcome.answer.get();
        answer
            .map(|(answer, to)| push_result_text(&answer, &to))
            .unwrap_or_default()
    });
    let missing = move || {
        let answer = outcome.answer.get();
        answer
            .map(|(answer, _)| answer.missing_nodes)
            .unwrap_or_default()
    };
    let known = move || outcome.message.with(Option::is_some);
    let is_scheduled = move || {
        let answer = outcome.answer.get();
        answer.is_some_and(|(answer, _)| answer.due_at.is_some())
    };
    let scheduled = || {
        view! {
            <a class="button small" href="admin/scheduled">
                {tr(|t| t.outcome.in_scheduled)}
            </a>
        }
        .erase_client_only()
    };
    view! {
        <section class="card outcome" aria-labelledby="outcome">
            <h2 id="outcome">{tr(|t| t.outcome.title)}</h2>
            <p class="answer" role="status">
                {said}
            </p>
            {missing_nodes(missing, |t| t.nodes.missing_push)}
            {when(known, move || fate(outcome))}
            {when(is_scheduled, scheduled)}
            <p class="field-note">{outcome.wrong}</p>
        </section>
    }
    .erase_client_only()
}

fn fate(outcome: Outcome) -> AnyView {
    let receipts = ErasedMemo::new(move || {
        outcome
            .message
            .with(|message| message.as_ref().map(|m| m.receipts).unwrap_or_default())
    });
    let ended = move || outcome.message.with(|m| m.as_ref().and_then(|m| m.ended));
    let summary = text(move || {
        if ended() == Some(Ended::Recalled) {
            return texts().outcome.recalled_tag.to_owned();
        }
        outcome
            .message
            .with(|message| message.as_ref().map(receipts_text).unwrap_or_default())
    });
    let recall = move || {
        view! {
            <button
                type="button"
                class="quiet small danger"
                on:click=on_click(move || outcome.recall())
            >
                {tr(|t| t.outcome.recall)}
            </button>
        }
        .erase_client_only()
    };
    let job = move || {
        let answer = outcome.answer.read();
        answer
            .as_ref()
            .as_ref()
            .and_then(|(answer, _)| answer.job.clone())
    };
    let as_job = move || {
        let there = text(move || format!("jobs/{}", job().unwrap_or_default()));
        view! {
            <a class="button small" href=there>
                {tr(|t| t.outcome.as_job)}
            </a>
        }
        .erase_client_only()
    };
    view! {
        {bar(receipts)}
        <p class="delivery-text" role="status">
            {summary}
        </p>
        <div class="row">
            {when(move || ended().is_none(), recall)}
            <a class="button small" href="admin/messages">
                {tr(|t| t.outcome.in_history)}
            </a>
            {when(move || job().is_some(), as_job)}
        </div>
    }
    .erase_client_only()
}
