//! The list of all jobs, live, for admins.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::{
    list_model::{ListModel, named},
    list_view::shown,
};
use crate::{
    components::{EraseView, StreamState, effect, when},
    event_stream::EventStream,
    i18n::{texts, tr},
    pages::admin::{User, palette},
    wire::JobState,
};

/// The view.
pub(super) fn view() -> AnyView {
    let query = use_location().query;
    let selected = move || {
        let name = query.with(|query| query.get("state")).unwrap_or_default();
        named(&name).map_or("", JobState::name).to_owned()
    };
    let model = ListModel::new(untrack(selected));
    let stream = EventStream::new(move |event| model.handle(event));
    Effect::new(move || spawn_local(async move { model.enter(stream).await }));
    effect(move || {
        let name = selected();
        if model.state.with_untracked(|state| *state != name) {
            model.choose(name);
        }
    });
    let user = User {
        session: model.session,
        sign_out: Callback::new(move |()| model.sign_out()),
    };
    let for_admins = || {
        view! {
            <section class="card">
                <p>{tr(|t| t.jobs.for_admins)}</p>
                <p>
                    <a href="admin">{tr(|t| t.sign_in.sign_in)}</a>
                </p>
            </section>
        }
        .erase_client_only()
    };
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", texts().jobs.title) />
        <div class="page-head">
            <div>
                <h1>{tr(|t| t.jobs.title)}</h1>
                <p class="lead">{tr(|t| t.jobs.about)}</p>
            </div>
            {when(
                move || model.admin.get() == Some(true),
                move || {
                    let retry = Callback::new(move |()| stream.retry());
                    view! {
                        <div class="row">
                            <StreamState state=stream.state() on_retry=retry />
                            {palette(user)}
                        </div>
                    }
                        .erase_client_only()
                },
            )}
        </div>
        {when(move || model.admin.get() == Some(false), for_admins)}
        {when(move || model.admin.get() != Some(false), move || shown(model))}
    }
    .erase()
}
