//! Every job there is, live. For admins.

use leptos::{ev::Event, prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::{ApiError, Client, JobsQuery},
    browser::{self, Timer},
    components::{CopyButton, IntoPart, JobList, StreamState, job_state, note, press, text, when},
    event_stream::{Arrival, EventStream, Subscription, Told},
    wire::{EVENT_JOB, JobInfo, JobState, SYS_JOBS},
    words::{self, say, words},
};

/// Milliseconds after which an admin is asked for again.
const AGAIN: f64 = 2_000.0;

/// What the page has. Copies are the same.
#[derive(Clone, Copy)]
struct Desk {
    jobs: RwSignal<Vec<JobInfo>>,
    /// The name of the state that is wanted; empty: any.
    state: RwSignal<String>,
    next: RwSignal<Option<String>>,
    loaded: RwSignal<bool>,
    /// Whether this caller may see the list; none: the server was not asked yet.
    admin: RwSignal<Option<bool>>,
    note: RwSignal<Option<String>>,
}

/// The list of jobs.
pub(super) fn view() -> AnyView {
    let desk = Desk {
        jobs: RwSignal::default(),
        state: RwSignal::default(),
        next: RwSignal::new(None),
        loaded: RwSignal::new(false),
        admin: RwSignal::new(None),
        note: RwSignal::new(None),
    };
    let stream = EventStream::new(move |told| desk.told(told));
    Effect::new(move || spawn_local(async move { desk.enter(stream).await }));
    let for_admins = || {
        view! {
            <section class="card">
                <p>{say(|w| w.jobs.for_admins)}</p>
                <p>
                    <a href="/admin">{say(|w| w.sign_in.sign_in)}</a>
                </p>
            </section>
        }
        .fresh()
    };
    view! {
        <Title text=|| format!("{} \u{b7} Tidings", words().jobs.title) />
        <div class="page-head">
            <div>
                <h1>{say(|w| w.jobs.title)}</h1>
                <p class="lead">{say(|w| w.jobs.about)}</p>
            </div>
            {when(
                move || desk.admin.get() == Some(true),
                move || {
                    let retry = Callback::new(move |()| stream.retry());
                    view! { <StreamState state=stream.state() on_retry=retry /> }.fresh()
                },
            )}
        </div>
        {when(move || desk.admin.get() == Some(false), for_admins)}
        {when(move || desk.admin.get() != Some(false), move || shown(desk))}
    }
    .part()
}

impl Desk {
    /// Asks until the server answers whether this caller is an admin, and then listens.
    async fn enter(self, stream: EventStream) {
        match Client::new("").session().await {
            Ok(session) => {
                self.admin.try_set(Some(session.admin));
                if session.admin {
                    let subscription = Subscription {
                        client_id: format!("panel-{}", uuid::Uuid::new_v4()),
                        topics: vec![SYS_JOBS.to_owned()],
                    };
                    stream.listen(subscription, None);
                }
            }
            Err(error) => {
                self.note.try_set(Some(words::error(&error)));
                let again = Timer::after(AGAIN, move || {
                    spawn_local(async move { Box::pin(self.enter(stream)).await });
                });
                again.leave_running();
            }
        }
    }

    fn told(self, told: Told) {
        match told {
            // What was before has to be asked for.
            Told::Welcome => self.load(None),
            Told::Refused(_) => self.admin.set(Some(false)),
            Told::Message(Arrival {
                event: Some(kind),
                data,
                ..
            }) if kind == EVENT_JOB => {
                let changed = serde_json::from_str(&data).unwrap_or_default();
                self.take_in(changed);
            }
            Told::Message(_) => self.load(None),
            _ => {}
        }
    }

    /// Reads a page: the newest, or what comes after those that are here.
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
        self.note.try_set(Some(words::error(error)));
    }

    /// Takes jobs that changed, in the order in which they were made.
    fn take_in(self, changed: Vec<JobInfo>) {
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

/// Takes jobs that changed into a list of those in this state, newest first.
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
                // Older than all that are here: it comes with its page.
                if at < jobs.len() || jobs.is_empty() {
                    jobs.insert(at, job);
                }
            }
            None => {}
        }
    }
}

fn shown(desk: Desk) -> AnyView {
    let choose = move |event: Event| desk.choose(event_target_value(&event));
    let options = JobState::ALL.map(|(state, name)| {
        view! { <option value=name>{text(move || job_state(state).to_owned())}</option> }.part()
    });
    let is_empty = move || desk.loaded.get() && desk.jobs.with(Vec::is_empty);
    let nothing = note(move || match desk.loaded.get() {
        false => Some(words().jobs.loading.to_owned()),
        true if is_empty() && !desk.state.with(String::is_empty) => {
            Some(words().jobs.none_such.to_owned())
        }
        true => None,
    });
    let older = move || {
        let next = move || desk.load(desk.next.get_untracked());
        view! {
            <button type="button" class="quiet" on:click=press(next)>
                {say(|w| w.jobs.older)}
            </button>
        }
        .fresh()
    };
    view! {
        <section class="card" aria-labelledby="all-jobs">
            <div class="section-head">
                <h2 id="all-jobs">{say(|w| w.jobs.title)}</h2>
                <label for="job-state">{say(|w| w.jobs.state)}</label>
                <select id="job-state" on:change=choose>
                    <option value="">{say(|w| w.jobs.all)}</option>
                    {options.into_iter().collect_view()}
                </select>
            </div>
            <p class="note" role="status">
                {note(move || desk.note.get())}
            </p>
            <JobList jobs=desk.jobs />
            <p class="nothing">{nothing}</p>
            {when(move || is_empty() && desk.state.with(String::is_empty), how_to_begin)}
            {when(move || desk.next.with(Option::is_some), older)}
        </section>
    }
    .part()
}

fn how_to_begin() -> AnyView {
    let command = text(|| format!("tidings job run --url {} -- make", browser::origin()));
    view! {
        <div class="empty">
            <p class="title">{say(|w| w.jobs.none)}</p>
            <p>{say(|w| w.jobs.begin)}</p>
            <div class="command one">
                <pre tabindex="0">{command}</pre>
                <CopyButton text=command what=say(|w| w.subscriber.the_command) />
            </div>
        </div>
    }
    .fresh()
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
    fn what_changed_takes_its_place_and_an_older_account_does_not() {
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
