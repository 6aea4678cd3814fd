//! The model of the page of a job, updated by the job's stream.

use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsValue};

use crate::{
    api::{ApiError, Client, LogRange},
    browser::{self, Timer},
    components::ShownJob,
    event_stream::{JobEvent, JobSource, Reason, State},
    i18n::{self, texts},
    job_lines::JobLines,
    json,
    progress_rate::ProgressRate,
    wire::{JobInfo, JobLine},
};

/// Lines per request.
const PAGE: u32 = 200;
/// Milliseconds before the next attempt after a refusal.
const RETRY: f64 = 5_000.0;
/// Milliseconds in which new lines are collected before they are rendered.
const BATCH_DELAY: f64 = 200.0;

/// The model. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Model {
    /// The job, once it is loaded.
    pub(super) job: ShownJob,
    /// The loaded lines of the log.
    pub(super) text: RwSignal<String>,
    /// Whether the end of the log is followed.
    pub(super) followed: RwSignal<bool>,
    /// Whether older lines can be loaded.
    pub(super) has_older: RwSignal<bool>,
    /// The state of the stream.
    pub(super) stream: RwSignal<State>,
    /// Whether the job does not exist.
    pub(super) unknown: RwSignal<bool>,
    /// Whether the caller may cancel the job.
    pub(super) admin: RwSignal<bool>,
    /// Whether the caller may push, to some clients or topics at least.
    pub(super) may_push: RwSignal<bool>,
    /// Whether the push that tries the job again is under way.
    pub(super) retrying: RwSignal<bool>,
    pub(super) note: RwSignal<Option<String>>,
    /// Seconds since 1970; updated while the job runs.
    pub(super) now: RwSignal<u64>,
    upkeep: StoredValue<Upkeep, LocalStorage>,
}

#[derive(Default)]
struct Upkeep {
    source: Option<JobSource>,
    log: JobLines,
    progress_rate: ProgressRate,
    /// Received lines that are not rendered yet, as JSON.
    pending: Vec<JsValue>,
    pending_timer: Option<Timer>,
    retry: Option<Timer>,
    clock: Option<Timer>,
}

impl Model {
    /// Opens the stream of a job.
    pub(super) fn new(id: String) -> Self {
        let model = Self {
            job: ShownJob::new(id, RwSignal::default()),
            text: RwSignal::default(),
            followed: RwSignal::new(true),
            has_older: RwSignal::new(false),
            stream: RwSignal::new(State::Connecting),
            unknown: RwSignal::new(false),
            admin: RwSignal::new(false),
            may_push: RwSignal::new(false),
            retrying: RwSignal::new(false),
            note: RwSignal::new(None),
            now: RwSignal::new(0),
            upkeep: StoredValue::new_local(Upkeep::default()),
        };
        Effect::new(move || {
            model.listen();
            model.tick();
            spawn_local(async move {
                if let Ok(session) = Client::new("").session().await {
                    model.admin.try_set(session.admin);
                    let may_push = session.may("push");
                    model.may_push.try_set(may_push);
                }
            });
        });
        model
    }

    /// The speed of the job.
    pub(super) fn progress_rate(self) -> ProgressRate {
        self.job.jobs.track();
        let progress_rate = self
            .upkeep
            .try_with_value(|upkeep| upkeep.progress_rate.clone());
        progress_rate.unwrap_or_default()
    }

    /// The number of lines that the server has deleted, if all older lines are loaded.
    pub(super) fn deleted_lines(self) -> u64 {
        self.text.track();
        let deleted_lines = self
            .upkeep
            .try_with_value(|upkeep| upkeep.log.deleted_lines());
        deleted_lines
            .filter(|_| !self.has_older.get())
            .unwrap_or_default()
    }

    fn listen(self) {
        let had = self.upkeep.try_with_value(|upkeep| upkeep.log.last());
        let lines = match had.unwrap_or_default() {
            0 => format!("tail={PAGE}"),
            had => format!("after={had}"),
        };
        let source = JobSource::open(&self.job.id(), &lines, move |event| self.handle(event));
        self.upkeep
            .try_update_value(|upkeep| upkeep.source = source);
    }

    fn handle(self, event: JobEvent) {
        match event {
            JobEvent::State(job) => {
                self.stream.try_set(State::Live);
                self.take(job);
            }
            JobEvent::Lines(lines) => self.gather(lines),
            JobEvent::End(job) => {
                self.show();
                self.take(job);
                let over = self
                    .upkeep
                    .try_update_value(|upkeep| (upkeep.source.take(), upkeep.clock.take()));
                drop(over);
            }
            // The browser tries once. If that fails, the page says why, and tries itself.
            JobEvent::Away if self.stream.try_get_untracked() == Some(State::Live) => {
                self.stream.try_set(State::Connecting);
            }
            JobEvent::Away | JobEvent::Refused => {
                let over = self.upkeep.try_update_value(|upkeep| upkeep.source.take());
                drop(over);
                spawn_local(async move { self.ask_why().await });
            }
        }
    }

    fn take(self, job: JobInfo) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.progress_rate.note(job.updated_at as f64, job.step);
            upkeep.log.note(job.log);
        });
        self.job.jobs.try_set(vec![job]);
    }

    /// Collects lines, so that they are rendered a few times per second.
    fn gather(self, lines: JsValue) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.pending.push(lines);
            let show = move || self.show();
            upkeep
                .pending_timer
                .get_or_insert_with(|| Timer::after(BATCH_DELAY, show));
        });
    }

    fn show(self) {
        let followed = self.followed.try_get_untracked() == Some(true);
        self.change_log(|upkeep| {
            upkeep.pending_timer = None;
            let pending = std::mem::take(&mut upkeep.pending);
            upkeep.log.pending(&pending, lines, followed);
        });
    }

    fn change_log(self, change: impl FnOnce(&mut Upkeep)) {
        let log = self.upkeep.try_update_value(|upkeep| {
            change(upkeep);
            (upkeep.log.text(), upkeep.log.has_older())
        });
        if let Some((text, has_older)) = log {
            self.text.try_set(text);
            self.has_older.try_set(has_older);
        }
    }

    /// EventSource does not report the answer of the server, so one plain request asks for it.
    async fn ask_why(self) {
        let reason = match Client::new("").job(&self.job.id()).await {
            Err(ApiError::Problem(problem)) if problem.status == 404 => {
                self.unknown.try_set(true);
                return;
            }
            Err(error) => Some(i18n::error(&error)),
            Ok(_) => None,
        };
        self.stream.try_set(State::Waiting {
            seconds: (RETRY / 1_000.0) as u32,
            offline: browser::is_offline(),
            reason: Reason {
                detail: reason,
                ..Reason::default()
            },
        });
        let retry = Timer::after(RETRY, move || self.retry());
        self.upkeep
            .try_update_value(|upkeep| upkeep.retry = Some(retry));
    }

    /// Retries now.
    pub(super) fn retry(self) {
        self.stream.try_set(State::Connecting);
        self.listen();
    }

    /// Loads older lines.
    pub(super) fn load_older(self) {
        let first = self.upkeep.with_value(|upkeep| upkeep.log.first());
        let Some(first) = first else { return };
        // A user who asks for older lines is reading them.
        self.followed.set(false);
        spawn_local(async move {
            let (api, id) = (Client::new(""), self.job.id());
            match api.job_log(&id, LogRange::Before(first), PAGE).await {
                Ok(page) => self.change_log(|upkeep| {
                    upkeep.log.note(page.log);
                    upkeep.log.prepend(page.lines);
                }),
                Err(error) => self.tell(&error),
            }
        });
    }

    pub(super) fn cancel(self) {
        spawn_local(async move {
            match Client::new("").cancel_job(&self.job.id()).await {
                Ok(job) => self.take(job),
                Err(error) => self.tell(&error),
            }
        });
    }

    /// Pushes what tries the job again.
    pub(super) fn try_again(self) {
        self.retrying.set(true);
        spawn_local(async move {
            match Client::new("").retry_job(&self.job.id()).await {
                Ok(_) => {
                    self.note.try_set(Some(texts().job.retried.to_owned()));
                }
                Err(error) => self.tell(&error),
            }
            self.retrying.try_set(false);
        });
    }

    fn tell(self, error: &ApiError) {
        self.note.try_set(Some(i18n::error(error)));
    }

    /// Updates the time once a second until the job has ended.
    fn tick(self) {
        self.now.try_set((browser::now() / 1_000.0) as u64);
        let clock = Timer::after(1_000.0, move || self.tick());
        if !self
            .job
            .tell_untracked(|job| job.state.is_final())
            .unwrap_or_default()
        {
            self.upkeep
                .try_update_value(|upkeep| upkeep.clock = Some(clock));
        }
    }
}

/// Parses the lines of a log event.
fn lines(json: &JsValue) -> Vec<JobLine> {
    let lines = json.as_string().and_then(|json| json::decode(&json).ok());
    lines.unwrap_or_default()
}
