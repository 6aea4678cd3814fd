//! What became of the jobs of the last hour: how many ended in each minute, and how long they took.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    api::Client,
    browser::Timer,
    components::{
        Chart, EraseView, Labels, ListItem, Point, TimeSeries, duration_text, job_state,
        keyed_list, lazy_view, text, when,
    },
    erased_signal::{ErasedMemo, ErasedSignal},
    formatting,
    i18n::tr,
    wire::{JobCounts, JobDurations, JobMinute, JobStats},
};

/// Milliseconds that the charts cover.
const HOUR: f64 = 3_600_000.0;
/// Milliseconds between two requests, if nothing happens.
const MINUTE: f64 = 60_000.0;
/// Milliseconds in which changes of jobs are collected into one request.
const PAUSE: f64 = 1_000.0;

/// A value of a minute.
type Figure = fn(&JobMinute) -> Option<f64>;

/// The statistics of jobs. Copies share the same signals.
#[derive(Clone, Copy)]
pub(super) struct Figures {
    /// None: not loaded yet, or the caller may not see them.
    stats: ErasedSignal<Option<JobStats>>,
    timers: StoredValue<Timers, LocalStorage>,
}

#[derive(Default)]
struct Timers {
    soon: Option<Timer>,
    minute: Option<Timer>,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self {
            stats: ErasedSignal::new(None),
            timers: StoredValue::new_local(Timers::default()),
        }
    }

    /// How many jobs are in each state, if that is known.
    pub(super) fn counts(self) -> Option<JobCounts> {
        self.stats
            .with(|stats| stats.as_ref().map(|stats| stats.counts))
    }

    /// Loads them soon. What changes until then is covered by that request.
    pub(super) fn load_soon(self) {
        self.timers.try_update_value(|timers| {
            let load = move || self.load();
            timers.soon.get_or_insert_with(|| Timer::after(PAUSE, load));
        });
    }

    /// Loads them now, and again after a minute.
    pub(super) fn load(self) {
        self.timers.try_update_value(|timers| {
            timers.soon = None;
            timers.minute = Some(Timer::after(MINUTE, move || self.load()));
        });
        spawn_local(async move {
            // Who may not read everything has the list only.
            if let Ok(stats) = Client::new("").job_stats().await
                && self.timers.try_with_value(|_| ()).is_some()
            {
                self.stats.set(Some(stats));
            }
        });
    }

    fn series(self, figures: &'static [Figure]) -> ErasedMemo<TimeSeries> {
        ErasedMemo::new(move || {
            let stats = self.stats.read();
            let minutes = stats.as_ref().as_ref().map(|stats| &*stats.minutes);
            let minutes = minutes.unwrap_or_default();
            let line = |figure: &Figure| {
                let point = |minute: &JobMinute| -> Point { (minute.at as f64, figure(minute)) };
                minutes.iter().map(point).collect()
            };
            TimeSeries {
                lines: figures.iter().map(line).collect(),
                length: HOUR,
                apart: 2.0 * MINUTE,
            }
        })
    }
}

/// The charts, and the durations by state, once jobs have ended. Their code is loaded then.
pub(super) fn view(figures: Figures) -> AnyView {
    let any = move || {
        let any = |stats: &JobStats| !stats.durations.is_empty();
        figures.stats.with(|stats| stats.as_ref().is_some_and(any))
    };
    when(any, move || {
        lazy_view(
            || Box::pin(load_job_figures()),
            move || job_figures(figures),
        )
    })
}

#[wasm_split(job_figures, wasm_split_path = ::leptos::wasm_split, preload(load_job_figures), fallible)]
fn job_figures(figures: Figures) -> Result<AnyView, SplitLoaderError> {
    Ok(shown(figures))
}

const ENDED: Labels = Labels {
    id: "jobs-ended",
    title: |t| t.jobs.ended_chart,
    unit: whole,
    lines: &[|t| t.jobs.all_ended, |t| t.jobs.failed],
};
const TOOK: Labels = Labels {
    id: "jobs-took",
    title: |t| t.jobs.took_chart,
    unit: |milliseconds| duration_text(milliseconds as u64),
    lines: &[|t| t.jobs.median, |t| t.jobs.p95],
};

fn whole(n: f64) -> String {
    formatting::number(n as u64)
}

fn shown(figures: Figures) -> AnyView {
    let ended = figures.series(&[
        |minute| Some(minute.ended as f64),
        |minute| Some(minute.failed as f64),
    ]);
    let took = figures.series(&[
        |minute| minute.median.map(|n| n as f64),
        |minute| minute.p95.map(|n| n as f64),
    ]);
    let partial = move || {
        figures
            .stats
            .with(|stats| stats.as_ref().is_some_and(|stats| stats.partial))
    };
    let note = || view! { <p class="hint">{tr(|t| t.jobs.partial)}</p> }.erase_client_only();
    let moment = ErasedSignal::new(None);
    view! {
        <div class="charts">
            {chart(ENDED, ended, moment)} {chart(TOOK, took, moment)}
            <section class="card" aria-labelledby="job-durations">
                <h2 id="job-durations">{tr(|t| t.jobs.durations)}</h2>
                {durations(figures)}
                {when(partial, note)}
            </section>
        </div>
    }
    .erase_client_only()
}

fn chart(
    labels: Labels,
    series: ErasedMemo<TimeSeries>,
    moment: ErasedSignal<Option<f64>>,
) -> AnyView {
    let marks = ErasedMemo::new(Vec::new);
    view! { <Chart labels series marks moment /> }.erase_client_only()
}

fn durations(figures: Figures) -> AnyView {
    let rows = keyed_list(move || {
        let stats = figures.stats.read();
        let all = stats.as_ref().as_ref().map(|stats| &*stats.durations);
        let item = |of: &JobDurations| {
            let of = *of;
            ListItem::new(format!("{of:?}"), move || duration_row(of))
        };
        all.unwrap_or_default().iter().map(item).collect()
    });
    view! {
        <table class="durations">
            <thead>
                <tr>
                    <th scope="col">{tr(|t| t.jobs.state)}</th>
                    <th scope="col">{tr(|t| t.jobs.title)}</th>
                    <th scope="col">{tr(|t| t.jobs.median)}</th>
                    <th scope="col">{tr(|t| t.jobs.p95)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .erase_client_only()
}

fn duration_row(of: JobDurations) -> AnyView {
    let took = |milliseconds: u64| text(move || duration_text(milliseconds));
    view! {
        <tr>
            <th scope="row">{text(move || job_state(of.state).to_owned())}</th>
            <td>{text(move || formatting::number(of.jobs))}</td>
            <td>{took(of.median)}</td>
            <td>{took(of.p95)}</td>
        </tr>
    }
    .erase_client_only()
}
