//! What the page of all jobs shows: states as tabs, the list, and what can be done with all of it.

use leptos::prelude::*;

use super::{figures, list_model::ListModel};
use crate::{
    browser,
    components::{
        CopyButton, EraseView, JobList, ask_first, job_state, on_click, optional_text, text, when,
    },
    formatting,
    i18n::{texts, tr},
    wire::{JobCounts, JobState},
};

/// The view.
pub(super) fn shown(model: ListModel) -> AnyView {
    let is_empty = move || model.loaded.get() && model.jobs.with(Vec::is_empty);
    let nothing = optional_text(move || match model.loaded.get() {
        // The note says what went wrong.
        false if model.note.with(Option::is_some) => None,
        false => Some(texts().jobs.loading.to_owned()),
        true if is_empty() && !model.state.with(String::is_empty) => {
            Some(texts().jobs.none_such.to_owned())
        }
        true => None,
    });
    let older = move || {
        let next = move || model.load(model.next.get_untracked());
        view! {
            <button type="button" class="quiet" on:click=on_click(next)>
                {tr(|t| t.jobs.older)}
            </button>
        }
        .erase_client_only()
    };
    let may_clear = move || {
        let some = model.figures.counts().is_some_and(|counts| {
            count_of(counts, &model.state.get()) > 0
                && counts.done + counts.failed + counts.cancelled > 0
        });
        some && model.may_clear() && model.state.with(|state| state != "running")
    };
    let clear = Callback::new(move |()| model.clear());
    view! {
        {figures::view(model.figures)}
        <section class="card" aria-labelledby="all-jobs">
            <div class="section-head">
                <h2 id="all-jobs">{tr(|t| t.jobs.title)}</h2>
                {when(
                    may_clear,
                    move || ask_first(|t| t.jobs.clear, |t| t.jobs.clear_ask, String::new(), clear),
                )}
            </div>
            {tabs(model)}
            <p class="note" role="status">
                {optional_text(move || model.note.get())}
            </p>
            <JobList jobs=model.jobs />
            <p class="nothing">{nothing}</p>
            {when(move || is_empty() && model.state.with(String::is_empty), how_to_begin)}
            {when(move || model.next.with(Option::is_some), older)}
        </section>
    }
    .erase()
}

/// A link for each state, with the number of its jobs.
fn tabs(model: ListModel) -> AnyView {
    let tab = move |name: &'static str, label: fn() -> &'static str| {
        let here = optional_text(move || {
            let is_here = model.state.with(|state| state == name);
            is_here.then(|| "page".to_owned())
        });
        let count = optional_text(move || {
            let counts = model.figures.counts()?;
            Some(formatting::number(count_of(counts, name)))
        });
        let path = match name {
            "" => "jobs".to_owned(),
            name => format!("jobs?state={name}"),
        };
        view! {
            <a href=path aria-current=here>
                {text(move || label().to_owned())}
                " "
                <span class="count">{count}</span>
            </a>
        }
        .erase()
    };
    view! {
        <nav class="sections tabs" aria-label=tr(|t| t.jobs.state)>
            {tab("", || texts().jobs.all)} {tab("running", || job_state(JobState::Running))}
            {tab("done", || job_state(JobState::Done))}
            {tab("failed", || job_state(JobState::Failed))}
            {tab("cancelled", || job_state(JobState::Cancelled))}
        </nav>
    }
    .erase()
}

/// The number of jobs in a state; without a name, of all.
fn count_of(counts: JobCounts, name: &str) -> u64 {
    match name {
        "running" => counts.running,
        "done" => counts.done,
        "failed" => counts.failed,
        "cancelled" => counts.cancelled,
        _ => counts.running + counts.done + counts.failed + counts.cancelled,
    }
}

fn how_to_begin() -> AnyView {
    let command = text(|| format!("tidings job run --url {} -- make", browser::server_url()));
    view! {
        <div class="empty">
            <p class="title">{tr(|t| t.jobs.none)}</p>
            <p>{tr(|t| t.jobs.begin)}</p>
            <div class="command one">
                <pre tabindex="0">{command}</pre>
                <CopyButton text=command what=tr(|t| t.subscriber.the_command) />
            </div>
        </div>
    }
    .erase_client_only()
}
