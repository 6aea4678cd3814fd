//! The page of one job.

use leptos::prelude::*;
use leptos_meta::Title;

use super::job_model::Model;
use crate::{
    components::{
        EraseView, JobFacts, JobLog, StreamState, either, job_state, on_click, optional_text,
        speed_text, static_text, text, when,
    },
    i18n::{plural, texts, tr},
    outside_text::visible,
    wire::{JobInfo, JobState},
};

/// The view.
pub(super) fn view(id: String) -> AnyView {
    let model = Model::new(id);
    let title = text(move || {
        let title = model.job.tell(|job| job.title.clone());
        title.unwrap_or_else(|| texts().jobs.title.to_owned())
    });
    view! {
        <Title text=move || format!("{} \u{b7} Tidings", visible(&title.read())) />
        {either(move || model.unknown.get(), unknown, move || shown(model, title))}
    }
    .erase()
}

fn unknown() -> AnyView {
    view! {
        <section class="card">
            <h1>{tr(|t| t.job.unknown)}</h1>
            <p>{tr(|t| t.job.about_unknown)}</p>
        </section>
    }
    .erase_client_only()
}

fn shown(model: Model, title: Signal<String>) -> AnyView {
    let state = move || model.job.tell(|job| job.state);
    let is_over = move || state().is_some_and(|state| state.is_final());
    let may_cancel = move || {
        let may = model
            .job
            .tell(|job| !job.state.is_final() && !job.cancel_requested);
        model.admin.get() && may.unwrap_or_default()
    };
    let may_retry = move || {
        let failed = |job: &JobInfo| {
            job.retry && matches!(job.state, JobState::Failed | JobState::Cancelled)
        };
        model.may_push.get() && model.job.tell(failed).unwrap_or_default()
    };
    let again = move || {
        view! {
            <button
                type="button"
                disabled=model.retrying
                on:click=on_click(move || model.try_again())
            >
                {tr(|t| t.job.retry)}
            </button>
        }
        .erase_client_only()
    };
    let nothing = optional_text(move || {
        let texts = texts();
        if model.text.with(|text| !text.is_empty()) {
            return None;
        }
        let nothing = model
            .job
            .tell(|job| match (job.log.last, job.state.is_final()) {
                (1.., _) => texts.jobs.loading,
                (0, true) => texts.job.no_output,
                (0, false) => texts.job.no_output_yet,
            });
        Some(nothing.unwrap_or(texts.jobs.loading).to_owned())
    });
    let deleted_lines = optional_text(move || {
        let deleted_lines = model.deleted_lines();
        (deleted_lines > 0).then(|| plural(texts().job.deleted_lines, deleted_lines, &[]))
    });
    let stream = move || {
        let retry = Callback::new(move |()| model.retry());
        view! { <StreamState state=model.stream.into() on_retry=retry /> }.erase()
    };
    view! {
        <div class="page-head">
            <div>
                <h1 class="job-title">{text(move || visible(&title.read()).into_owned())}</h1>
                <p class="lead">
                    <span class=static_text(move || state().map_or("", |state| state.name()))>
                        {static_text(move || state().map_or("", job_state))}
                    </span>
                </p>
            </div>
            <div class="row">
                {when(move || !is_over(), stream)} {when(may_cancel, move || cancel(model))}
                {when(may_retry, again)}
            </div>
        </div>
        <p class="note" role="status">
            {optional_text(move || model.note.get())}
        </p>
        <div class="columns">
            <section class="card" aria-label=tr(|t| t.job.progress)>
                <JobFacts
                    job=model.job
                    speed=optional_text(move || {
                        let total = model.job.tell(|job| (!job.state.is_final()).then_some(job.total));
                        speed_text(&model.progress_rate(), total.flatten()?)
                    })
                    now=model.now
                />
            </section>
            <JobLog
                text=model.text
                followed=model.followed
                has_older=model.has_older
                nothing
                deleted_lines
                on_older=Callback::new(move |()| model.load_older())
            />
        </div>
    }
    .erase()
}

/// The button asks for confirmation.
fn cancel(model: Model) -> AnyView {
    let sure = RwSignal::new(false);
    let label = static_text(move || match sure.get() {
        true => texts().job.cancel_sure,
        false => texts().job.cancel,
    });
    let act = on_click(move || match sure.get_untracked() {
        true => model.cancel(),
        false => sure.set(true),
    });
    view! {
        <button type="button" class="quiet danger" on:click=act>
            {label}
        </button>
    }
    .erase_client_only()
}
