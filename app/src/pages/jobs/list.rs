//! The list of all jobs, live, for admins.

use leptos::{ev::Event, prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::{ApiError, Client, JobsQuery},
    browser::{self, Timer},
    components::{
        CopyButton, EraseView, JobList, StreamState, job_state, on_click, optional_text, text, when,
    },
    event_stream::{EventStream, ReceivedMessage, StreamEvent, Subscription},
    i18n::{self, texts, tr},
    json,
    wire::{EVENT_JOB, JobInfo, JobState, SYS_JOBS},
};

/// Milliseconds before the session is requested again.
const AGAIN: f64 = 2_000.0;

/// The model of the page. Copies share the same signals.
#[derive(Clone, Copy)]
struct Model {
    jobs: RwSignal<Vec<JobInfo>>,
    /// The name of the selected state; empty: any.
    state: RwSignal<String>,
    next: RwSignal<Option<String>>,
    loaded: RwSignal<bool>,
    /// Whether the caller may see the list; none: not known yet.
    admin: RwSignal<Option<bool>>,
    note: RwSignal<Option<String>>,
}

/// The view.
pub(super) fn view() -> AnyView {
    let model = Model {
        jobs: RwSignal::default(),
        state: RwSignal::default(),
        next: RwSignal::new(None),
        loaded: RwSignal::new(false),
        admin: RwSignal::new(None),
        note: RwSignal::new(None),
    };
    let stream = EventStream::new(move |event| model.handle(event));
    Effect::new(move || spawn_local(async move { model.enter(stream).await }));
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
                    view! { <StreamState state=stream.state() on_retry=retry /> }.erase_client_only()
                },
            )}
        </div>
        {when(move || model.admin.get() == Some(false), for_admins)}
        {when(move || model.admin.get() != Some(false), move || shown(model))}
    }
    .erase()
}

impl Model {
    /// Loads the session, with retries until the server answers, and opens the stream.
    async fn enter(self, stream: EventStream) {
        match Client::new("").session().await {
            Ok(session) => {
                self.admin.try_set(Some(session.admin));
                if session.admin {
                    let subscription = Subscription {
                        client_id: format!("panel-{}", uuid::Uuid::new_v4()),
                        topics: vec![SYS_JOBS.to_owned()],
                    };
                    stream.listen(&subscription, None);
                }
            }
            Err(error) => {
                self.note.try_set(Some(i18n::error(&error)));
                let again = Timer::after(AGAIN, move || {
                    spawn_local(async move { Box::pin(self.enter(stream)).await });
                });
                again.detach();
            }
        }
    }

    fn handle(self, event: StreamEvent) {
        match event {
            // Jobs before the start of the stream have to be loaded.
            StreamEvent::Welcome => self.load(None),
            StreamEvent::Refused(_) => self.admin.set(Some(false)),
            StreamEvent::Message(ReceivedMessage {
                event: Some(kind),
                data,
                ..
            }) if kind == EVENT_JOB => {
                let changed = json::decode(&data).unwrap_or_default();
                self.merge(changed);
            }
            StreamEvent::Message(_) => self.load(None),
            _ => {}
        }
    }

    /// Loads a page: the newest jobs, or those after the loaded ones.
    fn load(self, before: Option<String>) {
        let state = self.state.get_untracked();
        let query = JobsQuery {
            limit: None,
            before: before.clone(),
            state: named(&state),
        };
        spawn_local(async move {
            let page = Client::new("").jobs(&query).await;
            if self.state.try_get_untracked() != Some(state) {
                return;
            }
            match page {
                Ok(page) => {
                    self.jobs.try_update(|jobs| match before {
                        Some(_) => jobs.extend(page.jobs),
                        None => *jobs = page.jobs,
                    });
                    self.next.try_set(page.next);
                    self.loaded.try_set(true);
                    self.note.try_set(None);
                }
                Err(error) => self.tell(&error),
            }
        });
    }

    fn tell(self, error: &ApiError) {
        if error.is_unauthorized() {
            self.admin.try_set(Some(false));
        }
        self.note.try_set(Some(i18n::error(error)));
    }

    /// Applies changed jobs.
    fn merge(self, changed: Vec<JobInfo>) {
        let state = self.state.with_untracked(|name| named(name));
        self.jobs.update(|jobs| merge(jobs, changed, state));
    }

    fn choose(self, name: String) {
        self.state.set(name);
        self.jobs.set(Vec::new());
        self.loaded.set(false);
        self.load(None);
    }
}

fn named(name: &str) -> Option<JobState> {
    let mut states = JobState::ALL.iter();
    let found = states.find(|(_, known)| *known == name);
    found.map(|(state, _)| *state)
}

/// Merges changed jobs into a list of jobs in this state, newest first.
fn merge(jobs: &mut Vec<JobInfo>, changed: Vec<JobInfo>, wanted: Option<JobState>) {
    for job in changed {
        let fits = wanted.is_none_or(|state| state == job.state);
        let known = jobs.iter().position(|known| known.id == job.id);
        match known {
            Some(at) if !fits => {
                jobs.remove(at);
            }
            Some(at) if jobs[at].updated_at < job.updated_at => jobs[at] = job,
            Some(_) => {}
            None if fits => {
                let at = jobs.partition_point(|known| known.created_at > job.created_at);
                // A job older than all loaded ones comes with its page.
                if at < jobs.len() || jobs.is_empty() {
                    jobs.insert(at, job);
                }
            }
            None => {}
        }
    }
}

fn shown(model: Model) -> AnyView {
    let choose = move |event: Event| model.choose(event_target_value(&event));
    let options = JobState::ALL.map(|(state, name)| {
        view! { <option value=name>{text(move || job_state(state).to_owned())}</option> }.erase()
    });
    let is_empty = move || model.loaded.get() && model.jobs.with(Vec::is_empty);
    let nothing = optional_text(move || match model.loaded.get() {
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
    view! {
        <section class="card" aria-labelledby="all-jobs">
            <div class="section-head">
                <h2 id="all-jobs">{tr(|t| t.jobs.title)}</h2>
                <label for="job-state">{tr(|t| t.jobs.state)}</label>
                <select id="job-state" on:change=choose>
                    <option value="">{tr(|t| t.jobs.all)}</option>
                    {options.into_iter().collect_view()}
                </select>
            </div>
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::JobLogExtent;

    fn job(id: u64, state: JobState, updated_at: u64) -> JobInfo {
        JobInfo {
            id: id.to_string(),
            title: String::new(),
            state,
            reason: None,
            step: 0,
            total: None,
            message: None,
            cancel_requested: false,
            timeout: None,
            created_at: id,
            updated_at,
            ended_at: None,
            log: JobLogExtent::default(),
            push: None,
            delivery: None,
        }
    }

    #[test]
    fn changed_jobs_are_merged_and_older_versions_are_ignored() {
        use JobState::{Done, Running};
        let mut jobs = vec![job(5, Running, 10), job(3, Running, 10)];
        let changed = vec![
            job(9, Running, 20),
            job(5, Done, 20),
            job(3, Done, 9),
            job(1, Done, 20),
        ];
        merge(&mut jobs, changed, None);
        let found: Vec<_> = jobs.iter().map(|job| (job.created_at, job.state)).collect();
        assert_eq!(found, [(9, Running), (5, Done), (3, Running)]);
        merge(&mut jobs, vec![job(3, Done, 30)], Some(Running));
        assert_eq!(jobs.len(), 2, "it is not like this any more");
    }
}
