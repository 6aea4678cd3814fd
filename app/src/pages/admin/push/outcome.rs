//! The results and the delivery of the last pushes: who has read them, who has them, and who is away.

use leptos::{prelude::*, task::spawn_local};

use super::super::{AdminSession, feed::Update};
use crate::{
    api::{Client, encoded},
    browser::Timer,
    components::{
        EraseView, ListItem, audience_text, bar, keyed_list, missing_nodes, on_click,
        optional_text, push_result_text, receipt_text, receipts_text, static_text, text, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    i18n::{self, plural, texts, tr},
    message_history::is_for_any_of,
    wire::{Ended, MessageDetail, MessageInfo, PushAnswer, Receipt, Recipient, To},
};

/// Milliseconds in which updates are collected into one request.
const BATCH_DELAY: f64 = 250.0;

/// Recipients that are listed.
const NAMED: usize = 12;

/// A push with its answer.
#[derive(Clone)]
struct Sent {
    answer: PushAnswer,
    to: To,
    /// The message; none: not loaded yet, or not stored.
    detail: Option<MessageDetail>,
}

/// The last pushes. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    session: AdminSession,
    sent: ErasedSignal<Vec<Sent>>,
    wrong: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl Sent {
    /// The id of the message. What is scheduled is no message yet.
    fn id(&self) -> Option<&String> {
        self.answer
            .id
            .as_ref()
            .filter(|_| self.answer.due_at.is_none())
    }

    fn message(&self) -> Option<&MessageInfo> {
        self.detail.as_ref().map(|detail| &detail.message)
    }

    /// Whether an update may change what is shown.
    fn moves(&self, update: &Update) -> bool {
        match self.message() {
            Some(message) => moves(message, update),
            // It is being loaded: the answer may be older than this update.
            None => matches!(
                update,
                Update::Reload | Update::Pushed(_) | Update::Receipts(_)
            ),
        }
    }
}

impl Outcome {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            sent: ErasedSignal::default(),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(None),
        }
    }

    pub(super) fn clear(self) {
        self.sent.set(Vec::new());
        self.wrong.set(None);
    }

    pub(super) fn watch(self, answer: PushAnswer, to: To) {
        let sent = Sent {
            answer,
            to,
            detail: None,
        };
        self.sent.update(|all| all.push(sent));
        self.look();
    }

    pub(super) fn handle(self, update: &Update) {
        let sent = self.sent.read_untracked();
        if sent.iter().any(|one| one.moves(update)) {
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
        let Some(sent) = self.sent.try_read_untracked() else {
            return;
        };
        for id in sent.iter().filter_map(Sent::id) {
            let id = id.clone();
            spawn_local(async move {
                match Client::new("").message(&id).await {
                    Ok(detail) => self.sent.maybe_update(|all| {
                        let known = all.iter_mut().find(|one| one.id() == Some(&id));
                        let is_known = known.is_some();
                        if let Some(known) = known {
                            known.detail = Some(detail);
                        }
                        is_known
                    }),
                    Err(error) => self.session.check_unauthorized(&error),
                }
            });
        }
    }

    fn recall(self, id: String) {
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

    /// Something of one of the pushes.
    fn with<R>(self, n: usize, read: impl FnOnce(&Sent) -> R) -> Option<R> {
        self.sent.with(|all| all.get(n).map(read))
    }

    /// The clients that have not read the messages, as far as their pages say what they have read.
    fn unread(self) -> Vec<String> {
        let sent = self.sent.read();
        let details = sent.iter().filter_map(|one| one.detail.as_ref());
        let recipients = details.flat_map(|detail| &detail.recipients);
        let mut ids: Vec<String> = recipients
            .filter(|one| {
                matches!(
                    one.receipt,
                    Receipt::Queued | Receipt::Sent | Receipt::Expired
                )
            })
            .map(|one| one.client_id.clone())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Whether an update may change what is shown of a message.
fn moves(message: &MessageInfo, update: &Update) -> bool {
    let in_progress =
        message.receipts.sent + message.receipts.acknowledged < message.receipts.audience;
    match update {
        Update::Reload | Update::Pushed(_) => true,
        Update::Receipts(clients) => message.clients.is_none() || is_for_any_of(message, clients),
        // The server sends no updates of receipts of topics and of everyone.
        Update::Sample(_) => message.clients.is_none() && in_progress,
        Update::Clients(_) | Update::Ephemeral(_) | Update::Lost => false,
    }
}

/// The view, shown after the first push. `push_again` gets those who have not read it.
pub(super) fn view(outcome: Outcome, push_again: Callback<Vec<String>>) -> AnyView {
    when(
        move || outcome.sent.with(|sent| !sent.is_empty()),
        move || card(outcome, push_again),
    )
}

fn card(outcome: Outcome, push_again: Callback<Vec<String>>) -> AnyView {
    let pushes = keyed_list(move || {
        let count = outcome.sent.with(Vec::len);
        let one = |n: usize| ListItem::new(n, move || one(outcome, n));
        (0..count).map(one).collect()
    });
    let unread = ErasedMemo::new(move || outcome.unread());
    let again = move || {
        let said = text(move || {
            let count = unread.with(Vec::len) as u64;
            plural(texts().outcome.again, count, &[])
        });
        let act = on_click(move || push_again.run(outcome.unread()));
        view! {
            <button type="button" class="small" on:click=act>
                {said}
            </button>
        }
        .erase_client_only()
    };
    view! {
        <section class="card outcome" aria-labelledby="outcome">
            <h2 id="outcome">{tr(|t| t.outcome.title)}</h2>
            {pushes}
            <div class="row">{when(move || unread.with(|ids| !ids.is_empty()), again)}</div>
            <p class="field-note">{outcome.wrong}</p>
        </section>
    }
    .erase_client_only()
}

/// One of the pushes, with its audience if there are several.
fn one(outcome: Outcome, n: usize) -> AnyView {
    let to = optional_text(move || {
        let to = outcome.with(n, |one| audience_text(&one.to, None));
        to.filter(|_| outcome.sent.with(|sent| sent.len() > 1))
    });
    let said = text(move || {
        let said = outcome.with(n, |one| push_result_text(&one.answer, &one.to));
        said.unwrap_or_default()
    });
    let missing = move || {
        let missing = outcome.with(n, |one| one.answer.missing_nodes.clone());
        missing.unwrap_or_default()
    };
    let known = move || outcome.with(n, |one| one.detail.is_some()) == Some(true);
    let is_scheduled = move || outcome.with(n, |one| one.answer.due_at.is_some()) == Some(true);
    let scheduled = || {
        view! {
            <a class="button small" href="admin/scheduled">
                {tr(|t| t.outcome.in_scheduled)}
            </a>
        }
        .erase_client_only()
    };
    view! {
        <h3>{to}</h3>
        <p class="answer" role="status">
            {said}
        </p>
        {missing_nodes(missing, |t| t.nodes.missing_push)}
        {when(known, move || fate(outcome, n))}
        {when(is_scheduled, scheduled)}
    }
    .erase_client_only()
}

fn fate(outcome: Outcome, n: usize) -> AnyView {
    let receipts = ErasedMemo::new(move || {
        let receipts = outcome.with(n, |one| one.message().map(|m| m.receipts));
        receipts.flatten().unwrap_or_default()
    });
    let ended = move || outcome.with(n, |one| one.message().and_then(|m| m.ended));
    let ended = move || ended().flatten();
    let summary = text(move || {
        if ended() == Some(Ended::Recalled) {
            return texts().outcome.recalled_tag.to_owned();
        }
        let said = outcome.with(n, |one| {
            one.message()
                .map(|message| receipts_text(message.clients, &message.receipts))
        });
        said.flatten().unwrap_or_default()
    });
    let recall = move || {
        let act = on_click(move || {
            if let Some(Some(id)) = untrack(|| outcome.with(n, |one| one.id().cloned())) {
                outcome.recall(id);
            }
        });
        view! {
            <button type="button" class="quiet small danger" on:click=act>
                {tr(|t| t.outcome.recall)}
            </button>
        }
        .erase_client_only()
    };
    let job = move || outcome.with(n, |one| one.answer.job.clone()).flatten();
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
        {people(outcome, n)}
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

/// Who has it: first those who have not got it, then those who have not read it.
fn people(outcome: Outcome, n: usize) -> AnyView {
    let sorted = move || {
        let recipients = outcome.with(n, |one| {
            one.detail.as_ref().map(|detail| detail.recipients.clone())
        });
        let mut recipients = recipients.flatten().unwrap_or_default();
        recipients.sort_by_key(|one| match one.receipt {
            Receipt::Acknowledged => 2,
            Receipt::Sent => 1,
            _ => 0,
        });
        recipients
    };
    let rows = keyed_list(move || {
        let row = |one: Recipient| {
            let key = format!("{} {:?}", one.client_id, one.receipt);
            ListItem::new(key, move || person(&one))
        };
        sorted().into_iter().take(NAMED).map(row).collect()
    });
    let more = optional_text(move || {
        let more = sorted().len().checked_sub(NAMED).filter(|more| *more > 0)?;
        Some(plural(texts().preview.more, more as u64, &[]))
    });
    view! {
        <ul class="recipients" aria-label=tr(|t| t.messages.recipients)>
            {rows}
        </ul>
        <p class="hint">{more}</p>
    }
    .erase_client_only()
}

fn person(recipient: &Recipient) -> AnyView {
    let receipt = recipient.receipt;
    let there = format!("admin/client?id={}", encoded(&recipient.client_id));
    view! {
        <li>
            <a class="code" href=there>
                {recipient.client_id.clone()}
            </a>
            <span>{static_text(move || receipt_text(receipt))}</span>
        </li>
    }
    .erase_client_only()
}
