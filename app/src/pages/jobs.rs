//! `/jobs`: every job there is, live, for admins; and `/jobs/{id}`: one of them, for whoever has its address.

mod job;
mod job_model;
mod list;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::{EraseView, either};

/// The page of all jobs, or of one.
#[component]
pub fn Jobs() -> impl IntoView {
    let here = use_location().pathname;
    let id = move || {
        let path = here.get();
        path.strip_prefix("/jobs/").unwrap_or_default().to_owned()
    };
    // Whose own signals go with it when the address changes.
    either(move || id().is_empty(), list::view, move || job::view(id())).erase()
}
