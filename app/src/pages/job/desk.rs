//! What the page of a job has, and how it stays true: asked for once, then told by the job's stream.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{ApiError, Client, LogRange},
    browser::{self, Timer},
    event_stream::{JobSource, JobTold, State},
    pace::Pace,
    wire::{JobInfo, JobLine},
    words,
    worklog::Worklog,
};

/// Lines that are asked for at a time.
const PAGE: u32 = 200;
/// Milliseconds before the next try, at first and at most.
const RETRY: (f64, f64) = (1_000.0, 30_000.0);
/// Lines that come within so many milliseconds are shown together.
const GATHER: f64 = 100.0;

/// Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    pub(super) job: RwSignal<Option<JobInfo>>,
    pub(super) pace: RwSignal<Pace>,
    pub(super) log: RwSignal<Worklog>,
    /// Whether the end of the log is followed.
    pub(super) followed: RwSignal<bool>,
    /// How the stream stands.
    pub(super) stream: RwSignal<State>,
    /// There is no such job.
    pub(super) unknown: RwSignal<bool>,
    /// Whether this caller may cancel.
    pub(super) admin: RwSignal<bool>,
    pub(super) note: RwSignal<Option<String>>,
    /// What the time is; moves on while the job runs.
    pub(super) now: RwSignal<f64>,
    upkeep: StoredValue<Upkeep, LocalStorage>,
}

#[derive(Default)]
struct Upkeep {
    id: String,
    source: Option<JobSource>,
    /// What counts down to the next try, and when that is.
    timer: Option<Timer>,
    due: f64,
    failures: u32,
    /// Lines that came and are not shown yet.
    gathered: Vec<JobLine>,
    gathering: Option<Timer>,
    clock: Option<Timer>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            job: RwSignal::new(None),
            pace: RwSignal::default(),
            log: RwSignal::default(),
            followed: RwSignal::new(true),
            stream: RwSignal::new(State::Connecting),
            unknown: RwSignal::new(false),
            admin: RwSignal::new(false),
            note: RwSignal::new(None),
            now: RwSignal::new(0.0),
            upkeep: StoredValue::new_local(Upkeep::default()),
        }
    }

    /// Shows this job from now on.
    pub(super) fn look_at(self, id: String) {
        self.job.set(None);
        self.pace.set(Pace::default());
        self.log.set(Worklog::default());
        self.followed.set(true);
        self.unknown.set(false);
        self.upkeep.set_value(Upkeep {
            id,
            ..Upkeep::default()
        });
        spawn_local(async move {
            let session = Client::new("").session().await;
            self.admin
                .try_set(session.is_ok_and(|session| session.admin));
        });
        self.start();
        self.tick();
    }

    /// Asks how the job is, and listens from there.
    fn start(self) {
        self.stream.set(State::Connecting);
        let Some(id) = self.id() else { return };
        spawn_local(async move {
            match self.ask(&id).await {
                Ok(job) if job.state.is_final() => self.settle(job),
                Ok(job) => {
                    self.take(job);
                    self.listen(&id);
                }
                Err(ApiError::Problem(problem)) if problem.status == 404 => {
                    self.unknown.try_set(true);
                }
                Err(error) => self.wait(None, Some(words::error(&error))),
            }
        });
    }

    /// The job, after what was not had yet of its log.
    async fn ask(self, id: &str) -> Result<JobInfo, ApiError> {
        let api = Client::new("");
        let job = api.job(id).await?;
        let last = self
            .log
            .try_with_untracked(Worklog::last)
            .unwrap_or_default();
        if last == 0 && job.log.last > 0 {
            let range = LogRange::Before(job.log.last + 1);
            let page = api.job_log(id, range, PAGE).await?;
            self.log.try_update(|log| {
                log.note(page.log);
                log.append(page.lines, true);
            });
        } else if job.state.is_final() {
            self.catch_up(&api, id, job.log.last).await?;
        }
        Ok(job)
    }

    /// Reads the lines that came while the stream was away, of a job that has ended since.
    async fn catch_up(self, api: &Client, id: &str, last: u64) -> Result<(), ApiError> {
        let had = move || self.log.try_with_untracked(Worklog::last);
        while let Some(after) = had().filter(|had| *had < last) {
            let page = api.job_log(id, LogRange::After(after), 5 * PAGE).await?;
            if page.lines.is_empty() {
                break;
            }
            self.show(page.lines);
        }
        Ok(())
    }

    fn listen(self, id: &str) {
        // Of another job, or of a page that is gone.
        if self.id().as_deref() != Some(id) {
            return;
        }
        let after = self.log.with_untracked(Worklog::last);
        let source = JobSource::open(id, after, move |told| self.told(told));
        self.upkeep
            .try_update_value(|upkeep| upkeep.source = source);
    }

    fn told(self, told: JobTold) {
        match told {
            JobTold::State(job) => {
                self.stream.try_set(State::Live);
                self.upkeep.try_update_value(|upkeep| upkeep.failures = 0);
                self.take(job);
            }
            JobTold::Line(line) => self.gather(line),
            JobTold::End(job) => self.settle(job),
            JobTold::Broken(after) => self.wait(after, None),
        }
    }

    fn take(self, job: JobInfo) {
        self.note.try_set(None);
        self.pace
            .try_update(|pace| pace.note(job.updated_at as f64, job.step));
        self.log.try_update(|log| log.note(job.log));
        self.job.try_set(Some(job));
    }

    /// It has ended: nothing more comes.
    fn settle(self, job: JobInfo) {
        self.show_gathered();
        let gone = self.upkeep.try_update_value(|upkeep| {
            (
                upkeep.source.take(),
                upkeep.timer.take(),
                upkeep.clock.take(),
            )
        });
        drop(gone);
        self.take(job);
    }

    /// Shows lines a few times a second, and not each by itself.
    fn gather(self, line: JobLine) {
        self.upkeep.try_update_value(|upkeep| {
            upkeep.gathered.push(line);
            let show = move || self.show_gathered();
            upkeep
                .gathering
                .get_or_insert_with(|| Timer::after(GATHER, show));
        });
    }

    fn show_gathered(self) {
        let lines = self.upkeep.try_update_value(|upkeep| {
            upkeep.gathering = None;
            std::mem::take(&mut upkeep.gathered)
        });
        self.show(lines.unwrap_or_default());
    }

    fn show(self, lines: Vec<JobLine>) {
        let followed = self.followed.try_get_untracked().unwrap_or_default();
        if !lines.is_empty() {
            self.log.try_update(|log| log.append(lines, followed));
        }
    }

    /// Tries again later: when the server asked for that, or longer each time.
    fn wait(self, after: Option<f64>, reason: Option<String>) {
        self.show_gathered();
        let source = self.upkeep.try_update_value(|upkeep| {
            let longer = RETRY.0 * f64::from(1_u32 << upkeep.failures.min(5));
            upkeep.failures += 1;
            upkeep.due = browser::now() + after.unwrap_or(longer).min(RETRY.1);
            upkeep.source.take()
        });
        drop(source);
        self.count_down(reason);
    }

    fn count_down(self, reason: Option<String>) {
        let due = self.upkeep.try_with_value(|upkeep| upkeep.due);
        let left = (due.unwrap_or_default() - browser::now()).max(0.0);
        if left <= 0.0 {
            return self.start();
        }
        let seconds = (left / 1_000.0).ceil();
        self.stream.try_set(State::Waiting {
            seconds: seconds as u32,
            offline: browser::is_offline(),
            reason: reason.clone(),
        });
        let next = left - (seconds - 1.0) * 1_000.0;
        let timer = Timer::after(next, move || self.count_down(reason));
        self.upkeep
            .try_update_value(|upkeep| upkeep.timer = Some(timer));
    }

    /// Does not wait any longer.
    pub(super) fn retry(self) {
        self.upkeep.try_update_value(|upkeep| upkeep.timer = None);
        self.start();
    }

    /// Asks for the lines before those that are here.
    pub(super) fn load_older(self) {
        let (Some(id), Some(first)) = (self.id(), self.log.with_untracked(Worklog::first)) else {
            return;
        };
        // Whoever asks for older lines reads them.
        self.followed.set(false);
        spawn_local(async move {
            let api = Client::new("");
            match api.job_log(&id, LogRange::Before(first), PAGE).await {
                Ok(page) => {
                    self.log.try_update(|log| {
                        log.note(page.log);
                        log.prepend(page.lines);
                    });
                }
                Err(error) => {
                    self.note.try_set(Some(words::error(&error)));
                }
            }
        });
    }

    pub(super) fn cancel(self) {
        let Some(id) = self.id() else { return };
        spawn_local(async move {
            match Client::new("").cancel_job(&id).await {
                Ok(job) if job.state.is_final() => self.settle(job),
                Ok(job) => self.take(job),
                Err(error) => {
                    self.note.try_set(Some(words::error(&error)));
                }
            }
        });
    }

    /// Moves the time on, once a second, while there is something that it says.
    fn tick(self) {
        self.now.try_set(browser::now());
        let clock = Timer::after(1_000.0, move || self.tick());
        let over = self
            .job
            .try_with_untracked(|job| job.as_ref().is_some_and(|job| job.state.is_final()));
        if over == Some(false) {
            self.upkeep
                .try_update_value(|upkeep| upkeep.clock = Some(clock));
        }
    }

    fn id(self) -> Option<String> {
        self.upkeep.try_with_value(|upkeep| upkeep.id.clone())
    }
}
