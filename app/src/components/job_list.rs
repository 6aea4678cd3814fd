//! The list of jobs, newest first.

use leptos::prelude::*;

use crate::{
    components::{
        EraseView, ListItem,
        job_facts::{ShownJob, job_state, progress_text},
        keyed_list, list_keys, outside, outside_signal, static_text, text,
    },
    formatting,
    i18n::tr,
    wire::JobInfo,
};

/// The list.
#[component]
pub fn JobList(
    /// The jobs.
    jobs: RwSignal<Vec<JobInfo>>,
) -> impl IntoView {
    let entries = keyed_list(move || {
        let entry = |job: &JobInfo| {
            let first = job.clone();
            ListItem::new(&job.id, move || row(&first, jobs))
        };
        jobs.with(|jobs| jobs.iter().map(entry).collect())
    });
    view! { <ol class="jobs" aria-label=tr(|t| t.jobs.title) use:list_keys>{entries}</ol> }.erase()
}

/// The row changes in place, so that a focused link stays in the page.
fn row(first: &JobInfo, jobs: RwSignal<Vec<JobInfo>>) -> AnyView {
    let (at, title) = (first.created_at as f64, first.title.clone());
    let job = ShownJob::new(first.id.clone(), jobs);
    let message = text(move || {
        job.tell(|job| job.message.clone())
            .flatten()
            .unwrap_or_default()
    });
    view! {
        <li data-row=first.id.clone()>
            <a href=format!("jobs/{}", first.id)>{outside(&title)}</a>
            <span class=static_text(move || job.tell(|job| job.state.name()).unwrap_or_default())>
                {static_text(move || job.tell(|job| job_state(job.state)).unwrap_or_default())}
            </span>
            {job.bar()}
            <span class="figures">{job.note(progress_text)}</span>
            <time datetime=formatting::iso(at)>{text(move || formatting::clock(at))}</time>
            <p class="hint">{outside_signal(message)}</p>
        </li>
    }
    .erase_client_only()
}
