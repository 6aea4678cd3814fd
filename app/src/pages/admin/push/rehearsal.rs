//! How a reader's page will show the message, and a test that goes to this browser only.

use leptos::{prelude::*, task::spawn_local};

use super::super::AdminSession;
use crate::{
    api::Client,
    browser,
    components::{
        Draft, EraseView, on_click, outside_data_signal, outside_signal, static_text, text, when,
    },
    erased_signal::ErasedMemo,
    formatting,
    i18n::{self, interpolate, texts, tr},
    json,
    wire::{PushRequest, To},
};

/// Where the subscriber page keeps its client id: of tabs that share one, and of this tab.
const SHARED_ID: &str = "tidings.shared_id";
const OWN_ID: &str = "tidings.client_id";

/// The test. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Rehearsal {
    session: AdminSession,
    draft: Draft,
    /// What came of the last test.
    note: RwSignal<Option<String>>,
    /// Whether a test was sent.
    sent: RwSignal<bool>,
}

impl Rehearsal {
    pub(super) fn new(session: AdminSession, draft: Draft) -> Self {
        Self {
            session,
            draft,
            note: RwSignal::new(None),
            sent: RwSignal::new(false),
        }
    }

    /// Pushes the message to the client of this browser.
    fn test(self) {
        let id = own_id();
        let push = match untrack(|| self.draft.message(To::Client(id.clone()))) {
            Ok(push) => PushRequest {
                at: None,
                require_online: false,
                ..push
            },
            Err(wrong) => return self.note.set(Some(wrong.text)),
        };
        spawn_local(async move {
            let said = match Client::new("").push(&push).await {
                Ok(_) => {
                    self.sent.try_set(true);
                    interpolate(texts().rehearsal.sent, &[("id", &id)])
                }
                Err(error) => {
                    self.session.check_unauthorized(&error);
                    i18n::error(&error)
                }
            };
            self.note.try_set(Some(said));
        });
    }
}

/// The client id of this browser. The subscriber page that is opened from here takes the same.
fn own_id() -> String {
    let known = browser::local_get(SHARED_ID).or_else(|| browser::session_get(OWN_ID));
    known.unwrap_or_else(|| {
        let id = uuid::Uuid::new_v4().to_string();
        browser::session_set(OWN_ID, &id);
        id
    })
}

/// The view.
pub(super) fn view(rehearsal: Rehearsal) -> AnyView {
    let draft = rehearsal.draft;
    let shown = ErasedMemo::new(move || draft.shown());
    let kind = text(move || {
        let event = shown.with(|(event, _)| event.clone());
        event.unwrap_or_else(|| texts().rehearsal.message.to_owned())
    });
    let class = static_text(move || match shown.with(|(event, _)| event.is_some()) {
        true => "tag",
        false => "tag plain",
    });
    // As the subscriber page does it, a text that is JSON is laid out too.
    let laid_out = move || shown.with(|(_, data)| json::pretty(data));
    let data = text(move || laid_out().unwrap_or_else(|| shown.with(|(_, data)| data.clone())));
    let data_class = static_text(move || match laid_out().is_some() {
        true => "data json",
        false => "data text",
    });
    // The same elements as in the list of the subscriber page, whose code is not loaded here.
    let entry = move || {
        view! {
            <ol class="messages">
                <li>
                    <div class="about">
                        <time>{text(|| formatting::clock(browser::now()))}</time>
                        <span class=class>{outside_signal(kind)}</span>
                    </div>
                    <pre class=data_class tabindex="0">
                        {outside_data_signal(data)}
                    </pre>
                </li>
            </ol>
        }
        .erase_client_only()
    };
    let open = || {
        view! {
            <a class="button small" href="./" target="_blank" rel="opener external">
                {tr(|t| t.rehearsal.open)}
            </a>
        }
        .erase_client_only()
    };
    let is_empty = move || shown.with(|(_, data)| data.is_empty());
    let nothing = text(move || match is_empty() {
        true => texts().rehearsal.nothing.to_owned(),
        false => String::new(),
    });
    view! {
        <section class="card rehearsal" aria-labelledby="rehearsal">
            <h2 id="rehearsal">{tr(|t| t.rehearsal.title)}</h2>
            <p class="hint">{nothing}</p>
            {when(move || !is_empty(), entry)}
            <div class="row">
                <button
                    type="button"
                    class="quiet small"
                    on:click=on_click(move || rehearsal.test())
                >
                    {tr(|t| t.rehearsal.test)}
                </button>
                {when(move || rehearsal.sent.get(), open)}
            </div>
            <p class="note" role="status">
                {rehearsal.note}
            </p>
        </section>
    }
    .erase()
}
