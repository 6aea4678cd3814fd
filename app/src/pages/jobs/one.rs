//! One job.

use leptos::prelude::*;
use leptos_meta::Title;

use super::desk::Desk;
use crate::{
    components::{
        IntoPart, JobFacts, JobLog, StreamState, either, job_state, note, press, speed_in_words,
        text, when, word,
    },
    words::{count, say, words},
};

/// The page of a job.
pub(super) fn view(id: String) -> AnyView {
    let desk = Desk::new(id);
    let title = text(move || {
        let title = desk.job.tell(|job| job.title.clone());
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
    let state = move || desk.job.tell(|job| job.state);
    let is_over = move || state().is_some_and(|state| state.is_final());
    let may_cancel = move || {
        let may = desk
            .job
            .tell(|job| !job.state.is_final() && !job.cancel_requested);
        desk.admin.get() && may.unwrap_or_default()
    };
    let nothing = note(move || {
        let words = words();
        if desk.text.with(|text| !text.is_empty()) {
            return None;
        }
        let nothing = desk
            .job
            .tell(|job| match (job.log.last, job.state.is_final()) {
                (1.., _) => words.jobs.loading,
                (0, true) => words.job.said_nothing,
                (0, false) => words.job.says_nothing,
            });
        Some(nothing.unwrap_or(words.jobs.loading).to_owned())
    });
    let let_go = note(move || {
        let let_go = desk.let_go();
        (let_go > 0).then(|| count(words().job.let_go, let_go, &[]))
    });
    let stream = move || {
        let retry = Callback::new(move |()| desk.retry());
        view! { <StreamState state=desk.stream.into() on_retry=retry /> }.part()
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
                {when(move || !is_over(), stream)}
            </div>
        </div>
        <p class="note" role="status">
            {note(move || desk.note.get())}
        </p>
        <div class="columns">
            <section class="card" aria-label=say(|w| w.job.progress)>
                <JobFacts
                    job=desk.job
                    speed=note(move || {
                        let total = desk.job.tell(|job| (!job.state.is_final()).then_some(job.total));
                        speed_in_words(&desk.pace(), total.flatten()?)
                    })
                    now=desk.now
                />
            </section>
            <JobLog
                text=desk.text
                followed=desk.followed
                has_older=desk.has_older
                nothing
                let_go
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
