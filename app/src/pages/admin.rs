//! `/admin`: the panel, behind a sign-in where the server has a token. Its places share one stream
//! and one sign-in; what a place shows is kept while somebody is at another.

mod address;
mod clients;
mod desk;
mod entry;
mod feed;
mod history;
mod overview;
mod person;
mod place;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::{IntoPart, SignInForm, StreamState, either, flag, note, press, text, when},
    words::{Words, say, words},
};
use clients::Clients;
use desk::Desk;
use entry::Entry;
use history::History;
use overview::Overview;
use place::{Here, Place};

/// The admin page.
#[component]
pub fn Admin() -> impl IntoView {
    let entry = Entry::new();
    let sign_in = move || {
        view! {
            <SignInForm
                token_required=flag(move || entry.has_token())
                complaint=entry.complaint.into()
                busy=entry.busy.into()
                on_token=Callback::new(move |token| entry.sign_in(token))
            />
        }
        .fresh()
    };
    view! { {either(move || entry.is_shut(), sign_in, move || view! { <Panel entry /> }.part())} }
        .part()
}

/// What a place is called, and what it is for.
fn called(place: Place) -> [fn(&Words) -> &'static str; 2] {
    match place {
        Place::Overview => [|w| w.panel.overview, |w| w.panel.about_overview],
        Place::Clients => [|w| w.panel.clients, |w| w.panel.about_clients],
        Place::Messages => [|w| w.panel.messages, |w| w.panel.about_messages],
        Place::Push => [|w| w.panel.push, |w| w.panel.about_push],
    }
}

/// What an admin sees. Its frame is there before anything is known.
#[component]
fn Panel(entry: Entry) -> impl IntoView {
    let here = Here::new();
    let overview = Overview::new(entry);
    let clients = Clients::new(entry, here);
    let desk = Desk::new(entry, here);
    let history = History::new(entry, here);
    let stream = feed::follow(entry, move |news| {
        overview.told(news);
        clients.told(news);
        desk.told(news);
        history.told(news);
    });
    let name = move |n: usize| match here.get() {
        Some(place) => called(place)[n](words()),
        None => words().missing.heading,
    };
    let sign_out = move || {
        view! {
            <button type="button" class="quiet small" on:click=press(move || entry.sign_out())>
                {say(|w| w.sign_in.sign_out)}
            </button>
        }
        .fresh()
    };
    let place = move || match here.get() {
        Some(Place::Overview) => overview::view(overview),
        Some(Place::Clients) => clients::view(clients),
        Some(Place::Messages) => history::view(history),
        Some(Place::Push) => desk::view(desk),
        None => view! { <a href="/admin">{say(|w| w.panel.overview)}</a> }.part(),
    };
    view! {
        <Title text=move || format!("{} \u{b7} Tidings", name(0)) />
        {places(here)}
        <div class="page-head">
            <div>
                <h1>{text(move || name(0).to_owned())}</h1>
                <p class="lead">{text(move || name(1).to_owned())}</p>
            </div>
            <div class="row">
                <StreamState
                    state=stream.state()
                    on_retry=Callback::new(move |()| stream.retry())
                />
                {when(move || entry.has_token(), sign_out)}
            </div>
        </div>
        {place.part()}
    }
    .part()
}

/// The way from place to place.
fn places(here: Here) -> AnyView {
    let link = move |place: Place| {
        let current = note(move || here.is(place).then(|| "page".to_owned()));
        view! {
            <a href=place.path() aria-current=current>
                {say(called(place)[0])}
            </a>
        }
        .part()
    };
    view! {
        <nav class="places" aria-label=say(|w| w.panel.places)>
            {Place::ALL.map(link).into_iter().collect::<Vec<_>>()}
        </nav>
    }
    .part()
}
