//! Jobs, newest first.

use leptos::prelude::*;

use crate::{
    components::{
        Entry, IntoPart,
        job_facts::{ShownJob, job_state, step_in_words},
        list, text, word,
    },
    figures,
    wire::JobInfo,
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
            Entry::new(&job.id, move || row(&first, jobs))
        };
        jobs.with(|jobs| jobs.iter().map(entry).collect())
    });
    view! { <ol class="jobs">{entries}</ol> }.part()
}

/// A job that changes within its row: a link that has the focus stays.
fn row(first: &JobInfo, jobs: RwSignal<Vec<JobInfo>>) -> AnyView {
    let (at, title) = (first.created_at as f64, first.title.clone());
    let job = ShownJob::new(first.id.clone(), jobs);
    view! {
        <li>
            <a href=format!("/jobs/{}", first.id)>{title}</a>
            <span class=word(move || job.tell(|job| job.state.name()).unwrap_or_default())>
                {word(move || job.tell(|job| job_state(job.state)).unwrap_or_default())}
            </span>
            {job.bar()}
            <span class="figures">{job.note(step_in_words)}</span>
            <time datetime=figures::iso(at)>{text(move || figures::clock(at))}</time>
            <p class="hint">{job.note(|job| job.message.clone())}</p>
        </li>
    }
    .fresh()
}
