//! `/admin`: the panel, behind a sign-in where the server has a token.

mod desk;
mod presence;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::{ApiError, Client},
    browser,
    components::{ClientTable, PushForm, SentList, SignInForm, StreamState},
    wire::{Session, SignIn},
};
use desk::Desk;
use presence::Presence;

/// The admin page.
#[component]
pub fn Admin() -> impl IntoView {
    let entry = Entry::new();
    let signed_out = Memo::new(move |_| entry.session.get().is_some_and(|session| !session.admin));
    view! {
        <Title text="Admin \u{b7} Tidings" />
        <Show
            when=move || signed_out.get()
            fallback=move || view! { <Panel entry /> }
        >
            <SignInForm
                token_required=Signal::derive(move || {
                    entry.session.get().is_some_and(|session| session.token_required)
                })
                complaint=entry.complaint.into()
                busy=entry.busy.into()
                on_token=Callback::new(move |token| entry.sign_in(token))
            />
        </Show>
    }
    .into_any()
}

/// Who may come in.
#[derive(Clone, Copy)]
struct Entry {
    /// None until the server has been asked.
    session: RwSignal<Option<Session>>,
    complaint: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Entry {
    fn new() -> Self {
        let entry = Self {
            session: RwSignal::new(None),
            complaint: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        Effect::new(move || {
            spawn_local(async move { entry.ask().await });
        });
        entry
    }

    /// Asks until the server answers: a panel that was opened during a restart comes up after it.
    async fn ask(self) {
        match Client::new("").session().await {
            Ok(session) => {
                self.session.try_set(Some(session));
            }
            Err(error) => {
                self.complaint.try_set(Some(error.to_string()));
                let again = browser::Timer::after(2_000.0, move || {
                    spawn_local(async move { Box::pin(self.ask()).await });
                });
                again.leave_running();
            }
        }
    }

    fn sign_in(self, token: String) {
        self.busy.set(true);
        spawn_local(async move {
            match Client::new("").sign_in(&SignIn { token }).await {
                Ok(session) => {
                    self.complaint.try_set(None);
                    self.session.try_set(Some(session));
                }
                Err(error) => {
                    self.complaint.try_set(Some(error.to_string()));
                }
            }
            self.busy.try_set(false);
        });
    }

    fn sign_out(self) {
        spawn_local(async move {
            match Client::new("").sign_out().await {
                Ok(()) => self.ask().await,
                Err(error) => {
                    self.complaint.try_set(Some(error.to_string()));
                }
            }
        });
    }

    /// Takes note when a call was refused because the session has ended.
    fn notice(self, error: &ApiError) {
        if error.is_unauthorized() {
            self.session.try_update(|session| {
                if let Some(session) = session {
                    session.admin = false;
                }
            });
        }
    }
}

/// What an admin sees. Its frame is there before anything is known.
#[component]
fn Panel(entry: Entry) -> impl IntoView {
    let presence = Presence::new(entry);
    let desk = Desk::new(entry, presence.roster);
    let has_token = move || entry.session.get().is_some_and(|s| s.token_required);
    view! {
        <div class="page-head">
            <div>
                <h1>"Admin"</h1>
                <p class="lead">{move || presence.summary()}</p>
            </div>
            <div class="row">
                <StreamState
                    state=presence.stream.state()
                    on_retry=Callback::new(move |()| presence.stream.retry())
                />
                <Show when=has_token>
                    <button type="button" class="quiet small" on:click=move |_| entry.sign_out()>
                        "Sign out"
                    </button>
                </Show>
            </div>
        </div>
        <div class="columns admin">
            <section class="card wide" aria-labelledby="clients-title">
                {connected(presence, desk)}
            </section>
            <div class="side">
                <section class="card">
                    <PushForm
                        draft=desk.draft
                        reach=desk.reach.into()
                        ids=Signal::derive(move || presence.ids_to_offer())
                        topics=Signal::derive(move || presence.roster.with(|r| r.topics()))
                        complaint=desk.complaint
                        answer=desk.answer.into()
                        busy=desk.busy.into()
                        on_push=Callback::new(move |push| desk.push(push))
                    />
                </section>
                <section class="card" aria-labelledby="sent">
                    <SentList sent=desk.sent.into() />
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn connected(presence: Presence, desk: Desk) -> impl IntoView {
    let search = presence.search;
    let empty = move || presence.shown.with(Vec::is_empty);
    let nobody = move || match search.with(|text| text.trim().is_empty()) {
        true => "Nobody is connected.",
        false => "Nobody here matches.",
    };
    view! {
        <div class="section-head">
            <h2 id="clients-title">"Connected clients"</h2>
            <label class="unseen" for="search">
                "Search clients"
            </label>
            <input
                id="search"
                type="search"
                placeholder="Search ids, topics, addresses"
                autocomplete="off"
                spellcheck="false"
                bind:value=search
            />
        </div>
        <p class="note" role="status">
            {presence.note}
        </p>
        <ClientTable
            clients=presence.shown.into()
            own_id=presence.own_id.into()
            picked=Signal::derive(move || desk.draft.picked())
            on_pick=Callback::new(move |id: String| desk.draft.pick(&id))
            on_disconnect=Callback::new(move |id| presence.disconnect(id))
        />
        <Show when=move || presence.loaded.get() && empty()>
            <p class="nothing">{nobody}</p>
        </Show>
        <Show when=move || { presence.hidden.get() > 0 }>
            <button type="button" class="quiet" on:click=move |_| presence.show_more()>
                "Show more of the other " {presence.hidden}
            </button>
        </Show>
    }
    .into_any()
}
