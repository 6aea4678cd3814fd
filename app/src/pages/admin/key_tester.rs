//! *What may this key do?*, in the section *Keys*: shows what a key or a token is, and what it may do to a client or a topic.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    task::spawn_local,
};

use super::AdminSession;
use crate::{
    api::Client,
    components::{EraseView, fact, key_facts, optional_text, text, when},
    erased_signal::ErasedSignal,
    i18n::{self, texts, tr},
    wire::{AccessAnswer, AccessQuestion},
};

/// What is entered and what was answered. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct KeyTester {
    session: AdminSession,
    key: RwSignal<String>,
    target: RwSignal<String>,
    is_topic: RwSignal<bool>,
    answer: ErasedSignal<Option<AccessAnswer>>,
    /// Why there is no answer, or why the key is not valid.
    wrong: RwSignal<Option<String>>,
}

impl KeyTester {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            key: RwSignal::default(),
            target: RwSignal::default(),
            is_topic: RwSignal::new(false),
            answer: ErasedSignal::new(None),
            wrong: RwSignal::new(None),
        }
    }

    fn ask(self) {
        let target = Some(self.target.get_untracked()).filter(|target| !target.is_empty());
        let (client, topic) = match self.is_topic.get_untracked() {
            true => (None, target),
            false => (target, None),
        };
        let question = AccessQuestion {
            token: self.key.get_untracked(),
            client,
            topic,
            ..AccessQuestion::default()
        };
        spawn_local(async move {
            let (answer, wrong) = match Client::new("").access(&question).await {
                Ok(mut answer) => {
                    let wrong = answer.detail.take();
                    (Some(answer), wrong)
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    (None, Some(i18n::error(&error)))
                }
            };
            self.answer.set(answer);
            self.wrong.try_set(wrong);
        });
    }
}

/// The form, and the answer below it.
pub(super) fn view(tester: KeyTester) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tester.ask();
    };
    let choose = move |event: Event| tester.is_topic.set(event_target_value(&event) == "topic");
    let answered = move || tester.answer.with(Option::is_some);
    view! {
        <section class="card" aria-labelledby="test-key">
            <h2 id="test-key">{tr(|t| t.api_keys.test)}</h2>
            <form class="fields" on:submit=submit>
                <div>
                    <label for="tested-key">{tr(|t| t.api_keys.tested)}</label>
                    <input id="tested-key" type="password" autocomplete="off" bind:value=tester.key />
                </div>
                <div>
                    <label for="test-target">{tr(|t| t.api_keys.test_target)}</label>
                    <div class="row">
                        <select aria-label=tr(|t| t.api_keys.test_target) on:change=choose>
                            <option>{tr(|t| t.api_keys.clients)}</option>
                            <option value="topic">{tr(|t| t.api_keys.topics)}</option>
                        </select>
                        <input id="test-target" type="text" autocomplete="off" bind:value=tester.target />
                    </div>
                </div>
                <button type="submit">{tr(|t| t.api_keys.test_do)}</button>
            </form>
            <div role="status">
                <p class="field-note">{optional_text(move || tester.wrong.get())}</p>
                {when(answered, move || told(tester))}
            </div>
        </section>
    }
    .erase_client_only()
}

/// The answer.
fn told(tester: KeyTester) -> AnyView {
    let shown = move || {
        let answer = tester.answer.read();
        let shown = answer
            .as_ref()
            .as_ref()
            .and_then(|answer| answer.shown.as_ref());
        shown.map_or_else(|| ().into_any(), key_facts)
    };
    let allowed = text(move || {
        let answer = tester.answer.read();
        let actions = answer.iter().flat_map(|answer| &answer.actions);
        let allowed = actions.filter(|asked| asked.allowed);
        let names: Vec<&str> = allowed.map(|asked| asked.action.as_str()).collect();
        match names.is_empty() {
            true => texts().api_keys.nothing.to_owned(),
            false => names.join(", "),
        }
    });
    view! {
        {shown}
        <dl class="facts">{fact(|t| t.api_keys.may, allowed)}</dl>
    }
    .erase_client_only()
}
