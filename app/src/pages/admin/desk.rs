//! Pushing: how many it would reach, and the push itself.

use leptos::{prelude::*, task::spawn_local};

use super::Entry;
use crate::{
    api::Client,
    browser::Timer,
    components::{Complaint, Draft, Field, Reach, answer_in_words},
    roster::Roster,
    wire::{AudienceRequest, PushRequest, To},
};

/// Milliseconds between a change and the question how many a push would reach now.
const PAUSE: f64 = 200.0;
/// The push form and what belongs to it. Copies are the same desk.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    entry: Entry,
    pub(super) draft: Draft,
    pub(super) reach: RwSignal<Reach>,
    pub(super) complaint: RwSignal<Option<Complaint>>,
    pub(super) answer: RwSignal<Option<String>>,
    pub(super) busy: RwSignal<bool>,
}

impl Desk {
    pub(super) fn new(entry: Entry, roster: RwSignal<Roster>) -> Self {
        let desk = Self {
            entry,
            draft: Draft::new(),
            reach: RwSignal::default(),
            complaint: RwSignal::new(None),
            answer: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        desk.keep_counting(roster);
        desk
    }

    /// Asks how many it is whenever the audience, or who is connected, has changed. Changes that come
    /// while a question is due are answered by that question.
    fn keep_counting(self, roster: RwSignal<Roster>) {
        let due = StoredValue::new_local(None::<Timer>);
        let asked = StoredValue::new(0_u64);
        let to = Memo::new(move |_| self.draft.to().ok());
        let last = StoredValue::new(None::<To>);
        Effect::new(move || {
            roster.track();
            let audience = to.get();
            let admin = self.entry.session.get().is_some_and(|s| s.admin);
            if last.get_value() != audience {
                last.set_value(audience.clone());
                self.reach.set(Reach::Unknown);
                due.set_value(None);
            }
            if !admin || audience.is_none() || due.with_value(Option::is_some) {
                return;
            }
            due.set_value(Some(Timer::after(PAUSE, move || {
                due.try_set_value(None);
                let Some(Some(to)) = to.try_get_untracked() else {
                    return;
                };
                let question = asked.try_update_value(|asked| {
                    *asked += 1;
                    *asked
                });
                spawn_local(async move {
                    let reach = self.count(to).await;
                    // An answer that comes after a later question is stale.
                    if asked.try_get_value() == question {
                        self.reach.try_set(reach);
                    }
                });
            })));
        });
    }

    async fn count(self, to: To) -> Reach {
        match Client::new("").audience(&AudienceRequest { to }).await {
            Ok(size) => Reach::Known(size),
            Err(error) => {
                self.entry.notice(&error);
                Reach::Refused(Complaint {
                    field: Field::To,
                    text: error.to_string(),
                })
            }
        }
    }

    pub(super) fn push(self, push: PushRequest) {
        self.busy.set(true);
        self.answer.set(None);
        spawn_local(async move {
            match Client::new("").push(&push).await {
                Ok(answer) => {
                    let said = answer_in_words(&answer, &push.to);
                    self.answer.try_set(Some(said));
                }
                Err(error) => {
                    self.entry.notice(&error);
                    self.complaint.try_set(Some((&error).into()));
                }
            }
            self.busy.try_set(false);
        });
    }
}
