//! Jobs, newest first.

use leptos::prelude::*;

use crate::{
    components::{
        Entry, IntoPart,
        job_facts::{bar, job_state, step_in_words},
        list, note, text, word,
    },
    figures,
    wire::JobInfo,
    words::say,
};

/// The jobs.
#[component]
pub fn JobList(
    /// What there is.
    jobs: RwSignal<Vec<JobInfo>>,
) -> impl IntoView {
    let entries = list(move || {
        let entry = |job: &JobInfo| {
            let first = job.clone();
            Entry::new(&job.id, move || row(first.clone(), jobs))
        };
        jobs.with(|jobs| jobs.iter().map(entry).collect())
    });
    view! { <ol class="jobs">{entries}</ol> }.part()
}

/// A job that changes within its row: a link that has the focus stays.
fn row(first: JobInfo, jobs: RwSignal<Vec<JobInfo>>) -> AnyView {
    let (id, at, title) = (
        first.id.clone(),
        first.created_at as f64,
        first.title.clone(),
    );
    let job = Memo::new(move |_| {
        jobs.with(|jobs| {
            let now = jobs.iter().find(|job| job.id == first.id);
            Some(now.unwrap_or(&first).clone())
        })
    });
    let job: Signal<Option<JobInfo>> = job.into();
    let of_job = move |told: fn(&JobInfo) -> Option<String>| {
        note(move || job.with(|job| job.as_ref().and_then(told)))
    };
    let state = move || job.with(|job| job.as_ref().map(|job| job.state));
    view! {
        <li>
            <a href=format!("/jobs/{id}")>{title}</a>
            <span class=word(move || state().map_or("", |state| state.name()))>
                {word(move || state().map_or("", job_state))}
            </span>
            {bar(job, say(|w| w.job.progress))}
            <span class="figures">{of_job(step_in_words)}</span>
            <time datetime=figures::iso(at)>{text(move || figures::clock(at))}</time>
            <p class="hint">{of_job(|job| job.message.clone())}</p>
        </li>
    }
    .fresh()
}
