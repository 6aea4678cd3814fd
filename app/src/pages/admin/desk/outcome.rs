//! What came of the last push, watched until something else is pushed.

use leptos::{prelude::*, task::spawn_local};

use super::super::{Entry, feed::News};
use crate::{
    api::Client,
    browser::Timer,
    chronicle::concerns,
    components::{IntoPart, answer_in_words, bar, press, receipts_in_words, text, when},
    held::{Derived, Held},
    wire::{Ended, MessageInfo, PushAnswer, To},
    words::{self, say, words},
};

/// News that come within so many milliseconds are asked about together.
const GATHER: f64 = 250.0;

/// The last push. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    entry: Entry,
    answer: Held<Option<(PushAnswer, To)>>,
    message: Held<Option<MessageInfo>>,
    wrong: RwSignal<Option<String>>,
    due: StoredValue<Option<Timer>, LocalStorage>,
}

impl Outcome {
    pub(super) fn new(entry: Entry) -> Self {
        Self {
            entry,
            answer: Held::new(None),
            message: Held::new(None),
            wrong: RwSignal::new(None),
            due: StoredValue::new_local(None),
        }
    }

    pub(super) fn forget(self) {
        self.answer.set(None);
        self.message.set(None);
        self.wrong.set(None);
    }

    pub(super) fn watch(self, answer: PushAnswer, to: To) {
        self.answer.set(Some((answer, to)));
        self.look();
    }

    fn id(self) -> Option<String> {
        let answer = self.answer.try_peek()?;
        answer.as_ref().as_ref()?.0.id.clone()
    }

    pub(super) fn told(self, news: &News) {
        let message = self.message.peek();
        let moves = message.as_ref().as_ref().is_some_and(|message| {
            let under_way =
                message.receipts.sent + message.receipts.acknowledged < message.receipts.audience;
            match news {
                News::Open | News::Pushed => true,
                News::Moved(clients) => message.clients.is_none() || concerns(message, clients),
                // Of connections nobody tells one by one.
                News::Sample(_) => message.clients.is_none() && under_way,
                News::Clients(_) => false,
            }
        });
        if moves {
            let look = move || {
                self.due.try_set_value(None);
                self.look();
            };
            self.due.try_update_value(|due| {
                due.get_or_insert_with(|| Timer::after(GATHER, look));
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
                Err(error) => self.entry.notice(&error),
            }
        });
    }

    fn take_back(self) {
        let Some(id) = self.id() else { return };
        spawn_local(async move {
            match Client::new("").recall(&id).await {
                Ok(_) => self.look(),
                Err(error) => {
                    self.entry.notice(&error);
                    self.wrong.try_set(Some(words::error(&error)));
                }
            }
        });
    }
}

/// The section of the place, there as soon as something has been pushed.
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
            .map(|(answer, to)| answer_in_words(&answer, &to))
            .unwrap_or_default()
    });
    let known = move || outcome.message.with(Option::is_some);
    view! {
        <section class="card outcome" aria-labelledby="outcome">
            <h2 id="outcome">{say(|w| w.outcome.title)}</h2>
            <p class="answer" role="status">
                {said}
            </p>
            {when(known, move || fate(outcome))}
            <p class="field-note">{outcome.wrong}</p>
        </section>
    }
    .fresh()
}

fn fate(outcome: Outcome) -> AnyView {
    let receipts = Derived::new(move || {
        outcome
            .message
            .with(|message| message.as_ref().map(|m| m.receipts).unwrap_or_default())
    });
    let ended = move || outcome.message.with(|m| m.as_ref().and_then(|m| m.ended));
    let told = text(move || {
        if ended() == Some(Ended::Recalled) {
            return words().outcome.taken_back.to_owned();
        }
        outcome
            .message
            .with(|message| message.as_ref().map(receipts_in_words).unwrap_or_default())
    });
    let take_back = move || {
        view! {
            <button
                type="button"
                class="quiet small danger"
                on:click=press(move || outcome.take_back())
            >
                {say(|w| w.outcome.take_back)}
            </button>
        }
        .fresh()
    };
    let job = move || {
        let answer = outcome.answer.read();
        answer
            .as_ref()
            .as_ref()
            .and_then(|(answer, _)| answer.job.clone())
    };
    let as_job = move || {
        let there = text(move || format!("/jobs/{}", job().unwrap_or_default()));
        view! {
            <a class="button small" href=there>
                {say(|w| w.outcome.as_job)}
            </a>
        }
        .fresh()
    };
    view! {
        {bar(receipts)}
        <p class="fate" role="status">
            {told}
        </p>
        <div class="row">
            {when(move || ended().is_none(), take_back)}
            <a class="button small" href="/admin/messages">
                {say(|w| w.outcome.in_history)}
            </a>
            {when(move || job().is_some(), as_job)}
        </div>
    }
    .fresh()
}
