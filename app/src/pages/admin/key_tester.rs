//! *What may this key do?*, in the section *Keys*: says in the words of the server what a key or a token is, and what it may do
//! to a client or a topic.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::AdminSession;
use crate::{
    api::Client,
    components::{EraseView, KeyDraft, optional_text, text_field},
    i18n::{self, tr},
};

/// What is entered and what was answered. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct KeyTester {
    session: AdminSession,
    key: RwSignal<String>,
    client: RwSignal<String>,
    topic: RwSignal<String>,
    answer: RwSignal<Option<String>>,
}

impl KeyTester {
    pub(super) fn new(session: AdminSession) -> Self {
        Self {
            session,
            key: RwSignal::default(),
            client: RwSignal::default(),
            topic: RwSignal::default(),
            answer: RwSignal::new(None),
        }
    }

    fn ask(self) {
        let given = |text: RwSignal<String>| {
            let text = text.get_untracked();
            (!text.is_empty()).then_some(text)
        };
        let key = self.key.get_untracked();
        let (client, topic) = (given(self.client), given(self.topic));
        spawn_local(async move {
            let said = match Client::new("").access_in_words(key, client, topic).await {
                Ok(said) => said,
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    i18n::error(&error)
                }
            };
            self.answer.try_set(Some(said));
        });
    }
}

/// The form, and the answer below it. The fields are those of the form for a new key, whose `draft` has none of their errors.
pub(super) fn view(tester: KeyTester, draft: KeyDraft) -> AnyView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        tester.ask();
    };
    view! {
        <section class="card" aria-labelledby="test-key">
            <h2 id="test-key">{tr(|t| t.api_keys.test)}</h2>
            <form class="fields" on:submit=submit>
                {text_field(draft, "tested", |t| t.sign_in.token, tester.key, None)}
                {text_field(draft, "client", |t| t.api_keys.clients, tester.client, None)}
                {text_field(draft, "topic", |t| t.api_keys.topics, tester.topic, None)}
                <button type="submit">{tr(|t| t.api_keys.test)}</button>
            </form>
            <p class="lines" role="status">
                {optional_text(move || tester.answer.get())}
            </p>
        </section>
    }
    .erase_client_only()
}
