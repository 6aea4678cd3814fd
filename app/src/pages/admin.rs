//! `/admin`: the panel, behind a sign-in where the server has a token.

mod connected;
mod desk;
mod feed;
mod history;
mod person;
mod presence;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::{ApiError, Client},
    browser,
    components::{
        ClientCard, IntoPart, PushForm, SignInForm, StreamState, either, press, text, when,
    },
    wire::{Session, SignIn},
    words::{self, say, words},
};
use desk::Desk;
use history::History;
use person::Person;
use presence::Presence;

/// The admin page.
#[component]
pub fn Admin() -> impl IntoView {
    let entry = Entry::new();
    let signed_out = move || entry.session.get().is_some_and(|session| !session.admin);
    let token_required = move || entry.session.get().is_some_and(|s| s.token_required);
    let sign_in = move || {
        view! {
            <SignInForm
                token_required=Signal::derive(token_required)
                complaint=entry.complaint.into()
                busy=entry.busy.into()
                on_token=Callback::new(move |token| entry.sign_in(token))
            />
        }
        .fresh()
    };
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", words().shell.admin) />
        {either(signed_out, sign_in, move || view! { <Panel entry /> }.part())}
    }
    .part()
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
                self.complaint.try_set(Some(words::error(&error)));
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
                    self.complaint.try_set(Some(words::error(&error)));
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
                    self.complaint.try_set(Some(words::error(&error)));
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
    let history = History::new(entry);
    let person = Person::new(entry);
    let stream = feed::follow(entry, move |news| {
        presence.told(news);
        history.told(news);
        person.told(news);
    });
    let card = move || {
        view! {
            <ClientCard
                client=person.client
                on_pick=Callback::new(move |id| desk.draft.address(id))
                on_history=Callback::new(move |id| history.filter.narrow_to(id))
            />
        }
        .fresh()
    };
    let has_token = move || entry.session.get().is_some_and(|s| s.token_required);
    let sign_out = move || {
        view! {
            <button type="button" class="quiet small" on:click=press(move || entry.sign_out())>
                {say(|w| w.sign_in.sign_out)}
            </button>
        }
        .fresh()
    };
    view! {
        <div class="page-head">
            <div>
                <h1>{say(|w| w.shell.admin)}</h1>
                <p class="lead">{text(move || presence.summary())}</p>
            </div>
            <div class="row">
                <StreamState
                    state=stream.state()
                    on_retry=Callback::new(move |()| stream.retry())
                />
                {when(has_token, sign_out)}
            </div>
        </div>
        <div class="columns admin">
            <div class="wide">
                {when(move || person.client.with(Option::is_some), card)}
                {connected::view(presence, desk, person)} {history::view(history, desk, person)}
            </div>
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
            </div>
        </div>
    }
    .part()
}
