//! `/jobs/{id}`: one job, live, for whoever has its address.

mod desk;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    components::{
        IntoPart, JobFacts, JobLog, StreamState, either, job_state, note, press, text, when, word,
    },
    words::{say, words},
};
use desk::Desk;

/// The page of a job.
#[component]
pub fn Job() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let desk = Desk::new();
    Effect::new(move || desk.look_at(id.get()));
    let title = text(move || {
        let title = desk
            .job
            .with(|job| job.as_ref().map(|job| job.title.clone()));
        title.unwrap_or_else(|| words().jobs.title.to_owned())
    });
    view! {
        <Title text=move || format!("{} \u{b7} Tidings", title.get()) />
        {either(move || desk.unknown.get(), unknown, move || shown(desk, title))}
    }
    .part()
}

fn unknown() -> AnyView {
    view! {
        <section class="card">
            <h1>{say(|w| w.job.unknown)}</h1>
            <p>{say(|w| w.job.about_unknown)}</p>
        </section>
    }
    .fresh()
}

fn shown(desk: Desk, title: Signal<String>) -> AnyView {
    let state = move || desk.job.with(|job| job.as_ref().map(|job| job.state));
    let is_running = move || state().is_some_and(|state| !state.is_final());
    let may_cancel = move || {
        let asked = desk
            .job
            .with(|job| job.as_ref().is_some_and(|job| job.cancel_requested));
        desk.admin.get() && is_running() && !asked
    };
    let nothing = note(move || {
        let words = words();
        let empty = desk.log.with(|log| log.last() == 0);
        match (state(), empty) {
            (_, false) => None,
            (None, _) => Some(words.jobs.loading.to_owned()),
            (Some(state), _) if state.is_final() => Some(words.job.said_nothing.to_owned()),
            (Some(_), _) => Some(words.job.says_nothing.to_owned()),
        }
    });
    let stream = move || {
        let retry = Callback::new(move |()| desk.retry());
        view! { <StreamState state=desk.stream.into() on_retry=retry /> }.fresh()
    };
    view! {
        <div class="page-head">
            <div>
                <h1 class="job-title">{title}</h1>
                <p class="lead">
                    <span class=word(move || state().map_or("", |state| state.name()))>
                        {word(move || state().map_or("", job_state))}
                    </span>
                </p>
            </div>
            <div class="row">
                {when(may_cancel, move || cancel(desk))}
                {when(move || !state().is_some_and(|state| state.is_final()), stream)}
            </div>
        </div>
        <p class="note" role="status">
            {note(move || desk.note.get())}
        </p>
        <div class="columns">
            <section class="card" aria-label=say(|w| w.job.progress)>
                <JobFacts job=desk.job.into() pace=desk.pace.into() now=desk.now.into() />
            </section>
            <JobLog
                log=desk.log
                followed=desk.followed
                nothing
                on_older=Callback::new(move |()| desk.load_older())
            />
        </div>
    }
    .part()
}

/// The button asks once.
fn cancel(desk: Desk) -> AnyView {
    let sure = RwSignal::new(false);
    let label = word(move || match sure.get() {
        true => words().job.cancel_sure,
        false => words().job.cancel,
    });
    let act = press(move || match sure.get_untracked() {
        true => desk.cancel(),
        false => sure.set(true),
    });
    view! {
        <button type="button" class="quiet danger" on:click=act>
            {label}
        </button>
    }
    .fresh()
}
