//! The list of all jobs: what is loaded, and what the stream changes.

use leptos::{prelude::*, task::spawn_local};

use super::figures::Figures;
use crate::{
    api::{ApiError, Client, JobsQuery},
    browser::Timer,
    erased_signal::ErasedSignal,
    event_stream::{EventStream, ReceivedMessage, StreamEvent, Subscription},
    i18n::{self, plural, texts},
    json,
    wire::{EVENT_JOB, EVENT_JOBS_REMOVED, JobInfo, JobState, SYS_JOBS, Session},
};

/// Milliseconds before the session is requested again.
const AGAIN: f64 = 2_000.0;

/// The model of the page. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct ListModel {
    pub(super) jobs: RwSignal<Vec<JobInfo>>,
    /// The name of the state that the URL selects; empty: any.
    pub(super) state: RwSignal<String>,
    pub(super) next: RwSignal<Option<String>>,
    pub(super) loaded: RwSignal<bool>,
    pub(super) figures: Figures,
    pub(super) session: ErasedSignal<Option<Session>>,
    /// Whether the caller may see the list; none: not known yet.
    pub(super) admin: RwSignal<Option<bool>>,
    pub(super) note: RwSignal<Option<String>>,
}

impl ListModel {
    /// Nothing is loaded yet. `state` is the name of the selected state.
    pub(super) fn new(state: String) -> Self {
        Self {
            jobs: RwSignal::default(),
            state: RwSignal::new(state),
            figures: Figures::new(),
            session: ErasedSignal::new(None),
            next: RwSignal::new(None),
            loaded: RwSignal::new(false),
            admin: RwSignal::new(None),
            note: RwSignal::new(None),
        }
    }

    /// Loads the session, with retries until the server answers, and opens the stream.
    pub(super) async fn enter(self, stream: EventStream) {
        match Client::new("").session().await {
            Ok(session) => {
                let is_admin = session.admin;
                self.session.set(Some(session));
                self.admin.try_set(Some(is_admin));
                if is_admin {
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

    pub(super) fn handle(self, event: StreamEvent) {
        match event {
            // Jobs before the start of the stream have to be loaded.
            StreamEvent::Welcome => {
                self.load(None);
                self.figures.load();
            }
            StreamEvent::Refused(_) => self.admin.set(Some(false)),
            StreamEvent::Message(ReceivedMessage { event, data, .. }) => {
                match event.as_deref() {
                    Some(EVENT_JOB) => self.merge(json::decode(&data).unwrap_or_default()),
                    Some(EVENT_JOBS_REMOVED) => {
                        self.remove(json::decode(&data).unwrap_or_default());
                    }
                    _ => self.load(None),
                }
                self.figures.load_soon();
            }
            _ => {}
        }
    }

    /// Loads a page: the newest jobs, or those after the loaded ones.
    pub(super) fn load(self, before: Option<String>) {
        let state = self.state.get_untracked();
        let query = JobsQuery {
            limit: None,
            before: before.clone(),
            state: named(&state),
            q: None,
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

    /// Removes jobs that are gone.
    fn remove(self, gone: Vec<String>) {
        self.jobs
            .update(|jobs| jobs.retain(|job| !gone.contains(&job.id)));
        if self.jobs.with_untracked(Vec::is_empty) {
            self.load(None);
        }
    }

    pub(super) fn choose(self, name: String) {
        self.state.set(name);
        self.jobs.set(Vec::new());
        self.next.set(None);
        self.loaded.set(false);
        self.load(None);
    }

    /// Whether the caller may remove jobs.
    pub(super) fn may_clear(self) -> bool {
        self.session
            .with(|session| session.as_ref().is_some_and(|session| session.may("job")))
    }

    /// Removes the ended jobs of the list.
    pub(super) fn clear(self) {
        let state = self.state.get_untracked();
        let wanted = if state.is_empty() { "ended" } else { &state }.to_owned();
        spawn_local(async move {
            let mut removed = 0;
            let result = loop {
                match Client::new("").clear_jobs(&wanted).await {
                    Ok(cleared) => {
                        removed += cleared.removed;
                        if !cleared.more {
                            break Ok(());
                        }
                    }
                    Err(error) => break Err(error),
                }
            };
            if self.state.try_get_untracked().is_none() {
                return;
            }
            self.load(None);
            self.figures.load();
            match result {
                Ok(()) => self
                    .note
                    .set(Some(plural(texts().jobs.cleared, removed, &[]))),
                Err(error) => self.tell(&error),
            }
        });
    }

    pub(super) fn sign_out(self) {
        spawn_local(async move {
            match Client::new("").sign_out().await {
                Ok(()) => {
                    self.admin.try_set(Some(false));
                }
                Err(error) => self.tell(&error),
            }
        });
    }
}

/// The state with this name.
pub(super) fn named(name: &str) -> Option<JobState> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: u64, state: JobState, updated_at: u64) -> JobInfo {
        JobInfo {
            id: id.to_string(),
            state,
            created_at: id,
            updated_at,
            ..JobInfo::blank()
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
