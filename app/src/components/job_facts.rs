//! The state of a job: progress bar, steps, speed, result.

use leptos::prelude::*;

use crate::{
    components::{EraseView, ListItem, keyed_list, optional_text, static_text},
    formatting,
    i18n::{interpolate, texts, tr},
    outside_text::visible,
    progress_rate::ProgressRate,
    wire::{JobInfo, JobReason, JobState},
};

/// One job in a list of jobs.
#[derive(Clone, Copy)]
pub(crate) struct ShownJob {
    id: StoredValue<String>,
    pub(crate) jobs: RwSignal<Vec<JobInfo>>,
}

impl ShownJob {
    /// The job with this id, once it is in the list.
    pub(crate) fn new(id: String, jobs: RwSignal<Vec<JobInfo>>) -> Self {
        let id = StoredValue::new(id);
        Self { id, jobs }
    }

    /// The id.
    pub(crate) fn id(self) -> String {
        self.id.try_get_value().unwrap_or_default()
    }

    /// A value of the job; none: the job is not in the list.
    pub(crate) fn tell<T>(self, of: impl FnOnce(&JobInfo) -> T) -> Option<T> {
        self.jobs.track();
        self.tell_untracked(of)
    }

    /// The same, without tracking.
    pub(crate) fn tell_untracked<T>(self, of: impl FnOnce(&JobInfo) -> T) -> Option<T> {
        let id = self.id();
        let jobs = self.jobs.try_read_untracked()?;
        jobs.iter().find(|job| job.id == id).map(of)
    }

    /// A text of the job that follows its changes.
    pub(super) fn note(self, of: fn(&JobInfo) -> Option<String>) -> Signal<Option<String>> {
        optional_text(move || self.tell(of).flatten())
    }

    /// The progress bar. It is indeterminate if the total is unknown.
    pub(super) fn bar(self) -> AnyView {
        let value = self.note(|job| match (job.total, job.state.is_final()) {
            (Some(_), _) => Some(job.step.to_string()),
            (None, true) => Some(u64::from(job.state == JobState::Done).to_string()),
            (None, false) => None,
        });
        let max = self.note(|job| Some(job.total.unwrap_or(1).to_string()));
        view! {
            <progress
                class=static_text(move || self.tell(|job| job.state.name()).unwrap_or_default())
                aria-label=tr(|t| t.job.progress)
                max=max
                value=value
            ></progress>
        }
        .erase()
    }
}

/// The state of a job.
#[component]
pub fn JobFacts(
    /// The job.
    job: ShownJob,
    /// The speed.
    speed: Signal<Option<String>>,
    /// Seconds since 1970.
    now: RwSignal<u64>,
) -> impl IntoView {
    let time = optional_text(move || job.tell(|job| elapsed(job, now.get())));
    let numbers = keyed_list(move || job.tell(delivery).unwrap_or_default());
    view! {
        <div class="job-facts">
            {job.bar()}
            <p class="figures">
                <strong>{job.note(progress_text)}</strong>
                <span>{speed}</span>
                <span>{time}</span>
            </p>
            <dl class="delivery">{numbers}</dl>
            <p class="hint">{job.note(asked)}</p>
            <p class="outcome" role="status">
                {job.note(outcome)}
            </p>
        </div>
    }
    .erase()
}

/// The state as a text.
pub(crate) fn job_state(state: JobState) -> &'static str {
    let texts = &texts().jobs;
    match state {
        JobState::Running => texts.running,
        JobState::Done => texts.done,
        JobState::Failed => texts.failed,
        JobState::Cancelled => texts.cancelled,
    }
}

/// The progress as a text; none: there are no steps.
pub(crate) fn progress_text(job: &JobInfo) -> Option<String> {
    let step = formatting::number(job.step);
    match job.total {
        Some(100) => Some(format!("{step}%")),
        Some(total) => {
            let total = formatting::number(total);
            Some(interpolate(
                texts().job.of,
                &[("step", &step), ("total", &total)],
            ))
        }
        None => (job.step > 0).then_some(step),
    }
}

/// The speed and the remaining time.
pub(crate) fn speed_text(progress_rate: &ProgressRate, total: Option<u64>) -> Option<String> {
    let rate = progress_rate.rate()?;
    let rounded = |rate: f64| formatting::decimal((rate * 10.0).round() / 10.0);
    let mut said = match rate < 1.0 {
        true => interpolate(texts().job.per_minute, &[("n", &rounded(rate * 60.0))]),
        false => interpolate(texts().job.per_second, &[("n", &rounded(rate))]),
    };
    if let Some(left) = progress_rate.left(total) {
        let left = interpolate(texts().job.left, &[("time", &span(left.ceil() as u64))]);
        said = format!("{said} \u{b7} {left}");
    }
    Some(said)
}

fn elapsed(job: &JobInfo, now: u64) -> String {
    let (until, said) = match job.ended_at {
        Some(ended) => (ended / 1_000, texts().job.took),
        None => (now, texts().job.runs_for),
    };
    let seconds = until.saturating_sub(job.created_at / 1_000);
    interpolate(said, &[("time", &span(seconds))])
}

/// A duration in milliseconds, in short.
pub(crate) fn duration_text(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => interpolate(
            texts().job.milliseconds,
            &[("n", &milliseconds.to_string())],
        ),
        _ => span(milliseconds / 1_000),
    }
}

/// A duration in its two largest units.
fn span(seconds: u64) -> String {
    let (minutes, rest) = (seconds / 60, (seconds % 60).to_string());
    let texts = &texts().job;
    match minutes {
        0 => interpolate(texts.seconds, &[("n", &rest)]),
        1..60 => interpolate(texts.minutes, &[("n", &minutes.to_string()), ("s", &rest)]),
        _ => {
            let (hours, rest) = (formatting::number(minutes / 60), (minutes % 60).to_string());
            interpolate(texts.hours, &[("n", &hours), ("m", &rest)])
        }
    }
}

/// The delivery of a tracked push: how many recipients are in each state.
fn delivery(job: &JobInfo) -> Vec<ListItem> {
    let Some(receipts) = job.delivery else {
        return Vec::new();
    };
    let texts = &texts().job;
    let numbers = [
        (texts.planned, receipts.audience),
        (texts.acknowledged, receipts.acknowledged),
        (texts.sent, receipts.sent),
        (texts.waiting, receipts.waiting),
        (texts.out_of_time, receipts.expired),
        (texts.recalled_tag, receipts.recalled),
    ];
    // The last two are shown only if they are not 0.
    let shown = numbers.into_iter().enumerate();
    let shown = shown.filter(|(i, (_, n))| *i < 4 || *n > 0);
    let entry = |(_, (name, n)): (usize, (&'static str, u64))| {
        let number = formatting::number(n);
        ListItem::new(format!("{number} {name}"), move || {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{number.clone()}</dd>
                </div>
            }
            .erase_client_only()
        })
    };
    shown.map(entry).collect()
}

fn asked(job: &JobInfo) -> Option<String> {
    let waits = job.cancel_requested && !job.state.is_final();
    waits.then(|| texts().job.asked.to_owned())
}

/// Why it ended: the reason of the server, or the last message of the worker.
fn outcome(job: &JobInfo) -> Option<String> {
    let texts = &texts().job;
    let seconds = job.timeout.unwrap_or_default().to_string();
    Some(match (job.reason, job.state) {
        (Some(JobReason::Timeout), _) => interpolate(texts.timed_out, &[("n", &seconds)]),
        (Some(JobReason::Expired), _) => texts.expired.to_owned(),
        (Some(JobReason::Pruned), _) => texts.pruned.to_owned(),
        (Some(JobReason::Recalled), _) => texts.recalled.to_owned(),
        (None, JobState::Failed | JobState::Cancelled) => {
            visible(job.message.as_ref()?).into_owned()
        }
        (None, JobState::Running | JobState::Done) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> JobInfo {
        JobInfo {
            step: 3,
            total: Some(8),
            message: Some("exit code 3".to_owned()),
            timeout: Some(60),
            created_at: 1_000,
            ..JobInfo::blank()
        }
    }

    #[test]
    fn durations_are_shown_in_their_two_largest_units() {
        for (seconds, said) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_599, "59 min 59 s"),
            (7_384, "2 h 3 min"),
        ] {
            assert_eq!(span(seconds), said);
        }
        assert_eq!(duration_text(999), "999 ms");
        assert_eq!(duration_text(61_900), "1 min 1 s");
        assert_eq!(elapsed(&job(), 61), "running for 1 min 0 s");
        assert_eq!(elapsed(&job(), 0), "running for 0 s", "clocks differ");
    }

    #[test]
    fn progress_is_shown_as_steps_or_percent() {
        let mut job = job();
        assert_eq!(progress_text(&job).as_deref(), Some("3 of 8"));
        job.total = Some(100);
        assert_eq!(progress_text(&job).as_deref(), Some("3%"));
        job.total = None;
        assert_eq!(progress_text(&job).as_deref(), Some("3"));
        job.step = 0;
        assert_eq!(progress_text(&job), None);
    }

    #[test]
    fn the_end_of_a_job_shows_its_reason() {
        let mut job = job();
        assert_eq!(outcome(&job), None);
        job.state = JobState::Failed;
        assert_eq!(outcome(&job).as_deref(), Some("exit code 3"));
        job.reason = Some(JobReason::Timeout);
        let timed_out = "The worker sent no report for more than 60 s.";
        assert_eq!(outcome(&job).as_deref(), Some(timed_out));
        job.reason = None;
        job.state = JobState::Done;
        assert_eq!(outcome(&job), None, "there is nothing to explain");
    }
}
