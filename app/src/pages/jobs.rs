//! `/jobs`: all jobs, live, for admins. `/jobs/{id}`: one job, for anyone who has the URL.

mod figures;
mod job;
mod job_model;
mod list;
mod list_model;
mod list_view;

use leptos::prelude::*;

use crate::{
    components::{EraseView, either},
    site_path::use_path,
};

/// The page.
#[component]
pub fn Jobs() -> impl IntoView {
    let here = use_path();
    let id = move || {
        let path = here();
        path.strip_prefix("jobs/").unwrap_or_default().to_owned()
    };
    // The signals of a job are disposed when the URL changes.
    either(move || id().is_empty(), list::view, move || job::view(id())).erase()
}
